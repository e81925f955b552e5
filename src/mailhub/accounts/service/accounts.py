"""Accounts: making, changing, pausing them, and which one is the default. Deleting is delivery's (it has the mail)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from mailhub.accounts.addresses import AddressCheck
from mailhub.accounts.mistakes import Mistakes
from mailhub.accounts.model import (
    Account,
    Place,
    account_topic,
    accounts_of,
    place_of,
    release_topic,
)
from mailhub.accounts.presenting import AccountView, audited_account
from mailhub.accounts.settings import secret_record_id
from mailhub.accounts.settings_changes import SettingsChange, changed_settings, new_settings
from mailhub.contract.connector import ConnectorType
from mailhub.contract.texts import _
from mailhub.entropy import Entropy, new_id
from mailhub.errors import NOT_FOUND, Denied, FieldError, Invalid, NotFound, WrongState
from mailhub.events.audit import REPLACED_SECRET, record_change
from mailhub.events.rows import record_event
from mailhub.people.identity import Identity
from mailhub.people.permissions import Permission
from mailhub.pluginhost.host import PluginHost
from mailhub.store.read_current import rely_on
from mailhub.store.root import HubRoot
from mailhub.store.rotation import rely_on_sealing
from mailhub.store.secrets import SecretBox
from mailhub.store.shards import Shard

from .rules import SettingsRules

Values = Mapping[str, Any]

_PLAIN_FIELDS = ("address", "rate_limit_per_minute", "concurrency_limit", "max_attempts", "limit_group")


class AccountsService:
    """What is done with accounts, in one transaction. Every change is audited.

    A token that is bound to accounts knows of no other. ``is_sandbox``: some settings may be saved there only.
    """

    def __init__(
        self,
        hub: HubRoot,
        shard: Shard,
        identity: Identity,
        *,
        plugins: PluginHost,
        box: SecretBox,
        entropy: Entropy,
        check_address: AddressCheck,
        is_sandbox: bool,
    ) -> None:
        self._hub = hub
        self._accounts = accounts_of(hub)
        self._shard = shard
        self._identity = identity
        self._plugins = plugins
        self._box = box
        self._entropy = entropy
        self._check_address = check_address
        self._rules = SettingsRules(plugins, is_sandbox=is_sandbox)

    # -- reading -------------------------------------------------------------------------------------------------

    @property
    def shows_settings(self) -> bool:
        """Whether the caller sees settings, or only which accounts there are and how they are."""
        return self._identity.may(Permission.ACCOUNTS_READ)

    def list_accounts(self, limit: int, after: Place | None = None) -> tuple[list[Account], Place | None]:
        """A page, by name, and where the next one begins (None: there is none). Raises ``Denied``."""
        self._identity.require(Permission.ACCOUNTS_STATE_READ)
        found = list(islice(self._iter_visible(after), limit + 1))
        return found[:limit], place_of(found[limit - 1]) if len(found) > limit else None

    def get_account(self, id: str) -> Account:
        """Raises ``Denied``; ``NotFound`` also for one that the caller's token is not bound to."""
        if not self._identity.may(Permission.SETUP_WRITE):
            self._identity.require(Permission.ACCOUNTS_STATE_READ)
        return self._get(id)

    def view_of(self, account: Account, scenarios: Sequence[str] = ()) -> AccountView:
        """The account with what is shown beside it."""
        kind = self._plugins.find_connector(account.connector)
        notices = self._rules.notices_of(account, kind) if self.shows_settings and kind is not None else ()
        return AccountView(account, self._accounts.default.account_id == account.id, kind, notices, scenarios)

    def _iter_visible(self, after: Place | None) -> Iterator[Account]:
        bound = self._identity.accounts
        if bound is None:
            yield from self._accounts.iter_by_name(after)
            return
        found = [account for account in map(self._accounts.find, bound) if account is not None]
        for account in sorted(found, key=place_of):
            if after is None or place_of(account) > after:
                yield account

    def _get(self, id: str) -> Account:
        account = self._accounts.find(id)
        bound = self._identity.accounts
        if account is None or (bound is not None and id not in bound):
            raise NotFound(NOT_FOUND, code="account.not_found")
        return account

    def _get_open(self, id: str) -> Account:
        """An account that is not being deleted, and will not be before this transaction ends."""
        account = self._get(id)
        if account.state.is_closing:
            raise WrongState(_("The account is being deleted."), code="account.closing")
        rely_on(account.state)
        return account

    # -- making and changing -------------------------------------------------------------------------------------

    def create_account(self, values: Values, id: str | None = None) -> Account:
        """Make an account of ``schema.AccountCreation``'s values. ``id``: of one that is made again, as it was elsewhere.

        Raises ``Denied``, ``Invalid``.
        """
        self._identity.require(Permission.SETUP_WRITE)
        if self._identity.accounts is not None:
            raise Denied(_("Your token is bound to accounts that exist, so it makes no others."))
        mistakes = Mistakes()
        kind = mistakes.of(lambda: self._get_kind(values["connector"]))
        change = None if kind is None else mistakes.of(lambda: self._new_settings(kind, values["settings"]))
        sends_as_user = change is not None and change.sends_as_user
        mistakes.of(lambda: self._check_own_address(values["address"], sends_as_user=sends_as_user))
        mistakes.raise_all()
        assert kind is not None
        assert change is not None
        account = self._new_account(values, kind, change, id or new_id(self._entropy))
        self._accounts.add(account)
        self._audit("created", account, None, audited_account(account, kind))
        if values["is_default"]:
            self._point_default_to(account)
        return account

    def _new_settings(self, kind: ConnectorType, given: Any) -> SettingsChange:
        change = new_settings(kind.settings_schema(), given, self._check_address)
        return self._rules.checked(kind, change)

    def _new_account(
        self, values: Values, kind: ConnectorType, change: SettingsChange, account_id: str
    ) -> Account:
        rate = values["rate_limit_per_minute"]
        account = Account(
            account_id,
            connector=kind.id,
            name=values["name"],
            address=values["address"],
            settings=change.values,
            secrets=self._sealed(account_id, change.new_secrets),
            rate_limit_per_minute=kind.default_rate_limit_per_minute if rate is None else rate,
            concurrency_limit=values["concurrency_limit"],
            max_attempts=values["max_attempts"],
            limit_group=values["limit_group"],
            created_at=self._shard.now,
        )
        account.sends_as_user = change.sends_as_user
        return account

    def change_account(self, id: str, values: Values) -> Account:
        """Set what is named (``schema.AccountChanges``). New settings release what needed attention.

        Raises ``Denied``, ``NotFound``, ``WrongState`` (being deleted, connector missing), ``Invalid``.
        """
        self._identity.require(Permission.SETUP_WRITE)
        account = self._get_open(id)
        kind = self._plugins.find_connector(account.connector)
        mistakes = Mistakes()
        change = self._judged_change(account, kind, values, mistakes)
        mistakes.raise_all()
        self._change(account, kind, values, change)
        if "is_default" in values:
            self._set_default(account, is_default=values["is_default"])
        return account

    def _judged_change(
        self, account: Account, kind: ConnectorType | None, values: Values, mistakes: Mistakes
    ) -> SettingsChange | None:
        change = None
        if "settings" in values:
            change = mistakes.of(lambda: self._changed_settings(account, kind, values["settings"]))
        address = values.get("address", account.address)
        sends_as_user = account.sends_as_user if change is None else change.sends_as_user
        mistakes.of(lambda: self._check_own_address(address, sends_as_user=sends_as_user))
        return change

    def _changed_settings(self, account: Account, kind: ConnectorType | None, given: Any) -> SettingsChange:
        if kind is None:
            raise WrongState(
                _(
                    "The connector ${connector} is not installed, so its settings cannot be changed.",
                    mapping={"connector": account.connector},
                ),
                code="account.connector_missing",
            )
        schema, secrets = kind.settings_schema(), account.secrets.keys()
        change = changed_settings(schema, given, account.settings, secrets, self._check_address)
        return self._rules.checked(kind, change)

    def _change(
        self, account: Account, kind: ConnectorType | None, values: Values, change: SettingsChange | None
    ) -> None:
        """Do it, with a new revision, an entry in the trail and a wake-up, if anything is other than before."""
        before = audited_account(account, kind)
        replaced = set() if change is None else change.new_secrets.keys() & account.secrets.keys()
        self._set(account, values)
        if change is not None and change.changed:
            self._set_settings(account, change)
        after = audited_account(account, kind)
        after["settings"] = {**after["settings"], **dict.fromkeys(replaced, REPLACED_SECRET)}
        if before != after:
            account.revision += 1
            self._audit("changed", account, before, after)
            self._shard.wake(account_topic(account.id))

    def _set(self, account: Account, values: Values) -> None:
        if "name" in values and values["name"] != account.name:
            self._accounts.rename(account, values["name"])
        for name in _PLAIN_FIELDS:
            if name in values and values[name] != getattr(account, name):
                setattr(account, name, values[name])

    def _set_settings(self, account: Account, change: SettingsChange) -> None:
        kept = {name: account.secrets[name] for name in change.kept_secrets}
        account.settings = change.values
        account.secrets = {**kept, **self._sealed(account.id, change.new_secrets)}
        account.sends_as_user = change.sends_as_user
        if account.state.attention is not None:
            account.state.attention = None
            record_event(
                self._hub,
                self._shard,
                "account.released",
                account=account.id,
                connector=account.connector,
                by=self._identity.user_id,
            )
        self._shard.wake(release_topic(account.id))

    def _sealed(self, account_id: str, secrets: Mapping[str, str]) -> dict[str, str]:
        rely_on_sealing(self._hub)
        return {
            name: self._box.seal(value, secret_record_id(account_id, name)) for name, value in secrets.items()
        }

    # -- the default, pause --------------------------------------------------------------------------------------

    def make_default(self, id: str) -> Account:
        """Let this account send for every scenario without an account. Raises ``Denied``, ``NotFound``, ``WrongState``."""
        self._identity.require(Permission.SETUP_WRITE)
        account = self._get_open(id)
        self._set_default(account, is_default=True)
        return account

    def _set_default(self, account: Account, *, is_default: bool) -> None:
        """No other becomes the default by itself (AC6)."""
        if is_default:
            self._point_default_to(account)
        elif self._accounts.default.account_id == account.id:
            self._point_default_to(None)

    def _point_default_to(self, account: Account | None) -> None:
        default = self._accounts.default
        before, after = default.account_id, None if account is None else account.id
        if before == after:
            return
        if account is not None:
            rely_on(account)
        default.account_id = after
        record_change(
            self._hub,
            self._shard,
            self._identity,
            "changed",
            "default_account",
            "default",
            {"account": before},
            {"account": after},
        )

    def pause(self, id: str) -> Account:
        """Hold the account's mail; what is being sent is finished. Raises ``Denied``, ``NotFound``, ``WrongState``."""
        self._identity.require(Permission.ACCOUNTS_OPERATE)
        account = self._get_open(id)
        if account.state.paused_at is None:
            account.state.paused_at = self._shard.now
            account.state.paused_by = self._identity.user_id
            self._audit("paused", account, {"is_paused": False}, {"is_paused": True})
            self._shard.wake(account_topic(account.id))
        return account

    # -- checks --------------------------------------------------------------------------------------------------

    def mistakes_in(self, values: Values, unread: Collection[str]) -> list[FieldError]:
        """What else is wrong with a new account of which the fields ``unread`` are not known."""
        mistakes = Mistakes()
        kind = None if "connector" in unread else mistakes.of(lambda: self._get_kind(values["connector"]))
        change = None
        if kind is not None and "settings" not in unread:
            change = mistakes.of(lambda: self._new_settings(kind, values["settings"]))
        address = values.get("address", "")
        if address or change is not None:
            sends_as_user = change is not None and change.sends_as_user
            mistakes.of(lambda: self._check_own_address(address, sends_as_user=sends_as_user))
        return mistakes.found

    def mistakes_in_change(
        self, account: Account, values: Values, unread: Collection[str]
    ) -> list[FieldError]:
        """What else is wrong with a change of an account of which the fields ``unread`` are not known."""
        kind = self._plugins.find_connector(account.connector)
        known = {name: value for name, value in values.items() if name not in unread}
        if kind is None:
            known.pop("settings", None)
        mistakes = Mistakes()
        self._judged_change(account, kind, known, mistakes)
        may_follow = "settings" in unread and not known.get("address")
        return [error for error in mistakes.found if not (may_follow and error.pointer == "/address")]

    def _get_kind(self, connector: str) -> ConnectorType:
        kind = self._plugins.find_connector(connector)
        if kind is None:
            text = _("There is no connector ${id}.", mapping={"id": connector})
            raise Invalid.of("/connector", "connector.not_found", text)
        return kind

    def _check_own_address(self, address: str, *, sends_as_user: bool) -> None:
        if not address:
            if not sends_as_user:
                raise Invalid([FieldError("/address", "schema.required", _("This is needed."))])
            return
        problem = self._check_address(address)
        if problem is not None:
            raise Invalid.of("/address", "address.invalid", problem)

    def _audit(self, action: str, account: Account, before: Values | None, after: Values | None) -> None:
        record_change(self._hub, self._shard, self._identity, action, "account", account.id, before, after)
