"""Waiting for other processes, which do not tell us when they are ready."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_for(look: Callable[[], T], what: str, *, seconds: float = 20.0) -> T:
    """Look until there is something. Raises AssertionError when time is over."""
    ends_at = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > ends_at:
            raise AssertionError(f"{what} did not happen within {seconds} s")
        time.sleep(0.02)
    return found
