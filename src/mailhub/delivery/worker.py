"""The delivery worker: watches the lanes it holds, claims what may leave, lets threads send it, has it recorded.

One dispatcher thread decides; sending threads send and touch no database; the writer thread alone writes. All state in
memory is guarded by one lock, and nothing slow is done under it.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Condition, RLock, Thread

from mailhub.contract.clock import Clock
from mailhub.contract.connector import Network
from mailhub.entropy import Entropy, new_id
from mailhub.errors import StorageUnavailable
from mailhub.messages.model import messages_of
from mailhub.pluginhost.host import PluginHost
from mailhub.store.database import Database
from mailhub.store.root import HubRoot
from mailhub.store.writer import GROUP_COMMANDS, Writer

from .attempting import Judge
from .belonging import Belonging
from .config import LaneConfig, LaneConfigs
from .context import HubSessionContext, journal_started
from .journal import Journal, boot_id, read_journals, remove_journals
from .model import Lane, delivery_of
from .records import STORAGE_PAUSE_SECONDS, Recorder
from .recovery import terms_of
from .reports import AttemptReport
from .retry import RetrySchedule
from .runtime import LaneRuntime
from .sending import SessionParts
from .serving import LaneServer
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
        self._journal: Journal | None = None
        self._lock = RLock()
        self._changed = Condition(self._lock)
        self._lanes: dict[str, LaneRuntime] = {}
        self._new_lanes: set[str] = set()
        self._belonging = Belonging(
            writer,
            self._worker_id,
            clock,
            self._changed,
            settings.lease_seconds,
            is_exclusive=database.spec.is_exclusive,
        )
        self._recorder = Recorder(writer, self._worker_id, clock, self._changed, self._attempt_stored)
        self._staff = Staff(
            self._lanes, self._changed, clock, self._recorder, settings.threads, self._session_parts
        )
        self._server = LaneServer(
            database=database,
            writer=writer,
            configs=configs,
            clock=clock,
            changed=self._changed,
            lanes=self._lanes,
            belonging=self._belonging,
            recorder=self._recorder,
            staff=self._staff,
            only=only,
        )
        self._thread: Thread | None = None

    # -- life ----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Join, settle what dead predecessors left, and begin to deliver. Raises StorageUnavailable."""
        self._server.facts = read_journals(self._journal_folder, boot_id())
        self._belonging.join()
        try:
            self._journal = self._recorder.journal = Journal(
                self._journal_folder, self._worker_id, self._clock
            )
            self._writer.on_commit(self.wake)
            settled_all = self._settle_predecessors()
        except BaseException:
            self._leave()
            raise
        if settled_all:
            # whatever the old journals knew is in the database now
            remove_journals(self._journal_folder, self._server.facts)
            self._server.facts = {}
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
        """Something may have changed for these lanes or accounts.

        Called after a commit and before its caller gets his answer, so nothing begins after /pause has returned.
        """
        with self._lock:
            for topic in topics:
                kind, _colon, name = topic.partition(":")
                if kind == "account":
                    self._server.account_changed(name)
                elif kind == "lane":
                    self._lane_changed(name)

    def _lane_changed(self, lane_id: str) -> None:
        lane = self._lanes.get(lane_id)
        if lane is None:
            self._new_lanes.add(lane_id)
        else:
            lane.look_again()
        self._changed.notify_all()

    def health(self) -> WorkerHealth:
        with self._lock:
            return WorkerHealth(
                is_running=self._thread is not None and self._thread.is_alive(),
                lease_seconds_left=self._belonging.lease.seconds_left(),
                lanes=len(self._lanes),
                unrecorded=len(self._recorder.unrecorded),
            )

    def _settle_predecessors(self) -> bool:
        """Take over every lane there is, so that no claim of a dead worker waits for new mail (W4-W7).

        Needs no connector: what is on record decides. True when every lane is settled.
        """
        with self._database.reading() as hub:
            lanes = [lane for lane in delivery_of(hub).lanes.values() if self._is_mine(hub, lane)]
            made = [(self._add_lane(lane), terms_of(hub, lane)) for lane in lanes]
            is_whole = len(lanes) == len(delivery_of(hub).lanes)
        answers: list[int | None] = []
        for first in range(0, len(made), GROUP_COMMANDS):
            commands = [
                self._server.take_over_command(*each) for each in made[first : first + GROUP_COMMANDS]
            ]
            futures = [self._writer.submit(command) for command in commands]
            answers += [future.result() for future in futures]
        for (lane, _terms), answer in zip(made, answers, strict=True):
            lane.is_held = answer is not None
        return is_whole and None not in answers

    def _is_mine(self, hub: HubRoot, lane: Lane) -> bool:
        """Every lane, or only that of the one message this worker is for."""
        if self._only is None:
            return True
        message = messages_of(hub).find(self._only)
        return message is not None and message.lane_id == lane.id

    # -- the dispatcher ------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._staff.is_stopping:
            try:
                self._step()
            except Exception as error:
                if isinstance(error, StorageUnavailable):
                    logger.warning("Delivery waits for the database: %s", error)
                else:
                    logger.exception("Delivery met an unexpected error and goes on")
                self._pause(STORAGE_PAUSE_SECONDS)
        self._drain()

    def _step(self) -> None:
        if self._belonging.ended_at is not None and not self._rejoin():
            self._pause(STORAGE_PAUSE_SECONDS)
            return
        self._belonging.beat()
        self._add_new_lanes()
        self._recorder.record_what_failed()
        for lane in self._due_lanes():
            self._server.serve_guarded(lane)
        with self._lock:
            self._staff.assign()
            if not self._has_work():
                self._clock.wait(self._changed, self._seconds_to_next())

    def _has_work(self) -> bool:
        """Something came while the lock was not held: its notice found nobody waiting."""
        is_told = bool(self._new_lanes) or self._belonging.ended_at is not None or self._staff.is_stopping
        return is_told or bool(self._due_lanes())

    def _pause(self, seconds: float) -> None:
        with self._lock:
            if not self._staff.is_stopping:
                self._clock.wait(self._changed, seconds)

    def _seconds_to_next(self) -> float:
        now = self._clock.monotonic()
        times = [
            lane.wake_at for lane in self._lanes.values() if lane.wake_at is not None and not lane.is_busy
        ]
        next_beat_at = self._belonging.next_beat_at()
        if next_beat_at is not None:
            times.append(next_beat_at)
        if self._recorder.again_at is not None:
            times.append(self._recorder.again_at)
        look_again_in = self._staff.look_again_in()
        if look_again_in is not None:
            times.append(now + look_again_in)
        return max(0.0, min(times, default=now + self._settings.lease_seconds) - now)

    def _due_lanes(self) -> list[LaneRuntime]:
        with self._lock:
            now = self._clock.monotonic()
            return [
                lane
                for lane in self._lanes.values()
                if not lane.is_busy and (lane.is_dirty or (lane.wake_at is not None and lane.wake_at <= now))
            ]

    def _add_new_lanes(self) -> None:
        """Each is forgotten only when it has been looked up: the database may not answer now."""
        while self._new_lanes:
            with self._lock:
                lane_id = next(iter(self._new_lanes))
            with self._database.reading() as hub:
                lane = delivery_of(hub).find_lane(lane_id)
                if lane is not None and self._is_mine(hub, lane):
                    self._add_lane(lane)
            with self._lock:
                self._new_lanes.discard(lane_id)

    def _add_lane(self, lane: Lane) -> LaneRuntime:
        with self._lock:
            ready = Condition(self._lock)
            made = LaneRuntime(lane.id, lane.account_id, lane.sending_identity, lane.limit_key, ready)
            return self._lanes.setdefault(lane.id, made)

    def _rejoin(self) -> bool:
        """Come back as a new member who holds nothing yet; False while sends of the old one may still be answered.

        Nothing of the old membership can be handed over any more, so what has not got its answer after a lease's time is
        settled like a dead worker's. What was claimed is settled when the lanes are taken over.
        """
        with self._lock:
            for lane in self._lanes.values():
                lane.queue.clear()
                lane.is_held = False
                lane.end_sessions()
                self._staff.note_hunger(lane, is_hungry=False)
            if self._staff.is_busy() and self._belonging.has_patience():
                return False
        self._belonging.join()
        with self._lock:
            for lane in self._lanes.values():
                lane.look_again()
        return True

    # -- sessions --------------------------------------------------------------------------------------------------

    def _attempt_stored(self, report: AttemptReport) -> None:
        self._server.attempt_stored(report)

    def _session_parts(self, lane: LaneRuntime, config: LaneConfig) -> SessionParts:
        assert self._journal is not None, "the journal is open before anything is sent"
        context = HubSessionContext(
            account_id=config.account_id,
            account_address=config.account_address,
            sending_identity=lane.sending_identity,
            hello_name=self._settings.hello_name,
            clock=self._clock,
            network=self._network,
            may_send=self._belonging.lease.allows_sending,
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
            self._belonging.lease.end()
        self._leave()

    def _is_at_work(self) -> bool:
        is_sending = any(lane.sessions or lane.is_busy for lane in self._lanes.values())
        return is_sending or bool(self._recorder.unrecorded)

    def _leave(self) -> None:
        self._belonging.leave()
        if self._journal is not None:
            self._journal.close()
