"""Naming what a transaction relied on and did not change (design decision 10)."""

from typing import Any


def rely_on(obj: Any) -> None:
    """Make this transaction conflict with any other that changes ``obj``, so that what was seen in it still holds.

    For use in a command's ``check`` and ``apply`` and in a request's transaction. An object that is new in this
    transaction needs nothing.
    """
    if obj._p_jar is not None:
        obj._p_activate()
        obj._p_jar.readCurrent(obj)
