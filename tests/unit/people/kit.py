"""A hub with people in it and nothing else, in memory."""

from datetime import UTC, datetime, timedelta
from typing import Any

from transaction import TransactionManager
from ZODB import DB

from mailhub.contract.texts import Text
from mailhub.events import audit
from mailhub.events.audit import AuditEntry, list_changes
from mailhub.people.identity import HUB, Identity
from mailhub.people.model import User, install, users_of
from mailhub.people.passwords import CHEAPEST_PROFILE, PasswordHasher, PasswordRules
from mailhub.people.permissions import granted_by
from mailhub.people.service import (
    Authenticator,
    GroupsService,
    MeService,
    NewToken,
    NewUser,
    PageSessions,
    SessionLimits,
    SessionsService,
    SignInService,
    TokensService,
    UsersService,
    record_failed_sign_in,
)
from mailhub.people.tries import PasswordTries, SignInTries
from mailhub.store.root import NAME, SESSIONS, HubRoot
from mailhub.store.shards import Shard, ShardState
from mailhub.testing.clock import FakeClock
from mailhub.testing.entropy import FakeEntropy

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"
LIMITS = SessionLimits(idle=timedelta(hours=1), longest=timedelta(hours=12))

USER_VALUES: dict[str, Any] = {
    "login": "ada",
    "name": "Ada Lovelace",
    "contact_email": "ada@example.com",
    "kind": "internal",
    "is_licensed": True,
    "permission_sets": ["email-edit"],
    "language": "en",
    "time_zone": "UTC",
    "is_active": True,
    "password": None,
}

TOKEN_VALUES: dict[str, Any] = {
    "user": None,
    "name": "ERP",
    "scopes": None,
    "scenarios": None,
    "accounts": None,
    "networks": None,
    "expires_at": None,
}


def check_address(address: str) -> Text | None:
    return None if "@" in address else "No address."


class PeopleKit:
    """Services for whoever acts; by default the hub itself."""

    def __init__(self) -> None:
        databases: dict[str, Any] = {}
        self.database = DB(None, databases=databases)
        self.sessions_database = DB(None, databases=databases, database_name=SESSIONS)
        self.connection = self.database.open(TransactionManager())
        self.hub = self.connection.root()[NAME] = HubRoot()
        self.connection.add(self.hub)
        install(self.hub)
        audit.install(self.hub)
        self.clock = FakeClock(NOW)
        self.entropy = FakeEntropy()
        self.hasher = PasswordHasher(CHEAPEST_PROFILE, self.entropy)
        self.rules = PasswordRules({"password1"})
        self.tries = PasswordTries(self.clock)
        self.sign_in_tries = SignInTries(self.clock)
        self.state = ShardState()

    def commit(self) -> None:
        """Store it, for who opens a connection of his own."""
        self.connection.transaction_manager.commit()

    @property
    def shard(self) -> Shard:
        return Shard(1, self.state, self.clock.now(), lambda topic: None)

    def users(
        self, identity: Identity = HUB, shard: Shard | None = None, hub: HubRoot | None = None
    ) -> UsersService:
        return UsersService(
            hub or self.hub,
            shard or self.shard,
            identity,
            entropy=self.entropy,
            hasher=self.hasher,
            rules=self.rules,
            check_address=check_address,
        )

    def groups(self, identity: Identity = HUB) -> GroupsService:
        return GroupsService(self.hub, self.shard, identity, entropy=self.entropy)

    def me(self, identity: Identity, shard: Shard | None = None, hub: HubRoot | None = None) -> MeService:
        return MeService(
            hub or self.hub,
            shard or self.shard,
            identity,
            hasher=self.hasher,
            rules=self.rules,
            tries=self.tries,
        )

    def sessions(self, identity: Identity) -> SessionsService:
        return SessionsService(self.hub, self.shard, identity, clock=self.clock, limits=LIMITS)

    @property
    def page_sessions(self) -> PageSessions:
        return PageSessions(self.hub, self.clock, self.entropy, LIMITS)

    @property
    def signing_in(self) -> SignInService:
        return SignInService(
            self.hub,
            self.shard,
            authenticator=self.authenticator,
            sessions=self.page_sessions,
            tries=self.sign_in_tries,
            note_failure=lambda id, address: record_failed_sign_in(self.hub, self.shard, id, address),
        )

    def tokens(self, identity: Identity) -> TokensService:
        return TokensService(self.hub, self.shard, identity, entropy=self.entropy)

    @property
    def authenticator(self) -> Authenticator:
        return Authenticator(self.hub, self.clock, self.hasher)

    def make_user(self, login: str = "ada", **values: Any) -> User:
        return self.new_user(login, **values).user

    def new_user(self, login: str = "ada", **values: Any) -> NewUser:
        return self.users().create_user({**USER_VALUES, "login": login, **values})

    def make_administrator(self, login: str = "root") -> User:
        return self.make_user(login, permission_sets=["email-admin"])

    def make_token(self, user: User, **values: Any) -> NewToken:
        return self.tokens(HUB).create_token({**TOKEN_VALUES, "user": user.id, **values})

    def find(self, login: str) -> User | None:
        return users_of(self.hub).find_by_login(login)

    def trail(self) -> list[AuditEntry]:
        """All changes, newest first."""
        return list_changes(self.hub, 100)


def acting(user: User, **values: Any) -> Identity:
    """The identity of a user without a token."""
    permissions = granted_by(frozenset(user.permission_sets))
    return Identity(user_id=user.id, login=user.login, permissions=permissions, **values)
