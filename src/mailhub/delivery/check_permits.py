"""A permit for a test mail, of the same rate limit as all mail of its account (TM2).

It is taken as used at the latest possible end of the test, so that a process that dies meanwhile loses none; when the
test has ended, the time is put right.
"""

from dataclasses import dataclass

from mailhub.store.root import HubRoot
from mailhub.store.writer import Shard

from .check_runs import DEADLINE_SECONDS
from .model import delivery_of
from .permits import GRAIN_MICROSECONDS, WINDOW_MICROSECONDS, Returns, with_return
from .queueing import SECOND, microseconds


@dataclass(frozen=True, slots=True)
class CheckPermit:
    """``comes_back_at``: when it does if nobody puts that right (microseconds since 1970)."""

    limit_key: str
    comes_back_at: int


@dataclass(frozen=True, slots=True)
class NoPermit:
    """None is free. ``retry_after_seconds``: when one may be."""

    retry_after_seconds: float


@dataclass(frozen=True, slots=True)
class TakeCheckPermit:
    """Write command: take a permit for a test mail. Returns a ``CheckPermit`` or ``NoPermit``."""

    limit_key: str
    rate_limit: int
    note: str = "permit for a test mail"

    def check(self, hub: HubRoot) -> None:
        return None

    def apply(self, hub: HubRoot, shard: Shard) -> CheckPermit | NoPermit:
        limit = delivery_of(hub).limit_of(self.limit_key)
        now = microseconds(shard.now)
        limit.set_limit(self.rate_limit, now)
        if not limit.free(now, 1):
            free_at = limit.next_free_at(now)
            return NoPermit(60.0 if free_at is None else (free_at - now) / SECOND)
        ends_at = now + int(DEADLINE_SECONDS * SECOND)
        limit.take(1)
        limit.used([ends_at], now)
        return CheckPermit(self.limit_key, ends_at + WINDOW_MICROSECONDS)


@dataclass(frozen=True, slots=True)
class UseCheckPermit:
    """Write command: the test has ended; its permit comes back a window after now."""

    permit: CheckPermit
    note: str = "test mail ended"

    def check(self, hub: HubRoot) -> None:
        return None

    def apply(self, hub: HubRoot, shard: Shard) -> None:
        limit = delivery_of(hub).find_limit(self.permit.limit_key)
        now = microseconds(shard.now)
        if limit is None:
            return
        left = _without_one(limit.returns, self.permit.comes_back_at)
        if left != limit.returns:
            limit.returns = with_return(left, now + WINDOW_MICROSECONDS, 1, now)


def _without_one(returns: Returns, at: int) -> Returns:
    rounded = -(-at // GRAIN_MICROSECONDS) * GRAIN_MICROSECONDS
    left = ((time, count - 1 if time == rounded else count) for time, count in returns)
    return tuple((time, count) for time, count in left if count)
