"""What is written beside a message so that lists and counts cost the same with a million messages as with ten.

``created`` facets are keyed by the message's own key, ``sent`` facets by the time it was sent. A writer adds to its own
shard only; what it can't take out of another writer's shard stays there as a hint that readers see through.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from mailhub.store.root import HubRoot
from mailhub.store.writer import Shard

from . import ids
from .model import USER_KIND, Message, Related, messages_of
from .states import GROUPS, STATUSES
from .words import words_of

_HIGHEST = "\U0010ffff"
"""Sorts after every status and day."""

IsWithin = Callable[[str, str, str], bool]
"""Asked with a scenario, an account ("" for none) and a status."""


def partition_of(related: list[Related]) -> str:
    """The sorted set of kinds of the related records, users left out (design: view policies ask by kind)."""
    return "+".join(sorted({each.kind for each in related if each.kind != USER_KIND}))


def owner_facet(owner_id: str) -> str:
    return f"owner:{owner_id}"


def group_facet(owner_id: str, group: str) -> str:
    return f"owner-group:{owner_id}:{group}"


def partition_facet(partition: str) -> str:
    return f"partition:{partition}"


def account_facet(account_id: str) -> str:
    return f"account:{account_id}"


def account_group_facet(account_id: str, group: str) -> str:
    return f"account-group:{account_id}:{group}"


def scenario_facet(scenario: str) -> str:
    return f"scenario:{scenario}"


def kind_facet(kind: str) -> str:
    return f"kind:{kind}"


def record_facet(kind: str, record_id: str) -> str:
    """A kind has no colon."""
    return f"record:{kind}:{record_id}"


def tag_facet(tag: str) -> str:
    return f"tag:{tag}"


def _lasting_facets(message: Message) -> list[str]:
    return [
        owner_facet(message.owner_id),
        partition_facet(message.partition),
        account_facet(message.account_id),
        scenario_facet(message.scenario),
        *_content_facets(message),
    ]


def _content_facets(message: Message) -> Iterator[str]:
    """That its owner is a related record says what the facet of the owner says."""
    content = message.content
    records = [
        each for each in content.related_records() if (each.kind, each.id) != (USER_KIND, message.owner_id)
    ]
    yield from dict.fromkeys(kind_facet(each.kind) for each in records)
    yield from dict.fromkeys(record_facet(each.kind, each.id) for each in records)
    yield from map(tag_facet, content.tags)


def _group_facets(message: Message, group: str) -> list[str]:
    return [group_facet(message.owner_id, group), account_group_facet(message.account_id, group)]


def index_new(hub: HubRoot, shard: Shard, message: Message) -> None:
    """Index a message that was just stored, and count it."""
    month = messages_of(hub).shard_at(ids.month_of(message.key), shard.number)
    for facet in created_facets(message):
        month.created.add(facet, message.key)
    for word in words_of(message.content):
        month.words.add(word, message.key)
    count(hub, shard, message, message.status, 1)


class Indexed(NamedTuple):
    """What is written beside a message: the facets and words that lead to it, and what counts it."""

    facets: frozenset[str]
    words: frozenset[str]
    counters: tuple[tuple[str, ...], ...]


def indexed(message: Message) -> Indexed:
    """What is written beside a message as it is now."""
    return Indexed(
        frozenset(created_facets(message)),
        words_of(message.content),
        tuple(_counter_names(message, message.status)),
    )


def index_changed(hub: HubRoot, shard: Shard, message: Message, before: Indexed) -> None:
    """Follow a message that became another one, such as a draft; it was not sent, nor is it now."""
    _reindex(hub, shard, message, before, indexed(message))


def index_removed(hub: HubRoot, shard: Shard, message: Message) -> None:
    """Take out what leads to a message that is being deleted."""
    _reindex(hub, shard, message, indexed(message), Indexed(frozenset(), frozenset(), ()))


def _reindex(hub: HubRoot, shard: Shard, message: Message, before: Indexed, after: Indexed) -> None:
    month = messages_of(hub).shard_at(ids.month_of(message.key), shard.number)
    for facet in before.facets - after.facets:
        month.created.discard(facet, message.key)
    for facet in after.facets - before.facets:
        month.created.add(facet, message.key)
    for word in before.words - after.words:
        month.words.discard(word, message.key)
    for word in after.words - before.words:
        month.words.add(word, message.key)
    if before.counters != after.counters:
        for name in before.counters:
            add_to_counter(hub, shard, name, -1)
        for name in after.counters:
            add_to_counter(hub, shard, name, 1)


def created_facets(message: Message) -> list[str]:
    """The ``created`` facets that must have a message's key now."""
    group = GROUPS[message.status]
    return _lasting_facets(message) + ([] if group == "sent" else _group_facets(message, group))


def sent_facets(message: Message) -> list[str]:
    """The ``sent`` facets that must have the key of a message that was sent."""
    return _lasting_facets(message)


def index_moved(hub: HubRoot, shard: Shard, message: Message, before: str) -> None:
    """Follow a message from one status to the next, in the indexes and in the counts; sets ``sent_at`` of one that was sent."""
    old, new = GROUPS[before], GROUPS[message.status]
    if old != new:
        _change_group(hub, shard, message, old, new)
        if new == "sent":
            _index_sent(hub, shard, message)
    count(hub, shard, message, before, -1)
    count(hub, shard, message, message.status, 1)


def index_reassigned(
    hub: HubRoot, shard: Shard, message: Message, account_before: str, lane_before: str
) -> None:
    """Follow a waiting message to another account and its lane."""
    facets = messages_of(hub).shard_at(ids.month_of(message.key), shard.number).created
    group = GROUPS[message.status]
    for facet in (account_facet(account_before), account_group_facet(account_before, group)):
        facets.discard(facet, message.key)
    for facet in (account_facet(message.account_id), account_group_facet(message.account_id, group)):
        facets.add(facet, message.key)
    for name in _names_at(message, account_before, lane_before, message.status, ""):
        add_to_counter(hub, shard, name, -1)
    count(hub, shard, message, message.status, 1)


def _change_group(hub: HubRoot, shard: Shard, message: Message, old: str, new: str) -> None:
    facets = messages_of(hub).shard_at(ids.month_of(message.key), shard.number).created
    for facet in _group_facets(message, old):
        facets.discard(facet, message.key)
    if new != "sent":
        for facet in _group_facets(message, new):
            facets.add(facet, message.key)


def _index_sent(hub: HubRoot, shard: Shard, message: Message) -> None:
    """The time of sending is that of the key, so that a list by keys is a list by times."""
    key = ids.make_key(shard.next_key(), shard.number)
    message.sent_at, message.sent_key = ids.time_of(key), key
    month = messages_of(hub).shard_at(ids.month_of(key), shard.number)
    month.sent_ids[key] = message.id
    for facet in sent_facets(message):
        month.sent.add(facet, key)


def count(hub: HubRoot, shard: Shard, message: Message, status: str, change: int) -> None:
    for name in _counter_names(message, status):
        add_to_counter(hub, shard, name, change)


def _counter_names(message: Message, status: str) -> Iterator[tuple[str, ...]]:
    day = sent_day(message.sent_at) if status == "sent" else ""
    return _names_at(message, message.account_id, message.lane_id, status, day)


def _names_at(
    message: Message, account_id: str, lane_id: str, status: str, day: str
) -> Iterator[tuple[str, ...]]:
    """Lanes of users are counted by themselves; the lane of an account's own sign-in is what else there is."""
    yield ("owner", message.owner_id, message.partition, message.scenario, account_id, status, day)
    yield ("account", account_id, status, day)
    if lane_id != account_id:
        yield ("lane", lane_id, status, day)


def sent_day(at: datetime | None) -> str:
    return "" if at is None else at.strftime("%Y-%m-%d")


def add_to_counter(hub: HubRoot, shard: Shard, name: tuple[str, ...], change: int) -> None:
    """Add to one of this writer's counters; a counter's value is the sum over all writers."""
    counters = messages_of(hub).counters_of(shard.number)
    counters[name] = counters.get(name, 0) + change


def counted(hub: HubRoot, first: tuple[str, ...], last: tuple[str, ...]) -> int:
    """The sum of all counters from the first name to the last, both included, over all writers."""
    return sum(sum(counters.values(min=first, max=last)) for counters in messages_of(hub).counters.values())


def owner_counts(
    hub: HubRoot, owner_id: str, first_day: str, is_within: IsWithin = lambda *_place: True
) -> dict[str, int]:
    """How many messages somebody owns in each status; of the sent ones those since a day (``2026-11-24``, UTC).

    ``is_within``: whether messages of a scenario, account and status count. What this costs grows with the different
    kinds of mail that he has, not with the mail.
    """
    counts = dict.fromkeys(STATUSES, 0)
    for counters in messages_of(hub).counters.values():
        for place in _places_of(counters, owner_id):
            for status in STATUSES:
                if is_within(place[_SCENARIO], place[_ACCOUNT], status):
                    name = (*place, status)
                    first = (*name, first_day) if status == "sent" else name
                    counts[status] += sum(counters.values(min=first, max=(*name, _HIGHEST)))
    return counts


_SCENARIO, _ACCOUNT = 3, 4
"""Where a counter of an owner names them."""


def _places_of(counters: Any, owner_id: str) -> Iterator[tuple[str, ...]]:
    """The beginnings of one owner's counters, status and day left out, without looking at each of his days."""
    place: tuple[str, ...] = ("owner", owner_id)
    while True:
        name = next(iter(counters.keys(min=place)), None)
        if name is None or name[:2] != ("owner", owner_id):
            return
        yield name[: _ACCOUNT + 1]
        place = (*name[: _ACCOUNT + 1], _HIGHEST)


def waiting_of_account(hub: HubRoot, account_id: str, status: str) -> int:
    """How many messages of an account have this status; not for ``sent``, which is counted by day."""
    name = ("account", account_id, status, "")
    return counted(hub, name, name)


def sent_of_account(hub: HubRoot, account_id: str, day: datetime) -> int:
    """How many messages of an account were sent on this day (UTC)."""
    name = ("account", account_id, "sent", sent_day(day))
    return counted(hub, name, name)


def waiting_of_lane(hub: HubRoot, lane_id: str, status: str) -> int:
    """How many messages of a user's lane have this status; not for ``sent``, which is counted by day."""
    name = ("lane", lane_id, status, "")
    return counted(hub, name, name)


def sent_of_lane(hub: HubRoot, lane_id: str, day: datetime) -> int:
    """How many messages of a user's lane were sent on this day (UTC)."""
    name = ("lane", lane_id, "sent", sent_day(day))
    return counted(hub, name, name)
