"""E-mail accounts as they are stored: what administrators set, and, apart from it, what happens to an account.

The two are different objects because different writers change them: settings change with a request, attention and
pause with delivery.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple, cast

from BTrees.OOBTree import OOBTree
from persistent import Persistent

from mailhub.contract.connector import OnUncertain
from mailhub.store.root import HubRoot

DEFAULT_CONCURRENCY_LIMIT = 3
DEFAULT_MAX_ATTEMPTS = 10


class Attention(NamedTuple):
    """Why an account (or one sending identity of it) stands still until somebody acts."""

    code: str
    message: str
    since: datetime
    action: str


class AccountState(Persistent):
    """What has happened to an account. ``closing`` stops new mail while it is being deleted."""

    paused_at: datetime | None = None
    paused_by = ""
    attention: tuple[str, str, datetime, str] | None = None
    is_closing = False
    closing_at: datetime | None = None

    def is_blocked(self) -> bool:
        """True while nothing may leave."""
        return self.paused_at is not None or self.attention is not None or self.is_closing

    def find_attention(self) -> Attention | None:
        return None if self.attention is None else Attention(*self.attention)


class Account(Persistent):
    """Settings are plain values of the connector's schema; secrets stand apart, sealed, by their dotted path."""

    limit_group: str | None = None
    default_on_uncertain: OnUncertain = "resend"
    sends_as_user = False
    """These two are kept from the connector's own word when the settings were saved: they are needed while it is away."""
    revision = 1

    def __init__(
        self,
        account_id: str,
        *,
        connector: str,
        name: str,
        address: str,
        settings: dict[str, Any],
        secrets: dict[str, str],
        rate_limit_per_minute: int,
        concurrency_limit: int = DEFAULT_CONCURRENCY_LIMIT,
        max_attempts: int = DEFAULT_MAX_ATTEMPTS,
        limit_group: str | None = None,
        created_at: datetime,
    ) -> None:
        self.id = account_id
        self.connector = connector
        self.name = name
        self.address = address
        self.settings = settings
        self.secrets = secrets
        self.rate_limit_per_minute = rate_limit_per_minute
        self.concurrency_limit = concurrency_limit
        self.max_attempts = max_attempts
        self.limit_group = limit_group
        self.created_at = created_at
        self.state = AccountState()


class DefaultAccount(Persistent):
    """The pointer to the default account; a record of its own, so that others can rely on it by name."""

    account_id: str | None = None


class GoneAccount(NamedTuple):
    """What is left of a deleted account: enough to say which it was. Stored as a plain tuple."""

    connector: str
    name: str
    address: str
    at: datetime


class ConnectorOptions(Persistent):
    """What administrators set for a connector as a whole."""

    allow_http = False
    revision = 1


Place = tuple[str, str]
"""Where an account stands in the list: its name without case, then its id."""


class Accounts(Persistent):
    """All accounts by id and by name, which one is the default, what is left of deleted ones, options of connectors."""

    def __init__(self) -> None:
        self.by_id = OOBTree()
        self.by_name = OOBTree()
        self.gone = OOBTree()
        self.connectors = OOBTree()
        self.default = DefaultAccount()

    def find(self, account_id: str | None) -> Account | None:
        return None if account_id is None else self.by_id.get(account_id)

    def find_default(self) -> Account | None:
        return self.find(self.default.account_id)

    def __iter__(self) -> Iterator[Account]:
        yield from self.by_id.values()

    def add(self, account: Account) -> None:
        """Take a new account in."""
        self.by_id[account.id] = account
        self.by_name[place_of(account)] = account.id

    def rename(self, account: Account, name: str) -> None:
        """Give an account another name. Names need not be unique."""
        self.by_name.pop(place_of(account), None)
        account.name = name
        self.by_name[place_of(account)] = account.id

    def remove(self, account: Account, at: datetime) -> None:
        """Let an account go, and the pointer to it as default (AC5); what it was called is kept."""
        del self.by_id[account.id]
        self.by_name.pop(place_of(account), None)
        self.gone[account.id] = tuple(GoneAccount(account.connector, account.name, account.address, at))
        if self.default.account_id == account.id:
            self.default.account_id = None

    def find_gone(self, account_id: str) -> GoneAccount | None:
        """What a deleted account was."""
        stored = self.gone.get(account_id)
        return None if stored is None else GoneAccount(*stored)

    def iter_by_name(self, after: Place | None = None) -> Iterator[Account]:
        """In the order of their names, from behind a place."""
        for account_id in self.by_name.values(min=after, excludemin=after is not None):
            account = self.find(account_id)
            if account is not None:
                yield account

    def options_of(self, connector: str) -> ConnectorOptions:
        """What is set for a connector; the defaults, not stored, when nothing is."""
        return cast(ConnectorOptions, self.connectors.get(connector, ConnectorOptions()))


def place_of(account: Account) -> Place:
    """Where the account stands in the list."""
    return (account.name.casefold(), account.id)


def account_topic(account_id: str) -> str:
    """The wake-up after an account changed: settings, limits, pause."""
    return f"account:{account_id}"


def release_topic(account_id: str) -> str:
    """The wake-up after new settings of an account: sign-ins that were refused may work now."""
    return f"release:{account_id}"


def install(hub: HubRoot) -> None:
    """Make the folder of accounts once."""
    if not hasattr(hub, "accounts"):
        hub.accounts = Accounts()


def accounts_of(hub: HubRoot) -> Accounts:
    accounts: Accounts = hub.accounts
    return accounts
