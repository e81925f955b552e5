"""Checks as they run: a connector walks the way a mail takes, in a thread of its own, and the steps are kept.

A thread cannot be stopped, so one that is overdue is given up: what it still says is ignored, and it counts against the
number of checks at the same time until it ends (design decision 4).
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Condition, Thread
from typing import Any, Literal, Protocol

from mailhub.contract.clock import Clock
from mailhub.contract.connector import Step
from mailhub.contract.errors import DeliveryError, Transient
from mailhub.contract.texts import Text, _, plain
from mailhub.entropy import Entropy, new_id
from mailhub.errors import NOT_FOUND, NotFound, TooManyRequests
from mailhub.pluginhost import guard

from .reports import Failure

logger = logging.getLogger(__name__)

DEADLINE_SECONDS = 60.0
KEPT_SECONDS = 600.0
RUNNING_AT_MOST = 8
KEPT_AT_MOST = 200
STEPS_AT_MOST = 50
DETAIL_CHARACTERS = 2000

Outcome = Literal["sent", "ok", "failed"]


@dataclass(frozen=True, slots=True)
class WalkedStep:
    """One step, as it is shown."""

    name: str
    outcome: str
    duration_seconds: float = 0.0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How far it got. ``outcome``: None while it runs, ``ok`` when nothing was to be sent. ``report``: what else there
    is to tell, of work that is no check of an account."""

    outcome: Outcome | None
    steps: tuple[WalkedStep, ...]
    error: Failure | None = None
    report: Mapping[str, Any] | None = None


class Run(Protocol):
    """Work that goes on in a thread of its own and is looked at meanwhile. ``owner_id``: who asked for it."""

    id: str
    owner_id: str
    is_running: bool

    def run(self) -> None:
        """Do it; raises nothing."""
        ...

    def result(self) -> CheckResult:
        """What there is by now."""
        ...

    def is_expired(self) -> bool:
        """True when nobody needs to look at it any more."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckWork:
    """What a check does. ``walk``: the connector's steps. ``step_names``: those it may take, in order. ``sends``: the last
    one sends a mail. ``ended``: called with the outcome, in the check's thread, before anybody is told.
    ``failed_badly``: told what the connector raised that it may not."""

    walk: Callable[[], Iterator[Step]]
    step_names: Sequence[str]
    sends: bool
    ended: Callable[[Outcome], None]
    failed_badly: Callable[[BaseException], None]


class CheckRun:
    """One check. ``owner_id``: who asked for it."""

    def __init__(self, id: str, owner_id: str, work: CheckWork, clock: Clock) -> None:
        self.id = id
        self.owner_id = owner_id
        self.began = clock.monotonic()
        self._clock = clock
        self._work = work
        self._changed = Condition()
        self._steps: list[WalkedStep] = []
        self._result: CheckResult | None = None
        self.is_running = True

    @property
    def step_names(self) -> Sequence[str]:
        """The steps of the whole way, as the connector announces them."""
        return self._work.step_names

    def wait(self) -> CheckResult:
        """The result, at the latest at the deadline."""
        with self._changed:
            while self._result is None and self._seconds_left() > 0:
                self._clock.wait(self._changed, self._seconds_left())
        return self.result()

    def result(self) -> CheckResult:
        """What there is by now."""
        with self._changed:
            if self._result is None and self._seconds_left() <= 0:
                self._result = self._whole("failed", _TOO_LONG)
            return self._result or CheckResult(None, tuple(self._steps))

    def is_expired(self) -> bool:
        return self._clock.monotonic() >= self.began + DEADLINE_SECONDS + KEPT_SECONDS

    def run(self) -> None:
        """Walk. Whatever the connector raises becomes a failed check."""
        walked = guard.run(self._walk)
        if isinstance(walked, guard.Raised):
            self._work.failed_badly(walked.error)
            text = _(
                "The connector failed in an unexpected way: ${error}", mapping={"error": walked.sentence}
            )
            walked = Failure("connector.failed", plain(text))
        outcome: Outcome = "failed" if walked else ("sent" if self._work.sends else "ok")
        try:
            self._work.ended(outcome)
        except Exception:
            logger.exception("What follows a check failed")
        with self._changed:
            self._result = self._result or self._whole(outcome, walked)
            self.is_running = False
            self._changed.notify_all()

    def _seconds_left(self) -> float:
        return self.began + DEADLINE_SECONDS - self._clock.monotonic()

    def _walk(self) -> Failure | None:
        """The failure that ended the walk, if one did."""
        seen: list[str] = []
        for step in self._work.walk():
            _hold_to_contract(step, len(seen))
            failure = _failure_of(step)
            self._note(WalkedStep(step.name, step.outcome, step.duration_seconds, _detail(step)))
            if failure is not None:
                return failure
            seen.append(step.name if step.outcome == "ok" else "")
        if self._work.sends and "send" not in seen:
            raise TypeError("the walk ended without a step that sent the mail")
        return None

    def _note(self, step: WalkedStep) -> None:
        with self._changed:
            if self._result is None:
                self._steps.append(step)
                self._changed.notify_all()

    def _whole(self, outcome: Outcome, error: Failure | None) -> CheckResult:
        """The steps that were walked, and those that were not."""
        walked = {step.name for step in self._steps}
        rest = (WalkedStep(name, "skipped") for name in self._work.step_names if name not in walked)
        return CheckResult(outcome, (*self._steps, *rest), error)


_TOO_LONG = Failure("check.timed_out", plain(_("It took too long and was given up.")))


def _hold_to_contract(step: object, number: int) -> None:
    """Raises TypeError for what is no step."""
    if number >= STEPS_AT_MOST:
        raise TypeError("the walk does not end")
    if not isinstance(step, Step) or not isinstance(step.name, str) or not isinstance(step.detail, str):
        raise TypeError("the walk gave something that is not a Step")
    if step.outcome not in ("ok", "failed", "skipped") or not isinstance(step.duration_seconds, int | float):
        raise TypeError("the walk gave a step without a proper outcome")
    if step.error is not None and not isinstance(step.error, DeliveryError):
        raise TypeError("the error of a step is not a classified one")


def _failure_of(step: Step) -> Failure | None:
    if step.outcome != "failed":
        return None
    return Failure.of(step.error or Transient(step.detail or _("This step failed.")))


def _detail(step: Step) -> str:
    text: Text = step.detail or ("" if step.error is None else step.error.message)
    return plain(text)[:DETAIL_CHARACTERS]


class CheckRuns:
    """All checks of this process: few at the same time, kept for a while after they ended."""

    def __init__(self, clock: Clock, entropy: Entropy) -> None:
        self._clock = clock
        self._entropy = entropy
        self._changed = Condition()
        self._runs: dict[str, Run] = {}

    def start(self, owner_id: str, work: CheckWork) -> CheckRun:
        """Begin a check in a thread of its own. Raises ``TooManyRequests``."""
        run = CheckRun(new_id(self._entropy), owner_id, work, self._clock)
        self.begin(run)
        return run

    def begin(self, run: Run) -> None:
        """Begin any work that can be followed like a check. Raises ``TooManyRequests``."""
        with self._changed:
            self._forget_old()
            self._require_room()
            self._runs[run.id] = run
        Thread(target=run.run, name=f"check-{run.id}", daemon=True).start()

    def require_room(self) -> None:
        """Raises ``TooManyRequests`` when no check may be begun now."""
        with self._changed:
            self._forget_old()
            self._require_room()

    def get(self, id: str, owner_id: str) -> Run:
        """A check, or other work, that this user began. Raises ``NotFound`` with ``check.not_found``."""
        with self._changed:
            self._forget_old()
            run = self._runs.get(id)
        if run is None or run.owner_id != owner_id:
            raise NotFound(NOT_FOUND, code="check.not_found")
        return run

    def _require_room(self) -> None:
        if sum(run.is_running for run in self._runs.values()) >= RUNNING_AT_MOST:
            raise TooManyRequests(
                _("Too many checks are running. Try again in a moment."), retry_after_seconds=10.0
            )

    def _forget_old(self) -> None:
        """Running ones are remembered however old they are: their threads count."""
        ended = [run for run in self._runs.values() if not run.is_running]
        over = [run for run in ended if run.is_expired()]
        surplus = max(0, len(ended) - len(over) - KEPT_AT_MOST)
        kept = [run for run in ended if not run.is_expired()]
        for run in (*over, *kept[:surplus]):
            del self._runs[run.id]
