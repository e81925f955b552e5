"""A lane as its worker sees it in memory: what is claimed and not yet started, who sends, how fast it goes."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Condition

from .config import LaneConfig
from .outgoing import ClaimedMessage
from .recovery import UncertainTerms

CLAIM_AT_MOST = 200
SILENT_SECONDS = 5.0
"""A server that has not answered for this long gets no second thread (design decision 5)."""
COOLDOWN_FIRST_SECONDS = 1.0
COOLDOWN_CAP_SECONDS = 60.0


@dataclass(eq=False, slots=True)
class SessionState:
    """One sending thread: busy with a message since some time (monotonic seconds), or idle."""

    generation: int
    connector_id: str
    began_at: float
    busy_since: float | None = None
    item: ClaimedMessage | None = None
    """What it sends, until its report is on its way to the database."""
    must_end: bool = False


@dataclass(eq=False, slots=True)
class LaneRuntime:
    """All of it is read and written under the worker's lock; ``ready`` shares that lock."""

    id: str
    account_id: str
    sending_identity: str
    limit_key: str
    ready: Condition
    config: LaneConfig | None = None
    terms: UncertainTerms = field(default_factory=UncertainTerms)
    generation: int = 0
    is_held: bool = False
    is_busy: bool = False
    """A command of this lane is with the writer."""
    is_dirty: bool = True
    is_drained: bool = False
    """Nothing of the lane could leave that is not claimed: no reply can change that, only a wake-up or the time."""
    wake_at: float | None = None
    queue: deque[ClaimedMessage] = field(default_factory=deque)
    sessions: list[SessionState] = field(default_factory=list)
    completions: deque[float] = field(default_factory=deque)
    failures_in_a_row: int = 0
    cooldown_until: float = 0.0

    def room(self, now: float) -> int:
        """How many messages more to claim: never more than a second of the lane's speed ahead (design decision 21)."""
        if self.config is None or now < self.cooldown_until:
            return 0
        while self.completions and self.completions[0] < now - 1.0:
            self.completions.popleft()
        ahead = max(self.config.concurrency_limit, len(self.completions))
        return min(CLAIM_AT_MOST, max(0, ahead - len(self.queue)))

    def wants_more_sessions(self, now: float) -> bool:
        """True when another thread may and should send for this lane."""
        if self.config is None or not self.queue or len(self.sessions) >= self.config.concurrency_limit:
            return False
        idle = sum(each.busy_since is None and self.goes_on(each) for each in self.sessions)
        return idle < len(self.queue) and not self._is_silent(now)

    def _is_silent(self, now: float) -> bool:
        waiting = [each.busy_since for each in self.sessions if each.busy_since is not None]
        return bool(waiting) and all(now - since > SILENT_SECONDS for since in waiting)

    def completed(self, now: float) -> None:
        """An attempt got an answer from the server, whatever it was."""
        self.completions.append(now)
        self.failures_in_a_row = 0

    def cool_down(self, now: float) -> None:
        """The server could not be reached or used: leave it alone for a while, longer each time."""
        self.rest(now, min(COOLDOWN_CAP_SECONDS, COOLDOWN_FIRST_SECONDS * 2**self.failures_in_a_row))
        self.failures_in_a_row = min(self.failures_in_a_row + 1, 10)

    def rest(self, now: float, seconds: float) -> None:
        """Begin nothing for so long; what is being sent goes on."""
        self.cooldown_until = max(self.cooldown_until, now + seconds)
        self.is_drained = False

    def messages_in_hand(self) -> Iterator[str]:
        """The ids of what is claimed and waits for a thread, or has one."""
        for item in self.queue:
            yield item.outgoing.id
        for state in self.sessions:
            if state.item is not None:
                yield state.item.outgoing.id

    def goes_on(self, state: SessionState) -> bool:
        """True while a session may take another message."""
        return not state.must_end and state.generation == self.generation

    def take_queue(self) -> list[ClaimedMessage]:
        """All that is claimed and not started."""
        items = list(self.queue)
        self.queue.clear()
        return items

    def look_again(self) -> None:
        """Something has changed: ask what may leave."""
        self.is_dirty = True
        self.is_drained = False

    def end_sessions(self) -> None:
        """Let every thread end after what it is sending now."""
        self.generation += 1
        self.ready.notify_all()
