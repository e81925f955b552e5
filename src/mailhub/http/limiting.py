"""The caller's own rate limit: so many calls a minute, when the setting says so (api.md, Conventions).

A window of a minute begins with a caller's first call. It is counted in memory and per process: it keeps one caller from
taking the hub away from the others, and is no bookkeeping.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

from mailhub.contract.clock import Clock
from mailhub.contract.texts import Text, _
from mailhub.errors import TooManyRequests

WINDOW_SECONDS: Final = 60.0

LIMIT: Final = "RateLimit-Limit"
REMAINING: Final = "RateLimit-Remaining"
RESET: Final = "RateLimit-Reset"

HEADERS: Mapping[str, Text] = {
    LIMIT: _("Calls that a caller may make in a minute; only where they are limited."),
    REMAINING: _("Calls that are left in this minute."),
    RESET: _("Seconds until the minute is over."),
}
"""Headers of every answer to a caller whose calls are limited, as the document tells of them."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a caller has left in the minute that runs. ``calls``: those that were made, this one among them."""

    limit: int
    calls: int
    seconds_left: float

    @property
    def is_exceeded(self) -> bool:
        return self.calls > self.limit

    def headers(self) -> dict[str, str]:
        left = max(0, self.limit - self.calls)
        return {
            LIMIT: str(self.limit),
            REMAINING: str(left),
            RESET: str(max(1, math.ceil(self.seconds_left))),
        }


@dataclass(slots=True)
class _Window:
    ends_at: float
    calls: int


class CallLimiter:
    """Counts the calls of each user, whichever tokens he calls with."""

    def __init__(self, clock: Clock, calls_per_minute: int) -> None:
        self._clock = clock
        self._limit = calls_per_minute
        self._windows: dict[str, _Window] = {}
        self._lock = Lock()

    def take(self, user_id: str, *, is_repeat: bool = False) -> Allowance:
        """Count a call; with ``is_repeat`` only look, since the hub runs a call again that was counted before."""
        now = self._clock.monotonic()
        with self._lock:
            window = self._windows.get(user_id)
            if window is None or window.ends_at <= now:
                window = self._windows[user_id] = _Window(now + WINDOW_SECONDS, 0)
            if not is_repeat:
                window.calls += 1
            return Allowance(self._limit, window.calls, window.ends_at - now)


def require_allowance(request: Any, limiter: CallLimiter, user_id: str) -> None:
    """Count a request, and let its answer say what is left. Raises ``TooManyRequests``."""
    allowance = limiter.take(user_id, is_repeat=request.environ.get("retry.attempt", 0) > 0)
    request.add_response_callback(lambda _request, response: response.headers.update(allowance.headers()))
    if allowance.is_exceeded:
        raise TooManyRequests(
            _("You may make ${limit} calls a minute.", mapping={"limit": allowance.limit}),
            retry_after_seconds=allowance.seconds_left,
        )
