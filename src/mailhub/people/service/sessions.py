"""Sessions at the pages: begun and known again by the pages' door, listed and ended by whose they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final, NamedTuple

from mailhub.contract.clock import Clock
from mailhub.entropy import Entropy, new_id
from mailhub.errors import NOT_FOUND, NotFound
from mailhub.events.audit import record_change
from mailhub.people.identity import Identity
from mailhub.people.model import Place, Session, User, sessions_of, users_of
from mailhub.people.presenting import present_session
from mailhub.people.session_text import find_session_id, new_session_text
from mailhub.people.token_text import digest_of, is_text_of
from mailhub.store.root import HubRoot
from mailhub.store.shards import Shard

TOUCH_AFTER: Final = timedelta(minutes=5)
"""A session that is in use is written this often and no more."""

MOST_SESSIONS: Final = 100
"""Of one user; the oldest gives way."""

_USER_AGENT_CHARACTERS: Final = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLimits:
    """How long a session lasts unused, and how long at most."""

    idle: timedelta
    longest: timedelta

    def ends_at(self, session: Session) -> datetime:
        """When a session ends if it is not used before."""
        return session.ends_at(self.idle, self.longest)


class NewSession(NamedTuple):
    """A session and what its cookie is to hold, which is kept nowhere else."""

    session: Session
    text: str


class ShownSession(NamedTuple):
    """A session that is alive, and when it ends if it is not used before."""

    session: Session
    ends_at: datetime


class SessionsService:
    """The caller's own sessions, in one transaction. Ending one is audited."""

    def __init__(
        self, hub: HubRoot, shard: Shard, identity: Identity, *, clock: Clock, limits: SessionLimits
    ) -> None:
        self._hub = hub
        self._shard = shard
        self._identity = identity
        self._clock = clock
        self._limits = limits

    def list_sessions(
        self, limit: int, after: Place | None = None
    ) -> tuple[list[ShownSession], Place | None]:
        """A page of those that are alive, newest first, and where the next one begins (None: there is none)."""
        found = list(islice(self._iter_alive(after), limit + 1))
        return found[:limit], found[limit - 1].session.place if len(found) > limit else None

    def get_session(self, id: str) -> Session:
        """One of the caller's sessions. Raises ``NotFound``, also for somebody else's."""
        session = sessions_of(self._hub).find(id)
        if session is None or session.user_id != self._identity.user_id:
            raise NotFound(NOT_FOUND, code="session.not_found")
        return session

    def end_session(self, id: str) -> None:
        """Sign the caller out of one browser. Raises as ``get_session`` does."""
        self._end(self.get_session(id))

    def end_all(self, *, keep: str | None = None) -> int:
        """Sign the caller out of every browser, or all but the session with the id ``keep``; how many. Tokens go on."""
        mine = list(sessions_of(self._hub).iter_of(self._identity.user_id))
        ending = [session for session in mine if session.id != keep]
        for session in ending:
            self._end(session)
        return len(ending)

    def _iter_alive(self, after: Place | None) -> Iterator[ShownSession]:
        now = self._clock.now()
        for session in sessions_of(self._hub).iter_of(self._identity.user_id, after):
            ends_at = self._limits.ends_at(session)
            if ends_at > now:
                yield ShownSession(session, ends_at)

    def _end(self, session: Session) -> None:
        sessions_of(self._hub).remove(session)
        shown = present_session(session, self._limits.ends_at(session))
        record_change(self._hub, self._shard, self._identity, "deleted", "session", session.id, shown, None)


class PageSessions:
    """What the pages' door does with sessions: begin one at a sign-in, know it again, note that it is in use."""

    def __init__(self, hub: HubRoot, clock: Clock, entropy: Entropy, limits: SessionLimits) -> None:
        self._sessions = sessions_of(hub)
        self._users = users_of(hub)
        self._clock = clock
        self._entropy = entropy
        self._limits = limits

    def begin(self, user: User, address: str, user_agent: str) -> NewSession:
        """A new session, whatever cookie was shown before (V7.2.4). Dead ones of the user go, and those beyond 100."""
        self._make_room(user.id)
        now = self._clock.now()
        place = Place(-int(now.timestamp() * 1_000_000), new_id(self._entropy))
        text = new_session_text(place.id, self._entropy)
        session = Session(
            place,
            user_id=user.id,
            digest=digest_of(text),
            address=address,
            user_agent=user_agent[:_USER_AGENT_CHARACTERS],
            created_at=now,
        )
        self._sessions.add(session)
        return NewSession(session, text)

    def find(self, text: str) -> tuple[Session, User] | None:
        """The session of a cookie and its user; None for one that is over, ended, or of a user who is not active."""
        id = find_session_id(text)
        session = None if id is None else self._sessions.find(id)
        if session is None or not is_text_of(text, session.digest) or not self._is_alive(session):
            return None
        user = self._users.find(session.user_id)
        return None if user is None or not user.is_active else (session, user)

    def is_use_due(self, session: Session) -> bool:
        """Whether ``note_use`` would write."""
        return self._clock.now() - session.last_seen_at >= TOUCH_AFTER

    def note_use(self, session: Session) -> None:
        """Put the idle limit off; written every five minutes at most."""
        if self.is_use_due(session):
            session.last_seen_at = self._clock.now()

    def end(self, session: Session) -> None:
        """Sign out (V7.4.1)."""
        self._sessions.remove(session)

    def ends_at(self, session: Session) -> datetime:
        """When it ends if it is not used before."""
        return self._limits.ends_at(session)

    def _is_alive(self, session: Session) -> bool:
        return self.ends_at(session) > self._clock.now()

    def _make_room(self, user_id: str) -> None:
        alive = 0
        for session in list(self._sessions.iter_of(user_id)):
            alive += self._is_alive(session)
            if not self._is_alive(session) or alive >= MOST_SESSIONS:
                self._sessions.remove(session)
