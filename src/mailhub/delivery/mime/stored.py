"""Reading stored contents: in pieces, and only as long as they are what was accepted."""

from collections.abc import Iterator
from hashlib import sha256
from typing import BinaryIO

from mailhub.contract.errors import Permanent
from mailhub.contract.message import Content
from mailhub.contract.texts import _

BASE64_LINE_BYTES = 57
CHUNK_BYTES = BASE64_LINE_BYTES * 512
"""Whole base64 lines, and small enough that what is made of a chunk stays below malloc's mmap threshold."""


def verified_whole(content: Content, label: str) -> bytes:
    """All of a small content. Raises ``Permanent`` with code ``attachment.damaged``."""
    with content.open() as reader:
        found = reader.read()
    if len(found) != content.size or sha256(found).hexdigest() != content.sha256:
        raise damaged(label)
    return found


def verified_chunks(content: Content, label: str) -> Iterator[bytes]:
    """Chunks of ``CHUNK_BYTES`` (the last may be shorter), none for an empty content.

    The last one is held back until the SHA-256 is known to be right, so that a message with a damaged content is
    never finished. Raises ``Permanent`` with code ``attachment.damaged``.
    """
    digest = sha256()
    size = 0
    held = b""
    with content.open() as reader:
        while chunk := _read_fully(reader):
            if held:
                yield held
            digest.update(chunk)
            size += len(chunk)
            held = chunk
    if size != content.size or digest.hexdigest() != content.sha256:
        raise damaged(label)
    if held:
        yield held


def _read_fully(reader: BinaryIO) -> bytes:
    chunk = reader.read(CHUNK_BYTES)
    while 0 < len(chunk) < CHUNK_BYTES:
        more = reader.read(CHUNK_BYTES - len(chunk))
        if not more:
            break
        chunk += more
    return chunk


def damaged(label: str) -> Permanent:
    """The refusal to send what is not what was accepted."""
    return Permanent(
        _(
            'The stored bytes of "${label}" are damaged: they are not the ones that were accepted. '
            "Nothing was sent. Restore the file from a backup or send the message anew.",
            mapping={"label": label},
        ),
        code="attachment.damaged",
    )
