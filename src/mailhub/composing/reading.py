"""From the checked fields of a call (``messages/schema.py``) to a request to compose."""

from collections.abc import Mapping
from typing import Any

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
    )


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
