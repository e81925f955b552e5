"""Who sends: a capped number of threads, shared by the lanes so that no server and no connector can take them all."""

import logging
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
        self.is_stopping = False

    def can_send(self, lane: LaneRuntime) -> bool:
        """True when a message claimed for this lane would find a thread."""
        return bool(lane.sessions) or self._has_thread_for(lane)

    def assign(self) -> None:
        """Start the threads that are wanted and allowed; where none is left, ask idle ones of other lanes to end."""
        now = self._clock.monotonic()
        for lane in self._lanes.values():
            while lane.wants_more_sessions(now) and self._has_thread_for(lane):
                self._start(lane)
        if any(self._is_hungry(lane) for lane in self._lanes.values()):
            self._end_idle()

    def is_busy(self) -> bool:
        """True while any thread sends."""
        return any(state.busy_since is not None for lane in self._lanes.values() for state in lane.sessions)

    def _has_thread_for(self, lane: LaneRuntime) -> bool:
        """The cap of the worker, and half of it for each connector (design decision 5)."""
        connector = None if lane.config is None else lane.config.connector_id
        running = [each for each in self._lanes.values() if each.sessions]
        total = sum(len(each.sessions) for each in running)
        same = sum(
            len(each.sessions) for each in running if each.config and each.config.connector_id == connector
        )
        return total < self._threads and same < max(1, self._threads // 2)

    def _is_hungry(self, lane: LaneRuntime) -> bool:
        return lane.config is not None and not lane.sessions and (bool(lane.queue) or lane.wants_session)

    def _end_idle(self) -> None:
        for lane in self._lanes.values():
            for state in lane.sessions:
                state.must_end = state.must_end or (state.busy_since is None and not lane.queue)
            lane.ready.notify_all()

    def _start(self, lane: LaneRuntime) -> None:
        assert lane.config is not None, "only a lane with settings wants a session"
        state = SessionState(lane.generation)
        parts = self._make_parts(lane, lane.config)
        lane.sessions.append(state)
        lane.wants_session = False
        Thread(target=self._thread, args=(lane, state, parts), name=f"send-{lane.id}", daemon=True).start()

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
            for each in self._lanes.values():
                each.is_dirty = each.is_dirty or each.wants_session
            lane.is_dirty = lane.is_dirty or bool(lane.queue)
            self._changed.notify_all()

    def next_item(self, lane: LaneRuntime, state: SessionState) -> ClaimedMessage | None:
        """The next message for a sending thread; None: end."""
        with self._changed:
            state.busy_since = None
            while not (self.is_stopping or state.must_end or state.generation != lane.generation):
                if lane.queue:
                    state.busy_since = self._clock.monotonic()
                    return lane.queue.popleft()
                if not self._clock.wait(lane.ready, IDLE_SESSION_SECONDS) and not lane.queue:
                    break
            return None

    def finished(self, lane: LaneRuntime, report: AttemptReport) -> None:
        """A sending thread reports the end of an attempt."""
        with self._changed:
            now = self._clock.monotonic()
            if any(not step.is_ok for step in report.steps):
                lane.cool_down(now)
            else:
                lane.completed(now)
            if lane.cooldown_until > now or report.verdict in ("throttle", "stop_account"):
                self._recorder.hand_back(lane.take_queue())
        self._recorder.ended(report)
