"""What an attempt came to: message, lane, permit, history and events in one step (W6-W8, D5-D9, RT3, RT5)."""

from datetime import timedelta
from typing import Any

import pytest

from mailhub.accounts.model import account_topic, accounts_of
from mailhub.delivery.changing import RetryMessage
from mailhub.delivery.model import lane_topic
from mailhub.delivery.outgoing import ClaimedMessage
from mailhub.delivery.queueing import instant, microseconds
from mailhub.delivery.reports import Failure, StepReport
from tests.unit.delivery.graph import START, Graph

BUSY = Failure("delivery.transient", "The server is busy.", "451 4.3.2 busy")
REFUSED = Failure("account.authentication_failed", "The sign-in was refused.", "535 5.7.8")


@pytest.fixture
def graph() -> Graph:
    graph = Graph()
    graph.account()
    return graph


def claimed(graph: Graph, **values: Any) -> ClaimedMessage:
    graph.accept(**values)
    return graph.claim(1).claimed[0]


def attempt_events(graph: Graph) -> list[tuple[str, Any]]:
    return [
        (event.name, event.dimensions["attempt"]) for event in graph.events() if "attempt" in event.dimensions
    ]


def test_an_accepted_message_is_sent_and_told_once(graph: Graph) -> None:
    item = claimed(graph)
    graph.pass_seconds(1)
    assert graph.record(item, duration_seconds=0.25)
    message = graph.message(item.outgoing.id)
    assert (message.status, message.is_partial, message.error, message.attempts) == ("sent", False, None, 1)
    assert [(entry.event, entry.attempt, entry.detail) for entry in graph.history(item.outgoing.id)] == [
        ("accepted", 0, ""),
        ("sending", 1, ""),
        ("sent", 1, "250 ok"),
    ]
    assert graph.history(item.outgoing.id)[-1].at == graph.now
    (event,) = graph.events("message.sent")
    expected = {"message": message.id, "account": "sales", "connector": "fake", "scenario": "default"}
    assert expected.items() <= event.dimensions.items()
    assert (event.dimensions["attempt"], event.dimensions["duration_seconds"]) == (1, 0.25)
    assert graph.claims() == {}


def test_every_event_of_a_message_carries_what_d9_asks(graph: Graph) -> None:
    item = claimed(graph)
    graph.record(item, "retry", failure=BUSY, delay_seconds=60.0)
    graph.pass_seconds(60)
    graph.record(graph.claim(1).claimed[0], "fail", failure=BUSY)
    names = {event.name for event in graph.events()}
    assert names == {"message.queued", "message.attempt_failed", "message.failed"}
    for event in graph.events():
        for name in ("message", "account", "connector", "scenario", "attempt"):
            assert event.dimensions[name] is not None


def test_an_attempt_that_failed_is_tried_again_at_the_time_shown_and_told(graph: Graph) -> None:
    item = claimed(graph)
    graph.record(item, "retry", failure=BUSY, delay_seconds=60.0)
    message = graph.message(item.outgoing.id)
    assert message.status == "queued"
    assert message.next_attempt_at == START + timedelta(seconds=60)
    assert message.error == ("delivery.transient", "The server is busy.", True)
    entry = graph.history(message.id)[-1]
    assert (entry.event, entry.attempt, entry.code, entry.detail) == (
        "retry_scheduled",
        1,
        "delivery.transient",
        "451 4.3.2 busy",
    )
    (event,) = graph.events("message.attempt_failed")
    assert event.dimensions["retry_at"] == (START + timedelta(seconds=60)).isoformat()
    assert graph.claimed_ids() == []
    graph.pass_seconds(60)
    assert [each.outgoing.attempt for each in graph.claim().claimed] == [2]


def test_a_failure_for_good_ends_the_message_with_one_event(graph: Graph) -> None:
    item = claimed(graph)
    graph.record(item, "fail", failure=Failure("delivery.refused", "Never.", "554 no"))
    message = graph.message(item.outgoing.id)
    assert (message.status, message.error) == ("failed", ("delivery.refused", "Never.", False))
    assert {state.outcome for _recipient, state in message.recipient_states()} == {"refused"}
    assert [event.name for event in graph.events()][1:] == ["message.failed"]


# -- recipients --------------------------------------------------------------------------------------------------------


def answers(**outcomes: str) -> tuple[tuple[str, str, str, str], ...]:
    codes = {"accepted": "250", "refused": "550", "deferred": "450", "uncertain": ""}
    return tuple(
        (f"{name}@example.com", outcome, codes[outcome], f"{outcome} {name}")
        for name, outcome in outcomes.items()
    )


def test_recipients_that_accepted_are_never_sent_to_again(graph: Graph) -> None:
    item = claimed(graph, to=("a@example.com", "b@example.com", "c@example.com"))
    graph.record(item, "retry", answers=answers(a="accepted", b="deferred", c="refused"), delay_seconds=60.0)
    graph.pass_seconds(60)
    again = graph.claim(1).claimed[0]
    assert [each.address for each in again.outgoing.recipients] == ["b@example.com"]
    assert again.outgoing.message_id == item.outgoing.message_id
    graph.record(again, "done", answers=answers(b="accepted"))
    message = graph.message(item.outgoing.id)
    assert (message.status, message.is_partial) == ("sent", True)
    assert [state.outcome for _recipient, state in message.recipient_states()] == [
        "accepted",
        "accepted",
        "refused",
    ]


def test_attempts_used_up_after_some_accepted_is_sent_in_part(graph: Graph) -> None:
    item = claimed(graph, to=("a@example.com", "b@example.com"))
    graph.record(item, "fail", answers=answers(a="accepted", b="deferred"), failure=BUSY)
    message = graph.message(item.outgoing.id)
    assert (message.status, message.is_partial, message.error) == ("sent", True, None)
    states = {recipient.address: state for recipient, state in message.recipient_states()}
    assert states["b@example.com"].outcome == "refused"
    assert states["b@example.com"].detail == "451 4.3.2 busy"


def test_all_refused_is_failed_with_a_stable_code_and_the_servers_words(graph: Graph) -> None:
    item = claimed(graph, to=("a@example.com", "b@example.com"))
    graph.record(item, "done", answers=answers(a="refused", b="refused"))
    message = graph.message(item.outgoing.id)
    assert message.status == "failed"
    assert message.error is not None
    assert message.error[0] == "delivery.refused"
    (event,) = graph.events("message.failed")
    assert event.dimensions["reply"] == "550 refused a"


def test_a_connectors_own_code_for_a_recipient_is_kept(graph: Graph) -> None:
    item = claimed(graph)
    graph.record(item, "done", answers=(("ada@example.com", "refused", "recipient.no_smtputf8", "5.6.7 no"),))
    error = graph.message(item.outgoing.id).error
    assert error is not None
    assert error[0] == "recipient.no_smtputf8"


def test_a_failed_message_tried_again_asks_only_those_who_did_not_accept(graph: Graph) -> None:
    item = claimed(graph, to=("a@example.com", "b@example.com"))
    graph.record(item, "done", answers=answers(a="refused", b="refused"))
    graph.run(RetryMessage(item.outgoing.id, "owner", graph.now))
    again = graph.claim(1).claimed[0]
    assert [each.address for each in again.outgoing.recipients] == ["a@example.com", "b@example.com"]
    assert again.counted_attempt == 1
    assert again.outgoing.attempt == 2


# -- place, number and permit ------------------------------------------------------------------------------------------


def test_a_message_handed_back_keeps_place_number_and_permit(graph: Graph) -> None:
    first, second = graph.accept(), graph.accept()
    item = graph.claim(1, rate_limit=2).claimed[0]
    graph.pass_seconds(1)
    assert graph.record(item, "hand_back")
    message = graph.message(first)
    assert (message.status, message.attempts) == ("queued", 0)
    assert (graph.limit().taken, graph.limit().returns) == (0, ())
    again = graph.claim(2, rate_limit=2).claimed
    assert [(each.outgoing.id, each.outgoing.attempt) for each in again] == [(first, 1), (second, 1)]
    assert [entry.attempt for entry in graph.history(first)] == [0, 1, 1, 1]
    assert graph.events("message.attempt_failed") == []


def test_a_throttled_message_holds_its_lane_and_loses_neither_number_nor_place(graph: Graph) -> None:
    first, second = graph.accept(), graph.accept()
    item = graph.claim(1, rate_limit=5).claimed[0]
    graph.pass_seconds(1)
    graph.record(
        item, "throttle", failure=Failure("delivery.throttled", "Slower.", "421"), delay_seconds=30.0
    )
    message = graph.message(first)
    assert (message.status, message.attempts) == ("queued", 0)
    assert graph.lane().hold_until == microseconds(graph.now + timedelta(seconds=30))
    assert graph.history(first)[-1].attempt == 1
    (event,) = graph.events("message.attempt_failed")
    assert event.dimensions["retry_at"] == instant(graph.lane().hold_until).isoformat()
    assert graph.claim(1, rate_limit=5).blocked == "throttled"
    graph.pass_seconds(30)
    assert graph.claimed_ids(2, rate_limit=5) == [first, second]
    # the provider has seen the throttled attempt: its permit comes back a window after the answer
    assert graph.limit().taken == 2
    assert sum(count for _at, count in graph.limit().returns) == 1


def test_a_shorter_throttle_does_not_end_a_longer_one(graph: Graph) -> None:
    graph.accept()
    graph.accept()
    one, two = graph.claim(2).claimed
    graph.record(one, "throttle", delay_seconds=300.0)
    graph.record(two, "throttle", delay_seconds=5.0)
    assert graph.lane().hold_until == microseconds(graph.now + timedelta(seconds=300))


def test_a_permit_comes_back_a_window_after_the_reply(graph: Graph) -> None:
    graph.accept()
    item = graph.claim(1, rate_limit=1).claimed[0]
    graph.pass_seconds(100)
    replied_at = microseconds(graph.now)
    graph.pass_seconds(5)  # the record was late
    graph.record(item, replied_at=replied_at)
    assert graph.limit().taken == 0
    ((at, count),) = graph.limit().returns
    assert count == 1
    assert 0 <= at - replied_at - 60_000_000 < 50_000


# -- a refused sign-in -------------------------------------------------------------------------------------------------


def test_a_refused_sign_in_stops_the_account_and_uses_up_no_attempt(graph: Graph) -> None:
    item = claimed(graph)
    graph.woken.clear()
    graph.record(item, "stop_account", failure=REFUSED)
    message = graph.message(item.outgoing.id)
    assert (message.status, message.attempts) == ("queued", 0)
    account = accounts_of(graph.root).find("sales")
    assert account is not None
    attention = account.state.find_attention()
    assert attention is not None
    assert attention.code == "account.authentication_failed"
    assert graph.claim().blocked == "account"
    assert {account_topic("sales"), lane_topic("sales")} <= graph.woken
    entry = graph.history(message.id)[-1]
    assert (entry.event, entry.attempt, entry.detail) == ("account_stopped", 1, "535 5.7.8")


def test_several_refused_sign_ins_are_told_once(graph: Graph) -> None:
    for _number in range(3):
        graph.accept()
    items = graph.claim(3).claimed
    graph.record(items[0], "stop_account", failure=REFUSED)
    graph.pass_seconds(1)
    for item in items[1:]:
        graph.record(item, "stop_account", failure=REFUSED)
    assert len(graph.events("account.needs_attention")) == 1
    account = accounts_of(graph.root).find("sales")
    assert account is not None
    attention = account.state.find_attention()
    assert attention is not None
    assert attention.since == START


def test_one_persons_refused_sign_in_stops_only_his_lane(graph: Graph) -> None:
    for identity in ("ann", "bob"):
        graph.accept(identity=identity)
    item = graph.claim(1, identity="ann").claimed[0]
    graph.record(item, "stop_account", failure=REFUSED)
    assert graph.lane(identity="ann").attention is not None
    assert graph.lane(identity="bob").attention is None
    account = accounts_of(graph.root).find("sales")
    assert account is not None
    assert account.state.attention is None
    assert graph.claim(identity="ann").blocked == "sign_in"
    assert len(graph.claim(identity="bob").claimed) == 1
    (event,) = graph.events("account.needs_attention")
    assert event.dimensions["identity"] == "ann"


def test_the_last_answer_after_the_account_was_deleted_is_kept(graph: Graph) -> None:
    item = claimed(graph)
    del accounts_of(graph.root).by_id["sales"]
    assert graph.record(item, "stop_account", failure=REFUSED)
    assert graph.message(item.outgoing.id).status == "queued"
    assert graph.events("account.needs_attention") == []


# -- unknown outcome ---------------------------------------------------------------------------------------------------


def test_an_uncertain_attempt_is_sent_again_marked_as_a_possible_duplicate(graph: Graph) -> None:
    item = claimed(graph)
    graph.record(item, "uncertain", delay_seconds=60.0)
    message = graph.message(item.outgoing.id)
    assert (message.status, message.possible_duplicate) == ("queued", True)
    assert graph.history(message.id)[-1].event == "resent_uncertain"
    graph.pass_seconds(60)
    again = graph.claim(1).claimed[0]
    assert again.outgoing.possible_duplicate
    assert again.outgoing.message_id == item.outgoing.message_id
    graph.record(again)
    assert graph.events("message.sent")[0].dimensions["possible_duplicate"] is True
    assert graph.history(message.id)[-1].possible_duplicate


@pytest.mark.parametrize(
    "values", [{"on_uncertain": "hold"}, {"on_uncertain": "resend", "has_attempts_left": False}]
)
def test_held_or_with_attempts_used_up_a_person_decides(graph: Graph, values: dict[str, Any]) -> None:
    item = claimed(graph)
    graph.record(item, "uncertain", **values)
    message = graph.message(item.outgoing.id)
    assert (message.status, message.error and message.error[2]) == ("in_doubt", True)
    assert [event.name for event in graph.events()][1:] == ["message.held"]
    assert graph.claimed_ids() == []


def test_of_several_recipients_only_those_in_doubt_are_sent_to_again(graph: Graph) -> None:
    item = claimed(graph, to=("a@example.com", "b@example.com"))
    graph.record(item, "uncertain", answers=answers(a="accepted", b="deferred"), delay_seconds=60.0)
    graph.pass_seconds(60)
    assert [each.address for each in graph.claim(1).claimed[0].outgoing.recipients] == ["b@example.com"]


# -- late and doubled answers ------------------------------------------------------------------------------------------


def test_an_answer_counts_once(graph: Graph) -> None:
    item = claimed(graph)
    assert graph.record(item)
    assert not graph.record(item)
    assert len(graph.events("message.sent")) == 1


def test_the_answer_of_another_epoch_attempt_or_lane_does_not_count(graph: Graph) -> None:
    item = claimed(graph)
    assert not graph.record(item, epoch=item.epoch + 1)
    assert not graph.record(item, attempt=2)
    assert not graph.record(item, lane_id="another")
    assert not graph.record(item, message_id="another")
    assert graph.message(item.outgoing.id).status == "sending"
    assert graph.record(item)


def test_the_late_answer_of_an_ended_membership_does_not_answer_the_same_number_of_a_new_one(
    graph: Graph,
) -> None:
    item = claimed(graph)
    graph.record(item, "hand_back")
    graph.member = graph.join("worker")
    again = graph.claim(1).claimed[0]
    assert again.outgoing.attempt == item.outgoing.attempt
    assert not graph.record(item)
    assert graph.record(again)


# -- steps of the session ----------------------------------------------------------------------------------------------


def test_connection_and_sign_in_are_told_with_the_attempt(graph: Graph) -> None:
    item = claimed(graph)
    steps = (
        StepReport("connect", is_ok=True, duration_seconds=0.1),
        StepReport("tls", is_ok=True, duration_seconds=0.1),
        StepReport(
            "authenticate", is_ok=False, duration_seconds=0.2, error_code="account.x", detail="535 no"
        ),
    )
    graph.record(item, "stop_account", failure=REFUSED, steps=steps)
    assert [event.name for event in graph.events()][1:3] == [
        "fake.connect.succeeded",
        "fake.authenticate.failed",
    ]
    event = graph.events("fake.authenticate.failed")[0]
    assert event.dimensions["attempt"] == 1
    assert (event.dimensions["error_code"], event.dimensions["reply"]) == ("account.x", "535 no")


@pytest.mark.parametrize("prefix", ["", "Not A Prefix", "message", "account"])
def test_a_connector_with_no_usable_prefix_has_its_mail_recorded_all_the_same(
    graph: Graph, prefix: str
) -> None:
    item = claimed(graph)
    steps = (StepReport("connect", is_ok=True, duration_seconds=0.1),)
    assert graph.record(item, steps=steps, telemetry_prefix=prefix)
    assert graph.message(item.outgoing.id).status == "sent"
    assert attempt_events(graph)[-1] == ("message.sent", 1)
