"""Tells plugins of events, each call in a thread of its own, and gives up those that take too long."""

from collections.abc import Callable
from threading import Condition, Thread
from typing import Any

from mailhub.contract.clock import Clock

from . import guard
from .guard import FaultLedger


class Notifier:
    """Bounds the time a notification may cost. A thread cannot be stopped, so an overdue one is left behind."""

    def __init__(self, clock: Clock, faults: FaultLedger, limit_seconds: float) -> None:
        self._clock = clock
        self._faults = faults
        self._limit_seconds = limit_seconds

    def tell(self, plugin: str, hook: str, call: Callable[[], Any]) -> None:
        """Run the call and wait for it, but no longer than the limit; raises nothing of what the plugin raises."""
        if self._faults.is_hung(plugin):
            return
        telling = _Telling(call)
        started = guard.run(lambda: Thread(target=telling.run, name=f"{plugin} {hook}", daemon=True).start())
        if isinstance(started, guard.Raised):  # the machine has no thread left
            self._faults.note(plugin, hook, started.error)
        elif not telling.wait(self._clock, self._limit_seconds):
            self._faults.note_hung(plugin, hook, self._limit_seconds)
        elif isinstance(telling.outcome, guard.Raised):
            self._faults.note(plugin, hook, telling.outcome.error)


class _Telling:
    def __init__(self, call: Callable[[], Any]) -> None:
        self._call = call
        self._condition = Condition()
        self._is_done = False
        self.outcome: Any = None

    def run(self) -> None:
        try:
            self.outcome = guard.run(self._call)
        except (
            KeyboardInterrupt
        ) as error:  # raised by the plugin itself: Python gives the person's to the main thread
            self.outcome = guard.Raised(error)
        finally:
            with self._condition:
                self._is_done = True
                self._condition.notify_all()

    def wait(self, clock: Clock, limit_seconds: float) -> bool:
        """True when it is done; False when the time ran out first."""
        ends_at = clock.monotonic() + limit_seconds
        with self._condition:
            while not self._is_done:
                left = ends_at - clock.monotonic()
                if left <= 0:
                    return False
                clock.wait(self._condition, left)
            return True
