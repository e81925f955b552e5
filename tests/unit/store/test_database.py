"""Opening, reading, changing and setting up a database."""

import errno
import multiprocessing
import threading
from pathlib import Path
from typing import Any

import pytest
from ZODB.POSException import ConflictError, StorageError

from mailhub.errors import NotFound, OutcomeUnknown, StorageUnavailable
from mailhub.store.commits import RequestManager
from mailhub.store.database import Database, ensure_root, open_database
from mailhub.store.format import DataFormat
from mailhub.store.problems import DatabaseLocked, FormatTooNew, NotSetUp, UnsupportedStore
from mailhub.store.root import HubRoot, get_hub
from tests.unit.store.fakes import Faults, HastyClock, file_database, install_things, things


def put(name: str, value: Any = True) -> Any:
    return lambda hub: hub.things.__setitem__(name, value)


# -- opening -----------------------------------------------------------------------------------------------------------


def test_an_empty_address_is_a_file_in_the_data_folder(tmp_path: Path, clock: HastyClock) -> None:
    open_database("", data_dir=tmp_path / "data", clock=clock).close()
    assert (tmp_path / "data" / "hub.fs").is_file()
    assert (tmp_path / "data" / "blobs").is_dir()
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_an_address_may_name_another_file(tmp_path: Path, clock: HastyClock) -> None:
    open_database(f"file://{tmp_path}/with%20space/my.fs", data_dir=tmp_path, clock=clock).close()
    assert (tmp_path / "with space" / "my.fs").is_file()


@pytest.mark.parametrize(
    "uri",
    [
        "zeo://localhost:8100",
        "postgres://hub:topsecret@db/hub",
        "file:///a?b=c",
        "file://host/a",
        "mysql://x",
        "plain",
    ],
)
def test_an_address_that_cannot_be_opened_is_named_without_its_password(
    uri: str, tmp_path: Path, clock: HastyClock
) -> None:
    with pytest.raises(UnsupportedStore) as raised:
        open_database(uri, data_dir=tmp_path, clock=clock)
    assert "topsecret" not in str(raised.value)
    assert uri.partition(":")[0] in str(raised.value)


def test_a_file_that_is_no_database_is_told(tmp_path: Path, clock: HastyClock) -> None:
    (tmp_path / "hub.fs").write_bytes(b"something else entirely")
    with pytest.raises(StorageUnavailable):
        open_database("", data_dir=tmp_path, clock=clock)


def _hold(path: str, is_open: Any, may_close: Any) -> None:
    database = open_database("", data_dir=Path(path), clock=HastyClock())
    is_open.set()
    may_close.wait(30)
    database.close()


def test_a_database_of_another_process_is_refused_or_waited_for(tmp_path: Path, clock: HastyClock) -> None:
    context = multiprocessing.get_context("spawn")
    is_open, may_close = context.Event(), context.Event()
    process = context.Process(target=_hold, args=(str(tmp_path), is_open, may_close))
    process.start()
    assert is_open.wait(30)
    with pytest.raises(DatabaseLocked, match=str(tmp_path / "hub.fs")):
        open_database("", data_dir=tmp_path, clock=clock, wait_seconds=3)
    assert 3 <= clock.waited_seconds < 4
    may_close.set()
    open_database("", data_dir=tmp_path, clock=clock, wait_seconds=100_000).close()
    process.join(30)
    assert process.exitcode == 0


def test_a_closed_database_says_so(database: Database) -> None:
    database.close()
    with pytest.raises(StorageUnavailable, match="closed"), database.reading():
        raise AssertionError("not reached")
    with pytest.raises(StorageUnavailable, match="closed"):
        database.transact(put("a"), "put")


# -- setting up --------------------------------------------------------------------------------------------------------


def test_a_database_without_a_hub_says_how_to_make_one(tmp_path: Path, clock: HastyClock) -> None:
    database = open_database("memory://", data_dir=tmp_path, clock=clock)
    with pytest.raises(NotSetUp, match="mailhub init"), database.reading():
        raise AssertionError("not reached")
    database.close()


def test_installers_run_at_every_start_in_one_transaction(database: Database, faults: Faults) -> None:
    def install_more(hub: HubRoot) -> None:
        hub.more = hub.things

    ensure_root(database, [install_things, install_more])
    assert faults.log.count("vote") == 1
    with database.reading() as hub:
        assert hub.more is hub.things


def test_a_start_that_changes_nothing_writes_nothing(database: Database, faults: Faults) -> None:
    ensure_root(database, [install_things])
    assert faults.log.count("store") == 0


def test_an_installer_that_fails_leaves_nothing(tmp_path: Path, clock: HastyClock) -> None:
    database = open_database("memory://", data_dir=tmp_path, clock=clock)

    def fail(hub: HubRoot) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ensure_root(database, [install_things, fail])
    with pytest.raises(NotSetUp), database.reading():
        raise AssertionError("not reached")
    database.close()


def test_data_for_newer_code_stop_the_start_before_anything_is_touched(database: Database) -> None:
    def age(hub: HubRoot) -> None:
        hub.format = DataFormat(9, 8, "3.1")

    database.transact(age, "a newer release")
    with pytest.raises(FormatTooNew, match=r"mailhub 3\.1 .* data format 8.* knows 1"):
        ensure_root(database, [lambda hub: setattr(hub, "touched", True)])
    with database.reading() as hub:
        assert not hasattr(hub, "touched")


# -- reading and changing ----------------------------------------------------------------------------------------------


def test_what_is_changed_while_reading_is_dropped(database: Database) -> None:
    with database.reading() as hub:
        hub.things["a"] = 1
    assert things(database) == {}


def test_reading_sees_one_moment(database: Database) -> None:
    with database.reading() as hub:
        database.transact(put("a"), "put")
        assert "a" not in hub.things
    assert things(database) == {"a": True}


def test_an_error_while_reading_is_passed_on(database: Database) -> None:
    with pytest.raises(KeyError), database.reading() as hub:
        hub.things["nothing"]


def test_a_change_returns_what_its_function_returns_and_keeps_its_note(database: Database) -> None:
    def add(hub: HubRoot) -> str:
        hub.things["a"] = 1
        return "added"

    assert database.transact(add, "add a thing") == "added"
    assert [each.description for each in database._db.storage.iterator()][-1] == b"add a thing"


@pytest.mark.parametrize("error", [NotFound("no"), ValueError("bug"), KeyboardInterrupt()])
def test_a_function_that_raises_changes_nothing(database: Database, error: BaseException) -> None:
    def fail(hub: HubRoot) -> None:
        hub.things["a"] = 1
        raise error

    with pytest.raises(type(error)) as raised:
        database.transact(fail, "fail")
    assert raised.value is error
    assert things(database) == {}


def test_a_conflict_is_run_again_on_fresh_data(database: Database) -> None:
    runs: list[int] = []

    def count(hub: HubRoot) -> int:
        runs.append(1)
        if len(runs) == 1:
            database.transact(put("number", 10), "another")
        hub.things["number"] = hub.things.get("number", 0) + 1
        return int(hub.things["number"])

    assert database.transact(count, "count") == 11
    assert len(runs) == 2


def test_five_conflicts_in_a_row_mean_that_nothing_was_done(database: Database, faults: Faults) -> None:
    faults.add("store", *(ConflictError() for _number in range(5)))
    with pytest.raises(StorageUnavailable):
        database.transact(put("a"), "put")
    database.transact(put("b"), "put")
    assert things(database) == {"b": True}


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "full"), OSError(errno.EIO, "bad"), StorageError("gone")]
)
def test_a_storage_that_fails_before_the_end_did_nothing(
    database: Database, faults: Faults, error: Exception
) -> None:
    faults.add("vote", error)
    with pytest.raises(StorageUnavailable) as raised:
        database.transact(put("a"), "put")
    assert not isinstance(raised.value, OutcomeUnknown)
    assert things(database) == {}


@pytest.mark.parametrize("place", ["finish", "finished", "sync"])
def test_a_storage_that_fails_while_finishing_leaves_it_unknown(
    database: Database, faults: Faults, place: str
) -> None:
    faults.add(place, OSError(errno.EIO, "bad"))
    with pytest.raises(OutcomeUnknown):
        database.transact(put("a"), "put")
    database.transact(put("b"), "put")
    assert things(database)["b"]


def test_many_threads_lose_nothing(database: Database) -> None:
    def add(number: int) -> None:
        for step in range(5):
            database.transact(put(f"{number}-{step}"), "put")

    database.transact(lambda hub: hub.things.update({f"base{number}": 0 for number in range(500)}), "spread")
    threads = [threading.Thread(target=add, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(things(database)) == 515


def test_the_request_stack_has_its_own_manager(database: Database) -> None:
    manager = RequestManager()
    connection = database.open_for(manager)
    manager.begin()
    get_hub(connection).things["a"] = 1
    manager.commit()
    connection.close()
    assert things(database) == {"a": 1}


@pytest.mark.parametrize(
    ("place", "error", "expected"),
    [
        ("vote", OSError(errno.ENOSPC, "full"), StorageUnavailable),
        ("finish", OSError(errno.EIO, "bad"), OutcomeUnknown),
        ("store", ConflictError(), ConflictError),
        ("store", ValueError("bug"), ValueError),
    ],
)
def test_a_request_is_told_what_became_of_its_commit(
    database: Database, faults: Faults, place: str, error: Exception, expected: type[Exception]
) -> None:
    manager = RequestManager()
    connection = database.open_for(manager)
    manager.begin()
    get_hub(connection).things["a"] = 1
    faults.add(place, error)
    with pytest.raises(expected) as raised:
        manager.commit()
    assert type(raised.value) is expected
    manager.abort()
    connection.close()


def test_a_memory_database_resolves_conflicts_as_a_file_does(memory: Database) -> None:
    """Two transactions add different keys to one bucket."""
    memory.transact(lambda hub: hub.things.update({"a": 1, "z": 1}), "begin")

    def add(hub: HubRoot) -> None:
        hub.things["k"] = 1
        if "m" not in things(memory):
            memory.transact(put("m", 1), "another")

    memory.transact(add, "add")
    assert set(things(memory)) == {"a", "k", "m", "z"}


def test_memory_leaves_nothing_on_disk(tmp_path: Path, clock: HastyClock) -> None:
    database = open_database("memory://", data_dir=tmp_path, clock=clock)
    folder = Path(database._db.storage.temporaryDirectory())
    assert folder.is_dir()
    database.close()
    assert not folder.exists()
    assert list(tmp_path.iterdir()) == []


def test_a_hub_survives_its_process(tmp_path: Path, clock: HastyClock) -> None:
    first = file_database(tmp_path, clock)
    first.transact(put("a"), "put")
    first.close()
    second = file_database(tmp_path, clock)
    assert things(second) == {"a": True}
    second.close()
