"""Composing once more where account, assignment or draft changed between the check of a message and its acceptance."""

from collections.abc import Callable
from typing import Protocol

from mailhub.services import Work

from .writes import Accepted, ConfigurationChanged

TRIES = 3


class HasWork(Protocol):
    """A request at any door."""

    @property
    def work(self) -> Work: ...

    def fresh_work(self) -> Work: ...


def composed(request: HasWork, act: Callable[[Work], Accepted]) -> Accepted:
    """Let ``act`` compose and hand over; at most three times. Raises what it raises, at last ``ConfigurationChanged``."""
    work = request.work
    for _try in range(TRIES - 1):
        try:
            return act(work)
        except ConfigurationChanged:
            work = request.fresh_work()
    return act(work)
