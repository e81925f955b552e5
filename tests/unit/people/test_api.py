"""The calls of people through the API's shell, over a database in memory."""

import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from pyramid.config import Configurator
from webtest import TestApp

from mailhub.http.mount import mount_api
from mailhub.http.openapi_api import DOCUMENT
from mailhub.http.paging import CursorSeal
from mailhub.http.parts import ApiParts
from mailhub.people import api
from mailhub.people.permissions import PERMISSION_SETS, SCOPES
from mailhub.people.service import Authenticator, MeService, TokensService, UsersService
from mailhub.services import ServiceRegistry, Work
from mailhub.store import kept_answers
from mailhub.store.shards import Shard
from tests.unit.people.kit import PASSWORD, PeopleKit, check_address


class MemoryDatabase:
    """A database as the shell sees it."""

    def __init__(self, people: PeopleKit) -> None:
        self.db = people.database
        kept_answers.install(people.hub)
        people.connection.root()["state"] = people.state
        people.commit()

    def open_for(self, manager: Any) -> Any:
        return self.db.open(manager)

    def discard(self, connection: Any) -> None:
        connection.close()


class NoWriter:
    """No call about people hands a command to a writer thread."""

    def execute(self, command: Any, timeout_seconds: float = 30.0) -> Any:
        raise AssertionError(command)


class Api:
    """Calls as one user, by a token of his."""

    def __init__(self, application: Any, token: str | None) -> None:
        self._app = TestApp(application, extra_environ={"REMOTE_ADDR": "192.0.2.7"})
        if token is not None:
            self._app.authorization = ("Bearer", token)
        self._schemas = application.registry[DOCUMENT]

    def get(self, path: str, status: int = 200, **query: Any) -> Any:
        return self._app.get(f"/api/v1{path}", query, status=status)

    def post(self, path: str, body: Any, status: int = 201, headers: dict[str, str] | None = None) -> Any:
        return self._app.post_json(f"/api/v1{path}", body, headers=headers, status=status)

    def act(self, path: str, status: int = 200) -> Any:
        return self._app.post(f"/api/v1{path}", status=status)

    def patch(self, path: str, body: Any, revision: str | None, status: int = 200) -> Any:
        return self._app.patch_json(f"/api/v1{path}", body, headers=if_match(revision), status=status)

    def delete(self, path: str, revision: str | None = None, status: int = 204) -> Any:
        return self._app.delete(f"/api/v1{path}", headers=if_match(revision), status=status)


def if_match(revision: str | None) -> dict[str, str]:
    return {} if revision is None else {"If-Match": revision}


@pytest.fixture
def people() -> PeopleKit:
    people = PeopleKit()
    people.make_user("root", permission_sets=list(PERMISSION_SETS))
    people.make_user("ada", password=PASSWORD)
    return people


@pytest.fixture
def texts(people: PeopleKit) -> dict[str, str]:
    """A token of each."""
    return {login: people.make_token(user).text for login in ("root", "ada") if (user := people.find(login))}


@pytest.fixture
def application(people: PeopleKit, texts: dict[str, str]) -> Iterator[Any]:
    database = MemoryDatabase(people)

    def shard(work: Work) -> Shard:
        return Shard(1, work.root._p_jar.root()["state"], people.clock.now(), lambda topic: None)

    services = ServiceRegistry()
    services.register(
        UsersService,
        lambda work: UsersService(
            work.root,
            shard(work),
            work.identity,
            entropy=people.entropy,
            hasher=people.hasher,
            rules=people.rules,
            check_address=check_address,
        ),
    )
    services.register(
        TokensService,
        lambda work: TokensService(work.root, shard(work), work.identity, entropy=people.entropy),
    )
    services.register(MeService, lambda work: people.me(work.identity, shard(work), work.root))
    parts = ApiParts(
        database=database,
        runner=NoWriter(),
        clock=people.clock,
        services=services,
        token_checker=lambda hub: Authenticator(hub, people.clock, people.hasher),
        entropy=people.entropy,
        cursors=CursorSeal(b"key"),
    )
    config = Configurator(settings={})
    mount_api(config, parts, api.MODULES)
    config.commit()
    yield config.make_wsgi_app()
    database.db.close()


@pytest.fixture
def root(application: Any, texts: dict[str, str]) -> Api:
    return Api(application, texts["root"])


@pytest.fixture
def ada(application: Any, texts: dict[str, str]) -> Api:
    return Api(application, texts["ada"])


def codes(response: Any) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in response.json["errors"]]


def id_of(api: Api, login: str) -> str:
    (id,) = [user["id"] for user in api.get("/users").json["items"] if user["login"] == login]
    return str(id)


def test_a_user_is_made_read_changed_and_deleted(root: Api) -> None:
    made = root.post("/users", {"login": "bob", "contact_email": "bob@example.com"})
    path = made.headers["Location"].removeprefix("/api/v1")

    assert re.fullmatch(r"([a-z2-9]{5}-){3}[a-z2-9]{5}", made.json["one_time_password"])
    read = root.get(path)
    assert read.json == {name: value for name, value in made.json.items() if name != "one_time_password"}
    assert read.headers["ETag"] == f'"{read.json["revision"]}"'

    changed = root.patch(path, {"name": "Bob"}, read.json["revision"])
    assert changed.json["name"] == "Bob"
    root.patch(path, {"name": "Rob"}, read.json["revision"], status=412)
    root.patch(path, {"name": "Rob"}, None, status=428)

    root.delete(path, None, status=428)
    root.delete(path, changed.json["revision"])
    root.get(path, status=404)


def test_a_user_with_a_password_of_his_own_gets_none(root: Api) -> None:
    made = root.post("/users", {"login": "bob", "password": "long enough"})

    assert made.json["one_time_password"] is None
    assert "password" not in made.json


def test_all_mistakes_come_at_once_and_nothing_is_stored(root: Api) -> None:
    refused = root.post("/users", {"login": "ADA", "contact_email": "x", "password": "password1"}, status=422)

    assert codes(refused) == [
        ("/login", "user.login_taken"),
        ("/contact_email", "address.invalid"),
        ("/password", "password.too_weak"),
    ]
    assert len(root.get("/users").json["items"]) == 2


def test_mistakes_of_form_and_of_meaning_come_together(root: Api) -> None:
    wrong = {"login": "ADA", "contact_email": "x", "kind": "robot", "colour": "red", "password": 7}
    refused = root.post("/users", wrong, status=422)

    assert sorted(codes(refused)) == [
        ("/colour", "schema.unknown_field"),
        ("/contact_email", "address.invalid"),
        ("/kind", "schema.invalid"),
        ("/login", "user.login_taken"),
        ("/password", "schema.wrong_type"),
    ]


def test_the_last_administrator_stays(root: Api) -> None:
    path = f"/users/{id_of(root, 'root')}"
    user = root.get(path).json

    for answer in (
        root.patch(path, {"is_active": False}, user["revision"], status=409),
        root.delete(path, user["revision"], status=409),
    ):
        assert answer.json["code"] == "user.last_administrator"
    assert root.get(path).json == user


def test_a_password_is_reset(root: Api, people: PeopleKit) -> None:
    path = f"/users/{id_of(root, 'ada')}"

    assert root.act(f"{path}/password-reset").json["one_time_password"] != PASSWORD
    assert root.get(path).json["must_change_password"] is True
    root.act("/users/nobody/password-reset", status=404)


def test_users_are_listed_in_pages(root: Api) -> None:
    for number in range(3):
        root.post("/users", {"login": f"user{number}"})
    seen, cursor = [], None
    while True:
        page = root.get("/users", limit=2, **({"cursor": cursor} if cursor else {})).json
        seen += [user["login"] for user in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert seen == ["user2", "user1", "user0", "ada", "root"]


def test_without_email_admin_people_are_closed(ada: Api) -> None:
    ada.get("/users", status=403)
    ada.post("/users", {"login": "bob"}, status=403)
    ada.get("/users/nobody", status=403)
    ada.patch("/users/nobody", {}, None, status=403)
    ada.delete("/users/nobody", status=403)
    ada.act("/users/nobody/password-reset", status=403)


def test_without_a_token_everything_is(application: Any) -> None:
    nobody = Api(application, None)
    for path in ("/users", "/tokens", "/me"):
        nobody.get(path, status=401)


def test_a_token_is_made_used_and_revoked(ada: Api, application: Any) -> None:
    made = ada.post("/tokens", {"name": "ERP", "scopes": ["messages:read"], "accounts": ["a1"]})
    erp = Api(application, made.json["token"])

    me = erp.get("/me").json
    assert me["user"]["login"] == "ada"
    assert me["permissions"] == ["messages.read", "self"]
    assert (me["scopes"], me["accounts"], me["scenarios"]) == (["messages:read"], ["a1"], None)
    assert me["token"] == {name: value for name, value in made.json.items() if name != "token"}

    listed = ada.get("/tokens").json["items"]
    assert "token" not in listed[0]
    assert listed[0] == {name: value for name, value in made.json.items() if name != "token"}

    ada.delete(f"/tokens/{made.json['id']}")
    erp.get("/me", status=401)
    ada.delete(f"/tokens/{made.json['id']}", status=404)


def test_tokens_of_others_are_for_administrators(root: Api, ada: Api) -> None:
    ada.post("/tokens", {"user": "root"}, status=403)
    made = root.post("/tokens", {"user": "ada", "scopes": ["messages:on-behalf"]})
    ada.post("/tokens", {"scopes": ["messages:on-behalf"]}, status=403)

    assert {token["user"] for token in ada.get("/tokens").json["items"]} == {made.json["user"]}
    assert len(root.get("/tokens").json["items"]) == 3
    assert codes(root.post("/tokens", {"user": "nobody"}, status=422)) == [("/user", "user.not_found")]


def test_a_token_that_may_little_makes_none_that_may_more(ada: Api, application: Any) -> None:
    little = Api(application, ada.post("/tokens", {"scopes": ["messages:read"]}).json["token"])

    little.post("/tokens", {}, status=403)
    little.post("/tokens", {"scopes": ["messages:read"]})


def test_a_deactivated_users_tokens_are_dead(root: Api, ada: Api) -> None:
    path = f"/users/{id_of(root, 'ada')}"
    root.patch(path, {"is_active": False}, root.get(path).json["revision"])

    ada.get("/me", status=401)


def test_answers_are_as_the_document_says(root: Api) -> None:
    document = root.get("/openapi.json").json
    made = root.post("/users", {"login": "bob"}).json
    answers = {
        "/users": ("post", "201", made),
        "/users/{id}": ("get", "200", root.get(f"/users/{made['id']}").json),
        "/users/{id}/password-reset": ("post", "200", root.act(f"/users/{made['id']}/password-reset").json),
        "/tokens": ("post", "201", root.post("/tokens", {"user": "bob", "networks": ["192.0.2.0/24"]}).json),
        "/me": ("get", "200", root.get("/me").json),
    }
    for path, (method, status, answer) in answers.items():
        described = document["paths"][f"/api/v1{path}"][method]["responses"][status]
        schema = described["content"]["application/json"]["schema"]
        jsonschema.validate(answer, {**schema, "components": document["components"]})


def test_the_document_names_every_set_and_scope(root: Api) -> None:
    document = str(root.get("/openapi.json").json)

    for name in (*PERMISSION_SETS, *SCOPES):
        assert repr(name) in document


def test_reading_writes_nothing(root: Api, application: Any, people: PeopleKit) -> None:
    """No read ever writes (design decision 13): the calls below make no transaction."""
    connection_root = people.hub._p_jar
    before = connection_root.db().lastTransaction()
    for path in ("/users", "/tokens", "/me", f"/users/{id_of(root, 'ada')}"):
        root.get(path)

    assert connection_root.db().lastTransaction() == before


def test_a_key_never_shows_a_secret_twice_and_makes_nothing_twice(root: Api) -> None:
    key = {"Idempotency-Key": "key-1"}
    root.post("/tokens", {"user": "root", "name": "robot"}, headers=key)
    again = root.post("/tokens", {"user": "root", "name": "robot"}, status=409, headers=key)
    assert again.json["code"] == "idempotency.not_replayable"
    assert [token["name"] for token in root.get("/tokens").json["items"]].count("robot") == 1
