"""Runs foreign code so that nothing it raises gets out, and counts what it raised."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import TypeVar

from mailhub.contract.texts import Text, _

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Raised:
    """Foreign code raised this instead of returning."""

    error: BaseException

    @property
    def sentence(self) -> str:
        """Class and first line of the message."""
        lines = _message(self.error).splitlines()
        return f"{type(self.error).__name__}: {lines[0]}" if lines else type(self.error).__name__


def run(call: Callable[[], T]) -> T | Raised:
    """Call it; whatever it raises is returned, SystemExit too. Only KeyboardInterrupt passes: that is the person."""
    try:
        return call()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  # foreign code may raise anything, SystemExit at import too
        return Raised(error)


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as broken:  # noqa: BLE001  # an exception's own __str__ is foreign code too
        return f"(its message cannot be shown: {type(broken).__name__})"


@dataclass(slots=True)
class _Count:
    faults: int = 0
    last_fault: Text = ""
    is_hung: bool = False


class FaultLedger:
    """How often each plugin went wrong since the start. Used by many threads."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._lock = Lock()
        self._counts: dict[str, _Count] = {}

    def note(self, plugin: str, place: str, error: BaseException) -> None:
        """A call raised; ``place`` names the hook or what was called."""
        self._log.error("plugin %s failed in %s", plugin, place, exc_info=error)
        mapping = {"place": place, "error": Raised(error).sentence}
        self._add(plugin, _("${place}: ${error}", mapping=mapping))

    def note_hung(self, plugin: str, place: str, seconds: float) -> None:
        """A call did not return in time and was given up."""
        self._log.error("plugin %s did not return from %s within %s s; given up", plugin, place, seconds)
        mapping = {"place": place, "seconds": f"{seconds:g}"}
        text = _("${place} did not return within ${seconds} seconds and was given up.", mapping=mapping)
        self._add(plugin, text, is_hung=True)

    def count(self, plugin: str) -> tuple[int, Text, bool]:
        """Number of faults, the last one's text, and whether it hangs."""
        with self._lock:
            count = self._counts.get(plugin, _Count())
            return count.faults, count.last_fault, count.is_hung

    def is_hung(self, plugin: str) -> bool:
        return self.count(plugin)[2]

    def _add(self, plugin: str, text: Text, *, is_hung: bool = False) -> None:
        with self._lock:
            count = self._counts.setdefault(plugin, _Count())
            count.faults += 1
            count.last_fault = text
            count.is_hung = count.is_hung or is_hung
