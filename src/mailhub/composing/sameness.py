"""Whether a change of a draft would leave it as it is: it was made before, and only its answer got lost."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from mailhub.messages.model import Message
from mailhub.store.root import HubRoot
from mailhub.uploads.model import uploads_of

from .reading import changed_request
from .request import AttachmentRequest, MessageRequest
from .stored import request_of
from .typed import all_as_typed

_ADDRESSES = ("to", "cc", "bcc", "reply_to")


def changes_nothing(hub: HubRoot, draft: Message, changes: Mapping[str, Any]) -> bool:
    """``changes``: fields of ``DraftChanges``. Raises ``Invalid`` for a file that the draft does not have."""
    before = request_of(draft)
    return _comparable(hub, before) == _comparable(hub, changed_request(before, changes))


def _comparable(hub: HubRoot, request: MessageRequest) -> dict[str, Any]:
    values = {field.name: getattr(request, field.name) for field in fields(request)}
    values |= {name: all_as_typed(values[name]) for name in _ADDRESSES}
    return values | {"attachments": [_digest_of(hub, each) for each in request.attachments]}


def _digest_of(hub: HubRoot, file: AttachmentRequest) -> str:
    """Of its content; of a new one too, which may be the one that the draft has got already."""
    if file.kept is not None:
        return file.kept.part.sha256
    upload = uploads_of(hub).find(file.upload or "")
    return "" if upload is None else str(upload.content.sha256)
