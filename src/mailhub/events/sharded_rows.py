"""Append-only rows, a tree per month and writer: what events and audit rows are kept in (design decisions 9, 13, 26).

Every reader relies on one rule: **the keys of one writer only grow, in the order of its commits**. ``Shard.next_key``
holds it: each key is written down in the writer's own record, so of two transactions that append for one writer at the
same time one conflicts, runs again and gets a later key. Without that a BTree would merge them, and a reader that has
seen the later key would never see the earlier one.
"""

import heapq
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from BTrees.IOBTree import IOBTree
from BTrees.LOBTree import LOBTree
from BTrees.OOBTree import OOBTree
from persistent import Persistent

from mailhub.store.shards import Shard

Row = tuple[Any, ...]


class KeyedRow(NamedTuple):
    """A row with its place. Sorts by time, then writer."""

    key: int
    writer: int
    row: Row


class ShardedRows(Persistent):
    """Rows by month, writer and key."""

    def __init__(self) -> None:
        self._months = OOBTree()

    def append(self, shard: Shard, row: Row) -> int:
        """Add a row for this writer; its key."""
        key = shard.next_key()
        self._tree_of(shard)[key] = row
        return key

    def _tree_of(self, shard: Shard) -> Any:
        writers = self._months.get(shard.month)
        if writers is None:
            writers = self._months[shard.month] = IOBTree()
        tree = writers.get(shard.number)
        if tree is None:
            tree = writers[shard.number] = LOBTree()
        return tree

    def last_keys(self) -> dict[int, int]:
        """The last key of each writer: where a reader stands that has read everything."""
        last_keys: dict[int, int] = {}
        for writer, tree in self._trees():
            last_keys[writer] = max(last_keys.get(writer, 0), int(tree.maxKey()))
        return last_keys

    def iter_after(self, last_keys: Mapping[int, int]) -> Iterator[KeyedRow]:
        """What each writer wrote after the reader's last key of that writer, merged in order of time."""
        return heapq.merge(
            *(_ascending(tree, writer, last_keys.get(writer, 0)) for writer, tree in self._trees())
        )

    def iter_before(self, place: tuple[int, int] | None) -> Iterator[KeyedRow]:
        """Newest first; with ``place`` (key, writer) only what is older than it."""
        return heapq.merge(
            *(_descending(tree, writer, place) for writer, tree in self._trees()), key=_newest_first
        )

    def _trees(self) -> Iterator[tuple[int, Any]]:
        for writers in self._months.values():
            yield from writers.items()

    def months(self) -> list[str]:
        """The months that have rows, oldest first."""
        return list(self._months)

    def drop_month(self, month: str) -> None:
        """Forget a month (retention); readers simply go on."""
        del self._months[month]


def _ascending(tree: Any, writer: int, last_key: int) -> Iterator[KeyedRow]:
    for key, row in tree.iteritems(min=last_key + 1):
        yield KeyedRow(key, writer, row)


def _descending(tree: Any, writer: int, place: tuple[int, int] | None) -> Iterator[KeyedRow]:
    """A BTree cannot be walked backwards, but it finds the largest key below another in logarithmic time."""
    rows = (KeyedRow(key, writer, tree[key]) for key in _keys_downwards(tree, place[0] if place else None))
    return rows if place is None else (row for row in rows if (row.key, row.writer) < place)


def _keys_downwards(tree: Any, highest: int | None) -> Iterator[int]:
    key = _largest(tree, highest)
    while key is not None:
        yield key
        key = _largest(tree, key - 1)


def _largest(tree: Any, highest: int | None) -> int | None:
    try:
        return int(tree.maxKey() if highest is None else tree.maxKey(highest))
    except ValueError:  # how a BTree says that it has no such key
        return None


def _newest_first(row: KeyedRow) -> tuple[int, int]:
    return (-row.key, -row.writer)


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_microseconds(at: datetime) -> int:
    """A time as rows keep it: microseconds since 1970 (UTC)."""
    return (at - EPOCH) // timedelta(microseconds=1)


def from_microseconds(value: int) -> datetime:
    """The aware UTC time that ``to_microseconds`` was given."""
    return EPOCH + timedelta(microseconds=value)
