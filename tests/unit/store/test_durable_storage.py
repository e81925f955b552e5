"""What is on disk when, and what a storage is good for after the disk failed."""

import os
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import transaction
from persistent.mapping import PersistentMapping
from ZODB import DB
from ZODB.blob import Blob
from ZODB.POSException import StorageError

from mailhub.store.durable_storage import DurableFileStorage

ZODB_MODULE = sys.modules["ZODB.FileStorage.FileStorage"]  # its package has a class by that name


def opened(folder: Path) -> DurableFileStorage:
    return DurableFileStorage(folder / "hub.fs", blob_dir=folder / "blobs")


@contextmanager
def connected(storage: DurableFileStorage) -> Iterator[Any]:
    """A connection within a transaction; yields (manager, connection)."""
    db = DB(storage)
    manager = transaction.TransactionManager(explicit=True)
    connection = db.open(manager)
    manager.begin()
    try:
        yield manager, connection
    finally:
        with suppress(transaction.interfaces.NoTransaction):
            manager.abort()
        connection.close()
        db.close()


def put_blob(connection: Any, name: str, data: bytes) -> None:
    blob = Blob()
    connection.add(blob)
    with blob.open("w") as stream:
        stream.write(data)
    connection.root()[name] = blob


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was renamed and synced, by path, in order; with the phases of the storage in between."""
    log: list[str] = []
    fsync, rename = os.fsync, os.rename

    def logged_fsync(descriptor: int) -> None:
        log.append(f"fsync {Path(f'/proc/self/fd/{descriptor}').readlink()}")
        fsync(descriptor)

    def logged_rename(source: str, target: str) -> None:
        rename(source, target)
        log.append(f"rename {target}")

    monkeypatch.setattr(os, "fsync", logged_fsync)
    monkeypatch.setattr(ZODB_MODULE, "fsync", logged_fsync)
    monkeypatch.setattr(os, "rename", logged_rename)
    vote, finish = DurableFileStorage.tpc_vote, DurableFileStorage.tpc_finish

    def logged_vote(self: DurableFileStorage, transaction: Any) -> Any:
        result = vote(self, transaction)
        log.append("voted")
        return result

    def logged_finish(self: DurableFileStorage, *args: Any) -> Any:
        result = finish(self, *args)
        log.append("finished")
        return result

    monkeypatch.setattr(DurableFileStorage, "tpc_vote", logged_vote)
    monkeypatch.setattr(DurableFileStorage, "tpc_finish", logged_finish)
    return log


def test_a_blob_and_every_folder_it_entered_are_synced_before_the_vote_returns(
    tmp_path: Path, steps: list[str]
) -> None:
    with connected(opened(tmp_path)) as (manager, connection):
        put_blob(connection, "file", b"x" * 100)
        steps.clear()
        manager.commit()
        manager.begin()
        blob = Path(connection.root()["file"].committed())
    voted = steps.index("voted")
    before, after = steps[:voted], steps[voted:]
    moved = before.index(f"rename {blob}")
    assert moved < before.index(f"fsync {blob}")
    new_entries = [f"fsync {folder}" for folder in [blob.parent, *blob.parents[1:8], tmp_path / "blobs"]]
    for entry in new_entries:
        assert moved < before.index(entry)
    assert after[1] == f"fsync {tmp_path / 'hub.fs'}"
    assert after[2] == "finished"


def test_a_blob_moves_by_a_rename_and_is_never_copied(tmp_path: Path, steps: list[str]) -> None:
    with connected(opened(tmp_path)) as (manager, connection):
        put_blob(connection, "file", b"x" * 100)
        uncommitted = connection.root()["file"]._p_blob_uncommitted
        inode = Path(uncommitted).stat().st_ino
        manager.commit()
        manager.begin()
        assert Path(connection.root()["file"].committed()).stat().st_ino == inode
    assert Path(uncommitted).parent == tmp_path / "blobs" / "tmp"


def test_folders_that_were_there_are_not_synced_again(tmp_path: Path, steps: list[str]) -> None:
    with connected(opened(tmp_path)) as (manager, connection):
        put_blob(connection, "file", b"1")
        manager.commit()
        manager.begin()
        with connection.root()["file"].open("w") as stream:
            stream.write(b"2")
        steps.clear()
        manager.commit()
        manager.begin()
        blob = Path(connection.root()["file"].committed())
    assert [step for step in steps if step.startswith("fsync")] == [
        f"fsync {blob}",
        f"fsync {blob.parent}",
        f"fsync {tmp_path / 'hub.fs'}",
    ]


def test_the_folder_entries_of_new_files_are_synced_at_opening(tmp_path: Path, steps: list[str]) -> None:
    opened(tmp_path).close()
    assert f"fsync {tmp_path}" in steps
    assert f"fsync {tmp_path / 'blobs'}" in steps


def test_a_transaction_without_blobs_costs_one_sync(tmp_path: Path, steps: list[str]) -> None:
    with connected(opened(tmp_path)) as (manager, connection):
        connection.root()["a"] = 1
        steps.clear()
        manager.commit()
    assert [step for step in steps if step.startswith("fsync")] == [f"fsync {tmp_path / 'hub.fs'}"]


def test_a_blob_that_cannot_be_synced_is_not_committed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connected(opened(tmp_path)) as (manager, connection):
        put_blob(connection, "file", b"x")
        with monkeypatch.context() as patch:
            patch.setattr("mailhub.store.durable_storage.sync_path", _fail)
            with pytest.raises(OSError, match="EIO"):
                manager.commit()
        manager.abort()
        manager.begin()
        assert "file" not in connection.root()
    assert list((tmp_path / "blobs").rglob("*.blob")) == []


def _fail(path: Path) -> None:
    raise OSError(5, "EIO")


def test_a_transaction_that_fails_before_its_vote_leaves_no_blob_file(tmp_path: Path) -> None:
    with connected(opened(tmp_path)) as (manager, connection):
        put_blob(connection, "file", b"x")
        connection.root()["unpicklable"] = PersistentMapping(bad=lambda: None)
        with pytest.raises((AttributeError, TypeError)):
            manager.commit()
        manager.abort()
    assert list((tmp_path / "blobs").rglob("*.blob")) == []


def test_the_last_transaction_is_made_durable_when_the_file_is_opened(
    tmp_path: Path, steps: list[str]
) -> None:
    with connected(opened(tmp_path)) as (manager, connection):
        connection.root()["a"] = 1
        manager.commit()
    before = (tmp_path / "hub.fs").read_bytes()
    steps.clear()
    storage = opened(tmp_path)
    assert steps[0] == f"fsync {tmp_path / 'hub.fs'}"
    storage.close()
    assert (tmp_path / "hub.fs").read_bytes() == before


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """A limit of the kernel's: writing beyond it fails in the middle, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("room", [1_000, -150_000], ids=["the data file", "the temporary file"])
def test_a_transaction_that_does_not_fit_leaves_the_file_as_it_was(tmp_path: Path, room: int) -> None:
    with connected(opened(tmp_path)) as (manager, connection):
        connection.root()["first"] = PersistentMapping(data=b"1" * 200_000)
        manager.commit()
        whole = (tmp_path / "hub.fs").read_bytes()
        for name in ("no", "neither"):
            manager.begin()
            connection.root()[name] = PersistentMapping(data=b"2" * 100_000)
            with largest_file(len(whole) + room), pytest.raises(OSError, match="too large"):
                manager.commit()
            with largest_file(len(whole) + room):
                manager.abort()
            assert (tmp_path / "hub.fs").read_bytes() == whole
        manager.begin()
        connection.root()["small"] = PersistentMapping(data=b"3")
        manager.commit()
    with connected(opened(tmp_path)) as (_manager, connection):
        assert set(connection.root()) == {"first", "small"}
        assert connection.root()["small"]["data"] == b"3"


def test_a_failing_sync_closes_the_storage_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = opened(tmp_path)
    with connected(storage) as (manager, connection):
        connection.root()["a"] = PersistentMapping()
        with monkeypatch.context() as patch:
            patch.setattr(ZODB_MODULE, "fsync", _fail)
            with pytest.raises(OSError, match="EIO"):
                manager.commit()
        assert storage.is_broken
        manager.abort()
        manager.begin()
        connection.cacheMinimize()
        with pytest.raises(StorageError):
            list(connection.root())
        manager.abort()
        opened(tmp_path).close()  # its lock is free


def test_closing_goes_on_though_a_part_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = opened(tmp_path)

    def fail() -> None:
        raise OSError(5, "EIO")

    monkeypatch.setattr(storage._files, "close", fail)
    storage.close()
    storage.close()
    opened(tmp_path).close()


def test_a_file_that_is_no_database_leaves_no_lock_behind(tmp_path: Path) -> None:
    (tmp_path / "hub.fs").write_bytes(b"something else entirely")
    with pytest.raises(StorageError):
        opened(tmp_path)
    (tmp_path / "hub.fs").unlink()
    opened(tmp_path).close()


def test_a_packed_file_is_on_disk_under_its_name_before_the_next_commit(
    tmp_path: Path, steps: list[str]
) -> None:
    with connected(opened(tmp_path)) as (manager, connection):
        for number in range(3):
            connection.root()["number"] = number
            manager.commit()
            manager.begin()
        steps.clear()
        connection.db().pack()
        connection.root()["number"] = 3
        manager.commit()
    renamed = steps.index(f"rename {tmp_path / 'hub.fs'}")
    assert steps.index(f"fsync {tmp_path / 'hub.fs.pack'}") < renamed
    assert renamed < steps.index(f"fsync {tmp_path}") < steps.index("voted")
    with connected(opened(tmp_path)) as (_manager, connection):
        assert connection.root()["number"] == 3


def test_packing_what_is_packed_leaves_nothing_behind(tmp_path: Path) -> None:
    with connected(opened(tmp_path)) as (_manager, connection):
        connection.db().pack()
        connection.db().pack()
    assert not (tmp_path / "hub.fs.pack").exists()


def test_mail_is_private_in_a_folder_that_is_not(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with connected(opened(tmp_path)) as (_manager, connection):
        connection.db().pack()
        modes = {path.name: path.stat().st_mode & 0o077 for path in tmp_path.iterdir()}
    assert {name for name, mode in modes.items() if mode} <= {"hub.fs.lock", "hub.fs.index"}


def test_a_moment_without_a_file_while_packing_is_no_breakage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = opened(tmp_path)
    seen: list[bool] = []
    threads: list[Thread] = []
    real = DurableFileStorage._initIndex

    def look(self: DurableFileStorage, *args: Any) -> None:
        self._file.close()
        threads.append(Thread(target=lambda: seen.append(storage.is_broken)))
        threads[0].start()
        self._file = Path(self._file_name).open("r+b")  # noqa: SIM115 - the storage closes it
        real(self, *args)

    with connected(storage) as (_manager, connection):
        connection.root()["a"] = 1
        _manager.commit()
        with monkeypatch.context() as patch:
            patch.setattr(DurableFileStorage, "_initIndex", look)
            connection.db().pack()
        threads[0].join(10)
    assert seen == [False]


def test_leftovers_of_a_killed_process_are_removed_when_asked(tmp_path: Path) -> None:
    storage = opened(tmp_path)
    (tmp_path / "blobs" / "tmp" / "BUC1").write_bytes(b"half")
    storage.remove_leftovers()
    assert list((tmp_path / "blobs" / "tmp").iterdir()) == []
    storage.close()
