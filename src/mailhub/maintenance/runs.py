"""Maintenance as it runs: one piece at a time, in a thread of its own, followed like a check."""

import logging
from threading import Lock

from mailhub.contract.clock import Clock
from mailhub.contract.texts import _, plain
from mailhub.delivery.check_runs import KEPT_SECONDS, CheckResult, CheckRuns, Outcome, WalkedStep
from mailhub.delivery.reports import Failure
from mailhub.entropy import Entropy, new_id
from mailhub.errors import HubError, Invalid, WrongState
from mailhub.store.check import Finding

from .report import Operation, Progress, Report

logger = logging.getLogger(__name__)


class MaintenanceRun:
    """One piece of maintenance (``mailhub.delivery.check_runs.Run``). ``busy``: the lock it holds while it works."""

    def __init__(self, id: str, owner_id: str, operation: Operation, clock: Clock, busy: Lock) -> None:
        self.id = id
        self.owner_id = owner_id
        self.is_running = True
        self._operation = operation
        self._clock = clock
        self._busy = busy
        self._changed = Lock()
        self._steps: tuple[WalkedStep, ...] = ()
        self._outcome: Outcome | None = None
        self._error: Failure | None = None
        self._report = Report()
        self._ended_at = 0.0

    def run(self) -> None:
        """Do it. Whatever is raised becomes a failed run."""
        try:
            report, error = self._operation(Progress(self._clock, self._note)), None
        except HubError as refused:
            report, error = _report_of(refused), Failure(refused.code, plain(refused.message))
        except Exception:
            logger.exception("Maintenance met an unexpected error")
            report, error = Report(), Failure("internal.error", plain(_UNEXPECTED))
        finally:
            self._busy.release()
        self._end(report, error)

    def _end(self, report: Report, error: Failure | None) -> None:
        if error is None and report.wrong:
            text = _("${count} things are wrong.", mapping={"count": report.wrong})
            error = Failure("maintenance.findings", plain(text))
        with self._changed:
            self._report, self._error = report, error
            self._outcome = "failed" if error else "ok"
            self._ended_at = self._clock.monotonic()
            self.is_running = False

    def _note(self, step: WalkedStep) -> None:
        with self._changed:
            self._steps = (*self._steps, step)

    def result(self) -> CheckResult:
        """What there is by now."""
        with self._changed:
            report = None if self._outcome is None else self._report.presented()
            return CheckResult(self._outcome, self._steps, self._error, report)

    def is_expired(self) -> bool:
        return not self.is_running and self._clock.monotonic() >= self._ended_at + KEPT_SECONDS


def _report_of(refused: HubError) -> Report:
    """Every mistake of a file that was refused, each at its place."""
    if not isinstance(refused, Invalid):
        return Report()
    return Report(findings=tuple(Finding(each.code, each.pointer, each.message) for each in refused.errors))


_UNEXPECTED = _("It met an error that nobody expected. The hub's log has it.")


class MaintenanceRuns:
    """Begins maintenance, one piece at a time in this process."""

    def __init__(self, runs: CheckRuns, clock: Clock, entropy: Entropy) -> None:
        self._runs = runs
        self._clock = clock
        self._entropy = entropy
        self._busy = Lock()

    def start(self, owner_id: str, operation: Operation) -> MaintenanceRun:
        """Begin it. Raises ``WrongState`` (``maintenance.running``), ``TooManyRequests``."""
        if not self._busy.acquire(blocking=False):
            text = _("Other maintenance is running. Wait for it to end.")
            raise WrongState(text, code="maintenance.running")
        run = MaintenanceRun(new_id(self._entropy), owner_id, operation, self._clock, self._busy)
        try:
            self._runs.begin(run)
        except BaseException:
            self._busy.release()
            raise
        return run
