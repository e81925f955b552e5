"""Work that is told to people: how it ended and how long it took."""

from collections.abc import Callable

from mailhub.contract import Clock, DeliveryError, Step
from mailhub.contract.texts import Text


def measured(clock: Clock, name: str, work: Callable[[], Text | None]) -> Step:
    """Do the work. Its result is the step's detail; None: there was nothing to do; a DeliveryError: it failed."""
    started = clock.monotonic()
    try:
        detail = work()
    except DeliveryError as error:
        return Step(name, "failed", clock.monotonic() - started, error.message, error)
    if detail is None:
        return Step(name, "skipped")
    return Step(name, "ok", clock.monotonic() - started, detail)
