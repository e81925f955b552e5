"""Files ahead of messages: streamed, limited, owned, and gone when nobody wants them."""

import hashlib
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mailhub.errors import Denied, TooLarge
from mailhub.people.identity import Identity
from mailhub.people.permissions import Permission
from mailhub.store.database import Database
from mailhub.testing import FakeClock, FakeEntropy
from mailhub.uploads.model import Upload, uploads_of
from mailhub.uploads.service import UploadsService
from mailhub.uploads.sweeping import sweep_expired

LIMIT = 300_000
BOB = Identity(user_id="bob", login="bob", permissions=frozenset({Permission.UPLOADS_WRITE}))


@pytest.fixture
def uploads(database: Database, clock: FakeClock) -> UploadsService:
    return UploadsService(database, clock, FakeEntropy(), LIMIT)


class Endless(io.RawIOBase):
    """More than anybody may send; counts what was read of it."""

    def __init__(self) -> None:
        super().__init__()
        self.given = 0

    def read(self, size: int = -1) -> bytes:
        assert 0 < size <= 1024 * 1024
        self.given += size
        return bytes(size)


def stored(database: Database, upload_id: str) -> Upload | None:
    with database.reading() as root:
        upload = uploads_of(root).find(upload_id)
        if upload is not None:
            assert upload.content.size >= 0
        return upload


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, LIMIT])
def test_a_file_is_stored_with_its_size_and_hash(
    uploads: UploadsService, database: Database, size: int
) -> None:
    data = (b"0123456789" * (size // 10 + 1))[:size]

    upload_id, found_size, digest = uploads.receive(
        BOB, io.BytesIO(data), size, name="a.pdf", content_type="application/pdf"
    )

    assert (found_size, digest) == (size, hashlib.sha256(data).hexdigest())
    with database.reading() as root:
        upload = uploads_of(root).find(upload_id)
        assert upload is not None
        assert (upload.owner_id, upload.name, upload.content_type) == ("bob", "a.pdf", "application/pdf")
        assert (upload.content.size, upload.content.sha256) == (size, digest)


def test_too_much_is_refused_as_soon_as_it_is_known(
    uploads: UploadsService, database: Database, tmp_path: Path
) -> None:
    announced, silent = Endless(), Endless()

    with pytest.raises(TooLarge) as refused:
        uploads.receive(BOB, as_file(announced), LIMIT + 1)
    assert refused.value.code == "attachment.too_large"
    assert announced.given == 0
    for size in (None, 1):
        with pytest.raises(TooLarge):
            uploads.receive(BOB, as_file(silent), size)
    assert silent.given < 3 * 1024 * 1024
    with database.reading() as root:
        assert len(uploads_of(root).by_id) == 0
    assert [path for path in tmp_path.rglob("sink*") if path.is_file()] == []


def as_file(stream: Endless) -> Any:
    return stream


def test_who_may_not_upload_is_denied_before_a_byte_is_read(uploads: UploadsService) -> None:
    stream = Endless()

    with pytest.raises(Denied):
        uploads.receive(Identity(user_id="eve", login="eve"), as_file(stream), None)
    assert stream.given == 0


def test_unused_uploads_go_and_used_ones_stay(
    uploads: UploadsService, database: Database, clock: FakeClock
) -> None:
    unused, used = (uploads.receive(BOB, io.BytesIO(b"x"), None)[0] for _number in range(2))
    clock.advance(20 * 3600)
    database.transact(lambda root: uploads_of(root).by_id[used].note_use(clock.now()), "use")
    clock.advance(5 * 3600)

    assert sweep_expired(database, clock.now(), timedelta(hours=24)) == 1

    assert stored(database, unused) is None
    assert stored(database, used) is not None


def test_a_use_within_the_hour_is_not_written_again(clock: FakeClock) -> None:
    content: Any = object()
    upload = Upload("a", "bob", content, clock.now())
    upload.note_use(clock.now() + timedelta(minutes=59))
    assert upload.used_at == clock.now()
    upload.note_use(clock.now() + timedelta(minutes=60))
    assert upload.used_at == clock.now() + timedelta(minutes=60)
