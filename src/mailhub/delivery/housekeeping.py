"""Small jobs of a process that nobody waits for: trimming its inboxes, forgetting uploads that nobody used.

A lane never deletes from an inbox but moves its cursor, so the inbox's owner takes away what every cursor has passed
(design decision 9). Each job looks before it writes: an idle hub writes nothing.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from threading import Condition, Thread
from typing import Any

from mailhub.contract.clock import Clock
from mailhub.errors import HubError
from mailhub.messages.model import messages_of
from mailhub.store.database import Database
from mailhub.store.root import HubRoot
from mailhub.store.writer import Shard, Writer
from mailhub.uploads.sweeping import SWEEP_AT_MOST, sweep_expired

from .model import InboxEntry, delivery_of

logger = logging.getLogger(__name__)

TRIM_AT_MOST = 1_000
"""Entries that one commit takes away."""
BUSY_SECONDS = 30.0
"""How long after something was accepted the inboxes are looked at."""
IDLE_SECONDS = 600.0
SWEEP_SECONDS = 3600.0
STOP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class TrimInbox:
    """Write command: take away what lanes have passed, of the inbox of the writer that runs it. Returns how many."""

    at_most: int = TRIM_AT_MOST
    note: str = "trim inbox"

    def check(self, hub: HubRoot) -> None:
        return None

    def apply(self, hub: HubRoot, shard: Shard) -> int:
        return trim(hub, shard.number, self.at_most)


def trim(hub: HubRoot, writer: int, at_most: int = TRIM_AT_MOST) -> int:
    """Take away what may go of a writer's inbox; for its owner only. Returns how many steps that took."""
    inbox = delivery_of(hub).inboxes.get(writer)
    steps = list(islice(iter_passed(hub, writer), at_most))
    for lane_id, key in steps:
        if key is None:
            del inbox.lanes[lane_id]
        else:
            del inbox.lanes[lane_id][key]
    return len(steps)


def iter_passed(hub: HubRoot, writer: int) -> Iterator[tuple[str, int | None]]:
    """What may go of a writer's inbox: (lane, key) of entries, (lane, None) of a deleted lane's tree once it is empty.

    A cursor that was read in an older view is a lower one, and so never too high. Of a lane that is gone, an entry goes
    when its message does not wait by it any more.
    """
    delivery = delivery_of(hub)
    inbox = delivery.inboxes.get(writer)
    for lane_id, entries in () if inbox is None else inbox.lanes.items():
        lane = delivery.find_lane(lane_id)
        if lane is None:
            yield from _void(hub, lane_id, entries)
        elif (cursor := lane.cursors.get(writer)) is not None:
            yield from ((lane_id, key) for key in entries.keys(max=cursor))


def _void(hub: HubRoot, lane_id: str, entries: Any) -> Iterator[tuple[str, int | None]]:
    is_needed = False
    for key, entry in entries.items():
        message = messages_of(hub).find(InboxEntry(*entry).message_id)
        if message is None or (message.lane_id, message.queue_key) != (lane_id, key):
            yield lane_id, key
        elif message.status == "queued":
            is_needed = True
        else:
            yield lane_id, key
    if not is_needed:
        yield lane_id, None


class Housekeeper:
    """Does the jobs of one process, in a thread of its own. ``hourly``: jobs of others, each of which looks before it writes."""

    def __init__(
        self,
        *,
        database: Database,
        writer: Writer,
        clock: Clock,
        unused_uploads: timedelta,
        hourly: Sequence[Callable[[], None]] = (),
    ) -> None:
        self._database = database
        self._writer = writer
        self._clock = clock
        self._unused_uploads = unused_uploads
        self._hourly = (self._sweep_uploads, *hourly)
        self._changed = Condition()
        self._is_stopping = False
        self._was_busy = False
        self._trim_at = self._sweep_at = clock.monotonic()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Look at once, then from time to time."""
        self._writer.on_commit(self._woken)
        self._thread = Thread(target=self._run, name="housekeeping", daemon=True)
        self._thread.start()

    def stop(self, timeout_seconds: float = STOP_SECONDS) -> None:
        """End after the commit in hand."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout_seconds)
            if self._thread.is_alive():
                logger.warning("Housekeeping did not end in time and is left behind")

    def _woken(self, topics: frozenset[str]) -> None:
        if self._was_busy or not any(topic.startswith("lane:") for topic in topics):
            return
        with self._changed:
            self._was_busy = True
            self._trim_at = min(self._trim_at, self._clock.monotonic() + BUSY_SECONDS)
            self._changed.notify_all()

    def _run(self) -> None:
        while not self._is_stopping:
            now = self._clock.monotonic()
            if self._trim_at <= now:
                self._trim()
            if self._sweep_at <= now:
                self._sweep_at = now + SWEEP_SECONDS
                for job in self._hourly:
                    self._try(job)
            self._wait()

    def _wait(self) -> None:
        with self._changed:
            left = min(self._trim_at, self._sweep_at) - self._clock.monotonic()
            if left > 0 and not self._is_stopping:
                self._clock.wait(self._changed, left)

    def _trim(self) -> None:
        with self._changed:
            self._was_busy = False
            self._trim_at = self._clock.monotonic() + IDLE_SECONDS
        self._try(self._trim_inboxes)

    def _try(self, job: Callable[[], None]) -> None:
        """Nothing a job meets may end this thread; the next time comes."""
        try:
            job()
        except HubError as error:
            logger.warning("Housekeeping waits for the database: %s", error)
        except Exception:
            logger.exception("Housekeeping met an unexpected error")

    def _trim_inboxes(self) -> None:
        while not self._is_stopping and self._has_passed(self._writer.number):
            self._writer.execute(TrimInbox())
        while not self._is_stopping and self._has_passed(self._writer.request_number):
            self._database.transact(self._trim_for_requests, "trim inbox")

    def _has_passed(self, writer: int) -> bool:
        with self._database.reading() as hub:
            return next(iter_passed(hub, writer), None) is not None

    def _trim_for_requests(self, hub: HubRoot) -> int:
        """Requests write this inbox in transactions that may overlap with this one.

        They all take a key of this shard, and so does this: whoever commits second runs again, and no entry is put into a
        tree that has just been taken away.
        """
        shard = self._writer.shard_for_transactions(hub)
        shard.next_key()
        return trim(hub, shard.number)

    def _sweep_uploads(self) -> None:
        while not self._is_stopping:
            over = sweep_expired(self._database, self._clock.now(), self._unused_uploads)
            if over < SWEEP_AT_MOST:
                return
