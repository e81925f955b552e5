"""``GET /events``: what happens to the messages that a caller may see, in order, at least once."""

from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import pytest

from mailhub.contract.policy import KindsAnswer, PolicyEvaluator, PolicyType, RecordRef, Viewer
from tests.kit.hub import Api, HubKit, check_described


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


# -- what was deleted ----------------------------------------------------------------------------------------------


@pytest.fixture
def shown(tmp_path: Path) -> Iterator[HubKit]:
    """A hub whose policy shows mail about the customer 10000 to everybody."""
    kit = HubKit.open(tmp_path)
    kit.account("sales")
    host = kit.hub.plugins
    policy = PolicyType(id="own", title="", description="", make=Customer)
    host.find_policy = lambda id: policy  # type: ignore[method-assign]  # nobody can be given one yet
    yield kit
    kit.close()


class Customer(PolicyEvaluator):
    def kinds(self, viewer: Viewer, kinds: frozenset[str]) -> KindsAnswer:
        return "some" if kinds else "none"

    def records(self, viewer: Viewer, records: Sequence[RecordRef]) -> bool:
        return RecordRef("customer", "10000") in records


def delete(api: Api, message: Any) -> None:
    headers = {"If-Match": message["revision"]}
    api.app.delete(f"/api/v1/messages/{message['id']}", headers=headers, status=204)


def customer(number: str) -> list[dict[str, str]]:
    return [{"kind": "customer", "id": number, "title": "Adatum", "url": "https://erp.example/10000"}]


def test_who_could_see_a_message_learns_that_it_was_deleted(shown: HubKit) -> None:
    bob, eve = shown.user("bob"), shown.user("eve")
    message = bob.send(201, draft=True, related=customer("10000")).json
    cursor = eve.get("/events").json["next_cursor"]
    delete(bob, message)

    left = {"id": message["id"], "status": "draft", "scenario": "default", "account": None}
    for api in (bob, eve):
        (item,) = follow(api, cursor=cursor)
        assert item["event"] == "message.deleted"
        assert item["message"] == {**left, "owner": shown.user_id("bob")}


def test_who_could_not_see_a_message_does_not_learn_that_it_was_deleted(shown: HubKit) -> None:
    bob, eve = shown.user("bob"), shown.user("eve")
    for related in ([], customer("20000")):
        delete(bob, bob.send(201, draft=True, related=related).json)

    assert follow(eve) == []
    assert len(follow(bob)) == 4


def test_all_that_happened_to_a_deleted_message_is_told_without_what_it_said(kit: HubKit) -> None:
    bob = kit.user("bob", "email-edit")
    message = bob.send(subject="Secret plan").json
    bob.act(f"/messages/{message['id']}/cancel")
    delete(bob, bob.get(f"/messages/{message['id']}").json)

    items = follow(bob)
    assert [item["event"] for item in items] == ["message.queued", "message.cancelled", "message.deleted"]
    assert {item["message"]["status"] for item in items} == {"cancelled"}
    assert not [text for text in ("Secret", "ada@example.com") if text in str(items)]
    bob.get(f"/messages/{message['id']}", 404)


def test_messages_that_are_and_that_were_are_as_described(kit: HubKit) -> None:
    bob = kit.user("bob", "email-edit")
    bob.send()
    delete(bob, bob.send(201, draft=True).json)

    answer = bob.get("/events").json
    assert len(answer["items"]) == 3
    document = bob.get("/openapi.json").json
    check_described(document, "get", "/events", 200, answer)
    properties = document["components"]["schemas"]["FeedReply"]["properties"]
    assert len(properties["items"]["items"]["properties"]["message"]["anyOf"]) == 2


def test_a_bound_token_learns_of_what_it_could_see_only(kit: HubKit) -> None:
    bob = kit.user("bob", "email-edit")
    kit.account("other", default=False)
    bound = kit.user("bob", token={"accounts": ["sales"]})
    for account in ("sales", "other"):
        message = bob.send(account=account).json
        bob.act(f"/messages/{message['id']}/cancel")
        delete(bob, bob.get(f"/messages/{message['id']}").json)

    assert [item["message"]["account"] for item in follow(bound)] == ["sales"] * 3


@pytest.mark.parametrize("query", [{"wait": "31"}, {"wait": "-1"}, {"cursor": "x"}, {"limit": "0"}])
def test_a_wrong_query_is_refused(bob: Api, query: dict[str, str]) -> None:
    bob.get("/events", 422, **query)
