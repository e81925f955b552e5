"""Files that are either there whole and on disk, or not there at all."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

TEMPORARY_PREFIX = ".incoming-"


def sync_folder(folder: Path) -> None:
    """Put a folder's names on disk, so that a rename in it outlives a power loss. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class IncomingFile:
    """Bytes on their way into a folder, under a name that nobody looks at until ``publish``.

    Leaving the context without ``publish`` takes the bytes away again. Every method may raise OSError.
    """

    def __init__(self, folder: Path) -> None:
        # closed by publish or discard, which are later than this scope
        self._file = tempfile.NamedTemporaryFile(  # noqa: SIM115
            dir=folder, prefix=TEMPORARY_PREFIX, delete=False
        )
        self._path = Path(self._file.name)
        self._is_published = False

    def write(self, chunks: Iterable[bytes]) -> int:
        """Write and fsync all chunks; the number of bytes."""
        size = sum(self._file.write(chunk) for chunk in chunks)
        self._file.flush()
        os.fsync(self._file.fileno())
        return size

    def publish(self, target: Path) -> None:
        """Give the file its name in one step; an older file of that name is replaced."""
        self._file.close()
        self._path.replace(target)
        self._is_published = True

    def discard(self) -> None:
        """Take the bytes away unless they were published."""
        try:
            self._file.close()
        finally:
            if not self._is_published:
                self._path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()


def write_atomically(target: Path, content: bytes) -> None:
    """Replace a small file as a whole. Raises OSError."""
    with IncomingFile(target.parent) as incoming:
        incoming.write([content])
        incoming.publish(target)
    sync_folder(target.parent)
