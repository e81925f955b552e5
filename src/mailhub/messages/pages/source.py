"""A message as it goes over the wire: its source, cut where it gets long, and its headers."""

from dataclasses import dataclass
from email.errors import MessageError
from email.parser import BytesHeaderParser
from email.policy import default as email_policy
from typing import Final

from mailhub.contract.message import WireOptions
from mailhub.delivery.mime import MessageWriter
from mailhub.delivery.outgoing import message_form
from mailhub.messages.model import Message

RAW: Final = WireOptions(eight_bit=True, smtputf8=True)
MOST_SHOWN_BYTES: Final = 100_000


@dataclass(frozen=True, slots=True)
class Source:
    """``text``: its beginning. ``size``: of all of it, in bytes."""

    text: str
    size: int
    is_cut: bool


def writer_of(message: Message) -> MessageWriter:
    """Raises what ``iter_bytes`` raises when the bytes are asked for."""
    return MessageWriter(message_form(message.content))


def source_of(message: Message) -> Source:
    """What of the source is shown on a page; never more is made than that."""
    writer = writer_of(message)
    size = writer.size(RAW)
    shown = _beginning(writer)
    text = shown.decode("utf-8", "replace").replace("\r\n", "\n")
    return Source(text, size, size > len(shown))


def headers_of(message: Message) -> list[tuple[str, str]]:
    """Name and value of each header, in order, encoded words read."""
    head = _beginning(writer_of(message)).partition(b"\r\n\r\n")[0]
    parsed = BytesHeaderParser(policy=email_policy).parsebytes(head + b"\r\n\r\n")
    try:
        return [(name, str(value)) for name, value in parsed.items()]
    except (MessageError, ValueError):
        # what the hub writes can be read; if not, as it stands is better than nothing
        return [(name, str(value)) for name, value in parsed.raw_items()]


def _beginning(writer: MessageWriter) -> bytes:
    shown = bytearray()
    for chunk in writer.iter_bytes(RAW):
        shown += chunk
        if len(shown) >= MOST_SHOWN_BYTES:
            break
    return bytes(shown[:MOST_SHOWN_BYTES])
