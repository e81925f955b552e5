"""Whether this process can do its work, answered in bounded time (``GET /health/ready``).

Each fact has a check of its own, run in a thread: a database that hangs, or a disk, must not make the answer hang too.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Condition, Thread

from mailhub.contract.clock import Clock
from mailhub.contract.texts import Text, _

logger = logging.getLogger(__name__)

LIMIT_SECONDS = 2.0
FRESH_SECONDS = 1.0
"""An answer is given again for so long: whoever asks without end costs nothing more."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong. ``is_fatal``: no work should be sent here; else it is worth knowing.

    Anybody may read it, so it names no path, no plugin and no account: the log and the API do.
    """

    code: str
    message: Text
    is_fatal: bool = True


Check = Callable[[], Sequence[Finding]]
"""Looks at one thing; empty when all is well. What it raises is logged and counts as a fatal finding."""


class HealthService:
    """Runs the checks of a process, each at most once at a time."""

    def __init__(
        self,
        checks: Mapping[str, Check],
        clock: Clock,
        limit_seconds: float = LIMIT_SECONDS,
        fresh_seconds: float = FRESH_SECONDS,
    ) -> None:
        self._clock = clock
        self._limit_seconds = limit_seconds
        self._checks = [_BoundedCheck(name, check, clock, fresh_seconds) for name, check in checks.items()]

    def look(self) -> list[Finding]:
        """What is wrong now, in the order of the checks; returns within the limit."""
        ends_at = self._clock.monotonic() + self._limit_seconds
        for check in self._checks:
            check.begin()
        return [finding for check in self._checks for finding in check.findings(ends_at)]


class _BoundedCheck:
    """One check. One that hangs keeps its thread, and no second one is started beside it."""

    def __init__(self, name: str, check: Check, clock: Clock, fresh_seconds: float) -> None:
        self._name = name
        self._check = check
        self._clock = clock
        self._fresh_seconds = fresh_seconds
        self._changed = Condition()
        self._is_running = False
        self._findings: Sequence[Finding] = ()
        self._ended_at: float | None = None

    def begin(self) -> None:
        """Run it, unless it is running or has just run."""
        with self._changed:
            if self._is_running or self._is_fresh():
                return
            self._is_running = True
        try:
            Thread(target=self._run, name=f"health-{self._name}", daemon=True).start()
        except RuntimeError:  # the machine has no thread left
            logger.exception("The health check %s could not be started", self._name)
            self._end([_failed(self._name)])

    def findings(self, ends_at: float) -> Sequence[Finding]:
        """What it found, or that it gave no answer until then (monotonic seconds)."""
        with self._changed:
            while self._is_running:
                left = ends_at - self._clock.monotonic()
                if left <= 0:
                    return [_silent(self._name)]
                self._clock.wait(self._changed, left)
            return self._findings

    def _is_fresh(self) -> bool:
        return self._ended_at is not None and self._clock.monotonic() - self._ended_at < self._fresh_seconds

    def _run(self) -> None:
        try:
            findings = self._check()
        except Exception:
            logger.exception("The health check %s failed", self._name)
            findings = [_failed(self._name)]
        self._end(findings)

    def _end(self, findings: Sequence[Finding]) -> None:
        with self._changed:
            self._findings = findings
            self._ended_at = self._clock.monotonic()
            self._is_running = False
            self._changed.notify_all()


def _silent(name: str) -> Finding:
    return Finding(
        "health.no_answer", _("The check of ${name} gave no answer in time.", mapping={"name": name})
    )


def _failed(name: str) -> Finding:
    return Finding(
        "health.check_failed", _("The check of ${name} failed; the log says why.", mapping={"name": name})
    )
