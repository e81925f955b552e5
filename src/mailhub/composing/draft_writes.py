"""Write commands of drafts: make one, change it, send it. Who changes or sends one names the revision he has seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailhub.answers import Answered
from mailhub.contract.message import Importance
from mailhub.contract.texts import _
from mailhub.delivery.telling import tell
from mailhub.errors import NOT_FOUND, NotFound, RevisionStale
from mailhub.messages import ids
from mailhub.messages.indexes import index_changed, index_new, indexed, partition_of
from mailhub.messages.model import Mailbox, Message, MessageContent, Related, messages_of
from mailhub.messages.presenting import present_message
from mailhub.messages.states import next_status, wrong_state
from mailhub.messages.transitions import note
from mailhub.people.identity import Identity
from mailhub.store.root import HubRoot
from mailhub.store.writer import Shard

from .contents import ContentSource
from .writes import (
    Accepted,
    AcceptedAttachment,
    AcceptMessage,
    ConfigurationChanged,
    check_contents,
    check_people,
    message_path,
    note_owner,
    note_uploads,
    stored_attachment,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftFields:
    """All that a draft keeps, as it was typed. ``account_id``: "" for none."""

    scenario: str
    account_id: str
    owner_id: str
    sender: Mailbox | None
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...]
    bcc: tuple[Mailbox, ...]
    reply_to: tuple[Mailbox, ...]
    subject: str
    html: ContentSource | None
    text: ContentSource | None
    body: Mapping[str, Any] | None
    attachments: tuple[AcceptedAttachment, ...]
    wants_default_files: bool
    headers: tuple[tuple[str, str], ...]
    importance: Importance
    priority: str
    related: tuple[Related, ...]
    send_at: datetime | None
    expires_at: datetime | None
    tags: tuple[str, ...]
    metadata: Mapping[str, Any]
    warnings: tuple[tuple[str, str, str], ...]

    @property
    def sources(self) -> list[ContentSource | None]:
        """All that the draft is made of."""
        return [self.text, self.html, *(each.source for each in self.attachments)]

    def life(self, hub: HubRoot) -> dict[str, Any]:
        """The attributes of the message that can be changed."""
        return {
            "content": self._content(hub),
            "scenario": self.scenario,
            "account_id": self.account_id,
            "lane_id": self.account_id,
            "owner_id": self.owner_id,
            "partition": partition_of(list(self.related)),
            "priority": self.priority,
            "send_at": self.send_at,
            "expires_at": self.expires_at,
        }

    def _content(self, hub: HubRoot) -> MessageContent:
        return MessageContent(
            sender=self.sender,
            to=self.to,
            cc=self.cc,
            bcc=self.bcc,
            reply_to=self.reply_to,
            subject=self.subject,
            html=None if self.html is None else self.html.stored(hub),
            text=None if self.text is None else self.text.stored(hub),
            body=None if self.body is None else dict(self.body),
            attachments=tuple(stored_attachment(hub, each) for each in self.attachments),
            wants_default_files=self.wants_default_files,
            headers=self.headers,
            importance=self.importance,
            related=tuple((each.kind, each.id, each.title, each.url, each.relation) for each in self.related),
            tags=self.tags,
            metadata=dict(self.metadata),
            warnings=self.warnings,
        )


@dataclass(frozen=True, slots=True)
class CreateDraft:
    """Write command: store a draft. Returns it as it was stored."""

    random_id: bytes
    caller: Identity
    fields: DraftFields
    note: str = "draft"

    def check(self, hub: HubRoot) -> None:
        check_people(hub, self.caller, self.fields.owner_id)
        check_contents(hub, self.fields.sources)

    def apply(self, hub: HubRoot, shard: Shard) -> Accepted:
        key = ids.make_key(shard.next_key(), shard.number)
        message = Message(
            ids.id_of(key, self.random_id),
            key,
            status=next_status("drafted", None),
            caller_id=self.caller.user_id,
            created_at=ids.time_of(key),
            **self.fields.life(hub),
        )
        messages_of(hub).shard_at(ids.month_of(key), shard.number).messages[key] = message
        note(shard, message, "drafted")
        index_new(hub, shard, message)
        tell(hub, shard, message, "message.drafted")
        note_uploads(hub, shard, self.fields.attachments)
        note_owner(hub, shard, message, self.caller)
        answer = Answered(201, present_message(message, None), message_path(message.id))
        return Accepted(message.id, answer)


@dataclass(frozen=True, slots=True)
class ChangeDraft:
    """Write command: give a draft another content. Returns it as it is then.

    Refused with ``message.not_found``, ``message.wrong_state``, ``revision.stale``.
    """

    message_id: str
    revision: int
    caller: Identity
    fields: DraftFields
    note: str = "change draft"

    def check(self, hub: HubRoot) -> None:
        draft = get_draft(hub, self.message_id, self.fields.owner_id)
        if draft.revision != self.revision:
            raise stale()
        check_people(hub, self.caller, self.caller.user_id)
        check_contents(hub, self.fields.sources)

    def apply(self, hub: HubRoot, shard: Shard) -> Accepted:
        draft = get_draft(hub, self.message_id, self.fields.owner_id)
        before = indexed(draft)
        for name, value in self.fields.life(hub).items():
            setattr(draft, name, value)
        draft.revision += 1
        index_changed(hub, shard, draft, before)
        tell(hub, shard, draft, "message.changed")
        note_uploads(hub, shard, self.fields.attachments)
        return Accepted(draft.id, Answered(200, present_message(draft, None)))


@dataclass(frozen=True, slots=True)
class SendDraft:
    """Write command: let a draft become a message that is taken. Returns it as it was taken.

    ``must_match``: the caller named the revision; else he is to look at the draft again. Refused with
    ``message.not_found``, ``message.wrong_state``, ``revision.stale``, and as ``AcceptMessage`` is.
    """

    message_id: str
    revision: int
    must_match: bool
    accept: AcceptMessage
    note: str = "send draft"

    def check(self, hub: HubRoot) -> None:
        draft = get_draft(hub, self.message_id, self.accept.owner_id)
        if draft.revision != self.revision:
            raise stale() if self.must_match else ConfigurationChanged
        self.accept.check(hub)

    def apply(self, hub: HubRoot, shard: Shard) -> Accepted:
        draft = get_draft(hub, self.message_id, self.accept.owner_id)
        before = indexed(draft)
        draft.status = next_status("accepted", draft.status)
        draft.revision += 1
        for name, value in self.accept.life(hub).items():
            setattr(draft, name, value)
        draft.queued_at = shard.now
        note(shard, draft, "accepted")
        index_changed(hub, shard, draft, before)
        return self.accept.queue(hub, shard, draft)


def get_draft(hub: HubRoot, message_id: str, owner_id: str) -> Message:
    """The draft, if it still belongs to whom it belonged to when the caller was allowed to see it.

    Raises ``NotFound``; ``WrongState`` for what is no draft any more.
    """
    message = messages_of(hub).find(message_id)
    if message is None or message.owner_id != owner_id:
        raise NotFound(NOT_FOUND, code="message.not_found")
    require_draft(message)
    return message


def require_draft(message: Message) -> None:
    """Raises ``WrongState`` with ``message.wrong_state`` (S10)."""
    if message.status != "draft":
        raise wrong_state(message.status)


def stale() -> RevisionStale:
    return RevisionStale(_("Somebody else has changed this meanwhile. Read it again, then change it."))
