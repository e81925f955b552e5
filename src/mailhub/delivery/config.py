"""What a worker knows of an account while it delivers its mail: read once, and again when the account changes."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mailhub.accounts.model import Account, accounts_of
from mailhub.accounts.settings import revealed_settings, with_defaults
from mailhub.contract.connector import Connector, ConnectorType, OnUncertain, Settings
from mailhub.contract.texts import _
from mailhub.errors import HubError
from mailhub.pluginhost.host import PluginHost
from mailhub.store.root import HubRoot
from mailhub.store.secrets import SecretBox

from .discreet import make_discreet
from .model import lane_id_of
from .queueing import LaneAddress


class AccountUnusable(HubError):
    """The account cannot deliver now: its connector is not installed, or refuses its settings."""

    code = "account.unusable"


@dataclass(frozen=True, slots=True)
class LaneConfig:
    """An account as a lane uses it. ``rate_limit`` is that of the limit key, 0 = none."""

    account_id: str
    account_name: str
    account_address: str
    connector_id: str
    revision: int
    limit_key: str
    rate_limit: int
    concurrency_limit: int
    max_attempts: int
    on_uncertain: OnUncertain
    telemetry_prefix: str
    connector: Connector


class LaneConfigs:
    """Reads the settings that lanes work with."""

    def __init__(self, plugins: PluginHost, box: SecretBox) -> None:
        self._plugins = plugins
        self._box = box

    def load(self, hub: HubRoot, account_id: str, sending_identity: str) -> LaneConfig:
        """Raises ``AccountUnusable``, and ``SecretUnreadable`` when the secret key is not the right one."""
        account = accounts_of(hub).find(account_id)
        if account is None:
            raise AccountUnusable(_("The account was deleted."))
        kind = self._plugins.find_connector(account.connector)
        if kind is None:
            raise AccountUnusable(
                _("The connector ${connector} is not installed.", mapping={"connector": account.connector})
            )
        settings = with_defaults(kind.settings_schema(), revealed_settings(account, self._box))
        key = self.limit_key(account, kind, settings, sending_identity)
        return LaneConfig(
            account_id=account.id,
            account_name=account.name,
            account_address=account.address,
            connector_id=account.connector,
            revision=account.revision,
            limit_key=key,
            rate_limit=self._rate_limit(hub, account, key, sending_identity),
            concurrency_limit=account.concurrency_limit,
            max_attempts=account.max_attempts,
            on_uncertain=settings.get("on_uncertain", kind.default_on_uncertain),
            telemetry_prefix=kind.telemetry_prefix,
            connector=_made(kind, settings),
        )

    def lane_address(self, account: Account, sending_identity: str) -> LaneAddress:
        """The lane in which a message of this account queues; its limit key is put right when the lane is served."""
        kind = self._plugins.find_connector(account.connector)
        try:
            key = self.limit_key(account, kind, account.settings, sending_identity) if kind else ""
        except AccountUnusable:
            key = ""
        return LaneAddress(account.id, sending_identity, key or _own_key(account, sending_identity))

    def limit_key(
        self, account: Account, kind: ConnectorType, settings: Settings, sending_identity: str
    ) -> str:
        """The name that everything shares that a provider counts together (design: ``limit_group`` overrules)."""
        if account.limit_group:
            return f"group:{account.limit_group}"
        declared = _guarded_limit_key(kind, settings, sending_identity)
        if declared is not None:
            return f"{account.connector}:{declared}"
        return _own_key(account, sending_identity)

    def rate_limit(self, hub: HubRoot, account: Account, lane: LaneAddress) -> int:
        """The mails a minute that all who share the lane's limit key have together; 0 = any number."""
        return self._rate_limit(hub, account, lane.limit_key, lane.sending_identity)

    def _rate_limit(self, hub: HubRoot, account: Account, key: str, sending_identity: str) -> int:
        """The smallest limit set among the accounts that share the key."""
        if is_own_key(key):
            return account.rate_limit_per_minute
        sharing = self._sharing(hub, key, sending_identity)
        return min((each.rate_limit_per_minute for each in sharing if each.rate_limit_per_minute), default=0)

    def _sharing(self, hub: HubRoot, key: str, sending_identity: str) -> Iterable[Account]:
        for account in accounts_of(hub):
            if self._key_of(account, sending_identity) == key:
                yield account

    def _key_of(self, account: Account, sending_identity: str) -> str | None:
        """None where it cannot be told: an account that cannot send shares no limit."""
        kind = self._plugins.find_connector(account.connector)
        if kind is None:
            return None
        try:
            return self.limit_key(account, kind, account.settings, sending_identity)
        except AccountUnusable:
            return None


_OWN = "lane:"


def _own_key(account: Account, sending_identity: str) -> str:
    return _OWN + lane_id_of(account.id, sending_identity)


def is_own_key(limit_key: str) -> bool:
    """True for the limit key of a single lane, which no other can share."""
    return limit_key.startswith(_OWN)


def _guarded_limit_key(kind: ConnectorType, settings: Settings, sending_identity: str) -> str | None:
    try:
        return kind.limit_key(settings, sending_identity)
    except Exception as error:
        raise AccountUnusable(_failed(kind, error)) from error


def _made(kind: ConnectorType, settings: Settings) -> Connector:
    try:
        return make_discreet(kind, settings)
    except Exception as error:
        raise AccountUnusable(_failed(kind, error)) from error


def _failed(kind: ConnectorType, error: Exception) -> Any:
    return _(
        "The connector ${connector} cannot use these settings: ${error}",
        mapping={"connector": kind.id, "error": str(error)},
    )
