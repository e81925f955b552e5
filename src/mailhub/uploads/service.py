"""Taking files ahead of messages: streamed to disk, hashed, and stored by a transaction of their own."""

from collections.abc import Callable
from datetime import datetime
from typing import BinaryIO, Protocol

from mailhub.contract.clock import Clock
from mailhub.contract.texts import _
from mailhub.entropy import Entropy, new_id
from mailhub.errors import TooLarge
from mailhub.people.identity import Identity
from mailhub.people.permissions import Permission
from mailhub.store.content import BlobSink, StagedContent
from mailhub.store.database import Database
from mailhub.store.root import HubRoot

from .model import Upload, uploads_of

CHUNK_BYTES = 256 * 1024


class Once(Protocol):
    """What lets a call take a file once, in the transaction that stores it."""

    def require_new(self, hub: HubRoot, now: datetime) -> None:
        """Raises what tells that it was taken before."""

    def keep(self, hub: HubRoot, now: datetime, upload_id: str) -> None:
        """Note that it is taken now."""


OnceFor = Callable[[StagedContent], Once]
"""For the file that has arrived."""


class UploadsService:
    """Use cases of uploads. Works outside the caller's transaction: a file is on disk before anybody waits for it."""

    def __init__(self, database: Database, clock: Clock, entropy: Entropy, max_bytes: int) -> None:
        self._database = database
        self._clock = clock
        self._entropy = entropy
        self._max_bytes = max_bytes

    def receive(
        self,
        identity: Identity,
        stream: BinaryIO,
        announced_bytes: int | None,
        *,
        name: str = "",
        content_type: str = "",
        once: OnceFor | None = None,
    ) -> tuple[str, int, str]:
        """Take a file; returns its id, size in bytes and SHA-256. ``name`` and ``content_type``: as its sender calls it.

        Raises ``Denied``, ``TooLarge`` (as early as the announced length allows), StorageUnavailable, and what ``once`` does.
        """
        identity.require(Permission.UPLOADS_WRITE)
        self._refuse_more_than_allowed(announced_bytes or 0)
        with self._database.blob_sink() as sink:
            self._copy(stream, sink)
            staged = sink.finish()
            key = None if once is None else once(staged)
            upload_id = self.keep(identity.user_id, staged, name, content_type, key)
            return upload_id, staged.size, staged.sha256

    def keep_bytes(self, owner_id: str, data: bytes) -> str:
        """Store bytes that are in memory already, as an upload of this user; returns its id."""
        with self._database.blob_sink() as sink:
            sink.write(data)
            return self.keep(owner_id, sink.finish())

    def keep(
        self,
        owner_id: str,
        staged: StagedContent,
        name: str = "",
        content_type: str = "",
        once: Once | None = None,
    ) -> str:
        """Store staged content as an upload of this user; returns its id."""
        upload_id, now = new_id(self._entropy), self._clock.now()

        def store(hub: HubRoot) -> None:
            if once is not None:
                once.require_new(hub, now)
                once.keep(hub, now, upload_id)
            content = staged.stored_in(hub)
            upload = uploads_of(hub).by_id[upload_id] = Upload(upload_id, owner_id, content, now)
            if name or content_type:
                upload.name, upload.content_type = name, content_type

        self._database.transact(store, "upload")
        return upload_id

    def _copy(self, stream: BinaryIO, sink: BlobSink) -> None:
        while chunk := stream.read(CHUNK_BYTES):
            self._refuse_more_than_allowed(sink.size + len(chunk))
            sink.write(chunk)

    def _refuse_more_than_allowed(self, size: int) -> None:
        if size > self._max_bytes:
            raise TooLarge(
                _("A file may have ${limit} bytes at most.", mapping={"limit": self._max_bytes}),
                code="attachment.too_large",
            )
