"""The part of a writer's shard that event and audit rows need; ``mailhub.store`` has the real one."""

from datetime import datetime
from typing import Protocol


class Shard(Protocol):
    """Where one writer of one process appends (design decision 9)."""

    @property
    def number(self) -> int:
        """The writer number: nobody else appends to its trees."""
        ...

    @property
    def now(self) -> datetime:
        """One aware UTC time for everything in this transaction."""
        ...

    @property
    def month(self) -> str:
        """The month of ``now``, as ``2026-11``."""
        ...

    def next_key(self) -> int:
        """A new key: microseconds, in order of time."""
        ...

    def wake(self, topic: str) -> None:
        """Call those who wait for ``topic`` once the transaction is committed."""
        ...
