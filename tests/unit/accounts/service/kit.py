"""A hub with two fake connectors, and the services of accounts and scenarios for whoever acts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import colander
import pytest

from mailhub.accounts.model import Account, accounts_of
from mailhub.accounts.presenting import present_account
from mailhub.accounts.schema import AccountCreation
from mailhub.accounts.service import AccountsService
from mailhub.contract import ConnectorType, SettingsNotice, hookimpl
from mailhub.contract import schema_hints as hint
from mailhub.errors import Invalid
from mailhub.events.audit import AuditEntry, list_changes
from mailhub.events.cursor import EventCursor
from mailhub.events.rows import iter_events
from mailhub.people.identity import HUB, Identity
from mailhub.people.permissions import Permission
from mailhub.services import Work
from mailhub.store.root import HubRoot
from mailhub.strict_values import strict_values
from mailhub.testing import fake_connector_type
from tests.kit.hub import HubKit

T = TypeVar("T")
SETUP = replace(HUB, user_id="setup", login="setup", via="api")
SECRET = "geheim-4711"


class VaultSettings(colander.MappingSchema):
    """Settings as a server wants them: a password that goes with its user name, and a switch for sandboxes."""

    server = colander.SchemaNode(colander.String())
    authentication = colander.SchemaNode(
        colander.String(), missing="basic", validator=colander.OneOf(["basic", "anonymous"])
    )
    user_name = colander.SchemaNode(
        colander.String(allow_empty=True), missing="", **hint.visible_when("authentication", "basic")
    )
    password = colander.SchemaNode(
        colander.String(allow_empty=True),
        missing=None,
        **hint.secret(bound_to=("server", "user_name")),
        **hint.visible_when("authentication", "basic"),
    )
    verify = colander.SchemaNode(colander.Boolean(), missing=True)
    is_broken = colander.SchemaNode(colander.Boolean(), missing=False)


@dataclass
class VaultPlugin:
    """``vault``: a connector with a password. ``seen``: the settings that its functions were given."""

    plugin_name: str = "vault"
    seen: list[Any] = field(default_factory=list)

    @hookimpl
    def mailhub_register_connectors(self) -> Sequence[ConnectorType]:
        vault = fake_connector_type(
            id="vault",
            title="Vault",
            settings_schema=VaultSettings,
            default_rate_limit_per_minute=30,
            sends_as_user=self._sends_as_user,
            limit_key=lambda settings, identity: None,
            notices=self._notices,
        )
        return [vault]

    def _sends_as_user(self, settings: Any) -> bool:
        self.seen.append(settings)
        if settings["is_broken"]:
            raise RuntimeError("no such vault")
        return False

    def _notices(self, settings: Any) -> list[SettingsNotice]:
        self.seen.append(settings)
        found = []
        if not settings["verify"]:
            found.append(
                SettingsNotice("vault.unverified", "Anybody may listen.", "verify", only_in_sandbox=True)
            )
        if settings["password"] is None:
            found.append(SettingsNotice("vault.open", "There is no password.", "password"))
        return found


class AccountsKit(HubKit):
    """Acts with all permissions unless told otherwise."""

    vault: VaultPlugin

    def act(self, function: Callable[[AccountsService], T], identity: Identity = SETUP) -> T:
        """Use the service in a transaction of its own."""
        return self.hub.run(lambda work: function(work.service(AccountsService)), "act", identity)

    def use(self, function: Callable[[Work], T], identity: Identity = SETUP) -> T:
        return self.hub.run(function, "use", identity)

    def create(self, identity: Identity = SETUP, **values: Any) -> str:
        """An account of the vault with a password, unless ``values`` say otherwise; its id."""
        given = {
            "connector": "vault",
            "name": "Sales",
            "address": "sales@example.com",
            "settings": {"server": "vault.example", "user_name": "ada", "password": SECRET},
            **values,
        }
        fields = strict_values(AccountCreation(), given)
        return self.act(lambda service: service.create_account(fields).id, identity)

    def patch(self, account_id: str, identity: Identity = SETUP, **values: Any) -> None:
        self.act(lambda service: service.change_account(account_id, values) and None, identity)

    def show(self, account_id: str, identity: Identity = SETUP) -> dict[str, Any]:
        def shown(service: AccountsService) -> dict[str, Any]:
            return present_account(service.view_of(service.get_account(account_id)))

        return self.act(shown, identity)

    def look(self, function: Callable[[HubRoot], T]) -> T:
        with self.hub.database.reading() as root:
            return function(root)

    def stored(self, account_id: str, function: Callable[[Account], T]) -> T:
        def found(root: HubRoot) -> T:
            account = accounts_of(root).find(account_id)
            assert account is not None
            return function(account)

        return self.look(found)

    def trail(self, subject: str | None = None) -> list[AuditEntry]:
        """All changes, newest first."""
        return self.look(lambda root: list_changes(root, 100, subject=subject))

    def events(self, name: str) -> list[dict[str, Any]]:
        def found(root: HubRoot) -> list[dict[str, Any]]:
            events = iter_events(root, EventCursor({}), 1000)
            return [dict(event.dimensions) for event in events if event.name == name]

        return self.look(found)

    def topics_of(self, function: Callable[[], object]) -> set[str]:
        """What was woken by the commits of a function."""
        woken: set[str] = set()
        self.hub.writer.on_commit(woken.update)
        function()
        return woken


def open_kit(folder: Path, *plugins: object, **settings: Any) -> AccountsKit:
    vault = VaultPlugin()
    kit = AccountsKit.open(folder, plugins=[vault, *plugins], **settings)
    assert isinstance(kit, AccountsKit)
    kit.vault = vault
    return kit


def may(*permissions: Permission, **values: Any) -> Identity:
    return Identity(user_id="u", login="u", permissions=frozenset(permissions), **values)


def mistakes(call: Callable[..., object], *arguments: Any, **keywords: Any) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        call(*arguments, **keywords)
    return [(error.pointer, error.code) for error in refused.value.errors]
