"""Writer numbers and what a writer appends by: its own trees, its own keys (design decision 9)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from BTrees.IOBTree import IOBTree
from persistent import Persistent

from mailhub.contract.texts import _

from .problems import WriterNumberTaken
from .root import HubRoot

MAX_WRITERS = 4096
"""Writer numbers are from 1 to below this, so that 12 bits hold one."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class ShardState(Persistent):
    """What a writer number remembers; written by its holder alone, in each of its commits."""

    last_key = 0
    last_group = ""
    holder = ""


class Shards(Persistent):
    """``hub.shards``: writer number -> its state, with the id of who holds it."""

    def __init__(self) -> None:
        self.states = IOBTree()

    def get(self, number: int) -> ShardState:
        """The state of a number that was claimed. Raises KeyError."""
        state: ShardState = self.states[number]
        return state

    def claim(self, number: int, holder: str, *, is_holder_dead: bool) -> None:
        """Make ``holder`` the one who writes by this number. Raises WriterNumberTaken when somebody living does."""
        if not 0 < number < MAX_WRITERS:
            raise ValueError(f"a writer number is from 1 to {MAX_WRITERS - 1}, not {number}")
        state = self.states.get(number)
        if state is None:
            state = self.states[number] = ShardState()
        if state.holder not in ("", holder) and not is_holder_dead:
            raise WriterNumberTaken(
                _("Writer number ${number} is held by another process.", mapping={"number": number})
            )
        state.holder = holder

    def release(self, number: int, holder: str) -> None:
        """Give a number back, if it is still ours."""
        state = self.states.get(number)
        if state is not None and state.holder == holder:
            state.holder = ""


class Shard:
    """Where one writer appends, within one transaction.

    ``number``: its writer number. ``now``: one aware UTC time for the whole transaction, by the storage's clock.
    """

    __slots__ = ("_now_key", "_state", "_wake", "now", "number")

    def __init__(self, number: int, state: ShardState, now: datetime, wake: Callable[[str], None]) -> None:
        self.number = number
        self.now = now
        self._state = state
        self._wake = wake
        self._now_key = (now - _EPOCH) // _MICROSECOND

    @property
    def month(self) -> str:
        """The month of ``now``, as ``2026-11``: history is cut by it."""
        return f"{self.now:%Y-%m}"

    def next_key(self) -> int:
        """Microseconds since 1970, above every key that was stored by this number, though the clock runs back."""
        state = self._state
        key = state.last_key = max(self._now_key, state.last_key + 1)
        return key

    def wake(self, topic: str) -> None:
        """Have those who wait for ``topic`` called once this is committed."""
        self._wake(topic)


def shards_of(hub: HubRoot) -> Shards:
    """The table of writer numbers."""
    shards: Shards = hub.shards
    return shards


def install_shards(hub: HubRoot) -> None:
    """Make the table of writer numbers, once."""
    if not hasattr(hub, "shards"):
        hub.shards = Shards()
