"""Refusals that every call has in common, for all that are mounted: 401, 403, 404, 405, 415, 429, 503.

Each answer is held against what the document says of its call: status, code, headers, form.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ZODB.POSException import StorageError

from mailhub.http.endpoint import Endpoint
from mailhub.http.mount import ENDPOINTS
from mailhub.http.openapi import PROBLEM_TYPE
from mailhub.http.openapi_api import DOCUMENT
from mailhub.http.security import LOCAL_SOCKET
from mailhub.people.model import users_of
from mailhub.people.permissions import Permission
from mailhub.people.service import PageSessions
from mailhub.services import Work
from mailhub.testing import FakeClock
from tests.functional.test_permissions import CALLS, name_of
from tests.kit.hub import Api, HubKit

UNKNOWN = "A" * 24
PIECE = {
    "Tus-Resumable": "1.0.0",
    "Upload-Offset": "0",
    "Content-Type": "application/offset+octet-stream",
}

NEEDED_HEADERS: Mapping[str, Mapping[str, str]] = {
    "PATCH /uploads/{id}": PIECE,
    "POST /uploads/{id}": {**PIECE, "X-HTTP-Method-Override": "PATCH"},
}
"""What a call cannot do without, beside a body."""

TAKES_ANY_TYPE = {"POST /uploads"}
"""Calls whose body is a file of whatever type."""

NOTHING_UNKNOWN: set[str] = set()
"""Calls with a name in their path that answer for every name, each with its reason."""


class World:
    """A hub in which there is one of everything, and what each name in a path stands for there."""

    def __init__(self, kit: HubKit, clock: FakeClock) -> None:
        self.kit = kit
        self.clock = clock
        self.endpoints: tuple[Endpoint, ...] = kit.application.registry[ENDPOINTS]
        self.document = kit.application.registry[DOCUMENT].document
        self.root = kit.user("root")
        self.at_the_socket = kit.nobody()
        self.at_the_socket.app.extra_environ[LOCAL_SOCKET] = True
        kit.account("sales")
        self._ids = self._make_everything()

    def _make_everything(self) -> dict[str, str]:
        root = self.root
        root.post("/scenarios", {"id": "house", "title": "House"}, 201)
        upload = root.upload(b"terms").json["id"]
        file = root.post("/scenarios/house/attachments", {"upload": upload, "name": "a.txt"}, 201).json["id"]
        self.kit.user("bob", "email-edit")
        return {
            "users": self.kit.user_id("bob"),
            "groups": root.post("/groups", {"name": "Sales", "users": []}, 201).json["id"],
            "tokens": root.post("/tokens", {}, 201).json["id"],
            "sessions": self._session(),
            "uploads": upload,
            "accounts": "sales",
            "connectors": "fake",
            "checks": self._check(),
            "scenarios": "house",
            "attachment": file,
            "messages": root.send(
                attachments=[{"name": "a.txt", "content": "YQ==", "content_type": "text/plain"}]
            ).json["id"],
            "n": "0",
        }

    def _session(self) -> str:
        def begin(work: Work) -> str:
            user = users_of(work.root).find(self.kit.user_id("root"))
            assert user is not None
            return work.service(PageSessions).begin(user, "192.0.2.7", "Firefox").session.id

        return self.kit.hub.run(begin, "session")

    def _check(self) -> str:
        fields: dict[str, Any] = {"connector": "fake", "settings": {"server": "fake.example"}}
        begun = self.root.post("/accounts/check", fields, 202, Prefer="respond-async")
        return str(begun.json["id"])

    def path_of(self, endpoint: Endpoint, unknown: str | None = None) -> str:
        """The path of a call on what is there, or with an unknown name for each of its own."""
        path = endpoint.full_path
        for name, known in self.names_of(endpoint).items():
            path = path.replace(f"{{{name}}}", known if unknown is None else unknown)
        return path

    def names_of(self, endpoint: Endpoint) -> dict[str, str]:
        """What the names in the path of a call stand for."""
        kind = endpoint.path.strip("/").split("/")[0]
        return {name: self._ids[kind if name == "id" else name] for name in endpoint.path_names}

    def call(self, api: Api, endpoint: Endpoint, path: str | None = None, **options: Any) -> Any:
        """Make a call; If-Match is every revision."""
        headers = {"If-Match": "*", **NEEDED_HEADERS.get(name_of(endpoint), {}), **options.pop("headers", {})}
        return api.app.request(
            path or self.path_of(endpoint),
            method=endpoint.method,
            headers=headers,
            expect_errors=True,
            **options,
        )

    def check(self, endpoint: Endpoint, answer: Any, status: int, code: str | None = None) -> None:
        """An answer must be this refusal, and the one that the document tells of."""
        name = name_of(endpoint)
        assert answer.status_int == status, f"{name}: {answer}"
        operation = self.document["paths"][endpoint.full_path][endpoint.method.lower()]
        assert str(status) in operation["responses"], f"{name} does not tell of {status}"
        described = operation["responses"][str(status)]
        for header in {"WWW-Authenticate", "Retry-After"} & set(described.get("headers", ())):
            assert answer.headers.get(header), f"{name} has no {header}"
        if endpoint.method == "HEAD":
            return
        problem = answer.json
        assert answer.content_type == PROBLEM_TYPE, name
        assert answer.headers["Cache-Control"] == "no-store", name
        schema = described["content"][PROBLEM_TYPE]["schema"]
        jsonschema.validate(problem, {**schema, "components": self.document["components"]})
        told = schema["allOf"][1]["properties"]["code"]["examples"]
        assert problem["code"] in told, f"{name} does not tell of {problem['code']}"
        assert code is None or problem["code"] == code, name

    def protected(self) -> Iterator[Endpoint]:
        return (each for each in self.endpoints if CALLS[name_of(each)] is not Permission.PUBLIC)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    clock = FakeClock()
    kit = HubKit.open(Path(tmp_path_factory.mktemp("every")), clock=clock)
    yield World(kit, clock)
    kit.close()


def expired(world: World) -> Api:
    token = {"expires_at": world.clock.now() + timedelta(seconds=60)}
    api = world.kit.user("root", token=token)
    api.get("/me")
    world.clock.advance(60)
    return api


def revoked(world: World) -> Api:
    made = world.root.post("/tokens", {}, 201).json
    world.root.app.delete(f"/api/v1/tokens/{made['id']}")
    return Api(world.kit.application, made["token"])


def of_another_network(world: World) -> Api:
    return world.kit.user("root", token={"networks": ["198.51.100.0/24", "2001:db8::/32"]})


def of_somebody_not_active(world: World) -> Api:
    return world.kit.user("left", is_active=False)


def cut(world: World) -> Api:
    made = world.root.post("/tokens", {}, 201).json
    return Api(world.kit.application, made["token"][:-1] + ("A" if made["token"][-1] != "A" else "B"))


def nobody(world: World) -> Api:
    return world.kit.nobody()


NOT_SIGNED_IN: tuple[Callable[[World], Api], ...] = (
    nobody,
    cut,
    expired,
    revoked,
    of_another_network,
    of_somebody_not_active,
)


@pytest.mark.parametrize("who", NOT_SIGNED_IN)
def test_401_without_a_token_that_is_good(world: World, who: Callable[[World], Api]) -> None:
    api = who(world)
    for endpoint in world.protected():
        answer = world.call(api, endpoint)
        world.check(endpoint, answer, 401, "authentication.required")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer"), name_of(endpoint)


def test_403_without_the_permission(world: World) -> None:
    nobodys = world.kit.user("empty", permission_sets=[])
    for endpoint in world.protected():
        if CALLS[name_of(endpoint)] is not Permission.SELF:
            world.check(endpoint, world.call(nobodys, endpoint), 403, "permission.denied")


@pytest.mark.parametrize("unknown", [UNKNOWN, "~", "%00", "%C3%A4", "a" * 5_000])
def test_404_for_what_is_not_there(world: World, unknown: str) -> None:
    """Whatever is wrong with the body: 404 comes before it, and before revisions."""
    for endpoint in world.endpoints:
        if endpoint.path_names and name_of(endpoint) not in NOTHING_UNKNOWN:
            path = world.path_of(endpoint, unknown)
            answer = world.call(world.root, endpoint, path, headers={"If-Match": ""})
            world.check(endpoint, answer, 404)
            assert endpoint.method == "HEAD" or answer.json["code"].endswith(".not_found"), name_of(endpoint)


@pytest.mark.parametrize("content_type", ["text/plain", "application/json"])
def test_404_comes_before_what_is_wrong_with_the_body(world: World, content_type: str) -> None:
    """Also for the calls that only the socket has."""
    for endpoint in world.endpoints:
        is_elsewhere = endpoint.path.startswith("/maintenance/")
        if is_elsewhere or (endpoint.path_names and endpoint.method not in ("GET", "HEAD", "OPTIONS")):
            headers = {"If-Match": "", "Content-Type": content_type}
            path = world.path_of(endpoint, UNKNOWN)
            answer = world.call(world.root, endpoint, path, headers=headers, body=b"{none")
            world.check(endpoint, answer, 404)


@pytest.mark.parametrize("path", ["", "/", "/nothing", "/messages/", "/users/x/y", "/me/", "//me"])
def test_404_for_addresses_that_are_none(world: World, path: str) -> None:
    answer = world.root.app.get(f"/api/v1{path}", status=404)

    assert (answer.content_type, answer.json["code"]) == (PROBLEM_TYPE, "not_found")


def test_405_for_methods_that_an_address_does_not_know(world: World) -> None:
    known: dict[str, set[str]] = {}
    for endpoint in world.endpoints:
        known.setdefault(endpoint.full_path, set()).add(endpoint.method)
    for path, methods in known.items():
        allowed = methods | ({"HEAD"} if "GET" in methods else set())
        for method in sorted({"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} - allowed):
            answer = world.root.app.request(path.replace("{", "").replace("}", ""), method=method, status=405)
            assert answer.json["code"] == "request.method_not_allowed"
            assert answer.headers["Allow"] == ", ".join(sorted(allowed)), path


def takes_body(endpoint: Endpoint) -> bool:
    return endpoint.method not in ("GET", "HEAD", "OPTIONS") and name_of(endpoint) not in TAKES_ANY_TYPE


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/json",
        "json",
    ],
)
def test_415_for_a_body_of_another_type(world: World, content_type: str) -> None:
    """A browser's form cannot call anything (V3.5.3). Asked at the socket, where there are calls that TCP has not."""
    for endpoint in filter(takes_body, world.endpoints):
        answer = world.call(world.at_the_socket, endpoint, body=b"{}", headers={"Content-Type": content_type})
        world.check(endpoint, answer, 415, "request.unsupported_media_type")


def test_429_for_who_calls_too_often(tmp_path: Path) -> None:
    kit = HubKit.open(tmp_path, clock=FakeClock(), http_calls_per_minute=1_000)
    try:
        world = World(kit, FakeClock())
        limited = kit.user("limited")
        for _call in range(1_000):
            limited.get("/me")
        for endpoint in world.protected():
            answer = world.call(limited, endpoint)
            world.check(endpoint, answer, 429, "rate_limited")
            assert answer.headers["RateLimit-Remaining"] == "0", name_of(endpoint)
    finally:
        kit.close()


def test_503_while_the_storage_is_away(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_manager: Any) -> Any:
        raise StorageError("no answer")

    monkeypatch.setattr(world.kit.hub.database, "open_for", fail)
    for endpoint in world.protected():
        world.check(endpoint, world.call(world.root, endpoint), 503, "storage.unavailable")
