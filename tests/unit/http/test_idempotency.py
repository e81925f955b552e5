"""Idempotency-Key on calls that write in their own transaction: done once, answered the same."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from webtest import TestApp

from mailhub.testing.clock import FakeClock

BOX = {"name": "crate", "size": 2}


def keyed(api: TestApp, body: dict[str, Any], key: str = "key-1", **kwargs: Any) -> Any:
    return api.post_json("/api/v1/boxes", body, headers={"Idempotency-Key": key}, **kwargs)


def test_the_same_call_again_is_not_done_again_and_answers_the_same(
    api: TestApp, names: Callable[[], list[str]]
) -> None:
    first = keyed(api, BOX)
    again = keyed(api, BOX)
    assert again.body == first.body
    assert (again.status, again.headers["Location"]) == (first.status, first.headers["Location"])
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert names() == ["crate", "tin"]


def test_without_a_key_it_is_done_again(api: TestApp) -> None:
    keyed(api, BOX)
    assert "Idempotency-Replayed" not in api.post_json("/api/v1/boxes", BOX).headers


def test_another_body_under_the_same_key_is_refused(api: TestApp, names: Callable[[], list[str]]) -> None:
    keyed(api, BOX)
    refused = keyed(api, {**BOX, "name": "trunk"}, status=422)
    assert refused.json["code"] == "idempotency.mismatch"
    assert names() == ["crate", "tin"]


def test_a_refused_call_may_be_mended_and_sent_again_under_its_key(api: TestApp) -> None:
    keyed(api, {**BOX, "size": 99}, status=422)
    assert keyed(api, BOX).status_int == 201


def test_after_a_day_the_key_is_forgotten(api: TestApp, clock: FakeClock) -> None:
    keyed(api, BOX)
    clock.advance(timedelta(hours=24, seconds=1).total_seconds())
    assert "Idempotency-Replayed" not in keyed(api, BOX).headers


@pytest.mark.parametrize("key", ["", "a" * 256, "two words", "caf\u00e9", "tab\t"])
def test_what_is_no_key_is_refused(api: TestApp, key: str) -> None:
    response = api.post_json(
        "/api/v1/boxes", BOX, headers={"Idempotency-Key": key.encode("utf-8").decode("latin-1")}, status=422
    )
    assert response.json["code"] == "idempotency.invalid_key"


def test_the_longest_key_is_taken(api: TestApp) -> None:
    assert keyed(api, BOX, "~" * 255).status_int == 201
