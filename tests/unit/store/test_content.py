"""Bodies and attachments: small, big, damaged and gone."""

import hashlib
import os
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from ZODB.POSException import ConflictError

from mailhub.contract.message import Content
from mailhub.store.content import (
    SMALL_CONTENT_BYTES,
    BlobContent,
    ContentReader,
    SmallContent,
    StagedContent,
    StoredContent,
    checked_chunks,
    store_content,
)
from mailhub.store.database import Database
from mailhub.store.problems import ContentDamaged, ContentGone
from mailhub.store.root import HubRoot
from tests.unit.store.fakes import Faults

BIG = os.urandom(SMALL_CONTENT_BYTES + 1)


def keep(database: Database, data: bytes, *, chunk_bytes: int = 10_000) -> None:
    """Store bytes as an upload does."""
    with database.blob_sink() as sink:
        for start in range(0, len(data), chunk_bytes):
            sink.write(data[start : start + chunk_bytes])
        staged = sink.finish()
        database.transact(lambda hub: put(hub, staged), "upload")


def put(hub: HubRoot, staged: StagedContent) -> None:
    hub.things["content"] = staged.stored_in(hub)


def stored(hub: HubRoot) -> StoredContent:
    content: StoredContent = hub.things["content"]
    return content


def reader(database: Database) -> ContentReader:
    with database.reading() as hub:
        return ContentReader.of(stored(hub))


@pytest.mark.parametrize("store", ["database", "memory"])
@pytest.mark.parametrize("size", [0, 1, SMALL_CONTENT_BYTES, SMALL_CONTENT_BYTES + 1, 300_000])
def test_content_comes_back_as_it_was(request: pytest.FixtureRequest, store: str, size: int) -> None:
    database, data = request.getfixturevalue(store), os.urandom(size)
    keep(database, data)
    content = reader(database)
    assert (content.size, content.sha256) == (size, hashlib.sha256(data).hexdigest())
    assert b"".join(checked_chunks(content)) == data
    assert b"".join(checked_chunks(content)) == data, "any number of times"


@pytest.mark.parametrize(
    ("size", "kind"), [(SMALL_CONTENT_BYTES, SmallContent), (SMALL_CONTENT_BYTES + 1, BlobContent)]
)
def test_up_to_64_kilobytes_are_a_record_and_more_a_blob(
    database: Database, size: int, kind: type[Any]
) -> None:
    keep(database, b"x" * size)
    with database.reading() as hub:
        assert type(stored(hub)) is kind
        assert stored(hub).size == size


def test_a_body_is_a_record_at_once() -> None:
    content = store_content(b"Dear customer")
    assert (content.data, content.size) == (b"Dear customer", 13)
    with pytest.raises(ValueError, match="BlobSink"):
        store_content(BIG)


def test_a_reader_is_what_connectors_are_promised(memory: Database) -> None:
    keep(memory, BIG)
    content: Content = reader(memory)
    with content.open() as stream:
        assert stream.read() == BIG


def test_a_reader_works_in_another_thread_while_the_database_is_closed(database: Database) -> None:
    keep(database, BIG)
    content, seen = reader(database), []
    database.close()
    thread = Thread(target=lambda: seen.append(b"".join(checked_chunks(content))))
    thread.start()
    thread.join(10)
    assert seen == [BIG]


# -- writing -----------------------------------------------------------------------------------------------------------


def test_a_big_file_is_synced_before_its_transaction_and_moved_by_a_rename(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    fsync = os.fsync

    def logged(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", logged)
    with database.blob_sink() as sink:
        sink.write(BIG)
        staged = sink.finish()
        assert isinstance(staged.source, Path)
        inode = staged.source.stat().st_ino
        assert synced == [inode]
        assert staged.source.parent == tmp_path / "blobs" / "tmp"
        database.transact(lambda hub: put(hub, staged), "upload")
    path = reader(database).source
    assert isinstance(path, Path)
    assert path.stat().st_ino == inode
    assert path.stat().st_nlink == 1
    assert synced.count(inode) == 2


def test_nothing_is_left_behind(database: Database, tmp_path: Path) -> None:
    keep(database, BIG)
    with database.blob_sink() as sink:
        sink.write(BIG)
    with database.blob_sink() as sink:
        sink.write(BIG)
        sink.finish()
    with database.blob_sink() as sink:
        sink.write(BIG)
        staged = sink.finish()

        def fail(hub: HubRoot) -> None:
            put(hub, staged)
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            database.transact(fail, "fails")
    assert list((tmp_path / "blobs" / "tmp").iterdir()) == []
    assert b"".join(checked_chunks(reader(database))) == BIG


def test_a_conflict_loses_no_file(database: Database, faults: Faults) -> None:
    faults.add("vote", ConflictError(), ConflictError())
    keep(database, BIG)
    assert b"".join(checked_chunks(reader(database))) == BIG


def test_few_bytes_need_no_file(database: Database, tmp_path: Path) -> None:
    with database.blob_sink() as sink:
        sink.write(b"x" * SMALL_CONTENT_BYTES)
        assert list((tmp_path / "blobs" / "tmp").iterdir()) == []
        assert sink.finish().size == SMALL_CONTENT_BYTES


# -- what can happen to bytes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "damage",
    [b"", b"short", b"y" * len(BIG), BIG + b"more"],
    ids=["nothing", "too short", "other bytes", "too long"],
)
def test_damage_is_noticed_at_the_end(database: Database, damage: bytes) -> None:
    keep(database, BIG)
    content = reader(database)
    assert isinstance(content.source, Path)
    content.source.chmod(0o600)
    content.source.write_bytes(damage)
    passed_on: list[bytes] = []
    with pytest.raises(ContentDamaged):
        passed_on.extend(checked_chunks(content))


def test_a_damaged_record_is_noticed() -> None:
    content = ContentReader(b"changed", 7, hashlib.sha256(b"another").hexdigest())
    with pytest.raises(ContentDamaged):
        list(checked_chunks(content))


def test_chunks_are_small(database: Database) -> None:
    keep(database, BIG * 3)
    assert max(len(chunk) for chunk in checked_chunks(reader(database), 1000)) == 1000


def test_a_file_that_was_deleted_meanwhile_is_told(database: Database) -> None:
    keep(database, BIG)
    content = reader(database)
    database.transact(lambda hub: hub.things.clear(), "delete")
    database._db.pack()
    with pytest.raises(ContentGone):
        content.open()


def test_what_is_being_read_stays_readable_over_a_pack(database: Database) -> None:
    keep(database, BIG)
    with reader(database).open() as stream:
        database.transact(lambda hub: hub.things.clear(), "delete")
        database._db.pack()
        assert stream.read() == BIG
