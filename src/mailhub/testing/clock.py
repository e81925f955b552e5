"""Time that stands still until a test moves it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Condition

START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


@dataclass(eq=False, slots=True)
class _Waiter:
    condition: Condition
    ends_at: float | None
    is_over: bool = False


class FakeClock:
    """Implements ``mailhub.contract.clock.Clock``; safe to use from many threads.

    ``wait`` really waits, but for fake time: it ends when somebody notifies the condition or when ``advance`` has
    moved the clock far enough. As with every condition, a waiter may be woken early and has to look again.
    """

    def __init__(self, start: datetime = START) -> None:
        self._changed = Condition()
        self._wall = start
        self._monotonic = 1000.0
        self._boottime = 5000.0
        self._waiters: list[_Waiter] = []

    def now(self) -> datetime:
        return self._wall

    def monotonic(self) -> float:
        return self._monotonic

    def boottime(self) -> float:
        return self._boottime

    def wait(self, condition: Condition, timeout_seconds: float | None) -> bool:
        if timeout_seconds is not None and timeout_seconds <= 0:
            return False
        with self._waiting(condition, timeout_seconds) as waiter:
            condition.wait()
            return not waiter.is_over

    def advance(self, seconds: float) -> None:
        """Let time pass on all three clocks, then wake whoever's waiting time is over."""
        if seconds < 0:
            raise ValueError("time does not run backwards; jump() moves the wall clock alone")
        with self._changed:
            self._wall += timedelta(seconds=seconds)
            self._boottime += seconds
            self._monotonic += seconds
            over = [each for each in self._waiters if self._ends(each)]
        for waiter in over:
            with waiter.condition:
                waiter.is_over = True
                waiter.condition.notify_all()

    def suspend(self, seconds: float) -> None:
        """The machine sleeps: wall clock and boot time go on, monotonic time does not."""
        with self._changed:
            self._wall += timedelta(seconds=seconds)
            self._boottime += seconds

    def jump(self, seconds: float) -> None:
        """The wall clock is set, forwards or (negative) backwards; nothing else moves."""
        with self._changed:
            self._wall += timedelta(seconds=seconds)

    def wait_until_waiting(self, count: int = 1, *, timeout_seconds: float = 10.0) -> None:
        """Block until so many threads are in ``wait``. Raises AssertionError after so many real seconds.

        Call it before ``advance``: a thread that begins to wait later counts from the later time.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._waiters) >= count, timeout_seconds):
                raise AssertionError(f"{len(self._waiters)} threads wait for the clock, not {count}")

    @contextmanager
    def _waiting(self, condition: Condition, timeout_seconds: float | None) -> Iterator[_Waiter]:
        with self._changed:
            ends_at = None if timeout_seconds is None else self._monotonic + timeout_seconds
            waiter = _Waiter(condition, ends_at)
            self._waiters.append(waiter)
            self._changed.notify_all()
        try:
            yield waiter
        finally:
            with self._changed:
                self._waiters.remove(waiter)

    def _ends(self, waiter: _Waiter) -> bool:
        return waiter.ends_at is not None and waiter.ends_at <= self._monotonic
