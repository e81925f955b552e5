"""Walking the indexes of messages, newest first: what a page costs depends on what it looks at, never on how much there is.

An index entry is in the shard of the writer that made it, which need not be the one that accepted the message, so a facet
is always the union over all writers of a month. Several facets are met by leaping: each tells its highest key below the
place, and the lowest of these is the next place all could agree on.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from mailhub.messages import ids
from mailhub.messages.model import Facets, Messages, MonthShard, find_highest_below

Order = Literal["created", "sent"]

_FIRST_MONTH = ""


@dataclass(frozen=True, slots=True)
class Walk:
    """What to walk over: keys that are in one facet of every term, from below ``below`` down to ``lowest``.

    ``prefixes``: each is the beginning of a word of the message, where few enough words begin so to be gone through, and
    only in the order of creation; whoever walks looks at the message.
    """

    order: Order
    terms: tuple[tuple[str, ...], ...]
    prefixes: tuple[str, ...] = ()
    lowest: int = 0
    below: int = 2**63 - 1

    def from_below(self, key: int) -> "Walk":
        """The part of it that is below a key."""
        return replace(self, below=min(self.below, key))

    def down_to(self, key: int) -> "Walk":
        """The part of it that is not below a key."""
        return replace(self, lowest=max(self.lowest, key))


@dataclass(slots=True)
class Budget:
    """How many places may still be looked at; shared by everything that makes one page."""

    left: int

    def spend(self) -> bool:
        """Take one; False when there is none."""
        self.left -= 1
        return self.left >= 0


@dataclass(frozen=True, slots=True)
class Place:
    """How far the walk has come: everything from ``key`` up is done. ``is_match``: ``key`` itself is in all terms."""

    key: int
    is_match: bool


def iter_places(messages: Messages, walk: Walk, budget: Budget) -> Iterator[Place]:
    """Matching keys, newest first; a place that is no match comes last and says where the budget was spent."""
    for month in _months(messages, walk):
        for place in _iter_month(list(messages.iter_shards(month)), walk, budget):
            yield place
            if not place.is_match:
                return
        # a budget that ends at the border of a month says so, else the next page would begin where this one did
        walk = walk.from_below(ids.first_key_of_month(month))


def _months(messages: Messages, walk: Walk) -> list[str]:
    first = ids.month_of(walk.lowest) if walk.lowest else _FIRST_MONTH
    return list(reversed(messages.months.keys(min=first, max=ids.month_of(walk.below - 1))))


def _iter_month(shards: Sequence[MonthShard], walk: Walk, budget: Budget) -> Iterator[Place]:
    sets = [_sets(shards, walk.order, facets) for facets in walk.terms]
    if walk.order == "created":
        found = (_sets_of_words(shards, prefix) for prefix in walk.prefixes)
        sets += [keys for keys in found if keys is not None]
    below = walk.below
    while True:
        tops = [_highest_below(term, below) for term in sets]
        known = [top for top in tops if top is not None and top >= walk.lowest]
        if len(known) < len(tops):
            return
        if not budget.spend():
            yield Place(below, is_match=False)
            return
        lowest = min(known)
        if lowest == max(known):
            yield Place(lowest, is_match=True)
            below = lowest
        else:
            below = lowest + 1


def _sets(shards: Iterable[MonthShard], order: Order, facets: Iterable[str]) -> list[Any]:
    names = tuple(facets)
    found = (_facets_of(shard, order).find(name) for shard in shards for name in names)
    return [keys for keys in found if keys is not None]


def _sets_of_words(shards: Iterable[MonthShard], prefix: str) -> list[Any] | None:
    """The sets of a prefix in all shards; None where they are too many."""
    sets: list[Any] = []
    for shard in shards:
        found = shard.words.find(prefix)
        if found is None:
            return None
        sets += found
    return sets


def _facets_of(shard: MonthShard, order: Order) -> Facets:
    facets: Facets = shard.created if order == "created" else shard.sent
    return facets


def _highest_below(sets: Iterable[Any], below: int) -> int | None:
    """The highest key below a place in any of the sets; None when there is none."""
    tops = (find_highest_below(keys, below) for keys in sets)
    return max((top for top in tops if top is not None), default=None)
