"""Time as mailhub passes it in, so that nothing needs to sleep in a test."""

from datetime import datetime
from threading import Condition
from typing import Protocol


class Clock(Protocol):
    """The three times a mail hub needs. ``mailhub.clock.SystemClock`` and ``mailhub.testing.FakeClock`` have them."""

    def now(self) -> datetime:
        """Wall-clock time, aware, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards; for durations."""
        ...

    def boottime(self) -> float:
        """Seconds since boot, suspended time included (CLOCK_BOOTTIME); for leases."""
        ...

    def wait(self, condition: Condition, timeout_seconds: float | None) -> bool:
        """Wait on a condition whose lock is held; False when the time ran out first."""
        ...
