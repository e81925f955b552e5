"""Signing in at the pages, being known again, signing out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NoReturn

from mailhub.contract.texts import _
from mailhub.errors import Invalid
from mailhub.events.audit import record_change
from mailhub.people.identity import Identity
from mailhub.people.model import Session, User, users_of
from mailhub.people.presenting import present_session
from mailhub.people.tries import SignInTries
from mailhub.store.read_current import rely_on
from mailhub.store.root import HubRoot
from mailhub.store.shards import Shard

from .acting import identity_of
from .authenticator import Authenticator
from .sessions import NewSession, PageSessions

LONGEST_LOGIN: Final = 250
"""Of logins that exist (``schema.UserFields``)."""

NoteFailure = Callable[[str, str], None]
"""Notes, in a transaction of its own, a failed sign-in: the id of the user whose login it was ("" for nobody's), the address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Who calls by a session. ``user.must_change_password``: he may do nothing before he has another one."""

    identity: Identity
    session: Session
    user: User


class SignInService:
    """What the pages' door does with people, in one transaction; audited (V16.3.1)."""

    def __init__(
        self,
        hub: HubRoot,
        shard: Shard,
        *,
        authenticator: Authenticator,
        sessions: PageSessions,
        tries: SignInTries,
        note_failure: NoteFailure,
    ) -> None:
        self._hub = hub
        self._shard = shard
        self._authenticator = authenticator
        self._sessions = sessions
        self._tries = tries
        self._note_failure = note_failure

    def sign_in(self, login: str, password: str, address: str, user_agent: str) -> NewSession:
        """Begin a session, whatever cookie was shown before (V7.2.4).

        Raises ``TooManyRequests``; ``Invalid`` with ``signin.wrong``, in the same time and words for an unknown login, a
        wrong password, and a user who is not active (V6.3.8).
        """
        login = login.strip()
        counted_as = login.casefold() if len(login) <= LONGEST_LOGIN else ""
        self._tries.take(counted_as, address)
        user = self._authenticator.verify_password(login, password)
        if user is None:
            self._refuse(login, address)
        self._tries.forget(counted_as, address)
        # a reset, or the end of a user, at the same moment must not miss this session
        rely_on(user)
        begun = self._sessions.begin(user, address, user_agent)
        self._audit("signed_in", begun.session, user, address)
        return begun

    def find(self, text: str, address: str) -> SignedIn | None:
        """Who shows the cookie of a session; None when it is over or ended, or its user is not active any more."""
        found = self._sessions.find(text)
        if found is None:
            return None
        session, user = found
        identity = identity_of(user, via="page", address=address, session=session)
        return SignedIn(identity=identity, session=session, user=user)

    def is_use_due(self, session: Session) -> bool:
        """Whether ``note_use`` would write."""
        return self._sessions.is_use_due(session)

    def note_use(self, session: Session) -> None:
        """Put the idle limit off; written every five minutes at most."""
        self._sessions.note_use(session)

    def sign_out(self, session: Session, address: str = "") -> None:
        """End the session; its cookie is worth nothing any more (V7.4.1)."""
        self._sessions.end(session)
        user = users_of(self._hub).find(session.user_id)
        if user is not None:
            self._audit("signed_out", session, user, address)

    def _refuse(self, login: str, address: str) -> NoReturn:
        whose = users_of(self._hub).find_by_login(login)
        self._note_failure("" if whose is None else whose.id, address)
        raise Invalid.of("", "signin.wrong", _("Login or password are not right."))

    def _audit(self, action: str, session: Session, user: User, address: str) -> None:
        identity = identity_of(user, via="page", address=address, session=session)
        shown = present_session(session, self._sessions.ends_at(session))
        record_change(self._hub, self._shard, identity, action, "session", session.id, None, shown)


def record_failed_sign_in(hub: HubRoot, shard: Shard, user_id: str, address: str) -> None:
    """Append to the trail that somebody failed. What was typed is not kept: it may be a password in the wrong field.

    There is a row for nobody's login too, so that both take the same time.
    """
    nobody = Identity(user_id="", login="", via="page", address=address)
    record_change(hub, shard, nobody, "sign_in_failed", "user", user_id, None, None)
