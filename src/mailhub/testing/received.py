"""A mail that reached the other side of a test."""

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedMail:
    """Envelope and content as they arrived; a big content lies in a file, so that it is not in memory."""

    envelope_from: str
    recipients: tuple[str, ...]
    content: bytes | Path

    def open(self) -> BinaryIO:
        """A reader of the content; the caller closes it."""
        return self.content.open("rb") if isinstance(self.content, Path) else io.BytesIO(self.content)

    def read(self) -> bytes:
        """The whole content."""
        with self.open() as reader:
            return reader.read()

    def sha256(self) -> str:
        """Hexadecimal SHA-256 of the content, read in pieces."""
        with self.open() as reader:
            return sha256_of(reader)


def sha256_of(reader: BinaryIO) -> str:
    """Hexadecimal SHA-256 of all that is left to read, a piece at a time."""
    digest = hashlib.sha256()
    while piece := reader.read(64 * 1024):
        digest.update(piece)
    return digest.hexdigest()
