"""The delivery worker: watches the lanes it holds, claims what may leave, lets threads send it, has it recorded.

One dispatcher thread decides; sending threads send and touch no database; the writer thread alone writes. All state in
memory is guarded by one lock, and nothing slow is done under it.
"""

import logging
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Condition, RLock, Thread
from typing import Any

from mailhub.contract.clock import Clock
from mailhub.contract.connector import Network
from mailhub.entropy import Entropy, new_id
from mailhub.errors import HubError, StorageUnavailable
from mailhub.messages.model import messages_of
from mailhub.pluginhost.host import PluginHost
from mailhub.store.database import Database
from mailhub.store.root import HubRoot
from mailhub.store.writer import Writer

from .attempting import Judge
from .claiming import NO_REVISION, ClaimMessages, ClaimResult, HeldElsewhere
from .config import LaneConfig, LaneConfigs
from .context import HubSessionContext, journal_started
from .journal import Journal, JournalFacts, WorkerFacts, boot_id, read_journals, remove_journals
from .membership import Heartbeat, Join, Lease, Leave, MembershipEnded
from .model import Lane, delivery_of
from .queueing import SECOND, microseconds
from .records import STORAGE_PAUSE_SECONDS, Recorder
from .recovery import TakeOver, UncertainTerms, terms_of, terms_of_account
from .reports import AttemptReport
from .retry import RetrySchedule
from .runtime import LaneRuntime
from .sending import SessionParts
from .staffing import Staff

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """``threads``: sending threads at most; no connector holds more than half of them. ``hello_name``: as in the contract."""

    threads: int = 16
    lease_seconds: float = 30.0
    drain_seconds: float = 30.0
    hello_name: str = ""
    schedule: RetrySchedule = field(default_factory=RetrySchedule)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerHealth:
    """What readiness asks."""

    is_running: bool
    lease_seconds_left: float
    lanes: int
    unrecorded: int


class DeliveryWorker:
    """Delivers the mail of one process. ``start`` joins and recovers; ``stop`` drains and leaves.

    ``only``: deliver this message and no other (a command's own process).
    """

    def __init__(
        self,
        *,
        database: Database,
        writer: Writer,
        configs: LaneConfigs,
        network: Network,
        clock: Clock,
        entropy: Entropy,
        plugins: PluginHost,
        journal_folder: Path,
        settings: WorkerSettings,
        only: str | None = None,
    ) -> None:
        self._database = database
        self._writer = writer
        self._configs = configs
        self._network = network
        self._clock = clock
        self._entropy = entropy
        self._plugins = plugins
        self._journal_folder = journal_folder
        self._only = only
        self._settings = settings
        self._worker_id = new_id(entropy)
        self._epoch = 0
        self._lease = Lease(clock, settings.lease_seconds)
        self._facts: WorkerFacts = {}
        self._journal: Journal | None = None
        self._lock = RLock()
        self._changed = Condition(self._lock)
        self._lanes: dict[str, LaneRuntime] = {}
        self._topics: set[str] = set()
        self._recorder = Recorder(writer, clock, self._changed, self._attempt_stored)
        self._staff = Staff(
            self._lanes, self._changed, clock, self._recorder, settings.threads, self._session_parts
        )
        self._is_beating = False
        self._must_rejoin = False
        self._next_beat = 0.0
        self._thread: Thread | None = None

    # -- life ----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Join, settle what dead predecessors left, and begin to deliver. Raises StorageUnavailable."""
        self._facts = read_journals(self._journal_folder, boot_id())
        self._join()
        self._writer.on_commit(self._woken)
        self._journal = self._recorder.journal = Journal(self._journal_folder, self._worker_id, self._clock)
        settled_all = self._settle_predecessors()
        if settled_all:
            # whatever the old journals knew is in the database now
            remove_journals(self._journal_folder, self._facts)
            self._facts = {}
        self._thread = Thread(target=self._run, name="delivery", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Claim nothing more, hand back what has not begun, let what is on the wire end, leave."""
        with self._lock:
            if self._thread is None:
                return
            self._staff.is_stopping = True
            self._changed.notify_all()
            for lane in self._lanes.values():
                lane.ready.notify_all()
        self._thread.join()
        self._thread = None

    def wake(self, topics: Iterable[str]) -> None:
        """Something may have changed for these lanes or accounts."""
        with self._lock:
            self._topics.update(topics)
            self._changed.notify_all()

    def health(self) -> WorkerHealth:
        with self._lock:
            return WorkerHealth(
                is_running=self._thread is not None and self._thread.is_alive(),
                lease_seconds_left=self._lease.seconds_left(),
                lanes=len(self._lanes),
                unrecorded=len(self._recorder.unrecorded),
            )

    def _woken(self, topics: frozenset[str]) -> None:
        relevant = {topic for topic in topics if topic.startswith(("lane:", "account:"))}
        if relevant:
            self.wake(relevant)

    def _join(self) -> None:
        before = self._lease.times()
        join = Join(self._worker_id, self._settings.lease_seconds, self._database.spec.is_exclusive)
        self._epoch = self._writer.execute(join)
        self._recorder.member = (self._worker_id, self._epoch)
        self._lease.renewed(*before)
        self._next_beat = self._clock.monotonic() + self._settings.lease_seconds / 3

    def _settle_predecessors(self) -> bool:
        """Take over every lane there is, so that no claim of a dead worker waits for new mail (W4-W7).

        Needs no connector: what is on record decides. True when every lane is settled.
        """
        with self._database.reading() as hub:
            lanes = [lane for lane in delivery_of(hub).lanes.values() if self._is_mine(hub, lane)]
            for lane in lanes:
                self._add_lane(lane)
            commands = [
                self._take_over_command(lane.limit_key, lane.id, terms_of(hub, lane)) for lane in lanes
            ]
            is_whole = len(lanes) == len(delivery_of(hub).lanes)
        answers = [self._writer.execute(command) for command in commands]
        return is_whole and None not in answers

    def _is_mine(self, hub: HubRoot, lane: Lane) -> bool:
        """Every lane, or only that of the one message this worker is for."""
        if self._only is None:
            return True
        message = messages_of(hub).find(self._only)
        return message is not None and message.lane_id == lane.id

    def _take_over_command(self, limit_key: str, lane_id: str, terms: UncertainTerms) -> TakeOver:
        return TakeOver(limit_key, (lane_id,), self._worker_id, self._epoch, self._facts, {lane_id: terms})

    # -- the dispatcher ------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            with self._lock:
                if self._staff.is_stopping:
                    break
                topics, self._topics = self._topics, set()
            try:
                self._step(topics)
            except Exception:
                logger.exception("Delivery met an unexpected error and goes on")
                self._pause(STORAGE_PAUSE_SECONDS)
        self._drain()

    def _step(self, topics: set[str]) -> None:
        self._heed(topics)
        self._beat()
        self._recorder.record_what_failed()
        for lane in self._due_lanes():
            self._serve(lane)
        with self._lock:
            self._staff.assign()
            if self._topics or self._staff.is_stopping or self._due_lanes():
                return
            self._clock.wait(self._changed, self._seconds_to_next())

    def _pause(self, seconds: float) -> None:
        with self._lock:
            if not self._staff.is_stopping:
                self._clock.wait(self._changed, seconds)

    def _seconds_to_next(self) -> float:
        now = self._clock.monotonic()
        times = [
            lane.wake_at for lane in self._lanes.values() if lane.wake_at is not None and not lane.is_busy
        ]
        times.append(self._next_beat)
        if self._recorder.again_at is not None:
            times.append(self._recorder.again_at)
        return max(0.0, min(times) - now)

    def _due_lanes(self) -> list[LaneRuntime]:
        with self._lock:
            now = self._clock.monotonic()
            return [
                lane
                for lane in self._lanes.values()
                if not lane.is_busy and (lane.is_dirty or (lane.wake_at is not None and lane.wake_at <= now))
            ]

    def _heed(self, topics: set[str]) -> None:
        for topic in topics:
            kind, _colon, name = topic.partition(":")
            if kind == "account":
                self._account_changed(name)
            elif name in self._lanes:
                self._lanes[name].is_dirty = True
                self._lanes[name].is_drained = False
            else:
                self._new_lane(name)

    def _new_lane(self, lane_id: str) -> None:
        with self._database.reading() as hub:
            lane = delivery_of(hub).find_lane(lane_id)
            if lane is not None and self._is_mine(hub, lane):
                self._add_lane(lane)

    def _add_lane(self, lane: Lane) -> None:
        with self._lock:
            ready = Condition(self._lock)
            made = LaneRuntime(lane.id, lane.account_id, lane.sending_identity, lane.limit_key, ready)
            self._lanes.setdefault(lane.id, made)

    def _account_changed(self, account_id: str) -> None:
        """Read the settings anew before the next message; what is claimed and not begun goes back at once.

        Other accounts may share its limit, so every lane looks again.
        """
        with self._lock:
            for lane in self._lanes.values():
                if lane.account_id == account_id:
                    lane.config = None
                    lane.cooldown_until = 0.0
                    lane.failures_in_a_row = 0
                    self._recorder.hand_back(lane.take_queue())
                elif lane.config is not None and not lane.config.limit_key.startswith("lane:"):
                    lane.config = None
                lane.is_dirty = True
                lane.is_drained = False

    # -- membership ----------------------------------------------------------------------------------------------

    def _beat(self) -> None:
        if self._must_rejoin:
            self._rejoin()
        if self._is_beating or self._clock.monotonic() < self._next_beat:
            return
        before = self._lease.times()
        self._next_beat = self._clock.monotonic() + self._settings.lease_seconds / 3
        future = self._submit(Heartbeat(self._worker_id, self._epoch, self._settings.lease_seconds))
        if future is not None:
            self._is_beating = True
            future.add_done_callback(partial(self._beaten, before))

    def _beaten(self, before: tuple[float, float], future: "Future[None]") -> None:
        with self._lock:
            self._is_beating = False
            error = future.exception()
            if error is None:
                self._lease.renewed(*before)
            elif isinstance(error, MembershipEnded):
                self._must_rejoin = True
            else:
                logger.warning("The worker's heartbeat was not stored: %s", error)
            self._changed.notify_all()

    def _rejoin(self) -> None:
        """Somebody ended this worker's membership: stop, then come back as a new member who holds nothing yet."""
        logger.warning("This worker's membership was ended; it joins anew")
        with self._lock:
            self._lease.end()
            for lane in self._lanes.values():
                lane.queue.clear()
                lane.is_held = False
                lane.is_dirty = True
                lane.end_sessions()
            if self._staff.is_busy():
                self._clock.wait(self._changed, STORAGE_PAUSE_SECONDS)
                return
            own = JournalFacts(is_complete=True, answered=dict(self._recorder.unrecorded))
            self._facts = {self._worker_id: own}
        self._join()
        self._must_rejoin = False

    # -- serving a lane ------------------------------------------------------------------------------------------

    def _serve(self, lane: LaneRuntime) -> None:
        with self._lock:
            lane.is_dirty = False
            lane.wake_at = None
        if lane.config is None and not self._load_config(lane):
            return
        if not lane.is_held:
            self._take_over(lane)
        else:
            self._claim(lane)

    def _load_config(self, lane: LaneRuntime) -> bool:
        """Read the account's settings; without usable ones the lane is served only so far that mail can expire."""
        config: LaneConfig | None = None
        try:
            with self._database.reading() as hub:
                lane.terms = terms_of_account(hub, lane.account_id)
                config = self._configs.load(hub, lane.account_id, lane.sending_identity)
        except StorageUnavailable:
            self._wake_later(lane, STORAGE_PAUSE_SECONDS)
            return False
        except HubError as error:
            logger.info("Lane %s cannot deliver now: %s", lane.id, error)
        with self._lock:
            if config is not None and config.limit_key != lane.limit_key:
                lane.is_held = False
                lane.limit_key = config.limit_key
            lane.config = config
            lane.end_sessions()
        return True

    def _take_over(self, lane: LaneRuntime) -> None:
        future = self._submit_for(lane, self._take_over_command(lane.limit_key, lane.id, lane.terms))
        if future is not None:
            future.add_done_callback(partial(self._taken_over, lane))

    def _taken_over(self, lane: LaneRuntime, future: "Future[int | None]") -> None:
        with self._lock:
            lane.is_busy = False
            error = future.exception()
            if error is not None:
                self._command_failed(lane, error)
            elif future.result() is None:
                self._wake_later(lane, self._settings.lease_seconds / 3)
            else:
                lane.is_held = True
                lane.is_dirty = True
            self._changed.notify_all()

    def _claim(self, lane: LaneRuntime) -> None:
        config = lane.config
        with self._lock:
            now = self._clock.monotonic()
            room = lane.room(now)
            lane.wants_session = room > 0 and not self._staff.can_send(lane)
            if lane.wants_session:
                room = 0
            if lane.cooldown_until > now:
                self._wake_later(lane, lane.cooldown_until - now)
        command = ClaimMessages(
            lane_id=lane.id,
            worker_id=self._worker_id,
            epoch=self._epoch,
            account_revision=NO_REVISION if config is None else config.revision,
            limit_key=lane.limit_key,
            rate_limit=0 if config is None else config.rate_limit,
            count=room,
            only=self._only,
        )
        future = self._submit_for(lane, command)
        if future is not None:
            future.add_done_callback(partial(self._claimed, lane, room))

    def _claimed(self, lane: LaneRuntime, room: int, future: "Future[ClaimResult]") -> None:
        with self._lock:
            lane.is_busy = False
            error = future.exception()
            if error is not None:
                self._command_failed(lane, error)
            else:
                self._use_claim(lane, room, future.result())
            self._changed.notify_all()

    def _use_claim(self, lane: LaneRuntime, room: int, result: ClaimResult) -> None:
        if self._staff.is_stopping or lane.config is None:
            self._recorder.hand_back(result.claimed)
        else:
            lane.queue.extend(result.claimed)
            lane.ready.notify(len(result.claimed))
        lane.is_drained = not result.blocked and not result.has_more and len(result.claimed) < room
        if result.blocked == "settings" and lane.config is not None:
            lane.config = None
            lane.is_dirty = True
        if result.has_more:
            lane.is_dirty = True
        if result.wake_at is not None:
            now = microseconds(self._writer.clock.now())
            self._wake_later(lane, max(0.0, (result.wake_at - now) / SECOND))

    def _command_failed(self, lane: LaneRuntime, error: BaseException) -> None:
        if isinstance(error, MembershipEnded):
            self._must_rejoin = True
        elif isinstance(error, HeldElsewhere):
            lane.is_held = False
            lane.is_dirty = True
        else:
            logger.warning("Lane %s waits for the database: %s", lane.id, error)
            lane.is_held = False
            self._wake_later(lane, STORAGE_PAUSE_SECONDS)

    def _wake_later(self, lane: LaneRuntime, seconds: float) -> None:
        at = self._clock.monotonic() + seconds
        lane.wake_at = at if lane.wake_at is None else min(lane.wake_at, at)

    def _submit_for(self, lane: LaneRuntime, command: Any) -> "Future[Any] | None":
        future = self._submit(command)
        if future is None:
            self._wake_later(lane, STORAGE_PAUSE_SECONDS)
        else:
            lane.is_busy = True
        return future

    def _submit(self, command: Any) -> "Future[Any] | None":
        try:
            return self._writer.submit(command)
        except StorageUnavailable as error:
            logger.warning("The database does not take %s now: %s", command.note, error)
            return None

    def _session_parts(self, lane: LaneRuntime, config: LaneConfig) -> SessionParts:
        assert self._journal is not None, "the journal is open before anything is sent"
        context = HubSessionContext(
            account_id=config.account_id,
            account_address=config.account_address,
            sending_identity=lane.sending_identity,
            hello_name=self._settings.hello_name,
            clock=self._clock,
            network=self._network,
            may_send=self._lease.allows_sending,
            started=journal_started(self._journal),
        )
        judge = Judge(
            config,
            self._settings.schedule,
            self._entropy,
            self._writer.clock.now,
            self._plugins.note_connector_fault,
        )
        return SessionParts(config, context, judge, self._staff.next_item, self._staff.finished)

    def _attempt_stored(self, report: AttemptReport) -> None:
        lane = self._lanes.get(report.lane_id)
        if lane is not None and not lane.is_drained:
            lane.is_dirty = True

    # -- the end -------------------------------------------------------------------------------------------------

    def _drain(self) -> None:
        with self._lock:
            for lane in self._lanes.values():
                self._recorder.hand_back(lane.take_queue())
            ends_at = self._clock.monotonic() + self._settings.drain_seconds
            while self._is_at_work() and self._clock.monotonic() < ends_at:
                self._recorder.record_what_failed()
                self._clock.wait(self._changed, 0.2)
            if self._is_at_work():
                logger.warning("Delivery stopped before every attempt had ended; the journal knows them")
            self._lease.end()
        self._leave()

    def _is_at_work(self) -> bool:
        is_sending = any(lane.sessions or lane.is_busy for lane in self._lanes.values())
        return is_sending or bool(self._recorder.unrecorded)

    def _leave(self) -> None:
        try:
            self._writer.execute(Leave(self._worker_id, self._epoch))
        except HubError as error:
            logger.warning("The worker could not sign off: %s", error)
        if self._journal is not None:
            self._journal.close()
