"""The last look at a message before it is taken: can each of its headers be written, as one well-formed field?

What a person or program writes is refused earlier and at its field; this also catches what accounts, scenarios and plugins
add, so that nothing is accepted that can never be sent.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from typing import BinaryIO

from mailhub.contract.errors import Permanent
from mailhub.contract.message import Address, Attachment, Importance, WireOptions
from mailhub.delivery.mime import HeaderInvalid, MessageForm, MessageWriter
from mailhub.errors import FieldError

_POINTERS = {
    "From": "/sender",
    "Sender": "/sender",
    "To": "/to",
    "Cc": "/cc",
    "Reply-To": "/reply_to",
    "Subject": "/subject",
    "Content-Type": "/attachments",
    "Content-Disposition": "/attachments",
    "Content-ID": "/attachments",
}
_ANY_SEED = "no boundary is written"
_ANY_SERVER = WireOptions(eight_bit=True, smtputf8=True)


class _NoBytes:
    """Implements ``mailhub.contract.Content``: the headers of a part are the same whatever it holds."""

    size = 0
    sha256 = sha256(b"").hexdigest()

    def open(self) -> BinaryIO:
        return BytesIO()


@dataclass(frozen=True, slots=True, kw_only=True)
class Headers:
    """All of a message that becomes headers. ``files``: (name, content type, inline, content id)."""

    from_: Address
    sender: Address | None
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    subject: str
    headers: tuple[tuple[str, str], ...]
    importance: Importance
    files: tuple[tuple[str, str, bool, str | None], ...]
    date: datetime


def find_header_error(headers: Headers) -> FieldError | None:
    """What is wrong with the first header that cannot be written; None when all can."""
    empty = _NoBytes()
    form = MessageForm(
        from_=headers.from_,
        sender=headers.sender,
        to=headers.to,
        cc=headers.cc,
        reply_to=headers.reply_to,
        subject=headers.subject,
        headers=headers.headers,
        importance=headers.importance,
        attachments=tuple(
            Attachment(name, content_type, empty, inline, content_id)
            for name, content_type, inline, content_id in headers.files
        ),
        date=headers.date,
        message_id="<message@mailhub>",
        boundary_seed=_ANY_SEED,
    )
    try:
        MessageWriter(form).size(_ANY_SERVER)
    except HeaderInvalid as error:
        pointer = _POINTERS.get(error.name, "/headers")
        return FieldError(pointer, "header.invalid", error.message)
    except Permanent as error:
        return FieldError("", error.code, error.message)
    return None
