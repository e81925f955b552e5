"""One attempt, whatever the connector does (RT5, W10): a report always comes of it, fit for journal and database."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mailhub.contract.connector import Connector, SendingSession, Step
from mailhub.contract.errors import (
    AuthenticationFailed,
    DeliveryError,
    Permanent,
    Throttled,
    Transient,
    Uncertain,
)
from mailhub.contract.message import OutgoingMessage
from mailhub.contract.outcome import RecipientOutcome, SendOutcome
from mailhub.delivery.attempting import Judge, run_attempt
from mailhub.delivery.config import LaneConfig
from mailhub.delivery.context import HubSessionContext, LeaseEnded
from mailhub.delivery.outgoing import ClaimedMessage
from mailhub.delivery.reports import AttemptReport
from mailhub.delivery.retry import RetrySchedule
from mailhub.delivery.sending import SessionOnDemand
from mailhub.testing import FakeClock, FakeEntropy, FakeNetwork
from tests.unit.delivery.graph import Graph

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
Behaviour = Callable[[OutgoingMessage, HubSessionContext], Any]


class Session(SendingSession):
    def __init__(self, bench: "Bench") -> None:
        self._bench = bench

    def send(self, message: OutgoingMessage) -> SendOutcome:
        return cast(SendOutcome, self._bench.behaviour(message, self._bench.context))

    def close(self) -> None:
        self._bench.closed += 1


class Bench:
    """An attempt at one message to two recipients, with a connector that does what the test says."""

    def __init__(self) -> None:
        graph = Graph()
        graph.account()
        graph.accept(to=("a@example.com", "b@example.com"))
        self.item: ClaimedMessage = graph.claim().claimed[0]
        self.clock = FakeClock()
        self.may_send = True
        self.started: list[tuple[str, int]] = []
        self.faults: list[BaseException] = []
        self.closed = 0
        self.behaviour: Behaviour = lambda message, context: None
        self.context = HubSessionContext(
            account_id="sales",
            account_address="sales@example.com",
            sending_identity="",
            clock=self.clock,
            network=FakeNetwork(),
            may_send=lambda: self.may_send,
            started=self._started,
        )
        config = SimpleNamespace(
            connector_id="fake", max_attempts=3, on_uncertain="resend", telemetry_prefix="fake"
        )
        self.judge = Judge(
            cast(LaneConfig, config),
            RetrySchedule(jitter=0.0),
            FakeEntropy(),
            lambda: NOW,
            lambda _connector, error: self.faults.append(error),
        )
        connector = cast(Connector, SimpleNamespace(open_session=lambda _context: Session(self)))
        self.session = SessionOnDemand(connector, self.context)

    def _started(self, message_id: str, attempt: int) -> None:
        self.started.append((message_id, attempt))

    def run(self, behaviour: Behaviour) -> AttemptReport:
        self.behaviour = behaviour
        report = run_attempt(self.session, self.item, self.context, self.judge)
        assert AttemptReport.from_json(report.to_json()) == report
        json.dumps(report.to_json())
        return report


@pytest.fixture
def bench() -> Bench:
    return Bench()


def raising(error: BaseException, *, hands_over: bool = False) -> Behaviour:
    def send(message: OutgoingMessage, context: HubSessionContext) -> None:
        if hands_over:
            context.hand_over(message)
        raise error

    return send


def answering(*statuses: str, hands_over: bool = True, **values: Any) -> Behaviour:
    def send(message: OutgoingMessage, context: HubSessionContext) -> SendOutcome:
        if hands_over:
            context.hand_over(message)
        recipients = tuple(
            RecipientOutcome(each.address, cast(Any, status), "250", "text")
            for each, status in zip(message.recipients, statuses, strict=True)
        )
        return SendOutcome(recipients, **{"reply": "250 ok", **values})

    return send


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (Transient("x"), "retry"),
        (Throttled("x"), "throttle"),
        (Permanent("x"), "fail"),
        (AuthenticationFailed("x"), "stop_account"),
        (Uncertain("x"), "uncertain"),
        (ValueError("a bug"), "retry"),
        (SystemExit(3), "retry"),
        (KeyboardInterrupt(), "retry"),
    ],
)
def test_whatever_is_raised_becomes_a_verdict(bench: Bench, error: BaseException, verdict: str) -> None:
    assert bench.run(raising(error)).verdict == verdict
    assert bool(bench.faults) == (not isinstance(error, DeliveryError))


@pytest.mark.parametrize("error", [ValueError("a bug"), SystemExit(0), MemoryError()])
def test_an_unclassified_error_after_the_hand_over_leaves_a_doubt(bench: Bench, error: BaseException) -> None:
    report = bench.run(raising(error, hands_over=True))
    assert report.verdict == "uncertain"
    assert report.delay_seconds == 60.0


def test_after_an_unclassified_error_the_session_is_not_used_again(bench: Bench) -> None:
    bench.run(raising(ValueError("a bug")))
    assert bench.closed == 1
    bench.run(raising(Transient("x")))
    assert bench.closed == 1


def test_all_accepted_is_done(bench: Bench) -> None:
    report = bench.run(answering("accepted", "accepted"))
    assert (report.verdict, report.reply, len(report.answers)) == ("done", "250 ok", 2)
    assert bench.started == [(bench.item.outgoing.id, 1)]
    assert not bench.faults


def test_some_deferred_is_tried_again_with_the_answers_of_all(bench: Bench) -> None:
    report = bench.run(answering("accepted", "deferred", retry_after_seconds=500))
    assert (report.verdict, report.delay_seconds) == ("retry", 500)
    assert [answer[1] for answer in report.answers] == ["accepted", "deferred"]


def test_some_in_doubt_leave_a_doubt_and_the_answers_of_the_others(bench: Bench) -> None:
    report = bench.run(answering("accepted", "uncertain"))
    assert report.verdict == "uncertain"
    assert [answer[1:3] for answer in report.answers] == [
        ("accepted", "250"),
        ("deferred", "delivery.uncertain"),
    ]


def test_an_outcome_without_a_hand_over_is_a_fault_of_the_connector(bench: Bench) -> None:
    assert bench.run(answering("accepted", "accepted", hands_over=False)).verdict == "done"
    assert "hand_over" in str(bench.faults[0])


def test_where_nobody_was_accepted_there_is_nothing_to_hand_over(bench: Bench) -> None:
    assert bench.run(answering("refused", "refused", hands_over=False)).verdict == "done"
    assert not bench.faults


@pytest.mark.parametrize(
    "outcome",
    [
        None,
        "250 ok",
        SendOutcome(()),
        SendOutcome((RecipientOutcome("a@example.com", "accepted"),)),
        SendOutcome((RecipientOutcome("a@example.com", "accepted"),) * 2),
        SendOutcome(tuple(RecipientOutcome(each, "accepted") for each in ("a@example.com", "x@example.com"))),
        SendOutcome(
            tuple(RecipientOutcome(each, cast(Any, "ok")) for each in ("a@example.com", "b@example.com"))
        ),
        SendOutcome(
            tuple(
                RecipientOutcome(each, "accepted", detail=cast(Any, b"250 ok"))
                for each in ("a@example.com", "b@example.com")
            )
        ),
        SendOutcome(
            tuple(RecipientOutcome(each, "accepted") for each in ("a@example.com", "b@example.com")),
            reply=cast(Any, None),
        ),
    ],
)
def test_an_answer_that_is_none_leaves_a_doubt_after_the_hand_over(bench: Bench, outcome: Any) -> None:
    def send(message: OutgoingMessage, context: HubSessionContext) -> Any:
        context.hand_over(message)
        return outcome

    assert bench.run(send).verdict == "uncertain"
    assert bench.faults
    assert bench.run(lambda _message, _context: outcome).verdict == "retry"


def test_errors_with_parts_that_are_no_text_are_kept_as_text(bench: Bench) -> None:
    error = Transient("x", reply=cast(Any, b"451 \xff"), code=cast(Any, 451))
    failure = bench.run(raising(error)).failure
    assert failure is not None
    assert (failure.code, failure.reply) == ("451", "b'451 \\xff'")


# -- the lease ---------------------------------------------------------------------------------------------------------


def test_without_a_lease_nothing_is_begun(bench: Bench) -> None:
    bench.may_send = False
    calls: list[str] = []
    assert bench.run(lambda message, _context: calls.append(message.id)).verdict == "hand_back"
    assert calls == []


def test_a_lease_that_ends_before_the_final_step_hands_back(bench: Bench) -> None:
    def send(message: OutgoingMessage, context: HubSessionContext) -> SendOutcome:
        bench.may_send = False
        context.hand_over(message)
        raise AssertionError("it may not be sent")

    assert bench.run(send).verdict == "hand_back"
    assert bench.started == []
    assert not bench.faults


def test_a_journal_that_cannot_be_written_hands_back(bench: Bench) -> None:
    def started(_message_id: str, _attempt: int) -> None:
        raise LeaseEnded

    bench.context._started = started
    assert bench.run(answering("accepted", "accepted")).verdict == "hand_back"


def test_hand_over_may_be_called_twice_and_is_noted_once(bench: Bench) -> None:
    def send(message: OutgoingMessage, context: HubSessionContext) -> SendOutcome:
        context.hand_over(message)
        return cast(SendOutcome, answering("accepted", "accepted")(message, context))

    assert bench.run(send).verdict == "done"
    assert len(bench.started) == 1


def test_a_second_attempt_of_one_number_in_one_session_is_noted_again(bench: Bench) -> None:
    """A throttled attempt uses up no number; a crash in the next one must find its start in the journal."""
    bench.run(raising(Throttled("x"), hands_over=True))
    bench.run(raising(ValueError("x"), hands_over=True))
    assert len(bench.started) == 2


def test_a_hand_over_of_an_earlier_attempt_makes_no_doubt_of_a_later_one(bench: Bench) -> None:
    bench.run(raising(Throttled("x"), hands_over=True))
    assert bench.run(raising(ValueError("x"))).verdict == "retry"


# -- steps -------------------------------------------------------------------------------------------------------------


def test_steps_belong_to_the_attempt_in_which_they_happened(bench: Bench) -> None:
    def send(message: OutgoingMessage, context: HubSessionContext) -> SendOutcome:
        context.report(Step("connect", "ok", duration_seconds=0.5))
        return cast(SendOutcome, answering("accepted", "accepted")(message, context))

    assert [step.name for step in bench.run(send).steps] == ["connect"]
    assert bench.run(answering("accepted", "accepted")).steps == ()


def test_how_long_it_took_is_told(bench: Bench) -> None:
    def send(message: OutgoingMessage, context: HubSessionContext) -> SendOutcome:
        bench.clock.advance(1.5)
        return cast(SendOutcome, answering("accepted", "accepted")(message, context))

    assert bench.run(send).duration_seconds == 1.5


def test_the_attempts_that_count_are_those_since_somebody_asked(bench: Bench) -> None:
    outgoing = bench.item.outgoing
    object.__setattr__(outgoing, "attempt", 3)
    assert bench.run(raising(Transient("x"))).verdict == "fail"
    bench.item = ClaimedMessage("sales", 0, outgoing, attempts_forgiven=2, epoch=1)
    report = bench.run(raising(Transient("x")))
    assert (report.verdict, report.has_attempts_left, report.delay_seconds) == ("retry", True, 60.0)
