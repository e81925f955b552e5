"""The header block of a message, in one fixed order."""

import re
from dataclasses import replace
from datetime import UTC, datetime

from mailhub.contract.errors import Permanent
from mailhub.contract.message import Address, Importance
from mailhub.contract.texts import _

from .form import MessageForm
from .header_text import HARD_LENGTH, HeaderInvalid, unstructured
from .mailboxes import address_field, is_international
from .own_headers import own_header_fields

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")
_IMPORTANCE: dict[Importance, str] = {
    "high": "Importance: high\r\nX-Priority: 1\r\n",
    "normal": "",
    "low": "Importance: low\r\nX-Priority: 5\r\n",
}
# The one group RFC 5322 3.6.3 leaves to a message that shows no recipient: it names nobody.
_NOBODY = "To: undisclosed-recipients:;\r\n"


def header_block(form: MessageForm, *, utf8: bool) -> str:
    """All fields up to the MIME ones. ``utf8``: raw UTF-8 (RFC 6532), since the server takes it and the form needs it.

    Every address must be writable: see ``ascii_form``. Raises ``HeaderInvalid`` for what no header can carry.
    """
    return "".join(
        [
            address_field("From", (form.from_,), utf8=utf8),
            _sender(form, utf8),
            _shown("Reply-To", form.reply_to, utf8),
            _recipients(form, utf8),
            unstructured("Subject", form.subject, utf8=utf8),
            f"Date: {rfc5322_date(form.date)}\r\n",
            f"Message-ID: {_message_id(form)}\r\n",
            _IMPORTANCE[form.importance],
            *own_header_fields(form.headers, utf8=utf8),
            "MIME-Version: 1.0\r\n",
        ]
    )


def ascii_form(form: MessageForm) -> MessageForm:
    """The form as a server without SMTPUTF8 can carry it.

    Mailboxes that need SMTPUTF8 are not shown: they do not get this mail, while the others do (RFC 6531 3.2).
    Raises ``Permanent`` when the author is one of them.
    """
    if is_international(form.from_) or (form.sender is not None and is_international(form.sender)):
        raise Permanent(
            _(
                "The sender's address needs SMTPUTF8, which the server does not offer. Use a sender in plain ASCII."
            ),
            code="address.needs_smtputf8",
            reply="5.6.7",
        )
    return replace(
        form,
        to=_writable(form.to),
        cc=_writable(form.cc),
        reply_to=_writable(form.reply_to),
    )


def _writable(mailboxes: tuple[Address, ...]) -> tuple[Address, ...]:
    return tuple(mailbox for mailbox in mailboxes if not is_international(mailbox))


def _sender(form: MessageForm, utf8: bool) -> str:
    """RFC 5322 3.6.2: only where whoever sends is not the author."""
    if form.sender is None or form.sender.address == form.from_.address:
        return ""
    return address_field("Sender", (form.sender,), utf8=utf8)


def _recipients(form: MessageForm, utf8: bool) -> str:
    return _shown("To", form.to, utf8) + _shown("Cc", form.cc, utf8) or _NOBODY


def _shown(name: str, mailboxes: tuple[Address, ...], utf8: bool) -> str:
    return address_field(name, mailboxes, utf8=utf8) if mailboxes else ""


def rfc5322_date(date: datetime) -> str:
    """RFC 5322 3.3, always in UTC, whatever the language of the process."""
    at = date.astimezone(UTC)
    day = f"{_DAYS[at.weekday()]}, {at.day:02d} {_MONTHS[at.month - 1]} {at.year:04d}"
    return f"{day} {at.hour:02d}:{at.minute:02d}:{at.second:02d} +0000"


def _message_id(form: MessageForm) -> str:
    value = form.message_id
    if _MESSAGE_ID.fullmatch(value) is None or len(value) > HARD_LENGTH - len("Message-ID: "):
        raise HeaderInvalid(
            "Message-ID", _('"${value}" is not a Message-ID.', mapping={"value": value[:200]})
        )
    return value
