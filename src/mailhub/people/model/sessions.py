"""Sessions of people at the pages, as they are stored: a digest of what the cookie holds, and when it was last used."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, cast

from BTrees.OOBTree import OOBTree, OOTreeSet
from persistent import Persistent

from .places import Place, iter_places


class Session(Persistent):
    """Somebody who signed in at a browser. ``digest``: SHA-256 of the cookie's text; times are UTC.

    ``address`` and ``user_agent``: where from and by what, as it was at the sign-in, for its owner to recognise.
    """

    def __init__(
        self,
        place: Place,
        *,
        user_id: str,
        digest: bytes,
        address: str,
        user_agent: str,
        created_at: datetime,
    ) -> None:
        self.id = place.id
        self.order = place.order
        self.user_id = user_id
        self.digest = digest
        self.address = address
        self.user_agent = user_agent
        self.created_at = created_at
        self.last_seen_at = created_at

    @property
    def place(self) -> Place:
        return Place(self.order, self.id)

    def ends_at(self, idle: timedelta, longest: timedelta) -> datetime:
        """When it ends if nothing more is heard of it (V7.3.1, V7.3.2)."""
        return min(self.last_seen_at + idle, self.created_at + longest)

    def _p_resolveConflict(  # noqa: N802 - ZODB's name
        self, _old: dict[str, Any], stored: dict[str, Any], wanted: dict[str, Any]
    ) -> dict[str, Any]:
        """Two requests noted at the same time that it is in use, which is all that ever changes: the later one holds."""
        return {**stored, "last_seen_at": max(stored["last_seen_at"], wanted["last_seen_at"])}


class Sessions(Persistent):
    """All sessions, and those of each user."""

    def __init__(self) -> None:
        self._by_id = OOBTree()
        self._places_by_user = OOBTree()

    def add(self, session: Session) -> None:
        self._by_id[session.id] = session
        if session.user_id not in self._places_by_user:
            self._places_by_user[session.user_id] = OOTreeSet()
        self._places_by_user[session.user_id].add(tuple(session.place))

    def remove(self, session: Session) -> None:
        del self._by_id[session.id]
        places = self._places_by_user[session.user_id]
        places.remove(tuple(session.place))
        if not places:
            del self._places_by_user[session.user_id]

    def remove_all_of(self, user_id: str, keep: str | None = None) -> list[str]:
        """End all sessions of a user, or all but the one with the id ``keep``; their ids."""
        ended = [session for session in self.iter_of(user_id) if session.id != keep]
        for session in ended:
            self.remove(session)
        return [session.id for session in ended]

    def find(self, id: str) -> Session | None:
        return cast("Session | None", self._by_id.get(id))

    def iter_of(self, user_id: str, after: Place | None = None) -> Iterator[Session]:
        """A user's sessions, newest first, or those that come after this place in the list."""
        for place in iter_places(self._places_by_user.get(user_id, OOTreeSet()), after):
            yield self._by_id[place.id]

    def iter_all(self) -> Iterator[Session]:
        yield from self._by_id.values()
