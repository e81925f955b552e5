"""The machine's own time."""

import time
from datetime import UTC, datetime
from threading import Condition


class SystemClock:
    """Implements ``mailhub.contract.clock.Clock`` by the operating system."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def boottime(self) -> float:
        return (
            time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()
        )

    def wait(self, condition: Condition, timeout_seconds: float | None) -> bool:
        return condition.wait(timeout_seconds)
