"""Forms and contents for the tests of the writer."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, BinaryIO

from mailhub.contract.message import Address, Attachment, WireOptions
from mailhub.delivery.mime import MessageForm, MessageWriter

ACCEPTED_AT = datetime(2026, 11, 2, 10, 0, 5, tzinfo=UTC)
SEED = "q3mB0yJ2vS6xN8kL4hT1aw"
SEVEN_BIT = WireOptions()
EIGHT_BIT = WireOptions(eight_bit=True)
EVERYTHING = WireOptions(eight_bit=True, smtputf8=True)
ALL_OPTIONS = (WireOptions(), EIGHT_BIT, WireOptions(smtputf8=True), EVERYTHING)


@dataclass
class Stored:
    """A content in memory. ``found`` is what its reader gives, when that is not what was accepted."""

    octets: bytes
    found: bytes | None = None
    opened: list[BinaryIO] = field(default_factory=list)

    @property
    def size(self) -> int:
        return len(self.octets)

    @property
    def sha256(self) -> str:
        return sha256(self.octets).hexdigest()

    def open(self) -> BinaryIO:
        reader = io.BytesIO(self.octets if self.found is None else self.found)
        self.opened.append(reader)
        return reader


class Zeros(io.RawIOBase):
    """A reader of so many zero bytes that gives a little less than it is asked for, as raw files may."""

    def __init__(self, size: int) -> None:
        self._left = size

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        given = min(self._left, max(1, size - 7))
        self._left -= given
        return bytes(given)


@dataclass
class ManyZeros:
    """A content that is nowhere whole."""

    size: int
    sha256: str

    @classmethod
    def of(cls, size: int) -> "ManyZeros":
        digest = sha256()
        for _ in range(size // 1_000_000):
            digest.update(bytes(1_000_000))
        return cls(size, digest.hexdigest())

    def open(self) -> BinaryIO:
        return Zeros(self.size)  # type: ignore[return-value]  # typeshed wants a class with all of BinaryIO


def stored(text: str) -> Stored:
    return Stored(text.encode())


def pdf(octets: bytes = bytes(range(256)), name: str = "invoice.pdf") -> Attachment:
    return Attachment(name, "application/pdf", Stored(octets))


def logo() -> Attachment:
    return Attachment("logo.png", "image/png", Stored(b"\x89PNG\r\n\x1a\n"), inline=True, content_id="logo")


def form(**changes: Any) -> MessageForm:
    values: dict[str, Any] = {
        "from_": Address("billing@cronus.example", "CRONUS"),
        "to": (Address("ada@example.com", "Ada Lovelace"),),
        "subject": "Invoice 103001",
        "message_id": "<1.abc@cronus.example>",
        "date": ACCEPTED_AT,
        "boundary_seed": SEED,
        "text": stored("Dear Ada,\nplease pay.\n"),
    }
    return MessageForm(**values | changes)


def written(message: MessageForm, options: WireOptions = SEVEN_BIT) -> bytes:
    """The bytes, after proving what holds for every message: size, line ends, determinism."""
    writer = MessageWriter(message)
    octets = b"".join(writer.iter_bytes(options))
    assert writer.size(options) == len(octets)
    assert b"".join(MessageWriter(message).iter_bytes(options)) == octets
    assert octets.endswith(b"\r\n")
    for line in lines_of(octets):
        assert len(line) <= 998
        assert b"\r" not in line
        assert b"\n" not in line
        assert b"\0" not in line
    return octets


def lines_of(octets: bytes) -> Iterator[bytes]:
    yield from octets.split(b"\r\n")


def header_lines(octets: bytes) -> list[bytes]:
    return octets.partition(b"\r\n\r\n")[0].split(b"\r\n")
