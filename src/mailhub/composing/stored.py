"""Stored messages as requests: what a draft asks for, and what a copy of a message would ask for."""

from collections.abc import Iterable, Iterator

from mailhub.messages.model import USER_KIND, Mailbox, Message, StoredAttachment
from mailhub.messages.presenting import text_of

from .contents import ContentSource, MessagePart
from .request import AttachmentRequest, KeptFile, MessageRequest, RawAddress


def request_of(message: Message) -> MessageRequest:
    """What a draft asks for."""
    content = message.content
    return MessageRequest(
        scenario=message.scenario,
        account=message.account_id or None,
        sender=None if content.sender is None else _raw(content.sender),
        to=_all_raw(content.to),
        cc=_all_raw(content.cc),
        bcc=_all_raw(content.bcc),
        reply_to=_all_raw(content.reply_to),
        subject=content.subject,
        html=text_of(content.html),
        text=text_of(content.text),
        body=content.body,
        attachments=tuple(_iter_files(message)),
        include_default_attachments=content.wants_default_files,
        related=tuple(content.related_records()),
        send_at=message.send_at,
        expires_at=message.expires_at,
        priority=message.priority,
        importance=content.importance,
        headers=dict(content.headers),
        tags=content.tags,
        metadata=content.metadata,
    )


def request_like(message: Message) -> MessageRequest:
    """What would make the same message anew (RS3): without its times, and for whoever asks."""
    content = message.content
    asked = content.sender if message.status == "draft" else content.asked_sender
    return MessageRequest(
        scenario=message.scenario,
        account=message.account_id or None,
        sender=None if asked is None else _raw(asked),
        to=_all_raw(content.to),
        cc=_all_raw(content.cc),
        bcc=_all_raw(content.bcc),
        reply_to=_all_raw(content.reply_to),
        subject=content.subject,
        html=text_of(content.html),
        text=None if content.has_made_text else text_of(content.text),
        body=content.body,
        attachments=tuple(_iter_files(message)),
        include_default_attachments=content.wants_default_files,
        related=tuple(
            each
            for each in content.related_records()
            if (each.kind, each.id) != (USER_KIND, message.owner_id)
        ),
        priority=message.priority,
        importance=content.importance,
        headers=dict(content.headers),
        tags=content.tags,
        metadata=content.metadata,
    )


def stored_text(message: Message, place: str) -> ContentSource | None:
    """Where a command finds the text of a message: ``html`` or ``text``."""
    stored = message.content.html if place == "html" else message.content.text
    return None if stored is None else ContentSource(part=MessagePart(message.id, place, stored.sha256))


def _all_raw(mailboxes: Iterable[Mailbox]) -> tuple[RawAddress, ...]:
    return tuple(map(_raw, mailboxes))


def _raw(mailbox: Mailbox) -> RawAddress:
    """As it was typed: what has no name may be anything."""
    address, name = mailbox
    return {"name": name, "address": address} if name else address


def _iter_files(message: Message) -> Iterator[AttachmentRequest]:
    for number, file in enumerate(message.content.attachments):
        yield AttachmentRequest(
            name=file.name,
            content_type=file.content_type,
            kept=_kept(message, number, file),
            inline=file.inline,
            content_id=file.content_id,
        )


def _kept(message: Message, number: int, file: StoredAttachment) -> KeptFile:
    part = MessagePart(message.id, number, file.content.sha256)
    return KeptFile(part, file.content.size, file.source, file.default_of)
