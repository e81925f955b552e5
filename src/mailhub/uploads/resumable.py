"""Files that arrive in pieces: begun, continued after a cut or a restart, finished or given up (tus 1.0.0).

The bytes go to a partial file beside the blobs. How many of them count stands in the database, and is committed after the
bytes are on disk: an offset that a caller was told is never taken back. With the last byte the file is hashed and becomes
an upload in one transaction. Nothing of a process is needed to go on, so a restart is nothing special.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any, BinaryIO

from mailhub.contract.clock import Clock
from mailhub.contract.texts import _
from mailhub.entropy import Entropy, new_id
from mailhub.errors import (
    Busy,
    ChecksumMismatch,
    Gone,
    NotFound,
    OutcomeUnknown,
    TooLarge,
    TooManyRequests,
    WrongState,
)
from mailhub.people.identity import Identity
from mailhub.people.permissions import Permission
from mailhub.store.content import StagedContent
from mailhub.store.database import Database
from mailhub.store.partial_files import PartialFile
from mailhub.store.root import HubRoot

from .model import UnfinishedUpload, Upload, uploads_of
from .tus import Checksum, Metadata

CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadLimits:
    """``max_unfinished``, ``max_unfinished_bytes``: of one user; the bytes are those he announced."""

    max_bytes: int
    max_unfinished: int
    max_unfinished_bytes: int
    expire_after: timedelta


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an upload is. ``sha256``: hexadecimal, None until it is complete."""

    id: str
    offset: int
    length: int
    metadata: str
    expires_at: datetime
    sha256: str | None = None

    @property
    def is_complete(self) -> bool:
        return self.sha256 is not None


class ResumableUploads:
    """Use cases of files in pieces. Works in transactions of its own, outside that of the caller."""

    def __init__(self, database: Database, clock: Clock, entropy: Entropy, limits: UploadLimits) -> None:
        self._database = database
        self._clock = clock
        self._entropy = entropy
        self._files = database.partial_files()
        self.limits = limits

    def create(self, identity: Identity, length: int, metadata: Metadata) -> Progress:
        """Begin a file of ``length`` bytes.

        Raises ``Denied``, ``TooLarge``, ``TooManyRequests`` for more unfinished ones than a user may have.
        """
        identity.require(Permission.UPLOADS_WRITE)
        self._refuse_too_long(length)
        upload_id = new_id(self._entropy)
        self._files.create(upload_id)
        try:
            self._record(identity.user_id, upload_id, length, metadata)
        except OutcomeUnknown:
            raise  # it may be there; the sweep takes the file when it is not
        except BaseException:
            self._files.remove(upload_id)
            raise
        if length == 0:
            return self.append(identity, upload_id, 0, BytesIO())
        return self.progress(identity, upload_id)

    def create_with(
        self,
        identity: Identity,
        length: int,
        metadata: Metadata,
        stream: BinaryIO,
        *,
        announced_bytes: int | None = None,
        checksum: Checksum | None = None,
    ) -> Progress:
        """Begin a file with its first bytes.

        Raises what ``create`` and ``append`` do. There is no upload then, unless the database failed.
        """
        made = self.create(identity, length, metadata)
        try:
            return self.append(
                identity, made.id, 0, stream, announced_bytes=announced_bytes, checksum=checksum
            )
        except (TooLarge, ChecksumMismatch):
            self.remove(identity, made.id)
            raise

    def progress(self, identity: Identity, upload_id: str) -> Progress:
        """How far an own upload is, whole ones of any kind included. Raises ``NotFound``, ``Gone`` when it has expired."""
        identity.require(Permission.UPLOADS_WRITE)
        with self._database.reading() as hub:
            uploads = uploads_of(hub)
            whole = uploads.find_own(identity.user_id, upload_id)
            if whole is not None:
                return self._progress_of_whole(whole)
            unfinished = uploads.find_unfinished(identity.user_id, upload_id)
            if unfinished is None:
                raise _not_found()
            return self._progress_of_unfinished(unfinished)

    def append(
        self,
        identity: Identity,
        upload_id: str,
        offset: int,
        stream: BinaryIO,
        *,
        announced_bytes: int | None = None,
        checksum: Checksum | None = None,
    ) -> Progress:
        """Add bytes behind ``offset``, which has to be where the upload is. They are on disk when this returns.

        Raises ``NotFound``, ``Gone``, ``WrongState`` for another offset, ``Busy`` while others add to it, ``TooLarge`` for more
        than was announced, ``ChecksumMismatch``; then nothing was added. Raises StorageUnavailable, OutcomeUnknown.
        """
        before = self.progress(identity, upload_id)
        _require_offset(before, offset)
        pieces = _pieces(stream, before, announced_bytes, checksum)
        if before.is_complete:
            list(pieces)
            return before
        with self._opened(identity, before) as file:
            # it may have gone on since, before this call had the file for itself
            _require_offset(self.progress(identity, upload_id), offset)
            if file.size < offset:
                raise _gone()
            if file.write(offset, pieces) == before.length:
                self._finish(identity.user_id, before, file)
            else:
                self._advance(identity.user_id, before, file.size)
        return self.progress(identity, upload_id)

    def remove(self, identity: Identity, upload_id: str) -> None:
        """Give an own upload up, finished or not; messages keep what they use. Raises ``NotFound``, ``Gone``, ``Busy``."""
        progress = self.progress(identity, upload_id)
        if progress.is_complete:
            self._database.transact(
                lambda hub: _remove_whole(hub, identity.user_id, upload_id), "remove upload"
            )
            return
        with self._opened(identity, progress) as file:
            self._database.transact(
                lambda hub: _remove_unfinished(hub, identity.user_id, upload_id), "remove upload"
            )
            file.remove()

    # -- records ---------------------------------------------------------------------------------------------------

    def _record(self, owner_id: str, upload_id: str, length: int, metadata: Metadata) -> None:
        now = self._clock.now()

        def add(hub: HubRoot) -> None:
            self._require_room(hub, owner_id, length, now)
            upload = UnfinishedUpload(upload_id, owner_id, length, now)
            upload.metadata, upload.name = metadata.text, metadata.name
            upload.content_type = metadata.content_type
            uploads_of(hub).unfinished_of(owner_id).add(upload)

        self._database.transact(add, "begin upload")

    def _require_room(self, hub: HubRoot, owner_id: str, length: int, now: datetime) -> None:
        owned = uploads_of(hub).unfinished_of(owner_id)
        limits = self.limits
        if owned.count < limits.max_unfinished and owned.bytes + length <= limits.max_unfinished_bytes:
            return
        oldest = min((each.changed_at for each in owned.by_id.values()), default=now)
        raise TooManyRequests(
            _(
                "You may have ${count} unfinished uploads of ${bytes} bytes together. Finish or delete one.",
                mapping={"count": limits.max_unfinished, "bytes": limits.max_unfinished_bytes},
            ),
            retry_after_seconds=(oldest + limits.expire_after - now).total_seconds(),
            code="upload.too_many",
        )

    def _advance(self, owner_id: str, before: Progress, offset: int) -> None:
        now = self._clock.now()

        def advance(hub: HubRoot) -> None:
            upload = _unfinished_as_before(hub, owner_id, before)
            upload.offset, upload.changed_at = offset, now

        self._database.transact(advance, "continue upload")

    def _finish(self, owner_id: str, before: Progress, file: PartialFile) -> None:
        """The file becomes an upload; its record as an unfinished one goes in the same transaction."""
        staged, now = file.staged(), self._clock.now()
        self._database.transact(lambda hub: _make_whole(hub, owner_id, before, staged, now), "finish upload")
        file.remove()

    def _opened(self, identity: Identity, progress: Progress) -> PartialFile:
        """The file of an unfinished upload, for this call alone."""
        try:
            return self._files.open(progress.id)
        except BlockingIOError:
            raise Busy(_("Another call is adding to this upload. Ask for its offset, then go on.")) from None
        except FileNotFoundError:
            # finished or given up just now, or lost by restoring a backup
            _require_offset(self.progress(identity, progress.id), progress.offset)
            raise _gone() from None

    def _progress_of_whole(self, upload: Upload) -> Progress:
        size = upload.content.size
        expires_at = upload.used_at + self.limits.expire_after
        return Progress(upload.id, size, size, upload.metadata, expires_at, upload.content.sha256)

    def _progress_of_unfinished(self, upload: UnfinishedUpload) -> Progress:
        expires_at = upload.changed_at + self.limits.expire_after
        if expires_at <= self._clock.now():
            raise _gone()
        return Progress(upload.id, upload.offset, upload.length, upload.metadata, expires_at)

    def _refuse_too_long(self, length: int) -> None:
        if length > self.limits.max_bytes:
            raise TooLarge(
                _("A file may have ${limit} bytes at most.", mapping={"limit": self.limits.max_bytes}),
                code="attachment.too_large",
            )


def _pieces(
    stream: BinaryIO, progress: Progress, announced_bytes: int | None, checksum: Checksum | None
) -> Iterator[bytes]:
    """What a call brings. Raises ``TooLarge`` as early as it is known, and ``ChecksumMismatch`` at the end."""
    room = progress.length - progress.offset
    if (announced_bytes or 0) > room:
        raise _too_long(progress)
    digest: Any = None if checksum is None else checksum.new()
    while piece := stream.read(CHUNK_BYTES):
        room -= len(piece)
        if room < 0:
            raise _too_long(progress)
        if digest is not None:
            digest.update(piece)
        yield piece
    if checksum is not None and digest.digest() != checksum.digest:
        raise ChecksumMismatch(_("The bytes that arrived do not have this checksum. Send them again."))


def _unfinished_as_before(hub: HubRoot, owner_id: str, before: Progress) -> UnfinishedUpload:
    upload = uploads_of(hub).find_unfinished(owner_id, before.id)
    if upload is None or upload.offset != before.offset:
        raise _gone()  # its time was over, or somebody restored an older state, while the bytes came
    return upload


def _make_whole(hub: HubRoot, owner_id: str, before: Progress, staged: StagedContent, now: datetime) -> None:
    unfinished = _unfinished_as_before(hub, owner_id, before)
    upload = Upload(unfinished.id, owner_id, staged.stored_in(hub), now)
    for name in ("name", "content_type", "metadata"):
        if said := getattr(unfinished, name):
            setattr(upload, name, said)
    uploads = uploads_of(hub)
    uploads.unfinished_of(owner_id).remove(unfinished)
    uploads.by_id[upload.id] = upload


def _remove_whole(hub: HubRoot, owner_id: str, upload_id: str) -> None:
    if uploads_of(hub).find_own(owner_id, upload_id) is None:
        raise _not_found()
    del uploads_of(hub).by_id[upload_id]


def _remove_unfinished(hub: HubRoot, owner_id: str, upload_id: str) -> None:
    upload = uploads_of(hub).find_unfinished(owner_id, upload_id)
    if upload is None:
        raise _not_found()
    uploads_of(hub).unfinished_of(owner_id).remove(upload)


def _require_offset(progress: Progress, offset: int) -> None:
    if progress.offset != offset:
        raise WrongState(
            _("This upload is at ${offset} bytes. Go on from there.", mapping={"offset": progress.offset}),
            code="upload.wrong_offset",
        )


def _too_long(progress: Progress) -> TooLarge:
    return TooLarge(
        _("This is more than the ${length} bytes announced.", mapping={"length": progress.length}),
        code="upload.too_long",
    )


def _not_found() -> NotFound:
    return NotFound(_("You have no such upload."), code="upload.not_found")


def _gone() -> Gone:
    return Gone(_("This upload has expired. Begin a new one."))
