"""Who calls: by token, by the owner's own socket, by password."""

from mailhub.contract.clock import Clock
from mailhub.people.identity import Identity
from mailhub.people.model import Token, User, tokens_of, users_of
from mailhub.people.networks import is_within
from mailhub.people.passwords import PasswordHasher
from mailhub.people.token_text import find_token_id, is_text_of
from mailhub.store.root import HubRoot

from .acting import identity_of


class Authenticator:
    """Finds out who somebody is. Only ``verify_password`` may write."""

    def __init__(self, hub: HubRoot, clock: Clock, hasher: PasswordHasher) -> None:
        self._users = users_of(hub)
        self._tokens = tokens_of(hub)
        self._clock = clock
        self._hasher = hasher

    def identify(self, token_text: str, address: str) -> Identity | None:
        """Whom a token shown from this network address stands for; None for one that is no good, for whatever reason.

        A token is dead as soon as it is revoked or has expired, or its user is deleted or not active (V7.4.2).
        """
        token = self._find_token(token_text)
        if token is None or not self._is_usable(token, address):
            return None
        user = self._users.find(token.user_id)
        return (
            None
            if user is None or not user.is_active
            else identity_of(user, via="api", address=address, token=token)
        )

    def identify_local(self, login: str | None) -> Identity | None:
        """The active user of this login, or the first administrator: who acts over ``hub.sock``."""
        user = self._users.find_by_login(login) if login else self._users.find_first_administrator()
        return None if user is None or not user.is_active else identity_of(user, via="command line")

    def verify_password(self, login: str, password: str) -> User | None:
        """The active user who has this password, hashed anew where today's parameters are others.

        None in the same time for a wrong password, an unknown login, a user who may not sign in (V6.3.8), a one-time
        password whose time is over.
        """
        user = self._users.find_by_login(login)
        stored = None if user is None else user.password_hash
        if not self._hasher.verify(password, stored) or user is None or not self._may_sign_in(user):
            return None
        if stored is not None and self._hasher.is_outdated(stored):
            user.password_hash = self._hasher.hash(password)
        return user

    def _may_sign_in(self, user: User) -> bool:
        return user.is_active and (user.password_ends_at is None or self._clock.now() < user.password_ends_at)

    def _find_token(self, text: str) -> Token | None:
        id = find_token_id(text)
        token = None if id is None else self._tokens.find(id)
        return token if token is not None and is_text_of(text, token.digest) else None

    def _is_usable(self, token: Token, address: str) -> bool:
        if token.expires_at is not None and self._clock.now() >= token.expires_at:
            return False
        return token.networks is None or is_within(address, token.networks)
