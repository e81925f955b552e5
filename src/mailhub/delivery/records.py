"""Getting the ends of attempts into the database, for as long as it takes: nothing marked sent that is not stored, nothing
forgotten that was sent (W7, W11)."""

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from functools import partial
from threading import Condition

from mailhub.contract.clock import Clock
from mailhub.errors import StorageUnavailable
from mailhub.store.writer import Writer

from .attempting import handed_back
from .journal import AttemptKey, Journal
from .outgoing import ClaimedMessage
from .recording import RecordAttempt
from .reports import AttemptReport

logger = logging.getLogger(__name__)

STORAGE_PAUSE_SECONDS = 1.0
"""How long to wait before a storage that was not available is asked again."""


class Recorder:
    """Hands reports to the writer and keeps each until it is stored. Guarded by the worker's lock."""

    def __init__(
        self,
        writer: Writer,
        worker_id: str,
        clock: Clock,
        changed: Condition,
        stored: Callable[[AttemptReport], None],
    ) -> None:
        self._writer = writer
        self._worker_id = worker_id
        self._clock = clock
        self._changed = changed
        self._stored = stored
        self._again: list[AttemptReport] = []
        self.unrecorded: dict[AttemptKey, AttemptReport] = {}
        self.journal: Journal | None = None
        self.again_at: float | None = None

    def ended(self, report: AttemptReport) -> None:
        """An attempt has ended: into the journal first, then to the writer."""
        if report.verdict != "hand_back" and self.journal is not None:
            self._note(self.journal, report)
        self._record(report)

    def hand_back(self, items: Iterable[ClaimedMessage]) -> None:
        """Attempts that never began go back into the lane, with their permits."""
        for item in items:
            self._record(handed_back(item, self._clock.now()))

    def record_what_failed(self) -> None:
        """Try again what could not be stored, when it is time."""
        with self._changed:
            if self.again_at is None or self._clock.monotonic() < self.again_at:
                return
            waiting, self._again = self._again, []
            self.again_at = None
        for report in waiting:
            self._record(report)

    def _note(self, journal: Journal, report: AttemptReport) -> None:
        try:
            journal.answered(report)
        except OSError as error:
            logger.warning("The attempt journal could not be written: %s", error)

    def _forget(self, message_id: str, attempt: int) -> None:
        if self.journal is None:
            return
        try:
            self.journal.recorded(message_id, attempt)
        except OSError as error:
            logger.warning("The attempt journal could not be written: %s", error)

    def _record(self, report: AttemptReport) -> None:
        with self._changed:
            self.unrecorded[(report.message_id, report.attempt)] = report
        try:
            future = self._writer.submit(RecordAttempt(report, self._worker_id))
        except StorageUnavailable as error:
            self._keep(report, error)
        else:
            future.add_done_callback(partial(self._answered, report))

    def _answered(self, report: AttemptReport, future: "Future[bool]") -> None:
        error = future.exception()
        if error is not None:
            self._keep(report, error)
            return
        key = (report.message_id, report.attempt)
        if not future.result():
            logger.warning("The answer for message %s, attempt %s came too late to count", *key)
        self._forget(*key)
        with self._changed:
            if self.unrecorded.get(key) is report:
                del self.unrecorded[key]
            self._stored(report)
            self._changed.notify_all()

    def _keep(self, report: AttemptReport, error: BaseException) -> None:
        logger.warning("The end of an attempt at %s is not stored yet: %s", report.message_id, error)
        with self._changed:
            self._again.append(report)
            self.again_at = self._clock.monotonic() + STORAGE_PAUSE_SECONDS
            self._changed.notify_all()
