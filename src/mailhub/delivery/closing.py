"""Write commands of an account's end: its mail cancelled or moved in batches, then the account removed (AC4, decision 10).

All of them ask for an account that is closing: closing is a commit of its own, so nothing new can be queued to it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from mailhub.accounts.model import Account, accounts_of
from mailhub.accounts.presenting import audited_account
from mailhub.accounts.senders import is_allowed_sender, own_sender
from mailhub.contract.message import Address
from mailhub.contract.texts import _, plain
from mailhub.errors import NOT_FOUND, Invalid, NotFound, WrongState
from mailhub.events.audit import record_change
from mailhub.events.rows import record_event
from mailhub.messages import ids
from mailhub.messages.indexes import account_group_facet, index_reassigned, waiting_of_account
from mailhub.messages.model import Message, mailbox, messages_of
from mailhub.messages.transitions import move
from mailhub.people.identity import Identity
from mailhub.people.model import users_of
from mailhub.scenarios.model import scenarios_of
from mailhub.store.read_current import rely_on
from mailhub.store.root import HubRoot
from mailhub.store.writer import Shard

from .model import Lane, delivery_of, lane_id_of
from .queueing import LaneAddress, enqueue, ensure_lane
from .telling import tell

BATCH = 200
"""Messages that one command changes at most."""

WAITING_STATUSES = ("queued", "sending")

Place = tuple[str, int, int]
"""How far a walk over an account's waiting messages has come: month, writer, key."""

START: Place = ("", 0, 0)


@dataclass(frozen=True, slots=True)
class Batch:
    """``message_ids``: what was changed. ``after``: where to go on, None at the end."""

    message_ids: tuple[str, ...] = ()
    after: Place | None = None


@dataclass(frozen=True, slots=True)
class CancelWaiting:
    """Write command: cancel waiting messages of a closing account, from a place on. Returns a ``Batch``."""

    account_id: str
    after: Place = START
    note: str = "cancel the mail of an account"

    def check(self, hub: HubRoot) -> None:
        get_closing(hub, self.account_id)

    def apply(self, hub: HubRoot, shard: Shard) -> Batch:
        walk = _Walk(hub, self.account_id, self.after)
        for message in walk.queued():
            message.next_attempt_at = None
            move(hub, shard, message, "cancelled", detail=plain(_("Its account was deleted.")))
            tell(hub, shard, message, "message.cancelled")
        return walk.batch


@dataclass(frozen=True, slots=True)
class MoveWaiting:
    """Write command: move waiting messages of a closing account to another one, from a place on. Returns a ``Batch``.

    A message keeps its place in time, its priority and its From where the other account allows it; else From becomes
    what the other account shows. Refused with ``account.not_found`` when the other account is not there or closing.
    """

    account_id: str
    to: str
    after: Place = START
    note: str = "move the mail of an account"

    def check(self, hub: HubRoot) -> None:
        get_closing(hub, self.account_id)
        target = find_target(hub, self.account_id, self.to)
        rely_on(target)
        rely_on(target.state)

    def apply(self, hub: HubRoot, shard: Shard) -> Batch:
        target = accounts_of(hub).find(self.to)
        assert target is not None
        walk = _Walk(hub, self.account_id, self.after)
        for message in walk.queued():
            _move_to(hub, shard, message, target)
        return walk.batch


@dataclass(frozen=True, slots=True)
class Removed:
    """What went with an account."""

    unassigned_scenarios: tuple[str, ...]
    was_default: bool


@dataclass(frozen=True, slots=True)
class RemoveAccount:
    """Write command: let a closing account go that has no mail waiting, with its assignments and lanes (AC4, AC5).

    Returns ``Removed``. Refused with ``account.not_found``, ``account.has_waiting_mail``. Nothing becomes the default
    in its place (AC6).
    """

    account_id: str
    by: Identity
    note: str = "delete account"

    def check(self, hub: HubRoot) -> None:
        get_closing(hub, self.account_id)
        waiting, sending = count_waiting(hub, self.account_id)
        if waiting or sending:
            raise has_waiting_mail(waiting, sending)

    def apply(self, hub: HubRoot, shard: Shard) -> Removed:
        accounts = accounts_of(hub)
        account = get_closing(hub, self.account_id)
        removed = Removed(_unassign(hub, account.id), accounts.default.account_id == account.id)
        _remove_lanes(hub, shard, account.id)
        before = {**audited_account(account, None), "scenarios": list(removed.unassigned_scenarios)}
        accounts.remove(account, shard.now)
        record_change(hub, shard, self.by, "deleted", "account", account.id, before, None)
        record_event(
            hub,
            shard,
            "account.deleted",
            account=account.id,
            connector=account.connector,
            by=self.by.user_id,
        )
        return removed


def get_closing(hub: HubRoot, account_id: str) -> Account:
    """The account, if it is being deleted. Raises ``NotFound``, or ``WrongState`` when it was opened again."""
    account = accounts_of(hub).find(account_id)
    if account is None:
        raise NotFound(NOT_FOUND, code="account.not_found")
    if not account.state.is_closing:
        raise WrongState(_("The account is not being deleted any more."), code="account.closing")
    return account


def find_target(hub: HubRoot, account_id: str, to: str) -> Account:
    """The account that mail moves to. Raises ``Invalid`` with ``account.not_found`` at ``/to``."""
    target = None if to == account_id else accounts_of(hub).find(to)
    if target is None or target.state.is_closing:
        raise Invalid.of("/to", "account.not_found", _("There is no such account to move mail to."))
    return target


def count_waiting(hub: HubRoot, account_id: str) -> tuple[int, int]:
    """How many messages of an account wait, and how many are being sent."""
    waiting, sending = (waiting_of_account(hub, account_id, status) for status in WAITING_STATUSES)
    return waiting, sending


def has_waiting_mail(waiting: int, sending: int) -> WrongState:
    return WrongState(
        _(
            "${waiting} messages wait in this account and ${sending} are being sent. Say what becomes of them: "
            "?waiting=cancel, or ?waiting=move&to=<id of another account>.",
            mapping={"waiting": waiting, "sending": sending},
        ),
        code="account.has_waiting_mail",
    )


@dataclass(slots=True)
class _Walk:
    """Looks at waiting messages of an account in the order of the index, a batch at a time."""

    hub: HubRoot
    account_id: str
    after: Place
    _ids: list[str] = field(default_factory=list)
    _last: Place | None = None

    def queued(self) -> Iterator[Message]:
        """The next messages that may be changed. Index entries are hints: each message is asked."""
        for place in list(islice(self._places(), BATCH)):
            self._last = place
            message = _message_at(self.hub, place[2])
            if message is not None and message.account_id == self.account_id and message.status == "queued":
                self._ids.append(message.id)
                yield message

    @property
    def batch(self) -> Batch:
        return Batch(tuple(self._ids), self._last)

    def _places(self) -> Iterator[Place]:
        facet = account_group_facet(self.account_id, "waiting")
        months = messages_of(self.hub).months
        for month in list(months.keys(min=self.after[0])):
            for writer, shard in list(months[month].items()):
                if (month, writer) < self.after[:2]:
                    continue
                keys = shard.created.find(facet)
                is_begun = (month, writer) == self.after[:2]
                for key in [] if keys is None else keys.keys(self.after[2] + 1 if is_begun else 0):
                    yield month, writer, key


def _message_at(hub: HubRoot, key: int) -> Message | None:
    """The message of a key; its entry may stand in another writer's shard than the message itself."""
    shard = messages_of(hub).find_shard(ids.month_of(key), ids.writer_of(key))
    message: Message | None = None if shard is None else shard.messages.get(key)
    return message


def _move_to(hub: HubRoot, shard: Shard, message: Message, target: Account) -> None:
    account_before, lane_before = message.account_id, message.lane_id
    due = _due_of(message, shard)
    detail = _("From account ${before} to ${after}.", mapping={"before": account_before, "after": target.id})
    move(hub, shard, message, "moved", detail=plain(detail) + _change_sender(hub, message, target))
    identity = message.owner_id if target.sends_as_user else ""
    lane_id = lane_id_of(target.id, identity)
    message.account_id, message.lane_id = target.id, lane_id
    index_reassigned(hub, shard, message, account_before, lane_before)
    # whoever serves the lane puts its limit key right
    ensure_lane(hub, LaneAddress(target.id, identity, f"lane:{lane_id}"))
    enqueue(hub, shard, message, due)


def _due_of(message: Message, shard: Shard) -> datetime:
    return message.next_attempt_at or shard.now


def _change_sender(hub: HubRoot, message: Message, target: Account) -> str:
    """Let the message be from somebody the account may send for; says for the history what changed.

    Accepted content never changes, so the message gets another one.
    """
    content = message.content
    return_to = target.address or content.envelope_from
    owner = users_of(hub).find(message.owner_id)
    person = Address("", "") if owner is None else Address(owner.contact_email, owner.name)
    shown = own_sender(target.settings, return_to, person)
    before, after = content.from_[0], shown.from_.address
    if before.casefold() == after.casefold() or is_allowed_sender(target.settings, before):
        message.content = content.replaced(envelope_from=return_to)
        return ""
    sender = None if shown.sender is None else mailbox(shown.sender)
    message.content = content.replaced(envelope_from=return_to, from_=mailbox(shown.from_), sender=sender)
    return " " + plain(_("From was ${before} and is ${after}.", mapping={"before": before, "after": after}))


def _unassign(hub: HubRoot, account_id: str) -> tuple[str, ...]:
    assignments = scenarios_of(hub).assignments
    found = tuple(name for name, each in assignments.items() if each.account_id == account_id)
    for name in found:
        assignments.pop(name).account_id = ""
    return found


def _remove_lanes(hub: HubRoot, shard: Shard, account_id: str) -> None:
    """Lanes in which nothing is claimed, their own limits, and what this writer's inbox has for them (void by now)."""
    delivery = delivery_of(hub)
    for lane in list(delivery.lanes_of(account_id)):
        if lane.claims:
            continue
        del delivery.lanes[lane.id]
        delivery.limits.pop(_own_limit(lane), None)
        delivery.inbox_of(shard.number).lanes.pop(lane.id, None)


def _own_limit(lane: Lane) -> str:
    return f"lane:{lane.id}"
