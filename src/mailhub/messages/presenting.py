"""Messages as plain values, as ``replies`` describes them."""

from typing import Any

from mailhub.store.content import ContentReader

from .gone import GoneMessage
from .model import NOBODY, HistoryEntry, Mailbox, Message, MessageContent, Related


def present_message(message: Message, waiting_for: str | None) -> dict[str, Any]:
    """A message as ``MessageReply``; ``waiting_for``: what keeps it, which delivery knows."""
    return {**_life_of(message), **_content_of(message.content), "waiting_for": waiting_for}


def present_gone(message: GoneMessage) -> dict[str, Any]:
    """What is left of a deleted message, as ``GoneMessageReply``."""
    return {
        "id": message.id,
        "status": message.status,
        "scenario": message.scenario,
        "account": message.account_id or None,
        "owner": message.owner_id,
    }


def present_whole_message(message: Message, waiting_for: str | None) -> dict[str, Any]:
    """A message as ``FullMessageReply``, its texts read whole."""
    content = message.content
    return {
        **present_message(message, waiting_for),
        "html": text_of(content.html),
        "text": text_of(content.text),
        "body": content.body,
        "headers": dict(content.headers),
        "recipients": [
            {
                "address": recipient.address,
                "kind": recipient.kind,
                "outcome": state.outcome,
                "code": state.code,
                "detail": state.detail,
            }
            for recipient, state in message.recipient_states()
        ],
    }


def present_history(message: Message) -> dict[str, Any]:
    """The history as ``MessageHistory``."""
    return {"items": [_entry(each) for each in message.history_entries()]}


def _entry(entry: HistoryEntry) -> dict[str, Any]:
    return {
        "at": entry.at,
        "event": entry.event,
        "attempt": entry.attempt,
        "status": entry.status,
        "code": entry.code,
        "detail": entry.detail,
        "possible_duplicate": entry.possible_duplicate,
    }


def _life_of(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "status": message.status,
        "scenario": message.scenario,
        "account": message.account_id or None,
        "owner": message.owner_id,
        "caller": message.caller_id,
        "created_at": message.created_at,
        "queued_at": message.queued_at,
        "send_at": message.send_at,
        "expires_at": message.expires_at,
        "next_attempt_at": message.next_attempt_at,
        "sent_at": message.sent_at,
        "attempts": message.attempts,
        "priority": message.priority,
        "error": _error(message),
        "partial": message.is_partial,
        "revision": str(message.revision),
    }


def _content_of(content: MessageContent) -> dict[str, Any]:
    return {
        "from": None if content.from_ == NOBODY else _address(content.from_),
        "sender": None if content.sender is None else _address(content.sender),
        "to": _addresses(content.to),
        "cc": _addresses(content.cc),
        "bcc": _addresses(content.bcc),
        "reply_to": _addresses(content.reply_to),
        "subject": content.subject,
        "attachments": _attachments(content),
        "related": [_related(each) for each in content.related_records()],
        "message_id": content.message_id or None,
        "importance": content.importance,
        "tags": list(content.tags),
        "metadata": content.metadata,
        "warnings": [
            {"code": code, "message": text, "pointer": pointer} for code, text, pointer in content.warnings
        ],
    }


def _error(message: Message) -> dict[str, Any] | None:
    if message.error is None:
        return None
    code, text, retryable = message.error
    return {"code": code, "message": text, "retryable": retryable}


def _addresses(mailboxes: tuple[Mailbox, ...]) -> list[dict[str, str]]:
    return [_address(each) for each in mailboxes]


def _address(mailbox: Mailbox) -> dict[str, str]:
    address, name = mailbox
    return {"name": name, "address": address}


def _attachments(content: MessageContent) -> list[dict[str, Any]]:
    return [
        {
            "n": number,
            "name": each.name,
            "content_type": each.content_type,
            "size": each.content.size,
            "sha256": each.content.sha256,
            "inline": each.inline,
            "content_id": each.content_id,
            "source": each.source,
        }
        for number, each in enumerate(content.attachments)
    ]


def _related(record: Related) -> dict[str, Any]:
    return {
        "kind": record.kind,
        "id": record.id,
        "title": record.title,
        "url": record.url or None,
        "relation": record.relation,
    }


def text_of(stored: Any) -> str | None:
    """A stored text, read whole."""
    if stored is None:
        return None
    with ContentReader.of(stored).open() as reader:
        return reader.read().decode("utf-8")
