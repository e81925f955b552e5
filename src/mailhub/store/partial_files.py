"""Files that arrive in pieces, over hours and restarts, beside the blobs that they become.

A file means nothing without a record that says how many of its bytes count: what lies behind them was never promised to
anybody and is thrown away by the next piece. Whoever has a file open has it alone, among threads and among processes.
"""

import fcntl
import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .content import CHUNK_BYTES, SMALL_CONTENT_BYTES, StagedContent
from .durable_storage import sync_path

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


class PartialFile:
    """One file, open for its holder alone; use it as a context manager."""

    def __init__(self, path: Path) -> None:
        """Raises FileNotFoundError, and BlockingIOError while somebody else has it open."""
        self._path = path
        self._file: Any = path.open("r+b", buffering=0)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BaseException:
            self._file.close()
            raise

    @property
    def size(self) -> int:
        """Bytes that it has, counting ones or not."""
        return os.fstat(self._file.fileno()).st_size

    def write(self, offset: int, pieces: Iterable[bytes]) -> int:
        """Write these bytes behind the first ``offset`` ones and in place of all that followed; the size it has then.

        They are on disk when this returns. When ``pieces`` raises, the file is cut back to ``offset``.
        """
        self._file.truncate(offset)
        self._file.seek(offset)
        try:
            for piece in pieces:
                self._write(piece)
        except BaseException:
            self._cut(offset)
            raise
        os.fdatasync(self._file.fileno())
        size: int = self._file.tell()
        return size

    def _write(self, piece: bytes) -> None:
        left = memoryview(piece)
        while left:
            left = left[self._file.write(left) :]

    def _cut(self, offset: int) -> None:
        with suppress(OSError):  # what is behind the offset does not count anyway
            self._file.truncate(offset)

    def staged(self) -> StagedContent:
        """All its bytes, hashed, to be stored by a transaction. The file stays until ``remove``."""
        digest = hashlib.sha256()
        self._file.seek(0)
        while chunk := self._file.read(CHUNK_BYTES):
            digest.update(chunk)
        size = self._file.tell()
        source: bytes | Path = self._path
        if size <= SMALL_CONTENT_BYTES:
            self._file.seek(0)
            source = self._file.read()
        return StagedContent(source, size, digest.hexdigest())

    def remove(self) -> None:
        """Take its name away; bytes that were stored keep theirs."""
        self._path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._path.with_suffix(".taken").unlink(missing_ok=True)  # what a commit that failed has left
        self._file.close()


class PartialFiles:
    """A folder of them. Their names are given by the hub and are never what a caller sent."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create(self, name: str) -> None:
        """Make an empty file whose name survives a power cut. Raises FileExistsError."""
        if not self._folder.is_dir():
            self._folder.mkdir(mode=0o700, exist_ok=True)
            sync_path(self._folder.parent)
        self._path(name).touch(mode=0o600, exist_ok=False)
        sync_path(self._folder)

    def open(self, name: str) -> PartialFile:
        """Raises FileNotFoundError, and BlockingIOError while somebody else has it open."""
        return PartialFile(self._path(name))

    def remove(self, name: str) -> None:
        """Remove a file that no record names; who has it open writes into nothing."""
        self._path(name).unlink(missing_ok=True)

    def iter_untouched(self, since: datetime) -> Iterator[str]:
        """The names of files that were last written before a time."""
        if not self._folder.is_dir():
            return
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError):  # it has just become a blob
                if _NAME.fullmatch(path.name) and _written_at(path) < since:
                    yield path.name

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a partial file")
        return self._folder / name


def _written_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
