"""Event rows: written with the change they tell of, read with cursors (design decision 26).

    record_event(hub, shard, "message.queued", message=..., account=..., ...)     in the transaction of the change

    for event in iter_events(hub, cursor, limit=200):                             in a reading transaction
        deal_with(event)
        cursor = cursor.after(event)

A reader that keeps its cursor only after it has dealt with an event gets each event at least once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, cast

from mailhub.store.shards import Shard

from .catalogue import Dimension, EventType, UnknownEvent, event_type
from .cursor import EventCursor
from .redaction import without_addresses
from .sharded_rows import KeyedRow, ShardedRows, from_microseconds, to_microseconds

if TYPE_CHECKING:
    from mailhub.store.root import HubRoot

TOPIC: Final = "events"
"""What a commit with an event wakes."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. ``writer`` and ``key`` are its place; ``dimensions`` as the catalogue names them."""

    name: str
    at: datetime
    dimensions: Mapping[str, Dimension]
    writer: int
    key: int

    def leaving(self) -> dict[str, Dimension]:
        """The dimensions that telemetry may show outside the hub, those that are None left out."""
        may_leave = event_type(self.name).may_leave
        return {
            name: value for name, value in self.dimensions.items() if name in may_leave and value is not None
        }


def install(hub: "HubRoot") -> None:
    """Make the folder of event rows, once."""
    if getattr(hub, "events", None) is None:
        hub.events = ShardedRows()


def events_of(hub: "HubRoot") -> ShardedRows:
    """The event rows of the hub."""
    return cast(ShardedRows, hub.events)


def record_event(hub: "HubRoot", shard: Shard, name: str, **dimensions: Dimension) -> None:
    """Append an event to the rows of this writer, in the caller's transaction.

    Raises UnknownEvent when the catalogue has no such event, no such dimension of it, or when a required one is missing.
    """
    kind = event_type(name)
    _check_dimensions(kind, dimensions)
    values = tuple(_without_address(dimensions.get(dimension)) for dimension in kind.dimensions)
    events_of(hub).append(shard, (name, to_microseconds(shard.now), *values))
    shard.wake(TOPIC)


def _check_dimensions(kind: EventType, given: Mapping[str, Dimension]) -> None:
    if unknown := given.keys() - kind.dimensions:
        raise UnknownEvent(f"the catalogue gives {kind.name} no dimension {', '.join(sorted(unknown))}")
    if missing := kind.required - given.keys():
        raise UnknownEvent(f"{kind.name} needs the dimension {', '.join(sorted(missing))}")


def _without_address(value: Dimension) -> Dimension:
    return without_addresses(value) if isinstance(value, str) else value


def iter_events(hub: "HubRoot", cursor: EventCursor, limit: int) -> Iterator[Event]:
    """At most ``limit`` events after the cursor, in order of time over all writers that have committed.

    A writer that commits late may bring an older event later; nothing is left out, except what only a newer release
    knows (this one runs again on its data): no reader must stand still before such a row.
    """
    rows = events_of(hub).iter_after(cursor.last_keys)
    return islice((event for row in rows if (event := _find_event(row)) is not None), limit)


def newest_cursor(hub: "HubRoot") -> EventCursor:
    """The cursor of a reader that wants only what is still to come."""
    return EventCursor(MappingProxyType(events_of(hub).last_keys()))


def _find_event(place: KeyedRow) -> Event | None:
    name, at, *values = place.row
    try:
        dimensions = event_type(name).dimensions
    except UnknownEvent:
        return None
    # a row that was written before a dimension was appended is shorter than the catalogue's entry
    known = dict.fromkeys(dimensions) | dict(zip(dimensions, values, strict=False))
    return Event(name, from_microseconds(at), MappingProxyType(known), place.writer, place.key)
