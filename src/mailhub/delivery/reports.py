"""What a sending thread reports of an attempt: plain values, fit for the journal and for a write command."""

import json
from dataclasses import asdict, dataclass
from typing import Literal, Self, get_args

from mailhub.contract.connector import OnUncertain, Step
from mailhub.contract.errors import DeliveryError
from mailhub.contract.message import OutgoingMessage
from mailhub.contract.outcome import RecipientStatus, SendOutcome
from mailhub.contract.texts import plain

from .retry import Kind

Verdict = Kind | Literal["done", "hand_back"]
"""What becomes of the message: the retry decision, or the outcome stands, or the attempt never began."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A classified error as plain values."""

    code: str
    message: str
    reply: str = ""

    @classmethod
    def of(cls, error: DeliveryError) -> Self:
        """Whatever a connector has put into its error becomes text: it has to get into the journal and the database."""
        return cls(str(error.code), str(plain(error.message)), str(error.reply or ""))

    @property
    def detail(self) -> str:
        """What the history shows: the server's own words where there are any."""
        return self.reply or self.message


@dataclass(frozen=True, slots=True)
class StepReport:
    """A step of the sending session that this attempt was the first to use."""

    name: str
    is_ok: bool
    duration_seconds: float
    error_code: str = ""
    detail: str = ""

    @classmethod
    def of(cls, step: Step) -> Self:
        code = "" if step.error is None else str(step.error.code)
        detail = str(plain(step.detail)) if step.error is None else Failure.of(step.error).detail
        return cls(str(step.name), step.outcome == "ok", float(step.duration_seconds), code, detail)


Answers = tuple[tuple[str, str, str, str], ...]
"""(address, outcome, code, detail) for each recipient that was tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptReport:
    """The end of one attempt that was claimed under the membership of ``epoch``.

    ``answers`` are empty when ``failure`` concerns the whole message. ``replied_at``: microseconds since 1970 by the storage's
    clock. ``delay_seconds``: for ``retry`` and ``throttle``, and before an uncertain attempt is repeated.
    """

    lane_id: str
    message_id: str
    attempt: int
    epoch: int
    verdict: Verdict
    answers: Answers = ()
    reply: str = ""
    failure: Failure | None = None
    delay_seconds: float = 0.0
    on_uncertain: OnUncertain = "resend"
    has_attempts_left: bool = True
    replied_at: int
    duration_seconds: float = 0.0
    steps: tuple[StepReport, ...] = ()
    telemetry_prefix: str = ""

    @property
    def error_code(self) -> str:
        return "" if self.failure is None else self.failure.code

    def to_json(self) -> str:
        """One line for the journal."""
        return json.dumps(asdict(self), ensure_ascii=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, line: str) -> Self:
        """Raises ValueError, KeyError or TypeError for a line that was cut."""
        fields = json.loads(line)
        failure = fields.pop("failure")
        steps = tuple(StepReport(**step) for step in fields.pop("steps"))
        answers = tuple(tuple(answer) for answer in fields.pop("answers"))
        return cls(
            failure=None if failure is None else Failure(**failure), steps=steps, answers=answers, **fields
        )


STATUSES = frozenset(get_args(RecipientStatus))


def check_outcome(outcome: SendOutcome, message: OutgoingMessage) -> None:
    """Hold a connector to the contract: one answer, of text, for exactly the recipients it was given.

    Raises ValueError, or whatever an object that is no outcome raises.
    """
    asked = sorted(each.address for each in message.recipients)
    if asked != sorted(each.address for each in outcome.recipients):
        raise ValueError("the connector's outcome does not name exactly the recipients it was given")
    texts = [outcome.reply, *(text for each in outcome.recipients for text in (each.code, each.detail))]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("the connector's outcome has a code, detail or reply that is no text")
    if any(each.status not in STATUSES for each in outcome.recipients):
        raise ValueError("the connector's outcome has a status that there is not")


def answers_of(outcome: SendOutcome) -> Answers:
    """The outcome of each recipient as plain values; one of unknown outcome is kept as still to be tried."""
    return tuple(
        (each.address, "deferred", "delivery.uncertain", each.detail)
        if each.status == "uncertain"
        else (each.address, each.status, each.code, each.detail)
        for each in outcome.recipients
    )
