"""What happens after an attempt that did not succeed: a pure function of error, attempt and schedule (RT3, RT5)."""

import math
from dataclasses import dataclass
from typing import Literal

from mailhub.contract.errors import (
    AuthenticationFailed,
    DeliveryError,
    Misconfigured,
    Permanent,
    Throttled,
    Uncertain,
)

HINT_CAP_SECONDS = 86_400.0
"""A server's hint is obeyed up to a day."""
THROTTLE_FLOOR_SECONDS = 1.0

Kind = Literal["retry", "throttle", "fail", "stop_account", "uncertain"]


@dataclass(frozen=True, slots=True)
class RetrySchedule:
    """delay(n) = min(cap, first x 2^(n-1)), give or take the jitter. Seconds."""

    first_seconds: float = 60.0
    cap_seconds: float = 3600.0
    jitter: float = 0.2

    def delay_seconds(self, attempt: int, chance: float) -> float:
        """The wait after this attempt; ``chance`` in -1..1 chooses within the jitter."""
        doubled = self.first_seconds * 2.0 ** min(attempt - 1, 30)
        return min(self.cap_seconds, doubled) * (1 + self.jitter * chance)


@dataclass(frozen=True, slots=True)
class Decision:
    """``delay_seconds`` for ``retry`` (of this message) and ``throttle`` (of the whole lane)."""

    kind: Kind
    delay_seconds: float = 0.0


def decide(
    error: DeliveryError, *, attempt: int, max_attempts: int, schedule: RetrySchedule, chance: float
) -> Decision:
    """Decide by the class of the error. A server's own hint is obeyed when it is longer than the schedule's delay."""
    if isinstance(error, Uncertain):
        return Decision("uncertain")
    if isinstance(error, Permanent):
        return Decision("fail")
    if isinstance(error, AuthenticationFailed | Misconfigured):
        return Decision("stop_account")
    hint = hinted_seconds(error.retry_after_seconds)
    if isinstance(error, Throttled):
        return Decision("throttle", max(THROTTLE_FLOOR_SECONDS, hint or schedule.first_seconds))
    if attempt >= max_attempts:
        return Decision("fail")
    return Decision("retry", max(schedule.delay_seconds(attempt, chance), hint))


def hinted_seconds(hint: float | None) -> float:
    """What a server's hint is worth: 0.0 for none and for one that makes no sense."""
    if not isinstance(hint, int | float) or math.isnan(hint):
        return 0.0
    return float(min(max(0.0, hint), HINT_CAP_SECONDS))
