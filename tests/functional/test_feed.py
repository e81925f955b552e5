"""``GET /events``: what happens to the messages that a caller may see, in order, at least once."""

from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from typing import Any

import pytest

from tests.kit.hub import Api, HubKit


@pytest.fixture
def bob(delivering: HubKit) -> Api:
    return delivering.user("bob", "email-edit")


def follow(api: Api, **query: Any) -> list[dict[str, Any]]:
    """Everything until now, page by page."""
    found: list[dict[str, Any]] = []
    while True:
        page = api.get("/events", **query).json
        if not page["items"]:
            return found
        found += page["items"]
        query["cursor"] = page["next_cursor"]


def test_a_message_is_followed_to_its_end(delivering: HubKit, bob: Api) -> None:
    message_id = bob.send().json["id"]
    delivering.wait_for(message_id)

    items = follow(bob)
    assert [item["event"] for item in items] == ["message.queued", "message.sent"]
    assert {item["message"]["id"] for item in items} == {message_id}
    assert items[-1]["message"]["status"] == "sent"
    assert items[0]["at"] < items[1]["at"]


def test_pages_lead_on_and_miss_nothing(delivering: HubKit, bob: Api) -> None:
    ids = [bob.send().json["id"] for _number in range(5)]
    for message_id in ids:
        delivering.wait_for(message_id)

    items = follow(bob, limit=3)
    for message_id in ids:
        assert [item["event"] for item in items if item["message"]["id"] == message_id] == [
            "message.queued",
            "message.sent",
        ]


def test_a_client_goes_on_behind_any_item(delivering: HubKit, bob: Api) -> None:
    delivering.wait_for(bob.send().json["id"])
    first, second = follow(bob)
    assert follow(bob, cursor=first["cursor"]) == [second]


def test_others_mail_is_not_in_it(delivering: HubKit, bob: Api) -> None:
    delivering.wait_for(bob.send().json["id"])
    eve = delivering.user("eve", "email-edit")
    assert follow(eve) == []


def test_an_empty_page_has_a_cursor_from_which_later_news_are_found(delivering: HubKit, bob: Api) -> None:
    delivering.wait_for(bob.send().json["id"])
    page = bob.get("/events", cursor=bob.get("/events").json["next_cursor"]).json
    assert page["items"] == []
    later = bob.send().json["id"]
    delivering.wait_for(later)
    assert {item["message"]["id"] for item in follow(bob, cursor=page["next_cursor"])} == {later}


def test_a_waiting_caller_is_told_when_something_happens(delivering: HubKit, bob: Api) -> None:
    cursor = bob.get("/events").json["next_cursor"]
    other = delivering.user("bob")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(other.get, "/events", wait=30, cursor=cursor)
        message_id = bob.send().json["id"]
        items = waiting.result(20).json["items"]
    assert items[0]["event"] == "message.queued"
    assert items[0]["message"]["id"] == message_id


def test_where_all_places_are_taken_a_caller_gets_an_empty_page_at_once(delivering: HubKit, bob: Api) -> None:
    places = delivering.hub.settings.http_threads // 4
    cursor = bob.get("/events").json["next_cursor"]
    with ThreadPoolExecutor(places + 1) as pool:
        calls = [
            pool.submit(delivering.user("bob").get, "/events", wait=30, cursor=cursor)
            for _number in range(places + 1)
        ]
        (refused,) = wait(calls, timeout=20, return_when=FIRST_COMPLETED).done
        assert refused.result().json["items"] == []
        assert refused.result().headers["Retry-After"] == "1"
        bob.send()
        assert all(call.result(20).json["items"] for call in calls if call is not refused)


@pytest.mark.parametrize("query", [{"wait": "31"}, {"wait": "-1"}, {"cursor": "x"}, {"limit": "0"}])
def test_a_wrong_query_is_refused(bob: Api, query: dict[str, str]) -> None:
    bob.get("/events", 422, **query)
