"""A message as a connector gets it: plain values and things that can be read, nothing of the database."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Literal, Protocol

RecipientKind = Literal["to", "cc", "bcc"]
Importance = Literal["low", "normal", "high"]


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox: an address as RFC 5321 knows it, and the name shown beside it (may be empty)."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Recipient:
    """One envelope recipient. ``kind`` says where the message shows it; ``bcc`` is shown nowhere."""

    address: str
    kind: RecipientKind
    name: str = ""


class Content(Protocol):
    """Bytes that can be read any number of times without ever being whole in memory."""

    @property
    def size(self) -> int:
        """Length in bytes."""
        ...

    @property
    def sha256(self) -> str:
        """Hexadecimal SHA-256 of the bytes, fixed when they were accepted."""
        ...

    def open(self) -> BinaryIO:
        """A new reader at the first byte; the caller closes it."""
        ...


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of the message. ``inline`` with ``content_id`` is a picture the HTML shows as ``cid:<content_id>``."""

    name: str
    content_type: str
    content: Content
    inline: bool = False
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class WireOptions:
    """What the receiving side understands, as far as it changes the bytes.

    ``eight_bit``: 8BITMIME (RFC 6152) was offered. ``smtputf8``: SMTPUTF8 (RFC 6531) was offered.
    """

    eight_bit: bool = False
    smtputf8: bool = False


class MimeForm(Protocol):
    """The message in the form of RFC 5322 and MIME, made anew and identical at every call."""

    def iter_bytes(self, options: WireOptions = WireOptions()) -> Iterator[bytes]:
        """Chunks with CRLF line ends, not dot-stuffed, without any Bcc header.

        Raises ``mailhub.contract.errors.Permanent`` when the stored bytes no longer have their SHA-256.
        """
        ...

    def size(self, options: WireOptions = WireOptions()) -> int:
        """Exact number of octets that ``iter_bytes`` gives with the same options."""
        ...

    def needs_smtputf8(self) -> bool:
        """True when a header address has a local part that only RFC 6532 can carry."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """One attempt at one message.

    ``recipients`` are those still to be tried (others have a final answer from an earlier attempt);
    ``to`` and ``cc`` are what the headers show. ``message_id`` (with its angle brackets), ``date`` and the MIME
    boundaries were fixed when the message was accepted, so every attempt is the same mail.
    """

    id: str
    attempt: int
    message_id: str
    date: datetime
    from_: Address
    sender: Address | None = None
    envelope_from: str
    recipients: tuple[Recipient, ...]
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    subject: str = ""
    text: Content | None = None
    html: Content | None = None
    attachments: tuple[Attachment, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    importance: Importance = "normal"
    scenario: str = ""
    owner_id: str = ""
    possible_duplicate: bool = False
    mime: MimeForm
