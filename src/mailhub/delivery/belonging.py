"""A worker's own membership while it lives: joining, heartbeats, the time that is left, coming back after an end."""

import logging
from concurrent.futures import Future
from functools import partial
from threading import Condition

from mailhub.contract.clock import Clock
from mailhub.errors import HubError, StorageUnavailable
from mailhub.store.writer import Writer

from .membership import Heartbeat, Join, Lease, Leave, MembershipEnded
from .records import STORAGE_PAUSE_SECONDS

logger = logging.getLogger(__name__)


class Belonging:
    """Guarded by the worker's lock, which ``changed`` shares.

    ``lease`` is a new one with each membership: a session that began under an ended one can never hand anything over
    again. ``ended_at``: when it was seen that somebody has ended this membership (monotonic seconds).
    """

    def __init__(
        self,
        writer: Writer,
        worker_id: str,
        clock: Clock,
        changed: Condition,
        lease_seconds: float,
        *,
        is_exclusive: bool,
    ) -> None:
        self._writer = writer
        self._clock = clock
        self._changed = changed
        self._is_exclusive = is_exclusive
        self._next_beat_at = 0.0
        self.worker_id = worker_id
        self.lease_seconds = lease_seconds
        self.epoch = 0
        self.lease = Lease(clock, lease_seconds)
        self.is_beating = False
        self.ended_at: float | None = None

    def join(self) -> None:
        """Become a member, also after an end. Raises StorageUnavailable."""
        lease = Lease(self._clock, self.lease_seconds)
        before = lease.times()
        self.epoch = self._writer.execute(Join(self.worker_id, self.lease_seconds, self._is_exclusive))
        lease.renewed(*before)
        self.lease = lease
        self.ended_at = None
        self._next_beat_at = self._clock.monotonic() + self.lease_seconds / 3

    def leave(self) -> None:
        """End one's membership, so that nobody has to wait for the lease to run out."""
        self.lease.end()
        try:
            self._writer.execute(Leave(self.worker_id, self.epoch))
        except HubError as error:
            logger.warning("The worker could not sign off: %s", error)

    def beat(self) -> None:
        """Send a heartbeat when it is time for one."""
        now = self._clock.monotonic()
        if self.is_beating or now < self._next_beat_at:
            return
        lease = self.lease
        before = lease.times()
        self._next_beat_at = now + self.lease_seconds / 3
        try:
            future = self._writer.submit(Heartbeat(self.worker_id, self.epoch, self.lease_seconds))
        except StorageUnavailable as error:
            logger.warning("The database takes no heartbeat now: %s", error)
            return
        self.is_beating = True
        future.add_done_callback(partial(self._beaten, lease, before))

    def next_beat_at(self) -> float | None:
        """When the next heartbeat is due (monotonic seconds); None while one is with the writer."""
        return None if self.is_beating else self._next_beat_at

    def _beaten(self, lease: Lease, before: tuple[float, float], future: "Future[None]") -> None:
        with self._changed:
            self.is_beating = False
            error = future.exception()
            if error is None:
                lease.renewed(*before)
            elif isinstance(error, MembershipEnded):
                self.note_end()
            else:
                logger.warning("The worker's heartbeat was not stored: %s", error)
            self._changed.notify_all()

    def note_end(self) -> None:
        """Somebody has ended this membership."""
        if self.ended_at is None:
            logger.warning("This worker's membership was ended; it joins anew")
            self.ended_at = self._clock.monotonic()
            self.lease.end()

    def has_patience(self) -> bool:
        """True while sends of an ended membership may still be waited for."""
        return self.ended_at is not None and self._clock.monotonic() < self.ended_at + self.lease_seconds

    def allows_claims(self) -> bool:
        """Nothing is claimed that might not be sent; a clock that was set is put right by the next heartbeat."""
        if self.lease.allows_sending():
            return True
        self._next_beat_at = min(self._next_beat_at, self._clock.monotonic() + STORAGE_PAUSE_SECONDS)
        return False
