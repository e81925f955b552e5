"""From the checked fields of a call (``messages/schema.py``) to a request to compose."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mailhub.contract.texts import _
from mailhub.errors import FieldError, Invalid
from mailhub.messages.model import Related

from .request import AttachmentRequest, MessageRequest


def message_request(fields: Mapping[str, Any]) -> MessageRequest:
    """The request that the fields of ``MessageFields`` stand for."""
    return MessageRequest(
        scenario=fields["scenario"],
        account=fields["account"],
        on_behalf_of=fields["on_behalf_of"],
        sender=fields["sender"],
        to=tuple(fields["to"]),
        cc=tuple(fields["cc"]),
        bcc=tuple(fields["bcc"]),
        reply_to=tuple(fields["reply_to"]),
        subject=fields["subject"],
        html=fields["html"],
        text=fields["text"],
        body=fields["body"],
        attachments=tuple(map(_attachment, fields["attachments"])),
        include_default_attachments=fields["include_default_attachments"],
        related=tuple(map(_related, fields["related"])),
        send_at=fields["send_at"],
        expires_at=fields["expires_at"],
        priority=fields["priority"],
        importance=fields["importance"],
        headers=fields["headers"],
        tags=tuple(dict.fromkeys(fields["tags"])),
        metadata=fields["metadata"],
        draft=fields["draft"],
    )


def changed_request(request: MessageRequest, fields: Mapping[str, Any]) -> MessageRequest:
    """A request, changed by the fields of ``DraftChanges`` that are named. Raises ``Invalid`` for a file it does not have."""
    readers: dict[str, Callable[[Any], Any]] = {
        "attachments": lambda items: _changed_files(request, items),
        "related": lambda items: tuple(map(_related, items)),
        "tags": lambda items: tuple(dict.fromkeys(items)),
        **dict.fromkeys(("to", "cc", "bcc", "reply_to"), tuple),
    }
    changes: dict[str, Any] = {
        name: readers[name](value) if name in readers else value for name, value in fields.items()
    }
    return replace(request, **changes)


def _changed_files(
    request: MessageRequest, items: Sequence[Mapping[str, Any]]
) -> tuple[AttachmentRequest, ...]:
    """Raises ``Invalid`` with each file that cannot be what is said of it."""
    errors = [
        error
        for number, item in enumerate(items)
        if (error := _wrong_kept_file(request, f"/attachments/{number}", item)) is not None
    ]
    if errors:
        raise Invalid(errors)
    return tuple(_attachment(item) if item["n"] is None else request.attachments[item["n"]] for item in items)


def _wrong_kept_file(request: MessageRequest, place: str, fields: Mapping[str, Any]) -> FieldError | None:
    kept: int | None = fields["n"]
    if kept is None:
        return None
    if any(value for name, value in fields.items() if name != "n"):
        text = _("A file that is kept stays as it is: give n alone.")
        return FieldError(place, "settings.not_applicable", text)
    if kept >= len(request.attachments):
        text = _("The draft has no file of this number.")
        return FieldError(f"{place}/n", "attachment.not_found", text)
    return None


def _attachment(fields: Mapping[str, Any]) -> AttachmentRequest:
    return AttachmentRequest(
        name=fields["name"],
        content_type=fields["content_type"],
        data=fields["content"],
        upload=fields["upload"],
        scenario_file=fields["scenario_attachment"],
        inline=fields["inline"],
        content_id=fields["content_id"],
    )


def _related(fields: Mapping[str, Any]) -> Related:
    return Related(fields["kind"], fields["id"], fields["title"], fields["url"] or "", fields["relation"])
