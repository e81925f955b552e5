"""The claim: which messages of a lane may be tried now. One transaction fixes attempt numbers and takes permits.

Order is priority, then due time, then acceptance, among what is due. What the lane's cursor passes and cannot leave yet goes
into the lane's own ``due`` tree.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

from mailhub.accounts.model import accounts_of
from mailhub.contract.message import OutgoingMessage
from mailhub.contract.texts import _, plain
from mailhub.errors import WrongState
from mailhub.messages.model import PRIORITIES, Message, messages_of
from mailhub.messages.transitions import move
from mailhub.store.commits import is_conflict, is_storage_failure
from mailhub.store.root import HubRoot
from mailhub.store.writer import Shard

from .membership import MembershipEnded
from .model import Claim, InboxEntry, Lane, delivery_of
from .outgoing import ClaimedMessage, outgoing_message
from .queueing import microseconds
from .telling import tell

logger = logging.getLogger(__name__)

DRAIN_AT_MOST = 500
EXPIRE_AT_MOST = 200
LOOK_BEYOND = 50
"""Void entries (cancelled, moved) that one claim may look through beyond what it wants."""

_HIGHEST = 2**63 - 1

NO_REVISION = -1
"""The revision of an account that the worker cannot use: its lane is only drained, and its mail expires."""

Blocked = Literal["", "account", "sign_in", "throttled", "rate_limit", "settings", "gone"]


class HeldElsewhere(WrongState):
    """Another live worker holds this lane's limit key."""

    code = "delivery.held_elsewhere"

    def __init__(self) -> None:
        super().__init__(_("Another worker delivers the mail of this account."))


@dataclass(slots=True)
class ClaimResult:
    """``wake_at``: microseconds since 1970 when it is worth asking again, or None when only a wake-up can tell.

    ``blocked``: what holds the rest back; ``settings``: the account's settings are not those the worker knows.
    ``has_more``: there is more than one claim looks at; ask again at once. ``is_drained``: asking again before ``wake_at``
    or a wake-up would find nothing, whatever is answered meanwhile.
    """

    claimed: list[ClaimedMessage] = field(default_factory=list)
    wake_at: int | None = None
    blocked: Blocked = ""
    has_more: bool = False
    is_drained: bool = False


@dataclass(frozen=True, slots=True)
class ClaimMessages:
    """Write command: claim at most ``count`` messages of a lane.

    ``limit_key`` and ``rate_limit`` are those of the account as the worker knows it at ``account_revision``; with another
    revision nothing is claimed. ``only``: claim this message and no other. Refused with ``MembershipEnded`` and
    ``HeldElsewhere``.
    """

    lane_id: str
    worker_id: str
    epoch: int
    account_revision: int
    limit_key: str
    rate_limit: int
    count: int
    only: str | None = None
    note: str = "claim"

    def check(self, hub: HubRoot) -> None:
        delivery = delivery_of(hub)
        worker = delivery.membership.workers.get(self.worker_id)
        if worker is None or worker.epoch != self.epoch:
            raise MembershipEnded
        limit = delivery.find_limit(self.limit_key)
        if limit is None or (limit.worker, limit.epoch) != (self.worker_id, self.epoch):
            raise HeldElsewhere

    def apply(self, hub: HubRoot, shard: Shard) -> ClaimResult:
        lane = delivery_of(hub).find_lane(self.lane_id)
        if lane is None:
            return ClaimResult(blocked="gone")
        return _Claiming(self, hub, shard, lane).run()


class _Claiming:
    """One run of a claim over a lane."""

    def __init__(self, command: ClaimMessages, hub: HubRoot, shard: Shard, lane: Lane) -> None:
        self.command = command
        self.hub = hub
        self.shard = shard
        self.lane = lane
        self.now = microseconds(shard.now)
        self.limit = delivery_of(hub).limit_of(command.limit_key)
        self.result = ClaimResult()
        self._saw_all = True
        self._left_due = False

    def run(self) -> ClaimResult:
        result = self.result
        fresh = self._drain()
        self._expire()
        result.blocked = self._blocked()
        # what is still in the inbox may be of higher priority: nothing is chosen before all of it has been seen
        may_claim = not result.blocked and not result.has_more
        done = self._claim_best(fresh) if may_claim else set()
        for key, entry in fresh:
            if key not in done:
                self.lane.add_due(key, entry)
        if may_claim and not result.blocked:
            result.has_more = not self._saw_all and len(result.claimed) < self.command.count
        result.is_drained = not result.has_more and self._is_drained()
        result.wake_at = self._wake_at()
        return result

    def _is_drained(self) -> bool:
        """A reply gives room for the next message, and a permit where all of them are out."""
        if self.result.blocked == "rate_limit":
            return self.limit.next_free_at(self.now) is not None
        return bool(self.result.blocked) or (self._saw_all and not self._left_due)

    def _drain(self) -> list[tuple[int, InboxEntry]]:
        """New entries of all inboxes, and the cursor moved past them."""
        cursors = dict(self.lane.cursors)
        fresh: list[tuple[int, InboxEntry]] = []
        for writer, inbox in delivery_of(self.hub).inboxes.items():
            entries = inbox.lanes.get(self.lane.id)
            if entries is None:
                continue
            for key, entry in entries.items(min=cursors.get(writer, -1), excludemin=True):
                if len(fresh) >= DRAIN_AT_MOST:
                    self.result.has_more = True
                    break
                fresh.append((key, InboxEntry(*entry)))
                cursors[writer] = key
        if fresh:
            self.lane.cursors = cursors
        return fresh

    def _expire(self) -> None:
        over = list(islice(self.lane.expiring.keys(max=(self.now, _HIGHEST)), EXPIRE_AT_MOST))
        for expires, key in over:
            message = messages_of(self.hub).find(self.lane.expiring.pop((expires, key)))
            if message is not None and message.status == "queued" and message.queue_key == key:
                expire(self.hub, self.shard, message)

    def _blocked(self) -> Blocked:
        account = accounts_of(self.hub).find(self.lane.account_id)
        if account is None:
            return "gone"
        if account.state.is_blocked():
            return "account"
        if account.revision != self.command.account_revision:
            return "settings"
        if self.lane.attention is not None:
            return "sign_in"
        return "throttled" if self.lane.hold_until > self.now else ""

    def _claim_best(self, fresh: list[tuple[int, InboxEntry]]) -> set[int]:
        """Claim the best that are due; returns the keys of fresh entries that need not be kept."""
        self.limit.set_limit(self.command.rate_limit, self.now)
        room = self.limit.free(self.now, self.command.count)
        is_limited = room < self.command.count
        fresh_keys = {key for key, _entry in fresh}
        done: set[int] = set()
        for key, entry in self._iter_due(fresh):
            if room == 0:
                self._left_due = True
                self.result.blocked = "rate_limit" if is_limited else ""
                break
            room -= self._claim_one(key, entry)
            if key in fresh_keys:
                done.add(key)
            else:
                self.lane.remove_due(key, entry)
        return done

    def _iter_due(self, fresh: list[tuple[int, InboxEntry]]) -> Iterator[tuple[int, InboxEntry]]:
        """What is due, best first: of the lane's tree and of what has just come in."""
        candidates = [item for item in [*self._due_in_tree(), *fresh] if item[1].due <= self.now]
        for key, entry in sorted(candidates, key=_by_rank):
            if self.command.only in (None, entry.message_id):
                yield key, entry

    def _due_in_tree(self) -> list[tuple[int, InboxEntry]]:
        found: list[tuple[int, InboxEntry]] = []
        for priority in PRIORITIES.values():
            places = self.lane.due.items(min=(priority, 0, 0), max=(priority, self.now, _HIGHEST))
            look_at = _HIGHEST if self.command.only else self.command.count - len(found) + LOOK_BEYOND
            places = list(islice(places, max(0, look_at)))
            self._saw_all = self._saw_all and len(places) < look_at
            for (rank, due, key), (message_id, expires) in places:
                found.append((key, InboxEntry(rank, due, message_id, expires)))
        return found

    def _claim_one(self, key: int, entry: InboxEntry) -> int:
        """Claim one message: how many were claimed, 0 when its entry is void."""
        message = messages_of(self.hub).find(entry.message_id)
        if message is None or message.status != "queued" or message.queue_key != key:
            return 0
        if message.expires_at is not None and message.expires_at <= self.shard.now:
            expire(self.hub, self.shard, message)
            return 0
        claimed = len(self.result.claimed)
        self._take(message, entry)
        return len(self.result.claimed) - claimed

    def _take(self, message: Message, entry: InboxEntry) -> None:
        message.attempts += 1
        message.next_attempt_at = None
        move(self.hub, self.shard, message, "sending", possible_duplicate=message.possible_duplicate)
        outgoing = self._find_outgoing(message)
        if outgoing is None:
            self._fail_unreadable(message)
            return
        self.limit.take(1)
        permit_of = self.limit.key if self.limit.limit else ""
        claim = Claim(message.attempts, self.command.worker_id, self.command.epoch, permit_of, entry.due)
        self.lane.claims[message.id] = tuple(claim)
        self.result.claimed.append(
            ClaimedMessage(
                self.lane.id, entry.due, outgoing, message.attempts_forgiven, epoch=self.command.epoch
            )
        )

    def _find_outgoing(self, message: Message) -> OutgoingMessage | None:
        """What is sent, or None where stored parts of the message are gone: one such must not stop its lane."""
        try:
            return outgoing_message(message)
        except Exception as error:
            if is_conflict(error) or is_storage_failure(error):
                raise
            logger.exception("Stored parts of message %s cannot be read", message.id)
            return None

    def _fail_unreadable(self, message: Message) -> None:
        detail = plain(_("Stored parts of the message cannot be read. Send it anew."))
        message.error = ("content.damaged", detail, False)
        move(self.hub, self.shard, message, "failed", code="content.damaged", detail=detail)
        tell(self.hub, self.shard, message, "message.failed", error_code="content.damaged")

    def _wake_at(self) -> int | None:
        times = [self.lane.expiring.minKey()[0]] if self.lane.expiring else []
        if self.result.blocked == "throttled":
            times.append(self.lane.hold_until)
        elif self.result.blocked == "rate_limit":
            times += _known(self.limit.next_free_at(self.now))
        elif not self.result.blocked:
            times += self._next_due()
        return min(times, default=None)

    def _next_due(self) -> list[int]:
        """When the next message that is not due yet becomes due, for each priority."""
        found = []
        for priority in PRIORITIES.values():
            later = self.lane.due.keys(min=(priority, self.now + 1, 0), max=(priority, _HIGHEST, _HIGHEST))
            found += [due for _priority, due, _key in islice(later, 1)]
        return found


def _known(time: int | None) -> list[int]:
    return [] if time is None else [time]


def _by_rank(item: tuple[int, InboxEntry]) -> tuple[int, int, int]:
    key, entry = item
    return (entry.priority, entry.due, key)


def expire(hub: HubRoot, shard: Shard, message: Message) -> None:
    """End a waiting message whose time is over."""
    detail = plain(_("It was not sent before it expired."))
    message.error = ("message.expired", detail, False)
    message.next_attempt_at = None
    move(hub, shard, message, "expired", code="message.expired", detail=detail)
    tell(hub, shard, message, "message.failed", error_code="message.expired")
