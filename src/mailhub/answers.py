"""What a write command answers its caller: made inside the command, so that it can be kept with what it did."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from mailhub.store.group import WriteCommand

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer as plain values: ``body`` as JSON has it (times may be datetimes), ``location`` a path or None."""

    status: int
    body: Mapping[str, Any]
    location: str | None = None


class RunsCommands(Protocol):
    """Runs write commands; the writer itself, or a door's wrapper around it."""

    def execute(self, command: WriteCommand[R], timeout_seconds: float = 30.0) -> R:
        """As ``mailhub.store.writer.Writer.execute``."""
        ...
