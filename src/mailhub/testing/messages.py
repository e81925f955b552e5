"""Messages for tests, made by the hub's own MIME writer."""

import hashlib
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, BinaryIO, cast

from mailhub.contract.message import (
    Address,
    Attachment,
    Content,
    Importance,
    MimeForm,
    OutgoingMessage,
    Recipient,
    RecipientKind,
)
from mailhub.delivery.mime import MessageForm, MessageWriter

from .clock import START
from .received import sha256_of

BOUNDARY_SEED = "a-seed-for-tests-only"
Who = str | Address
SALES = Address("sales@example.com", "Sales")


class BytesContent:
    """Implements ``mailhub.contract.Content`` over bytes in memory."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    @property
    def size(self) -> int:
        return len(self._content)

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self._content).hexdigest()

    def open(self) -> BinaryIO:
        return io.BytesIO(self._content)


class GeneratedContent:
    """Implements ``mailhub.contract.Content``: as many bytes as one wants, which are nowhere until they are read."""

    def __init__(self, size: int, pattern: bytes = bytes(range(256))) -> None:
        self._size = size
        self._pattern = pattern

    @property
    def size(self) -> int:
        return self._size

    @cached_property
    def sha256(self) -> str:
        with self.open() as reader:
            return sha256_of(reader)

    def open(self) -> BinaryIO:
        return cast(BinaryIO, io.BufferedReader(_Repeating(self._size, self._pattern)))


class _Repeating(io.RawIOBase):
    def __init__(self, size: int, pattern: bytes) -> None:
        super().__init__()
        self._left = size
        self._pattern = pattern
        self._at = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        piece = self._pattern[self._at :][: min(len(view), self._left)]
        view[: len(piece)] = piece
        self._left -= len(piece)
        self._at = (self._at + len(piece)) % len(self._pattern)
        return len(piece)


def make_attachment(
    name: str = "invoice.pdf",
    content: bytes | Content = b"%PDF-1.7 a small one",
    content_type: str = "application/pdf",
    *,
    inline: bool = False,
    content_id: str | None = None,
) -> Attachment:
    """A file for ``make_message``."""
    return Attachment(name, content_type, _content(content), inline, content_id)


def make_message(
    *,
    id: str = "message-1",
    attempt: int = 1,
    message_id: str = "",
    date: datetime = START,
    from_: Who = SALES,
    sender: Who | None = None,
    envelope_from: str | None = None,
    to: Iterable[Who] = ("ada@example.com",),
    cc: Iterable[Who] = (),
    bcc: Iterable[Who] = (),
    recipients: Sequence[Recipient] | None = None,
    reply_to: Iterable[Who] = (),
    subject: str = "Invoice 1001",
    text: str | Content | None = "Please find our invoice attached.\n",
    html: str | Content | None = None,
    attachments: Sequence[Attachment] = (),
    headers: Sequence[tuple[str, str]] = (),
    importance: Importance = "normal",
    scenario: str = "sales-invoice",
    owner_id: str = "user-1",
    possible_duplicate: bool = False,
    boundary_seed: str = BOUNDARY_SEED,
    mime: MimeForm | None = None,
) -> OutgoingMessage:
    """One attempt at a message. People may be given by their address alone.

    ``recipients``: those still to be tried; by default everybody in ``to``, ``cc`` and ``bcc``. ``mime``: by default what
    the hub's own writer makes of all the rest.
    """
    from_address = _address(from_)
    shown_to, shown_cc = tuple(map(_address, to)), tuple(map(_address, cc))
    everybody = (*_kind("to", shown_to), *_kind("cc", shown_cc), *_kind("bcc", map(_address, bcc)))
    form = MessageForm(
        from_=from_address,
        message_id=message_id or f"<{id}@example.com>",
        date=date,
        boundary_seed=boundary_seed,
        sender=None if sender is None else _address(sender),
        to=shown_to,
        cc=shown_cc,
        reply_to=tuple(map(_address, reply_to)),
        subject=subject,
        text=_body(text),
        html=_body(html),
        attachments=tuple(attachments),
        headers=tuple(headers),
        importance=importance,
    )
    return OutgoingMessage(
        id=id,
        attempt=attempt,
        message_id=form.message_id,
        date=form.date,
        from_=form.from_,
        sender=form.sender,
        envelope_from=from_address.address if envelope_from is None else envelope_from,
        recipients=everybody if recipients is None else tuple(recipients),
        to=form.to,
        cc=form.cc,
        reply_to=form.reply_to,
        subject=form.subject,
        text=form.text,
        html=form.html,
        attachments=form.attachments,
        headers=form.headers,
        importance=form.importance,
        scenario=scenario,
        owner_id=owner_id,
        possible_duplicate=possible_duplicate,
        mime=mime or MessageWriter(form),
    )


def _address(who: Who) -> Address:
    return who if isinstance(who, Address) else Address(who)


def _kind(kind: RecipientKind, addresses: Iterable[Address]) -> tuple[Recipient, ...]:
    return tuple(Recipient(each.address, kind, each.name) for each in addresses)


def _content(content: bytes | Content) -> Content:
    return BytesContent(content) if isinstance(content, bytes) else content


def _body(body: str | Content | None) -> Content | None:
    return BytesContent(body.encode()) if isinstance(body, str) else body
