"""Files in pieces: what was told is on disk and stays, what was not told does not count, whatever fails in between."""

import errno
import hashlib
import io
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest

from mailhub.clock import SystemClock
from mailhub.entropy import SystemEntropy
from mailhub.errors import (
    Busy,
    Denied,
    Gone,
    HubError,
    NotFound,
    OutcomeUnknown,
    StorageUnavailable,
    TooLarge,
    TooManyRequests,
    WrongState,
)
from mailhub.people.identity import Identity
from mailhub.store.database import Database, ensure_root, open_database
from mailhub.testing import FakeClock, FakeEntropy
from mailhub.uploads.model import install, uploads_of
from mailhub.uploads.resumable import ResumableUploads, UploadLimits
from mailhub.uploads.sweeping import sweep_expired
from mailhub.uploads.tus import Metadata, read_checksum

LIMIT = 1_000_000
DAY = timedelta(hours=24)
DATA = bytes(range(256)) * 1000
LIMITS = UploadLimits(max_bytes=LIMIT, max_unfinished=3, max_unfinished_bytes=2 * LIMIT, expire_after=DAY)


@pytest.fixture
def uploads(database: Database, clock: FakeClock) -> ResumableUploads:
    return ResumableUploads(database, clock, FakeEntropy(), LIMITS)


@pytest.fixture
def in_real_time(tmp_path: Path) -> Iterator[ResumableUploads]:
    """The same where time passes, for threads that get in each other's way: the database waits between its tries."""
    clock = SystemClock()
    database = open_database("", data_dir=tmp_path / "real", clock=clock)
    ensure_root(database, (install,))
    yield ResumableUploads(database, clock, SystemEntropy(), LIMITS)
    database.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "blobs" / "partial"


def content_of(database: Database, upload_id: str) -> bytes:
    with database.reading() as root:
        upload = uploads_of(root).find(upload_id)
        assert upload is not None
        content: Any = upload.content
        if hasattr(content, "data"):
            return bytes(content.data)
        return Path(content.blob.committed()).read_bytes()


class Failing(io.RawIOBase):
    """A connection that is lost after some bytes."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self._left = [data]

    def read(self, size: int = -1) -> bytes:
        if self._left:
            return self._left.pop()
        raise ConnectionResetError(errno.ECONNRESET, "lost")


def stream(data: bytes) -> Any:
    return io.BytesIO(data)


def test_bytes_are_on_disk_before_the_offset_that_counts_them(
    uploads: ResumableUploads, database: Database, bob: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = uploads.create(bob, len(DATA), Metadata())
    steps: list[str] = []
    sync, transact = os.fdatasync, database.transact

    def noted_sync(descriptor: int) -> None:
        sync(descriptor)
        steps.append(f"synced {os.fstat(descriptor).st_size}")

    def noted_transact(function: Callable[[Any], Any], note: str) -> Any:
        steps.append(note)
        return transact(function, note)

    monkeypatch.setattr(os, "fdatasync", noted_sync)
    monkeypatch.setattr(database, "transact", noted_transact)
    uploads.append(bob, upload.id, 0, stream(DATA[:1000]))
    uploads.append(bob, upload.id, 1000, stream(DATA[1000:]))

    assert [step for step in steps if not step.startswith("synced 0")] == [
        "synced 1000",
        "continue upload",
        f"synced {len(DATA)}",
        "finish upload",
    ]


def test_it_goes_on_after_the_database_was_opened_anew(
    uploads: ResumableUploads, database: Database, bob: Identity, clock: FakeClock, tmp_path: Path
) -> None:
    upload = uploads.create(bob, len(DATA), Metadata("filename YQ==", "a", "text/plain"))
    uploads.append(bob, upload.id, 0, stream(DATA[:70_000]))
    database.close()

    again = open_database("", data_dir=tmp_path, clock=clock)
    try:
        uploads = ResumableUploads(again, clock, FakeEntropy(), LIMITS)
        assert uploads.progress(bob, upload.id).offset == 70_000
        uploads.append(bob, upload.id, 70_000, stream(DATA[70_000:]))
        assert content_of(again, upload.id) == DATA
        with again.reading() as root:
            whole = uploads_of(root).find(upload.id)
            assert whole is not None
            assert (whole.owner_id, whole.name, whole.content_type, whole.metadata) == (
                "bob", "a", "text/plain", "filename YQ==",
            )  # fmt: skip
    finally:
        again.close()


def test_what_lies_behind_the_offset_does_not_count(
    uploads: ResumableUploads, database: Database, bob: Identity, folder: Path
) -> None:
    """As a process leaves it that died between writing and committing."""
    upload = uploads.create(bob, 10, Metadata())
    uploads.append(bob, upload.id, 0, stream(b"hello"))
    with (folder / upload.id).open("ab") as file:
        file.write(b"never acknowledged, and longer")

    uploads.append(bob, upload.id, 5, stream(b"wor"))
    uploads.append(bob, upload.id, 8, stream(b"ld"))

    assert content_of(database, upload.id) == b"helloworld"


@pytest.mark.parametrize("size", [10, 200_000])
def test_a_connection_that_is_lost_leaves_the_offset(
    uploads: ResumableUploads, database: Database, bob: Identity, folder: Path, size: int
) -> None:
    upload = uploads.create(bob, size, Metadata())
    lost: Any = Failing(DATA[: size // 2])
    with pytest.raises(ConnectionResetError):
        uploads.append(bob, upload.id, 0, lost)
    assert uploads.progress(bob, upload.id).offset == 0
    assert (folder / upload.id).stat().st_size == 0
    uploads.append(bob, upload.id, 0, stream(DATA[:size]))
    assert content_of(database, upload.id) == DATA[:size]


@pytest.mark.parametrize("note", ["continue upload", "finish upload"])
@pytest.mark.parametrize(
    ("error", "is_done"), [(StorageUnavailable("full"), False), (OutcomeUnknown("?"), True)]
)
def test_a_commit_that_fails_can_be_repeated_and_one_that_is_unknown_looked_up(
    uploads: ResumableUploads,
    database: Database,
    bob: Identity,
    monkeypatch: pytest.MonkeyPatch,
    note: str,
    error: HubError,
    is_done: bool,
) -> None:
    data = DATA if note == "finish upload" else DATA[:-1]
    upload = uploads.create(bob, len(DATA), Metadata())
    transact = database.transact

    def failing(function: Callable[[Any], Any], why: str) -> Any:
        if is_done:
            transact(function, why)
        raise error

    with monkeypatch.context() as broken:
        broken.setattr(database, "transact", failing)
        with pytest.raises(type(error)):
            uploads.append(bob, upload.id, 0, stream(data))

    assert uploads.progress(bob, upload.id).offset == (len(data) if is_done else 0)
    if not is_done:
        uploads.append(bob, upload.id, 0, stream(data))
    if note == "continue upload":
        uploads.append(bob, upload.id, len(data), stream(DATA[-1:]))
    assert content_of(database, upload.id) == DATA


def test_a_full_disk_leaves_the_offset(
    uploads: ResumableUploads, bob: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = uploads.create(bob, 10, Metadata())

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fdatasync", full)
        with pytest.raises(OSError, match="full"):
            uploads.append(bob, upload.id, 0, stream(b"hello"))
    assert uploads.progress(bob, upload.id).offset == 0
    assert uploads.append(bob, upload.id, 0, stream(b"hello")).offset == 5


def test_of_many_calls_that_send_the_same_piece_one_is_taken(
    in_real_time: ResumableUploads, bob: Identity
) -> None:
    uploads = in_real_time
    upload = uploads.create(bob, 2 * len(DATA), Metadata())
    outcomes: list[str] = []
    start = Barrier(6)

    def send() -> None:
        start.wait(10)
        try:
            uploads.append(bob, upload.id, 0, stream(DATA))
            outcomes.append("taken")
        except (Busy, WrongState) as refused:
            outcomes.append(type(refused).__name__)

    threads = [Thread(target=send, daemon=True) for _number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert sorted(set(outcomes) - {"taken"}) <= ["Busy", "WrongState"]
    assert (len(outcomes), outcomes.count("taken")) == (6, 1)
    done = uploads.append(bob, upload.id, len(DATA), stream(DATA))
    assert done.sha256 == hashlib.sha256(2 * DATA).hexdigest()


def test_one_that_was_swept_while_its_bytes_came_is_gone(
    uploads: ResumableUploads, database: Database, bob: Identity, clock: FakeClock, folder: Path
) -> None:
    upload = uploads.create(bob, 10, Metadata())

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            clock.advance(25 * 3600)
            sweep_expired(database, clock.now(), DAY)
            return super().read(size)

    with pytest.raises(Gone):
        uploads.append(bob, upload.id, 0, Slow(b"hello"))
    with pytest.raises(NotFound):
        uploads.progress(bob, upload.id)
    assert list(folder.iterdir()) == []


def test_more_than_was_announced_is_refused_before_it_is_read(
    uploads: ResumableUploads, bob: Identity
) -> None:
    upload = uploads.create(bob, 10, Metadata())
    body = stream(b"hello world, this is too long")
    with pytest.raises(TooLarge):
        uploads.append(bob, upload.id, 0, body, announced_bytes=29)
    assert body.tell() == 0
    with pytest.raises(TooLarge):
        uploads.append(bob, upload.id, 0, body)
    assert uploads.progress(bob, upload.id).offset == 0


@pytest.mark.parametrize("length", [LIMIT + 1, 10 * 1024**3])
def test_a_file_that_is_announced_as_too_long_is_not_begun(
    uploads: ResumableUploads, bob: Identity, folder: Path, length: int
) -> None:
    with pytest.raises(TooLarge) as refused:
        uploads.create(bob, length, Metadata())
    assert refused.value.code == "attachment.too_large"
    assert not folder.exists()


def test_who_may_not_upload_can_do_nothing(uploads: ResumableUploads, bob: Identity) -> None:
    eve = Identity(user_id="bob", login="bob")
    upload = uploads.create(bob, 10, Metadata())
    with pytest.raises(Denied):
        uploads.create(eve, 10, Metadata())
    for act in (
        lambda: uploads.progress(eve, upload.id),
        lambda: uploads.append(eve, upload.id, 0, stream(b"x")),
        lambda: uploads.remove(eve, upload.id),
    ):
        with pytest.raises(Denied):
            act()


def test_a_refused_beginning_leaves_no_file_and_counts_for_nothing(
    uploads: ResumableUploads, database: Database, bob: Identity, folder: Path
) -> None:
    checksum = read_checksum("sha1 YQ==")
    with pytest.raises(HubError):
        uploads.create_with(bob, 10, Metadata(), stream(b"hello"), checksum=checksum)
    for _number in range(2):
        uploads.create(bob, LIMIT, Metadata())
    with pytest.raises(TooManyRequests):
        uploads.create(bob, 1, Metadata())
    assert len(list(folder.iterdir())) == 2
    with database.reading() as root:
        owned = uploads_of(root).unfinished["bob"]
        assert (owned.count, owned.bytes, len(owned.by_id)) == (2, 2 * LIMIT, 2)


def test_two_that_are_begun_at_once_do_not_pass_the_bound_together(
    in_real_time: ResumableUploads, bob: Identity, tmp_path: Path
) -> None:
    start, outcomes = Barrier(8), []

    def begin() -> None:
        start.wait(10)
        try:
            in_real_time.create(bob, 1, Metadata())
            outcomes.append("begun")
        except (TooManyRequests, StorageUnavailable):
            outcomes.append("refused")

    threads = [Thread(target=begin, daemon=True) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(outcomes) == 8
    assert 1 <= outcomes.count("begun") <= LIMITS.max_unfinished
    assert len(list((tmp_path / "real" / "blobs" / "partial").iterdir())) == outcomes.count("begun")


def test_a_finished_one_counts_no_more(uploads: ResumableUploads, database: Database, bob: Identity) -> None:
    for _number in range(5):
        upload = uploads.create(bob, 5, Metadata())
        uploads.append(bob, upload.id, 0, stream(b"hello"))
    with database.reading() as root:
        assert (uploads_of(root).unfinished["bob"].count, uploads_of(root).unfinished["bob"].bytes) == (0, 0)


def test_files_that_no_record_names_go_when_they_are_old(
    uploads: ResumableUploads, database: Database, bob: Identity, clock: FakeClock, folder: Path
) -> None:
    """What a process leaves that dies between the file and its record, or between the upload and the file's end."""
    upload = uploads.create(bob, 5, Metadata())
    for name in ("old", "new"):
        (folder / name).write_bytes(b"x")
    ages = {"old": DAY + timedelta(seconds=1), "new": timedelta(hours=23), upload.id: DAY * 2}
    for name, age in ages.items():
        at = (clock.now() - age).timestamp()
        os.utime(folder / name, (at, at))
    assert sweep_expired(database, clock.now(), DAY) == 0
    assert {path.name for path in folder.iterdir()} == {"new", upload.id}


def test_a_hub_of_before_gets_the_folder_of_unfinished_ones(database: Database) -> None:
    def age(root: Any) -> None:
        del uploads_of(root).unfinished

    database.transact(age, "test")
    database.transact(install, "test")
    with database.reading() as root:
        assert len(uploads_of(root).unfinished) == 0
