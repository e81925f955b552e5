"""The caller's own rate limit, by setting (api.md, Conventions)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailhub.http.security import LOCAL_SOCKET
from mailhub.testing import FakeClock
from tests.kit.hub import HubKit

HEADERS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def limited(tmp_path: Path, clock: FakeClock) -> Iterator[HubKit]:
    kit = HubKit.open(tmp_path, clock=clock, http_calls_per_minute=3)
    kit.account("sales")
    yield kit
    kit.close()


def test_without_the_setting_nobody_is_limited(kit: HubKit) -> None:
    ada = kit.user("ada")

    for _call in range(50):
        assert not set(HEADERS) & set(ada.get("/me").headers)


def test_who_calls_too_often_is_told_when_to_call_again(limited: HubKit, clock: FakeClock) -> None:
    ada = limited.user("ada")

    assert [ada.get("/me").headers["RateLimit-Remaining"] for _call in range(3)] == ["2", "1", "0"]
    clock.advance(20)
    refused = ada.get("/me", 429)
    assert refused.json["code"] == "rate_limited"
    assert refused.content_type == "application/problem+json"
    assert refused.headers["Retry-After"] == "40"
    assert [refused.headers[name] for name in HEADERS] == ["3", "0", "40"]
    clock.advance(40)
    assert ada.get("/me").headers["RateLimit-Remaining"] == "2"


def test_more_tokens_are_not_more_calls(limited: HubKit) -> None:
    for status in (200, 200, 200, 429):
        limited.user("ada").get("/me", status)


def test_nobody_pays_for_another(limited: HubKit) -> None:
    ada, bob = limited.user("ada"), limited.user("bob")
    for _call in range(3):
        ada.get("/me")

    ada.get("/me", 429)
    bob.get("/me")


def test_refusals_count_and_say_what_is_left_too(limited: HubKit) -> None:
    reader = limited.user("reader", "email-read")

    assert reader.get("/users", 403).headers["RateLimit-Remaining"] == "2"
    assert reader.get("/messages/nothing", 404).headers["RateLimit-Remaining"] == "1"
    assert reader.get("/messages", 422, limit=0).headers["RateLimit-Remaining"] == "0"
    assert reader.get("/users", 429).json["code"] == "rate_limited"


def test_nothing_is_done_for_who_calls_too_often(limited: HubKit, clock: FakeClock) -> None:
    ada = limited.user("ada")
    for _call in range(3):
        ada.send()

    ada.send(429)

    clock.advance(60)
    assert len(ada.ids()) == 3


def test_strangers_and_health_are_not_counted(limited: HubKit) -> None:
    nobody = limited.nobody()

    for _call in range(10):
        assert not set(HEADERS) & set(nobody.get("/me", 401).headers)
        nobody.app.get("/health/live", status=200)


def test_the_owner_of_the_data_is_not_limited_at_his_own_socket(limited: HubKit) -> None:
    limited.user("root")
    nobody = limited.nobody()
    nobody.app.extra_environ[LOCAL_SOCKET] = True

    for _call in range(10):
        nobody.get("/me")
