"""Packing beside a storage in use: what goes, what stays, and what is on disk when it is broken off."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ZODB.blob import Blob

from mailhub.errors import StorageUnavailable
from mailhub.store import pack
from mailhub.store.database import Database, ensure_root
from mailhub.store.pack_child import PackedPart, PackOrder
from mailhub.store.problems import PackFailed
from tests.unit.store.fakes import HastyClock, file_database, in_thread, install_things, things

SECRET = b"the-old-value-of-something"


def put(database: Database, name: str, value: Any) -> None:
    database.transact(lambda hub: hub.things.__setitem__(name, value), "put")


def put_blob(database: Database, name: str, data: bytes) -> None:
    def store(hub: Any) -> None:
        blob = hub.things[name] = Blob()
        with blob.open("w") as stream:
            stream.write(data)

    database.transact(store, "blob")


def bytes_on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def blobs_of(folder: Path) -> list[Path]:
    return sorted((folder / "blobs").rglob("*.blob"))


def meanwhile(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Have something happen after the child has copied."""
    real = pack._part_by_child

    def copied(storage: Any, order: PackOrder) -> PackedPart | None:
        part = real(storage, order)
        act()
        return part

    monkeypatch.setattr(pack, "_part_by_child", copied)


def test_old_values_are_nowhere_on_the_disk(database: Database, tmp_path: Path) -> None:
    put(database, "a", SECRET * 50)
    put(database, "a", "new")
    assert SECRET in bytes_on_disk(tmp_path)
    database.pack()
    assert SECRET not in bytes_on_disk(tmp_path)
    assert things(database) == {"a": "new"}


def test_what_nobody_refers_to_goes_with_its_blob(database: Database, tmp_path: Path) -> None:
    put_blob(database, "gone", b"x" * 100_000)
    put_blob(database, "kept", b"y" * 100_000)
    database.transact(lambda hub: hub.things.__delitem__("gone"), "delete")
    database.pack()
    assert [path.read_bytes()[:1] for path in blobs_of(tmp_path)] == [b"y"]


def test_what_is_committed_meanwhile_is_kept(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: HastyClock
) -> None:
    for number in range(20):
        put(database, "a", number)

    def commit_more() -> None:
        put(database, "late", "late")
        put(database, "a", "newest")
        put_blob(database, "blob", b"z" * 100_000)

    meanwhile(monkeypatch, commit_more)
    database.pack()
    put(database, "after", "after")
    database.close()
    again = file_database(tmp_path, clock)
    found = things(again)
    assert (found["late"], found["a"], found["after"]) == ("late", "newest", "after")
    assert [path.read_bytes()[:1] for path in blobs_of(tmp_path)] == [b"z"]
    again.close()


def test_a_second_packing_finds_nothing_to_do(database: Database, tmp_path: Path) -> None:
    put(database, "a", 1)
    put(database, "a", 2)
    database.pack()
    size = (tmp_path / "hub.fs").stat().st_size
    database.pack()
    assert (tmp_path / "hub.fs").stat().st_size == size
    assert things(database) == {"a": 2}


def test_a_child_that_dies_leaves_all_as_it_was(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(database, "a", 1)
    put(database, "a", 2)
    before = (tmp_path / "hub.fs").read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(pack.PackFiles, "order", _order_of_a_missing_file)
        with pytest.raises(PackFailed, match="could not be packed"):
            database.pack()
    assert (tmp_path / "hub.fs").read_bytes() == before
    assert not list(tmp_path.glob("hub.fs.pack*"))
    put(database, "b", 3)
    database.pack()
    assert things(database) == {"a": 2, "b": 3}


def _order_of_a_missing_file(files: pack.PackFiles, end: int, stop: bytes, *, collects_garbage: bool) -> Any:
    return PackOrder("/nowhere", end, stop.hex(), collects_garbage, str(files.copy), str(files.index), "/x")


def test_a_disk_that_fills_up_leaves_the_database_in_use(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(database, "a", 1)
    put(database, "a", 2)
    real, times = os.fsync, iter([True])

    def full(descriptor: int) -> None:
        if next(times, False):
            raise OSError(28, "No space left on device")
        real(descriptor)

    def fill_up() -> None:
        monkeypatch.setattr(os, "fsync", full)

    meanwhile(monkeypatch, fill_up)
    with pytest.raises(StorageUnavailable):
        database.pack()
    put(database, "b", 3)
    assert things(database) == {"a": 2, "b": 3}


def test_a_storage_that_is_closed_meanwhile_does_not_touch_its_files_any_more(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: HastyClock
) -> None:
    put(database, "a", 1)
    put(database, "a", 2)
    others: list[Database] = []

    def hand_over() -> None:
        database.close()
        others.append(file_database(tmp_path, clock))
        put(others[0], "theirs", 3)

    meanwhile(monkeypatch, hand_over)
    with pytest.raises(StorageUnavailable):
        database.pack()
    assert things(others[0]) == {"a": 2, "theirs": 3}
    others[0].close()
    again = file_database(tmp_path, clock)
    assert things(again) == {"a": 2, "theirs": 3}
    again.close()


def test_closing_waits_until_the_files_have_their_names(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: HastyClock
) -> None:
    put(database, "a", 1)
    put(database, "a", 2)
    closing: list[Any] = []
    real = pack._prepare_switch

    def close_now(storage: Any, files: pack.PackFiles) -> None:
        real(storage, files)
        closing.append(in_thread(database.close))
        closing[0].join(0.05)
        assert closing[0].is_alive(), "it was closed in the middle of it"

    monkeypatch.setattr(pack, "_prepare_switch", close_now)
    database.pack()
    closing[0].join(10)
    again = file_database(tmp_path, clock)
    assert things(again) == {"a": 2}
    again.close()


def test_there_is_a_data_file_at_every_moment(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(database, "a", 1)
    put(database, "a", 2)
    real, seen = os.rename, []

    def rename(source: Any, target: Any) -> None:
        real(source, target)
        seen.append((tmp_path / "hub.fs").stat().st_size)

    monkeypatch.setattr(os, "rename", rename)
    database.pack()
    assert len(seen) >= 2
    assert all(seen)


def test_blobs_that_a_killed_packing_did_not_remove_go_with_the_next(
    database: Database, tmp_path: Path
) -> None:
    put_blob(database, "kept", b"y" * 100_000)
    kept = blobs_of(tmp_path)[0]
    orphan = kept.with_name("0x0001.blob")
    orphan.write_bytes(b"x")
    elsewhere = kept.parents[1] / "0xff"
    elsewhere.mkdir()
    (elsewhere / kept.name).write_bytes(b"x")
    database.pack()
    assert blobs_of(tmp_path) == [kept]
    assert not elsewhere.exists()


def test_leftovers_of_a_killed_packing_go_when_the_database_is_opened(
    tmp_path: Path, clock: HastyClock
) -> None:
    file_database(tmp_path, clock).close()
    for name in ("hub.fs.pack", "hub.fs.packing-abc", "hub.fs.packing-abc.index", "hub.fs.old"):
        (tmp_path / name).write_bytes(SECRET)
    file_database(tmp_path, clock).close()
    assert SECRET not in bytes_on_disk(tmp_path)


def test_a_database_in_memory_can_be_packed(memory: Database) -> None:
    put(memory, "a", 1)
    memory.pack()
    ensure_root(memory, [install_things])
    assert things(memory) == {"a": 1}
