"""Bodies and attachments: small ones are records of their own, big ones blobs (design decision 12).

Writing: bytes of unknown length go into a ``BlobSink``, outside any transaction; what it ends with is then stored by a
short transaction. Reading: a ``ContentReader`` is taken in a transaction and used after it, by any thread.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from persistent import Persistent
from ZODB.blob import Blob

from mailhub.contract.message import Content
from mailhub.contract.texts import _

from .problems import ContentDamaged, ContentGone
from .root import HubRoot

SMALL_CONTENT_BYTES = 64 * 1024
"""Up to this many bytes content is one record; above it, a blob."""

CHUNK_BYTES = 64 * 1024


class SmallContent(Persistent):
    """At most ``SMALL_CONTENT_BYTES``, never changed. ``sha256`` is hexadecimal."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size = len(data)
        self.sha256 = hashlib.sha256(data).hexdigest()


class BlobContent(Persistent):
    """A file of the storage, never changed."""

    def __init__(self, blob: Any, size: int, sha256: str) -> None:
        self.blob = blob
        self.size = size
        self.sha256 = sha256


StoredContent = SmallContent | BlobContent


def store_content(data: bytes) -> SmallContent:
    """The record of a small body or attachment. Raises ValueError for more than ``SMALL_CONTENT_BYTES``."""
    if len(data) > SMALL_CONTENT_BYTES:
        raise ValueError(f"{len(data)} bytes are too many for a record; use a BlobSink")
    return SmallContent(data)


@dataclass(frozen=True, slots=True)
class StagedContent:
    """Bytes that are complete and on disk (or few), but not yet in the database."""

    source: bytes | Path = field(repr=False)
    size: int
    sha256: str

    def stored_in(self, hub: HubRoot) -> StoredContent:
        """A new persistent object with these bytes, for the transaction of ``hub``; may be called again after a conflict.

        The caller puts it into the graph. Only for transactions of their own: the writer's group never waits for a file.
        """
        if isinstance(self.source, bytes):
            return SmallContent(self.source)
        blob = Blob()
        # Only a blob that belongs to a connection has its file in the storage's own folder, so that commit is a rename
        hub._p_jar.add(blob)
        taken = self.source.with_suffix(".taken")
        taken.unlink(missing_ok=True)
        os.link(self.source, taken)
        blob.consumeFile(str(taken))
        return BlobContent(blob, self.size, self.sha256)


class BlobSink:
    """Takes bytes as they come, hashes them, and keeps more than a few in a file of the storage's folder.

    Use it as a context manager around both writing and storing: leaving it removes the file's temporary name.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._few = BytesIO()
        self._file: Any = None
        self._digest = hashlib.sha256()
        self.size = 0

    def write(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self._digest.update(chunk)
        self.size += len(chunk)
        if self._file is None and self.size > SMALL_CONTENT_BYTES:
            self._file = tempfile.NamedTemporaryFile(dir=self._folder, prefix="sink", delete=False)  # noqa: SIM115 - lives as long as the sink
            self._file.write(self._few.getvalue())
        (self._few if self._file is None else self._file).write(chunk)

    def finish(self) -> StagedContent:
        """Sync what was written, before any transaction, so that a commit finds nothing left to wait for."""
        if self._file is None:
            return StagedContent(self._few.getvalue(), self.size, self._digest.hexdigest())
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        return StagedContent(Path(self._file.name), self.size, self._digest.hexdigest())

    def discard(self) -> None:
        """Remove the temporary name; bytes that were stored keep theirs."""
        if self._file is not None:
            self._file.close()
            path = Path(self._file.name)
            path.unlink(missing_ok=True)
            path.with_suffix(".taken").unlink(missing_ok=True)

    def __enter__(self) -> "BlobSink":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()


@dataclass(frozen=True, slots=True)
class ContentReader:
    """Implements ``mailhub.contract.message.Content``: needs no transaction, no connection and no particular thread."""

    source: bytes | Path = field(repr=False)
    size: int
    sha256: str

    @classmethod
    def of(cls, content: StoredContent) -> "ContentReader":
        """A reader of committed content, taken within a transaction."""
        if isinstance(content, SmallContent):
            return cls(content.data, content.size, content.sha256)
        return cls(Path(content.blob.committed()), content.size, content.sha256)

    def open(self) -> BinaryIO:
        """A new reader at the first byte; the caller closes it. Raises ContentGone when it was deleted meanwhile."""
        if isinstance(self.source, bytes):
            return BytesIO(self.source)
        try:
            return self.source.open("rb")
        except FileNotFoundError as error:
            raise ContentGone(
                _("The file has been deleted since. Look up what it belongs to again.")
            ) from error


def first_bytes(content: StoredContent, count: int) -> bytes:
    """The beginning of a content, also of one that this transaction has stored; for use within the transaction."""
    if isinstance(content, SmallContent):
        return bytes(content.data[:count])
    with content.blob.open("r") as stream:
        return bytes(stream.read(count))


def checked_chunks(content: Content, chunk_bytes: int = CHUNK_BYTES) -> Iterator[bytes]:
    """The bytes of a content in chunks; at the end, before it stops, their size and SHA-256 are compared.

    Raises ContentDamaged then: whoever passes the chunks on must not treat them as complete before the end.
    """
    digest, size = hashlib.sha256(), 0
    with content.open() as stream:
        while chunk := stream.read(chunk_bytes):
            digest.update(chunk)
            size += len(chunk)
            yield chunk
    if size != content.size or digest.hexdigest() != content.sha256:
        raise ContentDamaged(
            _(
                "Stored bytes are not what was accepted: ${size} bytes where ${expected} were, or other ones.",
                mapping={"size": size, "expected": content.size},
            )
        )
