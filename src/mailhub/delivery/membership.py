"""Which process delivers: a lease per worker, and an epoch that every claim and outcome carries.

A limit key points to (worker, epoch), so all lanes of one key have one holder, and only a change of holder is written. Time
left is counted from before the heartbeat was sent, by the smaller of the wall clock and the time since boot, so that neither
a clock that was set nor a machine that slept makes a dead lease look alive.
"""

from dataclasses import dataclass

from mailhub.contract.clock import Clock
from mailhub.contract.texts import _
from mailhub.errors import WrongState
from mailhub.store.root import HubRoot
from mailhub.store.writer import Shard

from .model import Membership, Worker, delivery_of
from .queueing import SECOND, microseconds

MARGIN_SECONDS = 2.0
"""No final step is begun with less than this left of the lease."""


class MembershipEnded(WrongState):
    """This worker's membership ran out or was ended: it must join anew before it may claim."""

    code = "delivery.membership_ended"

    def __init__(self) -> None:
        super().__init__(_("This worker's membership has ended."))


@dataclass(frozen=True, slots=True)
class Join:
    """Write command: become a worker. Returns the epoch.

    ``is_exclusive``: the storage lets in one process only, so every worker there was is dead and ends at once.
    """

    worker_id: str
    lease_seconds: float
    is_exclusive: bool
    note: str = "worker joins"

    def check(self, hub: HubRoot) -> None:
        return None

    def apply(self, hub: HubRoot, shard: Shard) -> int:
        membership = delivery_of(hub).membership
        now = microseconds(shard.now)
        for worker in list(membership.workers.values()):
            if self.is_exclusive or worker.lease_until <= now:
                del membership.workers[worker.id]
        membership.last_epoch += 1
        lease_until = now + int(self.lease_seconds * SECOND)
        membership.workers[self.worker_id] = Worker(self.worker_id, membership.last_epoch, lease_until)
        return membership.last_epoch


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Write command: extend the lease. Refused with ``MembershipEnded`` when somebody has ended it."""

    worker_id: str
    epoch: int
    lease_seconds: float
    note: str = "worker heartbeat"

    def check(self, hub: HubRoot) -> None:
        worker = delivery_of(hub).membership.workers.get(self.worker_id)
        if worker is None or worker.epoch != self.epoch:
            raise MembershipEnded

    def apply(self, hub: HubRoot, shard: Shard) -> None:
        worker: Worker = delivery_of(hub).membership.workers[self.worker_id]
        worker.lease_until = microseconds(shard.now) + int(self.lease_seconds * SECOND)


@dataclass(frozen=True, slots=True)
class Leave:
    """Write command: end one's own membership, so that others need not wait for the lease to run out."""

    worker_id: str
    epoch: int
    note: str = "worker leaves"

    def check(self, hub: HubRoot) -> None:
        return None

    def apply(self, hub: HubRoot, shard: Shard) -> None:
        membership: Membership = delivery_of(hub).membership
        worker = membership.workers.get(self.worker_id)
        if worker is not None and worker.epoch == self.epoch:
            del membership.workers[self.worker_id]


class Lease:
    """This process's own view of the time it has left."""

    def __init__(self, clock: Clock, lease_seconds: float) -> None:
        self._clock = clock
        self.seconds = lease_seconds
        self._boot_end = self._wall_end = 0.0

    def renewed(self, boot_before: float, wall_before: float) -> None:
        """A heartbeat that was sent at these times has been committed."""
        self._boot_end = boot_before + self.seconds
        self._wall_end = wall_before + self.seconds

    def times(self) -> tuple[float, float]:
        """Both clocks now, for ``renewed``."""
        return self._clock.boottime(), self._clock.now().timestamp()

    def seconds_left(self) -> float:
        boot, wall = self.times()
        return min(self._boot_end - boot, self._wall_end - wall)

    def allows_sending(self) -> bool:
        """True while a final step may be begun."""
        return self.seconds_left() > MARGIN_SECONDS

    def end(self) -> None:
        """Nothing more may be sent under this lease."""
        self._boot_end = self._wall_end = float("-inf")
