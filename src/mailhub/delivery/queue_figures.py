"""An account's queue in figures, from counters, heads of trees and permits: the cost is that of lanes, not of messages."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import accumulate, islice

from mailhub.accounts.model import Account
from mailhub.messages.indexes import sent_of_account, sent_of_lane, waiting_of_account, waiting_of_lane
from mailhub.messages.model import PRIORITIES, messages_of
from mailhub.store.root import HubRoot

from .config import is_own_key
from .model import InboxEntry, Lane, delivery_of
from .permits import WINDOW_MICROSECONDS, Limit
from .queueing import instant, microseconds

LOOK_AT = 50
"""Entries at each head that are looked at for one that is not void (cancelled, moved)."""

_HIGHEST = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFigures:
    """``oldest_due_at``: when the first of those that wait is due. ``next_slot_at``: when the next may leave, None when
    nobody can tell. ``empty_at``: when the rate limit will have let all leave, as they stand; None where no limit holds
    them back. ``paused_reason``: ``connector_missing``, ``closing``, ``paused``, ``sign_in``, or the code of what needs
    attention. ``identity``: the user whose lane it is."""

    waiting: int
    sending: int
    sent_today: int
    oldest_due_at: datetime | None = None
    next_slot_at: datetime | None = None
    empty_at: datetime | None = None
    paused_reason: str | None = None
    identity: str | None = None
    identities: tuple["QueueFigures", ...] = ()


def queue_figures(
    hub: HubRoot, account: Account, *, connector_is_loaded: bool, now: datetime
) -> QueueFigures:
    """The figures of an account; ``identities`` where mail leaves by several lanes. ``now``: by the storage's clock."""
    lanes = list(delivery_of(hub).lanes_of(account.id))
    held = held_by(account, connector_is_loaded=connector_is_loaded)
    whole = QueueFigures(
        waiting=waiting_of_account(hub, account.id, "queued"),
        sending=waiting_of_account(hub, account.id, "sending"),
        sent_today=sent_of_account(hub, account.id, now),
        paused_reason=held,
    )
    if len(lanes) <= 1 and not account.sends_as_user:
        lane = lanes[0] if lanes else None
        return _with_times(hub, account, lane, whole, now)
    own, users = _split(account, lanes)
    each = tuple(_of_lane(hub, account, lane, held, now) for lane in users)
    if own is not None:
        each = (_with_times(hub, account, own, _without(whole, each), now), *each)
    return replace(
        whole,
        oldest_due_at=min(_known(figures.oldest_due_at for figures in each), default=None),
        next_slot_at=min(_known(figures.next_slot_at for figures in each), default=None),
        empty_at=max(_known(figures.empty_at for figures in each), default=None),
        identities=each,
    )


def next_slot_at(hub: HubRoot, account: Account, lane: Lane | None, now: datetime) -> datetime | None:
    """When a message that is due now would find a permit; None when only a reply can tell."""
    slot: int | None = microseconds(now)
    limit = _limit_of(hub, account, lane)
    if limit is not None:
        slot = limit.next_free_at(microseconds(now))
    if slot is None or lane is None:
        return None if slot is None else now
    return instant(max(slot, lane.hold_until))


def _limit_of(hub: HubRoot, account: Account, lane: Lane | None) -> Limit | None:
    """The limit that the lane's mail needs permits of; an account without one of its own may share that of others."""
    if lane is None or (is_own_key(lane.limit_key) and not account.rate_limit_per_minute):
        return None
    limit = delivery_of(hub).find_limit(lane.limit_key)
    return limit if limit is not None and limit.limit else None


def _split(account: Account, lanes: Sequence[Lane]) -> tuple[Lane | None, list[Lane]]:
    """The lane of the account's own sign-in, and those of its users."""
    own = next((lane for lane in lanes if lane.id == account.id), None)
    return own, [lane for lane in lanes if lane is not own]


def _without(whole: QueueFigures, users: Iterable[QueueFigures]) -> QueueFigures:
    """What is not in the lane of a user is in the account's own."""
    each = list(users)
    return replace(
        whole,
        waiting=whole.waiting - sum(figures.waiting for figures in each),
        sending=whole.sending - sum(figures.sending for figures in each),
        sent_today=whole.sent_today - sum(figures.sent_today for figures in each),
    )


def _of_lane(hub: HubRoot, account: Account, lane: Lane, held: str | None, now: datetime) -> QueueFigures:
    figures = QueueFigures(
        waiting=waiting_of_lane(hub, lane.id, "queued"),
        sending=waiting_of_lane(hub, lane.id, "sending"),
        sent_today=sent_of_lane(hub, lane.id, now),
        paused_reason=held,
        identity=lane.sending_identity or None,
    )
    return _with_times(hub, account, lane, figures, now)


def _with_times(
    hub: HubRoot, account: Account, lane: Lane | None, figures: QueueFigures, now: datetime
) -> QueueFigures:
    reason = figures.paused_reason or ("sign_in" if lane is not None and lane.attention is not None else None)
    oldest = _oldest_due(hub, lane) if lane is not None and figures.waiting else None
    oldest_at = None if oldest is None else instant(oldest)
    if reason is not None:
        return replace(figures, oldest_due_at=oldest_at, paused_reason=reason)
    slot = next_slot_at(hub, account, lane, now)
    if slot is not None and oldest_at is not None:
        slot = max(slot, oldest_at)
    return replace(
        figures,
        oldest_due_at=oldest_at,
        next_slot_at=slot,
        empty_at=_empty_at(hub, account, lane, figures.waiting, now),
    )


def held_by(account: Account, *, connector_is_loaded: bool) -> str | None:
    """What holds all mail of the account, as ``QueueFigures.paused_reason`` says it."""
    state = account.state
    if not connector_is_loaded:
        return "connector_missing"
    if state.is_closing:
        return "closing"
    attention = state.find_attention()
    if attention is not None:
        return attention.code
    return None if state.paused_at is None else "paused"


def _oldest_due(hub: HubRoot, lane: Lane) -> int | None:
    """The earliest due time among the first entries of the lane's tree and of each inbox."""
    valid = (entry.due for key, entry in _iter_heads(hub, lane) if _is_valid(hub, key, entry))
    return min(valid, default=None)


def _iter_heads(hub: HubRoot, lane: Lane) -> Iterator[tuple[int, InboxEntry]]:
    for priority in PRIORITIES.values():
        places = lane.due.items(min=(priority, 0, 0), max=(priority, _HIGHEST, _HIGHEST))
        for (rank, due, key), (message_id, expires) in islice(places, LOOK_AT):
            yield key, InboxEntry(rank, due, message_id, expires)
    for writer, inbox in delivery_of(hub).inboxes.items():
        entries = inbox.lanes.get(lane.id)
        if entries is not None:
            after = lane.cursors.get(writer, -1)
            for key, entry in islice(entries.items(min=after, excludemin=True), LOOK_AT):
                yield key, InboxEntry(*entry)


def _is_valid(hub: HubRoot, key: int, entry: InboxEntry) -> bool:
    message = messages_of(hub).find(entry.message_id)
    return message is not None and message.status == "queued" and message.queue_key == key


def _empty_at(
    hub: HubRoot, account: Account, lane: Lane | None, waiting: int, now: datetime
) -> datetime | None:
    limit = _limit_of(hub, account, lane)
    if limit is None or not waiting:
        return None
    return instant(_leaves_at(waiting - 1, _permit_times(limit, microseconds(now))))


def _permit_times(limit: Limit, now: int) -> list[tuple[int, int]]:
    """When the permits of one window come, as (time, how many): the free ones now, those that are out a window on."""
    coming = [(at, count) for at, count in limit.returns if at > now]
    out = sum(count for _at, count in coming)
    free = max(0, limit.limit - limit.taken - out)
    return [(now, free), *coming, (now + WINDOW_MICROSECONDS, limit.limit - free - out)]


def _leaves_at(number: int, times: Sequence[tuple[int, int]]) -> int:
    """When the message of this number (from 0) finds its permit; every permit comes again a window after its use."""
    usable = [(at, count) for at, count in times if count > 0]
    total = sum(count for _at, count in usable)
    windows, place = divmod(number, total)
    for (at, _count), until in zip(usable, accumulate(count for _at, count in usable), strict=True):
        if place < until:
            return at + windows * WINDOW_MICROSECONDS
    raise AssertionError("the place lies within the window")


def _known(times: Iterable[datetime | None]) -> list[datetime]:
    return [time for time in times if time is not None]
