"""One attempt: call the session, and put whatever comes of it into a report. Runs in a sending thread, touches no database."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from mailhub.contract.connector import SendingSession
from mailhub.contract.errors import DeliveryError, Transient, Uncertain
from mailhub.contract.outcome import SendOutcome
from mailhub.contract.texts import _
from mailhub.entropy import Entropy

from .config import LaneConfig
from .context import HubSessionContext, LeaseEnded
from .outgoing import ClaimedMessage
from .queueing import microseconds
from .reports import Answers, AttemptReport, Failure, Verdict, answers_of, check_outcome
from .retry import Decision, RetrySchedule, decide


@dataclass(frozen=True, slots=True)
class Judge:
    """Turns the end of an attempt into a verdict, by the account's terms and the retry schedule."""

    config: LaneConfig
    schedule: RetrySchedule
    entropy: Entropy
    now: Callable[[], datetime]
    """The storage's clock: permits are counted by it."""
    note_fault: Callable[[str, BaseException], None]
    """Told the connector's id and what it did against the contract."""

    def decide(self, error: DeliveryError, attempt: int) -> Decision:
        return decide(
            error,
            attempt=attempt,
            max_attempts=self.config.max_attempts,
            schedule=self.schedule,
            chance=self.entropy.uniform(-1.0, 1.0),
        )

    def delay_seconds(self, attempt: int) -> float:
        return self.schedule.delay_seconds(attempt, self.entropy.uniform(-1.0, 1.0))


def run_attempt(
    session: SendingSession, item: ClaimedMessage, context: HubSessionContext, judge: Judge
) -> AttemptReport:
    """Send one message and report, whatever the connector does.

    After an unclassified error nobody knows what state the connector's session is in, so it is closed.
    """
    attempt = _Attempt(item, context, judge)
    try:
        context.begin()
        outcome = session.send(item.outgoing)
        check_outcome(outcome, item.outgoing)
    except LeaseEnded:
        return attempt.report("hand_back")
    except DeliveryError as error:
        return attempt.of_error(error)
    except BaseException as error:  # noqa: BLE001 - a connector that calls sys.exit must not take the lane with it
        judge.note_fault(judge.config.connector_id, error)
        session.close()
        return attempt.of_error(classified(error, was_handed_over=context.was_handed_over(item.outgoing)))
    attempt.check_hand_over(outcome)
    return attempt.of_outcome(outcome)


def classified(error: BaseException, *, was_handed_over: bool) -> DeliveryError:
    """What an unclassified error counts as: safe to repeat before the hand-over, of unknown outcome after it."""
    text = _("The connector failed in an unexpected way: ${error}", mapping={"error": repr(error)})
    return Uncertain(text) if was_handed_over else Transient(text, code="connector.failed")


class _Attempt:
    """One attempt while it runs: when it began, and how its report is made."""

    def __init__(self, item: ClaimedMessage, context: HubSessionContext, judge: Judge) -> None:
        self._item = item
        self._context = context
        self._judge = judge
        self._began = context.clock.monotonic()

    def check_hand_over(self, outcome: SendOutcome) -> None:
        """A connector that never announced its final step makes a crash unsafe: say so where plugins are shown."""
        if outcome.with_status("accepted") and not self._context.was_handed_over(self._item.outgoing):
            fault = RuntimeError("the connector sent a message without calling hand_over")
            self._judge.note_fault(self._judge.config.connector_id, fault)

    def of_outcome(self, outcome: SendOutcome) -> AttemptReport:
        answers = answers_of(outcome)
        uncertain = outcome.with_status("uncertain")
        if uncertain:
            lost = Uncertain(_("The connection was lost before the server answered for some recipients."))
            return self.of_error(lost, answers=answers, reply=outcome.reply)
        deferred = outcome.with_status("deferred")
        if not deferred:
            return self.report("done", answers=answers, reply=outcome.reply)
        numbers = {"count": len(deferred), "total": len(outcome.recipients)}
        error = Transient(
            _("The server put ${count} of ${total} recipients off.", mapping=numbers),
            code="delivery.deferred",
            reply=deferred[0].detail,
            retry_after_seconds=outcome.retry_after_seconds,
        )
        return self.of_error(error, answers=answers, reply=outcome.reply)

    def of_error(self, error: DeliveryError, *, answers: Answers = (), reply: str = "") -> AttemptReport:
        attempt = self._item.counted_attempt
        decision = self._judge.decide(error, attempt)
        delay = decision.delay_seconds
        if decision.kind == "uncertain":
            delay = self._judge.delay_seconds(attempt)
        return self.report(
            decision.kind, failure=Failure.of(error), delay_seconds=delay, answers=answers, reply=reply
        )

    def report(
        self,
        verdict: Verdict,
        *,
        failure: Failure | None = None,
        delay_seconds: float = 0.0,
        answers: Answers = (),
        reply: str = "",
    ) -> AttemptReport:
        config, outgoing, clock = self._judge.config, self._item.outgoing, self._context.clock
        return AttemptReport(
            lane_id=self._item.lane_id,
            message_id=outgoing.id,
            attempt=outgoing.attempt,
            epoch=self._item.epoch,
            verdict=verdict,
            answers=answers,
            reply=reply,
            failure=failure,
            delay_seconds=delay_seconds,
            on_uncertain=config.on_uncertain,
            has_attempts_left=self._item.counted_attempt < config.max_attempts,
            replied_at=microseconds(self._judge.now()),
            duration_seconds=round(clock.monotonic() - self._began, 6),
            steps=self._context.take_steps(),
            telemetry_prefix=config.telemetry_prefix,
        )


def handed_back(item: ClaimedMessage, now: datetime) -> AttemptReport:
    """The report of an attempt that never began."""
    return AttemptReport(
        lane_id=item.lane_id,
        message_id=item.outgoing.id,
        attempt=item.outgoing.attempt,
        epoch=item.epoch,
        verdict="hand_back",
        replied_at=microseconds(now),
    )
