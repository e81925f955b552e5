"""The record: what an attempt came to, written in one transaction with its events, its permit and the next due time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailhub.accounts.model import account_topic, accounts_of
from mailhub.contract.errors import Permanent
from mailhub.contract.texts import _, plain
from mailhub.events.catalogue import UnknownEvent, event_type
from mailhub.events.rows import record_event
from mailhub.messages.model import Message, Outcome, RecipientState, messages_of
from mailhub.messages.transitions import move
from mailhub.store.root import HubRoot
from mailhub.store.writer import Shard

from .model import Claim, Lane, delivery_of
from .queueing import SECOND, instant, microseconds, put_back, requeue
from .reports import AttemptReport, Failure, StepReport, Verdict
from .telling import connector_of, tell


@dataclass(frozen=True, slots=True)
class RecordAttempt:
    """Write command: record the end of an attempt. False when the claim is no longer this worker's (a late answer)."""

    report: AttemptReport
    worker_id: str
    note: str = "record attempt"

    def check(self, hub: HubRoot) -> None:
        return None

    def apply(self, hub: HubRoot, shard: Shard) -> bool:
        lane = delivery_of(hub).find_lane(self.report.lane_id)
        claim = None if lane is None else find_claim(lane, self.report.message_id)
        if lane is None or claim is None:
            return False
        report = self.report
        if (claim.worker, claim.epoch, claim.attempt) != (self.worker_id, report.epoch, report.attempt):
            return False
        settle(hub, shard, lane, claim, report)
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
    name = f"{prefix}.{step.name}.{'succeeded' if step.is_ok else 'failed'}"
    if not _is_event(name):
        # a connector's own mistake in its prefix must not keep its mail from being recorded
        return
    record_event(
        hub,
        shard,
        name,
        message=message.id,
        account=message.account_id,
        connector=connector_of(hub, message.account_id),
        scenario=message.scenario,
        attempt=message.attempts,
        duration_seconds=step.duration_seconds,
        error_code=step.error_code or None,
        reply=step.detail or None,
    )


def _is_event(name: str) -> bool:
    try:
        event_type(name)
    except UnknownEvent:
        return False
    return True


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
            self._failed(
                self.report.failure or _refused([state for state in states if state.outcome == "refused"])
            )

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
        """The whole lane waits; the message keeps its place and uses up no attempt."""
        now = microseconds(self.shard.now)
        self.lane.hold_until = max(self.lane.hold_until, now + int(self.report.delay_seconds * SECOND))
        failure = self._failure()
        self._keep_error(failure)
        self._move("throttled", code=failure.code, detail=failure.detail)
        self._tell_attempt_failed(failure, instant(self.lane.hold_until))
        self._back_in_place()

    def _stop_account(self) -> None:
        """A refused sign-in: nothing is tried again until somebody acts, and no attempt is used up (RT5)."""
        failure = self._failure()
        stop(self.hub, self.shard, self.lane, failure)
        self._keep_error(failure)
        self._move("account_stopped", code=failure.code, detail=failure.detail)
        self._back_in_place()

    def _hand_back(self) -> None:
        """The attempt never began: its number and its place in the queue are as before (W4)."""
        self._move("handed_back")
        self._back_in_place()

    def _back_in_place(self) -> None:
        """The history has the number of the attempt; the next one has it again."""
        self.message.attempts -= 1
        put_back(self.lane, self.shard, self.message, instant(self.claim.due))

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
        self._tell_attempt_failed(failure, due)

    def _tell_attempt_failed(self, failure: Failure, retry_at: datetime) -> None:
        self._tell(
            "message.attempt_failed",
            error_code=failure.code,
            reply=failure.reply or None,
            retry_at=retry_at.isoformat(),
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


def _refused(states: Sequence[RecipientState]) -> Failure:
    """The failure of a message that no recipient's server took: the first one's answer says why."""
    first = states[0] if states else RecipientState()
    is_reply_code = first.code.isdigit() or not first.code
    code = Permanent.code if is_reply_code else first.code
    reply = f"{first.code} {first.detail}".strip() if is_reply_code else first.detail
    return Failure(code, plain(_("No recipient was accepted.")), reply)


def stop(hub: HubRoot, shard: Shard, lane: Lane, failure: Failure) -> None:
    """Hold a lane's mail until somebody acts: the account's, or one person's who signs in for himself.

    Told once, though several attempts at a time may meet the same refusal.
    """
    account = accounts_of(hub).find(lane.account_id)
    attention = (failure.code, failure.message, shard.now, plain(_ACTION))
    if lane.sending_identity:
        is_news, lane.attention = lane.attention is None, lane.attention or attention
    elif account is not None:
        is_news = account.state.attention is None
        account.state.attention = account.state.attention or attention
    else:
        is_news = False
    shard.wake(account_topic(lane.account_id))
    if is_news:
        _tell_stopped(hub, shard, lane, failure)


def _tell_stopped(hub: HubRoot, shard: Shard, lane: Lane, failure: Failure) -> None:
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
