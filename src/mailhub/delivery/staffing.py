"""Who sends: a capped number of threads, shared by the lanes so that no server and no connector can take them all."""

import logging
from collections import Counter
from collections.abc import Callable
from threading import Condition, Thread

from mailhub.contract.clock import Clock

from .config import LaneConfig
from .outgoing import ClaimedMessage
from .records import Recorder
from .reports import AttemptReport
from .runtime import LaneRuntime, SessionState
from .sending import SessionParts, send_for_lane

logger = logging.getLogger(__name__)

IDLE_SESSION_SECONDS = 10.0
QUANTUM_SECONDS = 5.0
"""How long a session goes on from message to message while another lane waits for a thread."""
HUNGER_LOOK_SECONDS = 1.0
SIGN_IN_PAUSE_SECONDS = 60.0
"""A refused sign-in is not tried again before it is on record and somebody has acted; this only bridges the moment."""

MakeParts = Callable[[LaneRuntime, LaneConfig], SessionParts]


class Staff:
    """The sending threads of a worker. All methods are called, and all state is kept, under the worker's lock."""

    def __init__(
        self,
        lanes: dict[str, LaneRuntime],
        changed: Condition,
        clock: Clock,
        recorder: Recorder,
        threads: int,
        make_parts: MakeParts,
    ) -> None:
        self._lanes = lanes
        self._changed = changed
        self._clock = clock
        self._recorder = recorder
        self._threads = threads
        self._make_parts = make_parts
        self._running: Counter[str] = Counter()
        self._hungry: dict[LaneRuntime, None] = {}
        self.is_stopping = False

    def can_send(self, lane: LaneRuntime) -> bool:
        """True when a message claimed for this lane would find a thread."""
        return any(lane.goes_on(state) for state in lane.sessions) or self._has_thread_for(lane)

    def note_hunger(self, lane: LaneRuntime, *, is_hungry: bool) -> None:
        """A lane has mail that could leave and no thread to send it, or no longer. The first in line is served first."""
        if is_hungry:
            self._hungry.setdefault(lane)
        else:
            self._hungry.pop(lane, None)

    def assign(self) -> None:
        """Start the threads that are wanted and allowed; where none is left, have others end for those in line."""
        now = self._clock.monotonic()
        for lane in [*self._hungry, *self._lanes.values()]:
            while lane.wants_more_sessions(now) and self._has_thread_for(lane):
                self._start(lane, now)
            if lane.queue and not lane.sessions and lane.config is not None:
                self.note_hunger(lane, is_hungry=True)
        for lane in list(self._hungry):
            self._serve_in_line(lane)
        if self._hungry:
            self._make_room(now)

    def _serve_in_line(self, lane: LaneRuntime) -> None:
        if lane.config is None or any(lane.goes_on(state) for state in lane.sessions):
            self.note_hunger(lane, is_hungry=False)
        elif not lane.queue and not lane.is_busy and self._has_thread_for(lane):
            lane.is_dirty = True

    def look_again_in(self) -> float | None:
        """Seconds until ``assign`` has to look again, though nothing happens; None when it need not."""
        return HUNGER_LOOK_SECONDS if self._hungry else None

    def is_busy(self) -> bool:
        """True while any thread sends."""
        return any(state.busy_since is not None for lane in self._lanes.values() for state in lane.sessions)

    def _has_thread_for(self, lane: LaneRuntime) -> bool:
        """True when a thread is free for it that none of those before it in line can use."""
        before = 0
        for each in self._hungry:
            if each is lane:
                break
            before += self._free_for(each) > 0
        return self._free_for(lane) > before

    def _free_for(self, lane: LaneRuntime) -> int:
        """The cap of the worker, and half of it for each connector (design decision 5)."""
        if lane.config is None:
            return 0
        of_connector = max(1, self._threads // 2) - self._running[lane.config.connector_id]
        return min(self._threads - self._running.total(), of_connector)

    def _make_room(self, now: float) -> None:
        """Idle sessions end at once, and long ones after their message, where that helps somebody in line."""
        is_full = self._running.total() >= self._threads
        wanted = {lane.config.connector_id for lane in self._hungry if lane.config is not None}
        for lane in self._lanes.values():
            for state in lane.sessions:
                is_over = state.busy_since is None and not lane.queue
                is_over = is_over or now - state.began_at >= QUANTUM_SECONDS
                if is_over and (is_full or state.connector_id in wanted):
                    state.must_end = True
                    lane.ready.notify_all()

    def _start(self, lane: LaneRuntime, now: float) -> None:
        assert lane.config is not None, "only a lane with settings wants a session"
        state = SessionState(lane.generation, lane.config.connector_id, now)
        parts = self._make_parts(lane, lane.config)
        Thread(target=self._thread, args=(lane, state, parts), name=f"send-{lane.id}", daemon=True).start()
        lane.sessions.append(state)
        self._running[state.connector_id] += 1
        self.note_hunger(lane, is_hungry=False)

    def _thread(self, lane: LaneRuntime, state: SessionState, parts: SessionParts) -> None:
        try:
            send_for_lane(lane, state, parts)
        except Exception:
            logger.exception("The sending thread of lane %s ended by a mistake of the hub", lane.id)
        finally:
            self._ended(lane, state)

    def _ended(self, lane: LaneRuntime, state: SessionState) -> None:
        with self._changed:
            lane.sessions.remove(state)
            self._running[state.connector_id] -= 1
            if state.item is not None:
                # nothing will report of it any more: the journal has to say what became of it
                lane.is_held = False
            if not lane.sessions and not self._has_thread_for(lane):
                self._recorder.hand_back(lane.take_queue())
            lane.is_dirty = lane.is_dirty or bool(lane.queue) or not lane.is_held
            self._changed.notify_all()

    def next_item(self, lane: LaneRuntime, state: SessionState) -> ClaimedMessage | None:
        """The next message for a sending thread; None: end."""
        with self._changed:
            state.busy_since = state.item = None
            while not self.is_stopping and lane.goes_on(state):
                if lane.queue:
                    state.busy_since = self._clock.monotonic()
                    state.item = lane.queue.popleft()
                    return state.item
                if not self._clock.wait(lane.ready, IDLE_SESSION_SECONDS) and not lane.queue:
                    break
            return None

    def finished(self, lane: LaneRuntime, report: AttemptReport) -> None:
        """A sending thread reports the end of an attempt."""
        with self._changed:
            now = self._clock.monotonic()
            if report.verdict == "hand_back" or any(not step.is_ok for step in report.steps):
                lane.cool_down(now)
            else:
                lane.completed(now)
            if report.verdict == "throttle":
                lane.rest(now, report.delay_seconds)
            elif report.verdict == "stop_account":
                lane.rest(now, SIGN_IN_PAUSE_SECONDS)
            if lane.cooldown_until > now:
                self._recorder.hand_back(lane.take_queue())
        self._recorder.ended(report)
