"""Where things stand in lists that begin with the newest."""

from collections.abc import Iterator
from typing import NamedTuple

from BTrees.OOBTree import OOTreeSet


class Place(NamedTuple):
    """Where something stands in a list, newest first: ``order`` is its time in microseconds, negative."""

    order: int
    id: str


def iter_places(places: OOTreeSet, after: Place | None) -> Iterator[Place]:
    """All places, or those that come after this one."""
    found = places.keys() if after is None else places.keys(min=tuple(after), excludemin=True)
    return (Place(*place) for place in found)
