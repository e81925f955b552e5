"""What notification hooks are told. Plain values; nothing in them can be changed."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from .message import Address, Importance


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEvent:
    """A message reached its end: sent (at least one recipient accepted) or failed for good."""

    message_id: str
    account_id: str
    connector: str
    scenario: str
    owner_id: str
    attempts: int
    at: datetime
    is_partial: bool = False
    error_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDeleted:
    """An account is gone, with the settings it had (secrets left out)."""

    account_id: str
    connector: str
    name: str
    address: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file that a message will have. ``is_default``: because its scenario adds it."""

    name: str
    content_type: str
    size_bytes: int
    is_default: bool = False


@dataclass(slots=True, kw_only=True)
class MessageChanges:
    """A message on its way in, as ``mailhub_change_message`` may alter it. The message keeps its id (S3).

    ``scenario``, ``account_id``, ``owner_id`` and ``attachments`` are there to be looked at and are settled.
    """

    scenario: str
    account_id: str
    owner_id: str
    from_: Address
    to: list[Address] = field(default_factory=list)
    cc: list[Address] = field(default_factory=list)
    bcc: list[Address] = field(default_factory=list)
    reply_to: list[Address] = field(default_factory=list)
    subject: str = ""
    html: str | None = None
    text: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    importance: Importance = "normal"
    attachments: tuple[AttachedFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TestMailRequest:
    """A test mail is about to be made for this account."""

    __test__: ClassVar[bool] = False
    """Keeps pytest from taking the class for a test case."""

    account_id: str
    account_name: str
    connector: str
    language: str


@dataclass(frozen=True, slots=True)
class DefaultAttachment:
    """A file of a scenario, as ``mailhub_filter_default_attachments`` sees it."""

    id: str
    name: str
    is_default: bool
