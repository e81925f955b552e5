"""A token that is bound to scenarios, accounts, networks or a time is so on every call (api.md, Conventions)."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mailhub.http.endpoint import Endpoint
from mailhub.http.mount import ENDPOINTS
from mailhub.testing import FakeClock
from tests.functional.test_every_call import NEEDED_HEADERS
from tests.functional.test_permissions import name_of
from tests.kit.hub import Api, HubKit

NAMED = ("accounts", "scenarios", "messages")
"""What a token may be bound away from; messages by their account and scenario."""

BOUNDS: dict[str, dict[str, Any]] = {
    "accounts": {"accounts": ["inside"]},
    "scenarios": {"scenarios": ["inside"]},
    "both": {"accounts": ["inside"], "scenarios": ["inside"]},
}


class Bounded:
    """A hub with an account, a scenario and messages inside of a token's bounds, and the same outside."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.kit = kit = HubKit.open(folder, clock=self.clock)
        self.endpoints: tuple[Endpoint, ...] = kit.application.registry[ENDPOINTS]
        for account in ("inside", "outside"):
            kit.account(account, default=account == "outside")
        self.root = kit.user("root")
        for scenario in ("inside", "outside"):
            self.root.post("/scenarios", {"id": scenario, "title": scenario.title()}, 201)
            self._assign(scenario, scenario)
        self.messages = {
            (account, scenario): self._send(account, scenario)
            for account in ("inside", "outside")
            for scenario in ("inside", "outside")
        }

    def _assign(self, scenario: str, account: str) -> None:
        self.root.app.put_json(f"/api/v1/scenarios/{scenario}/account", {"account": account})
        upload = self.root.upload(b"terms").json["id"]
        self.root.post(f"/scenarios/{scenario}/attachments", {"upload": upload, "is_default": False}, 201)

    def _send(self, account: str, scenario: str) -> str:
        attached = [{"name": "a.txt", "content": "YQ=="}]
        sent = self.root.send(account=account, scenario=scenario, attachments=attached)
        return str(sent.json["id"])

    def token(self, name: str) -> Api:
        return self.kit.user("root", token=BOUNDS[name])

    def outside_of(self, bound: str, kind: str) -> list[str]:
        """Ids of what such a token must not know of."""
        if kind != "messages":
            return ["outside"] if kind in BOUNDS[bound] else []
        inside = self.inside_of(bound)
        return [message_id for message_id in self.messages.values() if message_id not in inside]

    def inside_of(self, bound: str) -> list[str]:
        """Messages that such a token may see."""
        fits = {"accounts": lambda place: place[0], "scenarios": lambda place: place[1]}
        return [
            message_id
            for place, message_id in self.messages.items()
            if all(fits[name](place) == "inside" for name in BOUNDS[bound])
        ]


@pytest.fixture(scope="module")
def bounded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bounded]:
    bounded = Bounded(Path(tmp_path_factory.mktemp("bounded")))
    yield bounded
    bounded.kit.close()


def paths(endpoint: Endpoint, id: str) -> str:
    path = endpoint.full_path.replace("{id}", id).replace("{n}", "0")
    return path.replace("{attachment}", "A" * 22)


def read(api: Api, endpoint: Endpoint, id: str) -> Any:
    """The call without a body, on one thing."""
    headers = {"If-Match": "", **NEEDED_HEADERS.get(name_of(endpoint), {})}
    return api.app.request(paths(endpoint, id), method=endpoint.method, headers=headers, expect_errors=True)


@pytest.mark.parametrize("bound", BOUNDS)
@pytest.mark.parametrize("kind", NAMED)
def test_what_is_outside_is_not_there_for_any_call(bounded: Bounded, bound: str, kind: str) -> None:
    api = bounded.token(bound)
    for endpoint in bounded.endpoints:
        if endpoint.path.startswith(f"/{kind}/{{id}}"):
            for id in bounded.outside_of(bound, kind):
                answer = read(api, endpoint, id)
                assert answer.status_int == 404, f"{name_of(endpoint)} on {id}: {answer}"
                unknown = read(api, endpoint, "A" * len(id))
                assert answer.json == unknown.json, name_of(endpoint)


@pytest.mark.parametrize("bound", BOUNDS)
def test_what_is_inside_is_there(bounded: Bounded, bound: str) -> None:
    api = bounded.token(bound)

    for message_id in bounded.inside_of(bound):
        for part in ("", "/events", "/raw", "/attachments/0"):
            api.get(f"/messages/{message_id}{part}")
    for path in ("/accounts/inside", "/accounts/inside/queue", "/scenarios/inside/explain"):
        api.get(path)
    api.get("/scenarios/inside/attachments")


@pytest.mark.parametrize("bound", BOUNDS)
def test_lists_show_what_is_inside_only(bounded: Bounded, bound: str) -> None:
    api = bounded.token(bound)
    ids = {
        kind: {each["id"] for page in api.pages(f"/{kind}") for each in page}
        for kind in ("accounts", "scenarios")
    }

    assert set(api.ids()) == set(bounded.inside_of(bound))
    assert set(api.ids(box="outbox")) == set(bounded.inside_of(bound))
    for kind, found in ids.items():
        assert "inside" in found
        assert found == {"inside"} if kind in BOUNDS[bound] else found > {"inside"}
        if kind in BOUNDS[bound]:
            assert api.ids(**{kind.removesuffix("s"): "outside"}) == []


@pytest.mark.parametrize("bound", BOUNDS)
def test_what_is_inside_is_counted_only(bounded: Bounded, bound: str) -> None:
    counts = bounded.token(bound).get("/messages/counts").json

    waiting = {"waiting": len(bounded.inside_of(bound))}
    assert counts == {"drafts": 0, "failed": 0, "in_doubt": 0, "sent_30_days": 0} | waiting


@pytest.mark.parametrize("bound", BOUNDS)
@pytest.mark.parametrize("account", ["inside", "outside"])
@pytest.mark.parametrize("scenario", ["inside", "outside", "default"])
def test_nothing_is_sent_or_tried_outside(bounded: Bounded, bound: str, account: str, scenario: str) -> None:
    api = bounded.token(bound)
    places = {"accounts": account, "scenarios": scenario}
    is_inside = all(places[name] == "inside" for name in BOUNDS[bound])
    body = {"to": ["ada@example.com"], "text": "Hello", "account": account, "scenario": scenario}

    answer = api.app.post_json("/api/v1/messages?dry_run=true", body, expect_errors=True)

    if is_inside:
        assert answer.json["explain"]["problems"] == []
    else:
        assert answer.status_int == 403 or [each["code"] for each in answer.json["explain"]["problems"]]
        assert api.post("/messages", body, 403).json["code"] == "permission.denied"


def test_the_default_account_is_no_way_out(bounded: Bounded) -> None:
    """A scenario without an account of its own would go by the default account, which is outside."""
    bounded.token("accounts").send(403)


@pytest.mark.parametrize("bound", BOUNDS)
def test_a_bound_token_makes_no_wider_one(bounded: Bounded, bound: str) -> None:
    api = bounded.token(bound)

    api.post("/tokens", {}, 403)
    for name, values in BOUNDS[bound].items():
        api.post("/tokens", {**BOUNDS[bound], name: [*values, "outside"]}, 403)
    api.post("/tokens", dict(BOUNDS[bound]), 201)


@pytest.mark.parametrize(
    ("networks", "is_inside"),
    [
        (["192.0.2.0/24"], True),
        (["192.0.2.7"], True),
        (["198.51.100.0/24", "192.0.2.4/30"], True),
        (["192.0.2.8/29"], False),
        (["2001:db8::/32"], False),
    ],
    ids=str,
)
def test_a_token_of_other_networks_is_none(bounded: Bounded, networks: list[str], is_inside: bool) -> None:
    api = bounded.kit.user("root", token={"networks": networks})

    api.get("/me", 200 if is_inside else 401)


def test_a_token_ends_to_the_second(bounded: Bounded) -> None:
    api = bounded.kit.user("root", token={"expires_at": bounded.clock.now() + timedelta(seconds=60)})

    bounded.clock.advance(59.9)
    api.get("/me")
    bounded.clock.advance(0.1)
    api.get("/me", 401)


def test_me_tells_what_the_token_is_bound_to(bounded: Bounded) -> None:
    me = bounded.token("both").get("/me").json

    assert (me["accounts"], me["scenarios"], me["scopes"]) == (["inside"], ["inside"], None)
    assert (me["token"]["accounts"], me["token"]["scenarios"]) == (["inside"], ["inside"])
