"""Where the readers of events stand, as it is stored."""

from collections.abc import Mapping
from types import MappingProxyType

from BTrees.OOBTree import OOBTree
from persistent import Persistent

from mailhub.events.cursor import EventCursor
from mailhub.events.rows import newest_cursor
from mailhub.store.root import HubRoot

LOG = "log"
PLUGINS = "plugins"
READERS = (LOG, PLUGINS)
"""The readers that every hub has."""


class ReaderPlace(Persistent):
    """How far one reader has come: the last key of each writer. A record of its own, written by its reader alone."""

    def __init__(self, last_keys: Mapping[int, int]) -> None:
        self.last_keys = dict(last_keys)


class Readers(Persistent):
    """The places of all readers by name."""

    def __init__(self) -> None:
        self.places = OOBTree()

    def cursor_of(self, name: str) -> EventCursor:
        """Where a reader goes on; one that was never kept begins at the beginning."""
        place: ReaderPlace | None = self.places.get(name)
        return EventCursor() if place is None else EventCursor(MappingProxyType(place.last_keys))

    def keep(self, name: str, cursor: EventCursor) -> None:
        """Note how far a reader has come."""
        place: ReaderPlace | None = self.places.get(name)
        if place is None:
            self.places[name] = ReaderPlace(cursor.last_keys)
        else:
            place.last_keys = dict(cursor.last_keys)


def install(hub: HubRoot) -> None:
    """Make the folder of readers once.

    In a fresh hub each begins at the beginning. A reader that is new to an older hub begins with what happens from now
    on: nobody wants to be told of years.
    """
    if not hasattr(hub, "readers"):
        hub.readers = Readers()
    for name in READERS:
        if name not in readers_of(hub).places:
            readers_of(hub).keep(name, newest_cursor(hub))


def readers_of(hub: HubRoot) -> Readers:
    readers: Readers = hub.readers
    return readers
