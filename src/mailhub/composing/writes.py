"""The accept command: a message, its index entries, its place in a lane and its event, in one commit."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailhub.accounts.model import accounts_of
from mailhub.answers import Answered
from mailhub.contract.message import Address, Importance
from mailhub.contract.texts import _
from mailhub.delivery.model import delivery_of
from mailhub.delivery.queueing import LaneAddress, enqueue, ensure_lane
from mailhub.delivery.telling import tell
from mailhub.delivery.waiting import waiting_for
from mailhub.errors import Invalid, NotSignedIn, WrongState
from mailhub.events.audit import record_change
from mailhub.messages import ids
from mailhub.messages.indexes import index_new, partition_of
from mailhub.messages.model import (
    Mailbox,
    Message,
    MessageContent,
    Related,
    StoredAttachment,
    mailbox,
    messages_of,
)
from mailhub.messages.presenting import present_message
from mailhub.messages.transitions import note
from mailhub.people.identity import Identity
from mailhub.people.model import tokens_of, users_of
from mailhub.scenarios.resolving import Resolution, rely_on_resolution, resolve
from mailhub.store.read_current import rely_on
from mailhub.store.root import HubRoot
from mailhub.store.writer import Shard
from mailhub.uploads.model import uploads_of

from .contents import ContentSource


class ConfigurationChanged(WrongState):
    """Account, assignment or default changed between the check of a message and its acceptance: check it again."""

    code = "configuration.changed"

    def __init__(self) -> None:
        super().__init__(_("The configuration changed meanwhile. Send it again."))


class CallerEnded(NotSignedIn):
    """The caller's user or token ended between the check of a message and its acceptance."""

    def __init__(self) -> None:
        super().__init__(_("Your user or token is no longer active."))


@dataclass(frozen=True, slots=True)
class AcceptedAttachment:
    """A file of an accepted message."""

    name: str
    content_type: str
    source: ContentSource
    inline: bool = False
    content_id: str | None = None
    origin: str = "message"
    default_of: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message that is taken: its id, and what its sender is answered."""

    message_id: str
    answer: Answered


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptMessage:
    """Write command: take a message. Returns it as it was taken.

    Everything that makes the mail what it is (date, Message-ID, boundary) is fixed by the caller, so running it again
    changes nothing. Refused when what the caller relied on is no longer so.
    """

    random_id: bytes
    scenario: str
    account_id: str
    account_revision: int
    named_account: str | None
    lane: LaneAddress
    owner_id: str
    caller: Identity
    from_: Address
    sender: Address | None
    envelope_from: str
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    subject: str
    text: ContentSource | None
    html: ContentSource | None
    attachments: tuple[AcceptedAttachment, ...]
    headers: tuple[tuple[str, str], ...]
    importance: Importance
    priority: str
    date: datetime
    message_id: str
    boundary_seed: str
    related: tuple[Related, ...]
    send_at: datetime | None
    expires_at: datetime | None
    tags: tuple[str, ...]
    metadata: Mapping[str, Any]
    warnings: tuple[tuple[str, str, str], ...]
    asked_sender: Address | None = None
    has_made_text: bool = False
    connector_is_loaded: bool = True
    note: str = "accept"

    def check(self, hub: HubRoot) -> None:
        resolution = resolve(hub, self.scenario, self.named_account)
        if not isinstance(resolution, Resolution) or resolution.account.id != self.account_id:
            raise ConfigurationChanged
        if resolution.account.revision != self.account_revision:
            raise ConfigurationChanged
        rely_on_resolution(hub, self.scenario, resolution)
        check_people(hub, self.caller, self.owner_id)
        check_contents(hub, self.sources)

    @property
    def sources(self) -> list[ContentSource | None]:
        """All that the message is made of."""
        return [self.text, self.html, *(each.source for each in self.attachments)]

    def apply(self, hub: HubRoot, shard: Shard) -> Accepted:
        key = ids.make_key(shard.next_key(), shard.number)
        message = Message(ids.id_of(key, self.random_id), key, created_at=ids.time_of(key), **self.life(hub))
        messages_of(hub).shard_at(ids.month_of(key), shard.number).messages[key] = message
        message.queued_at = message.created_at
        note(shard, message, "accepted")
        index_new(hub, shard, message)
        return self.queue(hub, shard, message)

    def queue(self, hub: HubRoot, shard: Shard, message: Message) -> Accepted:
        """Put a message that is stored and indexed into its lane, and tell of it."""
        ensure_lane(hub, self.lane)
        enqueue(hub, shard, message, max(shard.now, self.send_at or shard.now))
        tell(hub, shard, message, "message.queued")
        note_uploads(hub, shard, self.attachments)
        note_owner(hub, shard, message, self.caller)
        body = self._presented(hub, message, shard)
        return Accepted(message.id, Answered(202, body, message_path(message.id)))

    def _presented(self, hub: HubRoot, message: Message, shard: Shard) -> dict[str, Any]:
        lane = delivery_of(hub).find_lane(message.lane_id)
        account = accounts_of(hub).find(message.account_id)
        keeps = waiting_for(hub, message, account, lane, self.connector_is_loaded, shard.now)
        return present_message(message, keeps)

    def life(self, hub: HubRoot) -> dict[str, Any]:
        """The attributes of the message, but for its id and its times."""
        return {
            "content": self._content(hub),
            "scenario": self.scenario,
            "account_id": self.account_id,
            "lane_id": self.lane.lane_id,
            "owner_id": self.owner_id,
            "caller_id": self.caller.user_id,
            "partition": partition_of(list(self.related)),
            "priority": self.priority,
            "send_at": self.send_at,
            "expires_at": self.expires_at,
        }

    def _content(self, hub: HubRoot) -> MessageContent:
        return MessageContent(
            from_=mailbox(self.from_),
            sender=None if self.sender is None else mailbox(self.sender),
            envelope_from=self.envelope_from,
            to=_mailboxes(self.to),
            cc=_mailboxes(self.cc),
            bcc=_mailboxes(self.bcc),
            reply_to=_mailboxes(self.reply_to),
            subject=self.subject,
            text=None if self.text is None else self.text.stored(hub),
            html=None if self.html is None else self.html.stored(hub),
            attachments=tuple(stored_attachment(hub, each) for each in self.attachments),
            headers=self.headers,
            importance=self.importance,
            date=self.date,
            message_id=self.message_id,
            boundary_seed=self.boundary_seed,
            related=tuple((each.kind, each.id, each.title, each.url, each.relation) for each in self.related),
            tags=self.tags,
            metadata=dict(self.metadata),
            warnings=self.warnings,
            **self._rarely(),
        )

    def _rarely(self) -> dict[str, Any]:
        """What few messages have, and so is kept with those only."""
        rare: dict[str, Any] = {}
        if self.asked_sender is not None:
            rare["asked_sender"] = mailbox(self.asked_sender)
        if self.has_made_text:
            rare["has_made_text"] = True
        return rare


def check_people(hub: HubRoot, caller: Identity, owner_id: str) -> None:
    """Raises ``CallerEnded`` when user or token are no longer, ``Invalid`` for an owner who is not."""
    token = None if caller.token_id is None else tokens_of(hub).find(caller.token_id)
    if not _rely_on_active(hub, caller.user_id) or (caller.token_id is not None and token is None):
        raise CallerEnded
    if token is not None:
        rely_on(token)
    if not _rely_on_active(hub, owner_id):
        raise Invalid.of(
            "/on_behalf_of", "user.not_found", _("This user is no longer active. Name another one.")
        )


def check_contents(hub: HubRoot, sources: Iterable[ContentSource | None]) -> None:
    """Raises ``ConfigurationChanged`` when what others keep has gone, ``Invalid`` for an upload that has."""
    for source in sources:
        if source is None or source.data is not None or source.stored(hub) is not None:
            continue
        if source.upload_id is None:
            raise ConfigurationChanged
        raise Invalid.of("/attachments", "upload.not_found", _("An upload has expired. Send it again."))


def note_owner(hub: HubRoot, shard: Shard, message: Message, caller: Identity) -> None:
    """The trail names both, where who hands in a message is not whose it is (design decision 25)."""
    if message.owner_id != caller.user_id:
        after = {"owner": message.owner_id}
        record_change(hub, shard, caller, "on_behalf", "message", message.id, None, after)


def note_uploads(hub: HubRoot, shard: Shard, attachments: Iterable[AcceptedAttachment]) -> None:
    """Put off the expiry of the uploads that are used."""
    for each in attachments:
        upload = uploads_of(hub).find(each.source.upload_id) if each.source.upload_id else None
        if upload is not None:
            upload.note_use(shard.now)


def _rely_on_active(hub: HubRoot, user_id: str) -> bool:
    """Whether there is such an active user, and will be when this is committed."""
    user = users_of(hub).find(user_id)
    if user is None or not user.is_active:
        return False
    rely_on(user)
    return True


def message_path(message_id: str) -> str:
    """Where a message is read."""
    return f"/api/v1/messages/{message_id}"


def _mailboxes(addresses: tuple[Address, ...]) -> tuple[Mailbox, ...]:
    return tuple(mailbox(each) for each in addresses)


def stored_attachment(hub: HubRoot, attachment: AcceptedAttachment) -> StoredAttachment:
    """A file of a message, as it is stored."""
    return StoredAttachment(
        name=attachment.name,
        content_type=attachment.content_type,
        content=attachment.source.stored(hub),
        inline=attachment.inline,
        content_id=attachment.content_id,
        source=attachment.origin,
        default_of=attachment.default_of,
    )
