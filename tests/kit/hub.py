"""A whole hub in this process for tests: a database in memory, the fake connector, people with tokens, the API."""

import logging
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Condition
from typing import Any

import jsonschema
from webtest import TestApp

from mailhub.accounts.model import Account, accounts_of
from mailhub.app import Hub, Surroundings
from mailhub.app.hub import INSTALLERS
from mailhub.builtin import builtin_plugins
from mailhub.clock import SystemClock
from mailhub.contract import hookimpl
from mailhub.contract.clock import Clock
from mailhub.contract.connector import ConnectorType
from mailhub.entropy import SystemEntropy
from mailhub.messages.model import Message, messages_of
from mailhub.people.identity import Identity
from mailhub.people.model import tokens_of, users_of
from mailhub.people.passwords import CHEAPEST_PROFILE
from mailhub.people.permissions import PERMISSION_SETS
from mailhub.people.service import Authenticator, TokensService, UsersService
from mailhub.pluginhost.host import PluginHost
from mailhub.pluginhost.loading import load_plugins
from mailhub.services import Work
from mailhub.settings import Settings
from mailhub.store.root import HubRoot
from mailhub.strict_values import strict_values
from mailhub.testing import FakeProvider, fake_connector_type
from mailhub.testing.fake_connector import FakeSettings

WAIT_SECONDS = 20.0
END = frozenset({"sent", "failed", "in_doubt", "cancelled"})

__all__ = ["INSTALLERS", "Api", "HubKit", "errors_of"]


class FakePlugin:
    """Brings the fake connector."""

    plugin_name = "fake"

    def __init__(self, provider: FakeProvider) -> None:
        self._provider = provider

    @hookimpl
    def mailhub_register_connectors(self) -> Sequence[ConnectorType]:
        return [fake_connector_type(self._provider)]


class Api:
    """Calls as one user, by a token of his."""

    def __init__(self, application: Any, token: str | None) -> None:
        self.app = TestApp(application, extra_environ={"REMOTE_ADDR": "192.0.2.7"})
        if token is not None:
            self.app.authorization = ("Bearer", token)

    def get(self, path: str, expected: int = 200, /, **query: Any) -> Any:
        return self.app.get(f"/api/v1{path}", query, status=expected)

    def post(self, path: str, body: Any, status: int = 202, **headers: str) -> Any:
        return self.app.post_json(f"/api/v1{path}", body, headers=headers, status=status)

    def act(self, path: str, status: int = 200) -> Any:
        return self.app.post(f"/api/v1{path}", status=status)

    def upload(self, data: bytes, status: int = 201, **headers: str) -> Any:
        given = {
            "Content-Type": "application/octet-stream",
            **{k.replace("_", "-"): v for k, v in headers.items()},
        }
        return self.app.post("/api/v1/uploads", data, headers=given, status=status)

    def send(self, expected: int = 202, /, **fields: Any) -> Any:
        """Post a message: to Ada, with a subject and a text, unless ``fields`` say otherwise."""
        body = {"to": ["ada@example.com"], "subject": "Invoice 103001", "text": "Hello"} | fields
        return self.post(
            "/messages", {name: value for name, value in body.items() if value is not ...}, expected
        )

    def pages(self, path: str, **query: Any) -> Iterator[list[Any]]:
        """The items of each page of a list, to its end."""
        cursor = None
        while True:
            page = self.get(path, **query, **({} if cursor is None else {"cursor": cursor})).json
            yield page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def ids(self, **query: Any) -> list[str]:
        """The ids of all messages in a list."""
        return [each["id"] for items in self.pages("/messages", **query) for each in items]


@dataclass
class HubKit:
    """A running hub, what stands behind its fake connector, and its people."""

    hub: Hub
    provider: FakeProvider

    def __post_init__(self) -> None:
        self._changed = Condition()
        self.hub.writer.on_commit(self._committed)
        self._users: dict[str, str] = {}

    @cached_property
    def application(self) -> Any:
        """The web application, made when somebody first calls: most of what a hub costs is in it."""
        return self.hub.wsgi_app()

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        clock: Clock | None = None,
        plugins: Sequence[object] = (),
        store_uri: str = "memory://",
        **settings: Any,
    ) -> "HubKit":
        provider = FakeProvider(spool=Path(tempfile.mkdtemp(dir=folder)))

        def host(data_dir: Path, _settings: Settings, host_clock: Clock) -> PluginHost:
            return load_plugins(
                [],
                builtins=[*builtin_plugins(data_dir), FakePlugin(provider), *plugins],
                clock=host_clock,
                log=logging.getLogger("mailhub.plugins"),
            )

        surroundings = Surroundings(
            clock=clock or SystemClock(),
            entropy=SystemEntropy(),
            hash_profile=CHEAPEST_PROFILE,
            plugins=host,
        )
        made = Settings(data_dir=str(folder / "var"), store_uri=store_uri, **settings)
        return cls(Hub.open(made, surroundings, create=True), provider)

    # -- people ----------------------------------------------------------------------------------------------------

    def user(self, login: str, *sets: str, token: dict[str, Any] | None = None, **values: Any) -> Api:
        """The API as this user sees it; he is made when he is not there. No sets: all of them."""
        if login not in self._users:
            self._users[login] = self._make_user(login, sets or tuple(PERMISSION_SETS), values)
        fields: dict[str, Any] = dict.fromkeys(("scopes", "scenarios", "accounts", "networks", "expires_at"))
        fields |= {"user": self._users[login], "name": "", **(token or {})}
        text = self.hub.run(lambda work: work.service(TokensService).create_token(fields).text, "token")
        return Api(self.application, text)

    def nobody(self) -> Api:
        return Api(self.application, None)

    def identity(self, login: str) -> Identity:
        with self.hub.database.reading() as root:
            found = Authenticator(root, self.hub.clock, self.hub.hasher).identify_local(login)
        assert found is not None
        return found

    def user_id(self, login: str) -> str:
        return self._users[login]

    def _make_user(self, login: str, sets: Sequence[str], values: dict[str, Any]) -> str:
        fields = {
            "login": login,
            "name": login.title(),
            "contact_email": f"{login}@example.com",
            "kind": "internal",
            "is_licensed": True,
            "permission_sets": list(sets),
            "language": "en",
            "time_zone": "UTC",
            "is_active": True,
            "password": None,
        }
        return self.hub.run(
            lambda work: work.service(UsersService).create_user({**fields, **values}).user.id, "user"
        )

    # -- accounts --------------------------------------------------------------------------------------------------

    def account(
        self, account_id: str = "sales", *, default: bool = True, connector: str = "fake", **values: Any
    ) -> str:
        """An account, written straight into the database. Other than the account's own fields are settings."""
        own = {name: values.pop(name) for name in list(values) if name in _OWN}
        settings = strict_values(FakeSettings(), {"server": "fake.example", **values})

        def add(root: HubRoot) -> None:
            account = Account(
                account_id,
                connector=connector,
                name=account_id.title(),
                address=f"{account_id}@example.com",
                settings=settings,
                secrets={},
                created_at=self.hub.clock.now(),
                **{"rate_limit_per_minute": 0, **own},
            )
            account.sends_as_user = bool(settings["sends_as_user"])
            accounts_of(root).add(account)
            if default:
                accounts_of(root).default.account_id = account_id

        self.hub.database.transact(add, "account")
        return account_id

    def change(self, function: Callable[[HubRoot], Any]) -> None:
        self.hub.database.transact(function, "test")

    def change_account(self, account_id: str, **state: Any) -> None:
        def change(root: HubRoot) -> None:
            account = accounts_of(root).find(account_id)
            assert account is not None
            for name, value in state.items():
                setattr(account.state, name, value)

        self.change(change)

    def delete_account(self, account_id: str) -> None:
        def delete(root: HubRoot) -> None:
            del accounts_of(root).by_id[account_id]

        self.change(delete)

    # -- messages --------------------------------------------------------------------------------------------------

    def read(self, message_id: str, function: Callable[[Message], Any]) -> Any:
        """What a function finds in a stored message."""
        with self.hub.database.reading() as root:
            message = messages_of(root).find(message_id)
            assert message is not None
            return function(message)

    def status(self, message_id: str) -> str:
        status: str = self.read(message_id, lambda message: message.status)
        return status

    def wait_for(self, message_id: str, *statuses: str) -> str:
        """Block until a message has one of these statuses (none: until it has come to an end); returns it."""
        wanted = frozenset(statuses) or END
        self.wait_until(message_id, lambda message: message.status in wanted)
        return self.status(message_id)

    def wait_until(self, message_id: str, is_so: Callable[[Message], bool]) -> None:
        """Block until a stored message is so; looked at after every commit."""
        with self._changed:
            if not self._changed.wait_for(lambda: self.read(message_id, is_so), WAIT_SECONDS):
                history = self.read(message_id, lambda message: message.history)
                raise AssertionError(f"it did not come to be so: {history}")

    def work(self, root: HubRoot, identity: Identity) -> Work:
        return Work(self.hub.services, root, identity)

    def _committed(self, _topics: frozenset[str]) -> None:
        with self._changed:
            self._changed.notify_all()

    def remove_user(self, login: str) -> None:
        def remove(root: HubRoot) -> None:
            user = users_of(root).find(self._users[login])
            assert user is not None
            tokens_of(root).remove_all_of(user.id)
            users_of(root).remove(user)

        self.change(remove)

    def close(self) -> None:
        self.hub.close()


_OWN = frozenset({"rate_limit_per_minute", "concurrency_limit", "max_attempts", "limit_group"})


def errors_of(response: Any) -> list[tuple[str, str]]:
    """(pointer, code) of each mistake in a 422."""
    return [(error["pointer"], error["code"]) for error in response.json["errors"]]


def check_described(document: Any, method: str, path: str, status: int, answer: Any) -> None:
    """Hold an answer against the OpenAPI document. Raises jsonschema.ValidationError."""
    described = document["paths"][f"/api/v1{path}"][method]["responses"][str(status)]
    schema = described["content"]["application/json"]["schema"]
    jsonschema.validate(answer, {**schema, "components": document["components"]})
