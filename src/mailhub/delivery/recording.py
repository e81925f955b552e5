"""The record: what an attempt came to, written in one transaction with its events, its permit and the next due time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from mailhub.accounts.model import account_topic, accounts_of
from mailhub.contract.texts import _, plain
from mailhub.events.rows import record_event
from mailhub.messages.model import Message, Outcome, RecipientState, messages_of
from mailhub.messages.transitions import move
from mailhub.store.root import HubRoot
from mailhub.store.writer import Shard

from .model import Claim, Lane, delivery_of
from .queueing import SECOND, instant, microseconds, requeue
from .reports import AttemptReport, Failure, StepReport, Verdict
from .telling import connector_of, tell


@dataclass(frozen=True, slots=True)
class RecordAttempt:
    """Write command: record the end of an attempt. False when the claim is no longer this worker's (a late answer)."""

    report: AttemptReport
    worker_id: str
    epoch: int
    note: str = "record attempt"

    def check(self, hub: HubRoot) -> None:
        return None

    def apply(self, hub: HubRoot, shard: Shard) -> bool:
        lane = delivery_of(hub).find_lane(self.report.lane_id)
        claim = None if lane is None else find_claim(lane, self.report.message_id)
        if lane is None or claim is None:
            return False
        if (claim.worker, claim.epoch, claim.attempt) != (self.worker_id, self.epoch, self.report.attempt):
            return False
        settle(hub, shard, lane, claim, self.report)
        return True


def find_claim(lane: Lane, message_id: str) -> Claim | None:
    claim = lane.claims.get(message_id)
    return None if claim is None else Claim(*claim)


def settle(hub: HubRoot, shard: Shard, lane: Lane, claim: Claim, report: AttemptReport) -> None:
    """End a claim as its report says."""
    del lane.claims[report.message_id]
    _return_permit(hub, shard, claim, report)
    _tell_steps(hub, shard, report)
    message = messages_of(hub).find(report.message_id)
    if message is not None and message.status == "sending":
        _Settlement(hub, shard, lane, claim, report, message).run()


def _return_permit(hub: HubRoot, shard: Shard, claim: Claim, report: AttemptReport) -> None:
    if not claim.permit_of:
        return
    limit = delivery_of(hub).limit_of(claim.permit_of)
    if report.verdict == "hand_back":
        limit.hand_back(1)
    else:
        limit.used([report.replied_at], microseconds(shard.now))


def _tell_steps(hub: HubRoot, shard: Shard, report: AttemptReport) -> None:
    message = messages_of(hub).find(report.message_id)
    if message is None or not report.telemetry_prefix:
        return
    for step in report.steps:
        if step.name in ("connect", "authenticate"):
            _tell_step(hub, shard, message, report.telemetry_prefix, step)


def _tell_step(hub: HubRoot, shard: Shard, message: Message, prefix: str, step: StepReport) -> None:
    record_event(
        hub,
        shard,
        f"{prefix}.{step.name}.{'succeeded' if step.is_ok else 'failed'}",
        message=message.id,
        account=message.account_id,
        connector=connector_of(hub, message.account_id),
        scenario=message.scenario,
        attempt=message.attempts,
        duration_seconds=step.duration_seconds,
        error_code=step.error_code or None,
        reply=step.detail or None,
    )


class _Settlement:
    """What one report does to its message."""

    def __init__(
        self, hub: HubRoot, shard: Shard, lane: Lane, claim: Claim, report: AttemptReport, message: Message
    ) -> None:
        self.hub = hub
        self.shard = shard
        self.lane = lane
        self.claim = claim
        self.report = report
        self.message = message

    def run(self) -> None:
        self._merge_answers()
        verdicts: dict[Verdict, Callable[[], None]] = {
            "done": self._done,
            "fail": self._fail,
            "retry": self._retry,
            "throttle": self._throttle,
            "stop_account": self._stop_account,
            "uncertain": self._uncertain,
            "hand_back": self._hand_back,
        }
        verdicts[self.report.verdict]()

    def _merge_answers(self) -> None:
        if not self.report.answers:
            return
        answers = {address: RecipientState(*state) for address, *state in self.report.answers}
        self.message.outcomes = tuple(
            _stored(answers.get(recipient.address, state))
            for recipient, state in self.message.recipient_states()
        )

    def _done(self) -> None:
        """No recipient is left to try: any that was accepted, now or before, makes the message sent (api.md)."""
        states = [state for _recipient, state in self.message.recipient_states()]
        accepted = sum(state.outcome == "accepted" for state in states)
        if accepted:
            self._sent(is_partial=accepted < len(states))
        else:
            refused = next((state for state in states if state.outcome != "pending"), RecipientState())
            self._failed(self.report.failure or Failure(refused.code or "delivery.refused", refused.detail))

    def _sent(self, *, is_partial: bool) -> None:
        self.message.is_partial = is_partial
        self.message.error = None
        self._move("sent", detail=self.report.reply)
        self._tell(
            "message.sent",
            is_partial=is_partial,
            possible_duplicate=self.message.possible_duplicate,
            reply=self.report.reply or None,
        )

    def _failed(self, failure: Failure) -> None:
        self.message.error = (failure.code, failure.message or failure.reply, False)
        self._move("failed", code=failure.code, detail=failure.detail)
        self._tell("message.failed", error_code=failure.code, reply=failure.reply or None)

    def _fail(self) -> None:
        failure = self._failure()
        self._close_pending("refused", failure)
        self._done()

    def _retry(self) -> None:
        self._try_again("retry_scheduled", self.report.delay_seconds)

    def _throttle(self) -> None:
        """The whole lane waits, and no attempt is used up."""
        self.message.attempts -= 1
        hold_until = microseconds(self.shard.now) + int(self.report.delay_seconds * SECOND)
        self.lane.hold_until = max(self.lane.hold_until, hold_until)
        self._try_again("throttled", 0.0)

    def _stop_account(self) -> None:
        """A refused sign-in: nothing is tried again until somebody acts, and no attempt is used up (RT5)."""
        self.message.attempts -= 1
        failure = self._failure()
        stop(self.hub, self.shard, self.lane, failure)
        self._keep_error(failure)
        self._move("account_stopped", code=failure.code, detail=failure.detail)
        requeue(self.lane, self.shard, self.message, instant(self.claim.due))

    def _hand_back(self) -> None:
        """The attempt never began: its number and its place in the queue are as before (W4)."""
        self.message.attempts -= 1
        self._move("handed_back")
        requeue(self.lane, self.shard, self.message, instant(self.claim.due))

    def _uncertain(self) -> None:
        """Nobody knows whether it went out (W6): the account's choice, while attempts are left."""
        self.message.possible_duplicate = True
        if self.report.on_uncertain == "resend" and self.report.has_attempts_left:
            self._try_again("resent_uncertain", self.report.delay_seconds)
            return
        failure = self._failure()
        self._keep_error(failure)
        self._move("in_doubt", code=failure.code, detail=failure.detail)
        self._tell("message.held", error_code=failure.code, reply=failure.reply or None)

    def _try_again(self, event: str, delay_seconds: float) -> None:
        failure = self._failure()
        due = self.shard.now + timedelta(seconds=delay_seconds)
        self._keep_error(failure)
        self._move(event, code=failure.code, detail=failure.detail)
        requeue(self.lane, self.shard, self.message, due)
        self._tell(
            "message.attempt_failed",
            error_code=failure.code,
            reply=failure.reply or None,
            retry_at=due.isoformat(),
        )

    def _failure(self) -> Failure:
        """The failure of the message as a whole, or that of a recipient that is still to be tried."""
        if self.report.failure is not None:
            return self.report.failure
        for _recipient, state in self.message.recipient_states():
            if state.outcome == "deferred":
                return Failure("delivery.deferred", plain(_("The server put it off.")), state.detail)
        return Failure("delivery.failed", plain(_("The attempt failed.")))

    def _keep_error(self, failure: Failure) -> None:
        self.message.error = (failure.code, failure.message, True)

    def _close_pending(self, outcome: str, failure: Failure) -> None:
        closed = RecipientState(outcome, failure.code, failure.detail)
        self.message.outcomes = tuple(
            _stored(closed if state.outcome in ("pending", "deferred") else state)
            for _recipient, state in self.message.recipient_states()
        )

    def _move(self, event: str, *, code: str = "", detail: str = "") -> None:
        move(
            self.hub,
            self.shard,
            self.message,
            event,
            code=code,
            detail=detail,
            possible_duplicate=self.message.possible_duplicate,
        )

    def _tell(self, name: str, **dimensions: str | bool | float | None) -> None:
        tell(
            self.hub,
            self.shard,
            self.message,
            name,
            duration_seconds=self.report.duration_seconds,
            **dimensions,
        )


def _stored(state: RecipientState) -> Outcome:
    """The state as a plain tuple, so that no class of ours is pickled."""
    return (state.outcome, state.code, state.detail)


def stop(hub: HubRoot, shard: Shard, lane: Lane, failure: Failure) -> None:
    """Hold a lane's mail until somebody acts: the account's, or one person's who signs in for himself."""
    attention = (failure.code, failure.message, shard.now, plain(_ACTION))
    account = accounts_of(hub).find(lane.account_id)
    if lane.sending_identity:
        lane.attention = attention
    elif account is not None:
        account.state.attention = attention
    shard.wake(account_topic(lane.account_id))
    record_event(
        hub,
        shard,
        "account.needs_attention",
        account=lane.account_id,
        connector=connector_of(hub, lane.account_id),
        error_code=failure.code,
        identity=lane.sending_identity or None,
        reply=failure.reply or None,
    )


_ACTION = _("Correct the account's settings and test it; its mail waits until then.")
