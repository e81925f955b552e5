"""The database of sessions: beside the main one, in its transactions, and nothing is lost with it but sign-ins."""

import logging
import multiprocessing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from BTrees.OOBTree import OOBTree

from mailhub.errors import StorageUnavailable
from mailhub.store import sessions as module
from mailhub.store.database import Database, ensure_root, open_database
from mailhub.store.kinds import sessions_file_for
from mailhub.store.problems import DatabaseLocked, UnsupportedStore
from mailhub.store.root import HubRoot, sessions_root
from tests.unit.store.fakes import HastyClock

FILE = "sessions.fs"


def opened(folder: Path, **options: Any) -> Database:
    database = open_database("", data_dir=folder, clock=HastyClock(), **options)
    ensure_root(database)
    return database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = opened(tmp_path)
    yield made
    made.close()


def put(database: Database, key: str, value: Any) -> None:
    """In a record of its own."""

    def store(hub: HubRoot) -> None:
        sessions_root(hub)[key] = OOBTree({"value": value})

    database.transact(store, "put")


def get(database: Database, key: str) -> Any:
    with database.reading() as hub:
        found = sessions_root(hub).get(key)
        return None if found is None else found["value"]


def sessions_storage(database: Database) -> Any:
    with database.reading() as hub:
        return sessions_root(hub)._p_jar.db().storage


# -- beside the main database ------------------------------------------------------------------------------------------


def test_what_is_stored_is_there_after_a_restart(database: Database, tmp_path: Path) -> None:
    put(database, "a", 1)
    database.close()

    again = opened(tmp_path)
    assert get(again, "a") == 1
    again.close()


def test_sessions_do_not_write_to_the_main_database_and_mail_not_to_theirs(database: Database) -> None:
    sessions = sessions_storage(database)
    main = database.storage.lastTransaction()

    put(database, "a", 1)
    assert database.storage.lastTransaction() == main

    before = sessions.lastTransaction()
    database.transact(lambda hub: setattr(hub, "thing", 1), "main")
    assert database.storage.lastTransaction() != main
    assert sessions.lastTransaction() == before


def test_one_transaction_is_in_both_or_in_neither(database: Database) -> None:
    def store(hub: HubRoot, thing: int, error: Exception | None) -> None:
        hub.thing = thing
        sessions_root(hub)["thing"] = thing
        if error is not None:
            raise error

    database.transact(lambda hub: store(hub, 1, None), "both")
    with pytest.raises(ZeroDivisionError):
        database.transact(lambda hub: store(hub, 2, ZeroDivisionError()), "neither")

    with database.reading() as hub:
        assert (hub.thing, sessions_root(hub)["thing"]) == (1, 1)


def test_a_reader_drops_what_it_changes(database: Database) -> None:
    with database.reading() as hub:
        sessions_root(hub)["a"] = OOBTree({"value": 1})

    assert get(database, "a") is None


def test_many_threads_worth_of_connections_come_and_go(database: Database) -> None:
    for number in range(50):
        put(database, f"key{number % 3}", number)
        assert get(database, f"key{number % 3}") == number


def test_a_trial_keeps_sessions_in_memory(database: Database, tmp_path: Path) -> None:
    put(database, "a", 1)
    database.close()
    content = (tmp_path / FILE).read_bytes()

    trial = open_database("", data_dir=tmp_path, clock=HastyClock(), is_trial=True)
    assert get(trial, "a") is None
    put(trial, "a", 2)
    trial.close()

    assert (tmp_path / FILE).read_bytes() == content


# -- where they are ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uri", "store_uri", "expected"),
    [
        ("", "", "/data/sessions.fs"),
        ("", "file:///srv/hub.fs", "/data/sessions.fs"),
        ("", "memory://", None),
        ("memory://", "", None),
        ("file:///run/my%20sessions.fs", "memory://", "/run/my sessions.fs"),
    ],
)
def test_an_address_names_where_they_are(uri: str, store_uri: str, expected: str | None) -> None:
    found = sessions_file_for(uri, store_uri, Path("/data"))

    assert found == (None if expected is None else Path(expected))


@pytest.mark.parametrize("uri", ["zeo://localhost", "file://host/x.fs", "sessions.fs"])
def test_an_address_that_cannot_be_is_refused(uri: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedStore):
        open_database("", data_dir=tmp_path, clock=HastyClock(), sessions_uri=uri)


def test_a_file_of_its_own_and_no_other_is_made(database: Database, tmp_path: Path) -> None:
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == ["blobs"]


# -- lost and damaged --------------------------------------------------------------------------------------------------


def spoil_all(path: Path) -> None:
    path.write_bytes(b"no database at all")


def spoil_start(path: Path) -> None:
    path.write_bytes(b"\0" * 200 + path.read_bytes()[200:])


def spoil_record(path: Path) -> None:
    """In the middle, where opening does not look."""
    content = path.read_bytes()
    place = content.index(b"BTrees.OOBTree")
    path.write_bytes(content[:place] + b"X" * 20 + content[place + 20 :])


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def lose(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("with_index", [True, False])
@pytest.mark.parametrize("spoil", [spoil_all, spoil_start, spoil_record])
def test_a_damaged_file_is_moved_aside_and_made_anew(
    database: Database,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    spoil: Any,
    with_index: bool,
) -> None:
    put(database, "a", 1)
    database.close()
    spoil(tmp_path / FILE)
    damaged = (tmp_path / FILE).read_bytes()
    if not with_index:
        (tmp_path / f"{FILE}.index").unlink()

    again = opened(tmp_path)
    assert get(again, "a") is None
    put(again, "a", 2)
    again.close()

    assert (tmp_path / f"{FILE}.damaged").read_bytes() == damaged
    assert [record.levelno for record in caplog.records if "sign in again" in record.message] == [
        logging.WARNING
    ]
    at_last = opened(tmp_path)
    assert get(at_last, "a") == 2
    at_last.close()


def test_a_lost_file_is_made_anew(database: Database, tmp_path: Path) -> None:
    put(database, "a", 1)
    database.close()
    lose(tmp_path / FILE)

    again = opened(tmp_path)
    assert get(again, "a") is None
    again.close()


def test_the_end_of_a_file_that_was_being_written_is_cut(database: Database, tmp_path: Path) -> None:
    put(database, "a", 1)
    database.close()
    with (tmp_path / FILE).open("ab") as file:
        file.write(b"\0" * 11)

    again = opened(tmp_path)
    assert get(again, "a") == 1
    again.close()


def test_where_there_can_be_no_file_they_are_kept_in_memory(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database.close()
    make_folder(tmp_path / FILE)

    again = opened(tmp_path)
    put(again, "a", 1)
    assert get(again, "a") == 1
    again.close()

    assert [record.levelno for record in caplog.records if "in memory" in record.message] == [logging.ERROR]
    assert (tmp_path / FILE).is_dir()


def test_a_storage_that_broke_is_opened_again_and_the_main_one_goes_on(database: Database) -> None:
    put(database, "a", 1)
    main = database.storage
    sessions_storage(database)._file.close()

    with pytest.raises(StorageUnavailable):
        put(database, "b", 2)
    database.transact(lambda hub: setattr(hub, "thing", 1), "main")

    put(database, "c", 3)
    assert (get(database, "a"), get(database, "b"), get(database, "c")) == (1, None, 3)
    assert database.storage is main


# -- of another process ------------------------------------------------------------------------------------------------


def _hold(path: str, is_open: Any, may_close: Any) -> None:
    from mailhub.store.kinds import open_file

    storage = open_file(Path(path), None)
    is_open.set()
    may_close.wait(30)
    storage.close()


def test_a_file_of_another_process_is_refused_or_waited_for_and_never_moved(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    is_open, may_close = context.Event(), context.Event()
    process = context.Process(target=_hold, args=(str(tmp_path / FILE), is_open, may_close))
    process.start()
    assert is_open.wait(30)
    with pytest.raises(DatabaseLocked, match=FILE):
        open_database("", data_dir=tmp_path, clock=HastyClock(), wait_seconds=3)
    may_close.set()
    open_database("", data_dir=tmp_path, clock=HastyClock(), wait_seconds=100_000).close()
    process.join(30)
    assert process.exitcode == 0
    assert not (tmp_path / f"{FILE}.damaged").exists()


# -- packing -----------------------------------------------------------------------------------------------------------


def test_what_has_grown_is_packed_and_what_has_not_is_left(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PACK_BYTES", 100_000)
    put(database, "kept", "k" * 40_000)
    database.pack_sessions()
    unpacked = (tmp_path / FILE).stat().st_size
    for number in range(10):
        put(database, "a", str(number) * 20_000)
    database.pack_sessions()
    packed = (tmp_path / FILE).stat().st_size

    assert (unpacked > 40_000, packed < 70_000) == (True, True)
    assert (get(database, "kept"), get(database, "a")) == ("k" * 40_000, "9" * 20_000)
    put(database, "b", "b")
    database.close()
    again = opened(tmp_path)
    assert get(again, "b") == "b"
    again.close()


def test_what_stays_large_is_not_packed_over_and_over(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PACK_BYTES", 10_000)
    packed: list[float] = []
    storage = sessions_storage(database)
    pack = storage.pack

    def counting(t: float, references: Any) -> None:
        packed.append(t)
        pack(t, references)

    monkeypatch.setattr(storage, "pack", counting)
    put(database, "kept", "k" * 40_000)
    for _hour in range(3):
        database.pack_sessions()
        put(database, "a", "a")

    assert len(packed) == 1


def test_sessions_in_memory_are_never_packed(tmp_path: Path) -> None:
    database = open_database("memory://", data_dir=tmp_path, clock=HastyClock())
    database.pack_sessions()
    database.close()
