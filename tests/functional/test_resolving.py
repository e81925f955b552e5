"""A message in doubt through the API: a person says what became of it."""

from typing import Any

import pytest

from mailhub.contract.errors import Uncertain
from tests.kit.hub import Api, HubKit, check_described, errors_of


@pytest.fixture
def bob(kit: HubKit) -> Api:
    kit.account("held", on_uncertain="hold")
    kit.hub.start_delivery()
    return kit.user("bob", "email-edit")


def in_doubt(kit: HubKit, bob: Api) -> Any:
    kit.provider.fail(Uncertain("lost"), after_hand_over=True)
    message_id = bob.send().json["id"]
    assert kit.wait_for(message_id) == "in_doubt"
    return bob.get(f"/messages/{message_id}").json


def resolve(bob: Api, message: Any, outcome: str, status: int = 200, **headers: str) -> Any:
    return bob.post(f"/messages/{message['id']}/resolve", {"outcome": outcome}, status, **headers)


def test_it_was_sent(kit: HubKit, bob: Api) -> None:
    message = in_doubt(kit, bob)
    assert bob.get("/messages/counts").json["in_doubt"] == 1
    done = resolve(bob, message, "sent").json

    assert (done["status"], done["partial"], done["error"]) == ("sent", False, None)
    assert done["sent_at"] is not None
    assert bob.ids(box="sent") == [message["id"]]
    counts = bob.get("/messages/counts").json
    assert (counts["in_doubt"], counts["sent_30_days"]) == (0, 1)
    whole = bob.get(f"/messages/{message['id']}").json
    assert [each["outcome"] for each in whole["recipients"]] == ["accepted"]
    last = bob.get(f"/messages/{message['id']}/events").json["items"][-1]
    assert (last["event"], last["status"], last["detail"]) == ("resolved_sent", "sent", "bob said so.")
    assert resolve(bob, message, "sent", 409).json["code"] == "message.wrong_state"


def test_it_was_not_sent(kit: HubKit, bob: Api) -> None:
    message = in_doubt(kit, bob)
    done = resolve(bob, message, "failed").json

    assert (done["status"], done["error"]["retryable"]) == ("failed", False)
    assert bob.ids(status="failed") == [message["id"]]
    bob.act(f"/messages/{message['id']}/retry")
    assert kit.wait_for(message["id"]) == "sent"


def test_it_is_sent_again_as_the_same_mail(kit: HubKit, bob: Api) -> None:
    message = in_doubt(kit, bob)
    done = resolve(bob, message, "resend").json

    assert done["id"] == message["id"]
    assert (done["status"], done["message_id"], done["error"]) == ("queued", message["message_id"], None)
    assert kit.wait_for(message["id"]) == "sent"
    history = bob.get(f"/messages/{message['id']}/events").json["items"]
    assert [each["event"] for each in history][-3:] == ["resolved_resend", "sending", "sent"]
    assert history[-1]["possible_duplicate"]


def test_one_key_resolves_once(kit: HubKit, bob: Api) -> None:
    message = in_doubt(kit, bob)
    first = resolve(bob, message, "resend", 200, **{"Idempotency-Key": "k"})
    kit.wait_for(message["id"])
    again = resolve(bob, message, "resend", 200, **{"Idempotency-Key": "k"})

    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"
    other = resolve(bob, message, "sent", 422, **{"Idempotency-Key": "k"})
    assert other.json["code"] == "idempotency.mismatch"


def test_only_what_is_in_doubt_and_the_caller_s_is_resolved(kit: HubKit, bob: Api) -> None:
    message = in_doubt(kit, bob)
    waiting = bob.send(send_at="2126-01-01T00:00:00Z").json
    eve = kit.user("eve", "email-edit")

    assert resolve(bob, waiting, "sent", 409).json["code"] == "message.wrong_state"
    assert resolve(eve, message, "sent", 404).json["code"] == "message.not_found"
    assert errors_of(resolve(bob, message, "lost", 422)) == [("/outcome", "schema.invalid")]
    kit.delete_account("held")
    assert resolve(bob, message, "resend", 409).json["code"] == "account.not_found"
    document = bob.get("/openapi.json").json
    done = resolve(bob, message, "failed").json
    check_described(document, "post", "/messages/{id}/resolve", 200, done)
