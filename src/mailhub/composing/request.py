"""What somebody asks to be sent: plain values, checked for their types and not yet for their meaning."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mailhub.contract.message import Importance
from mailhub.messages.model import Related
from mailhub.scenarios.resolving import DEFAULT_SCENARIO

from .contents import MessagePart

RawAddress = str | Mapping[str, Any]
"""``ada@example.com``, ``Ada <ada@example.com>`` or ``{"name", "address"}``."""


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file that a stored message has, for another message or for a draft that keeps it. ``source`` and ``default_of``: as
    there (``StoredAttachment``)."""

    part: MessagePart
    size: int
    source: str = "message"
    default_of: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentRequest:
    """A file to attach: its bytes, the id of an upload, the id of a file of the scenario, or a file of a stored message."""

    name: str | None = None
    content_type: str | None = None
    data: bytes | None = field(default=None, repr=False)
    upload: str | None = None
    scenario_file: str | None = None
    kept: KeptFile | None = None
    inline: bool = False
    content_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRequest:
    """A message as its sender describes it (api.md, ``POST /messages``)."""

    scenario: str = DEFAULT_SCENARIO
    account: str | None = None
    on_behalf_of: str | None = None
    sender: RawAddress | None = None
    to: tuple[RawAddress, ...] = ()
    cc: tuple[RawAddress, ...] = ()
    bcc: tuple[RawAddress, ...] = ()
    reply_to: tuple[RawAddress, ...] = ()
    subject: str = ""
    html: str | None = None
    text: str | None = None
    body: Mapping[str, Any] | None = None
    attachments: tuple[AttachmentRequest, ...] = ()
    include_default_attachments: bool = True
    related: tuple[Related, ...] = ()
    send_at: datetime | None = None
    expires_at: datetime | None = None
    priority: str = "normal"
    importance: Importance = "normal"
    headers: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    draft: bool = False
