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
from mailhub.store.writer import GROUP_COMMANDS, Writer

from .attempting import Judge
from .claiming import NO_REVISION, ClaimMessages, ClaimResult, HeldElsewhere
from .config import LaneConfig, LaneConfigs, is_own_key
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
        """A new one with each membership: a session begun under an ended one can never hand anything over again."""
        self._facts: WorkerFacts = {}
        self._journal: Journal | None = None
        self._lock = RLock()
        self._changed = Condition(self._lock)
        self._lanes: dict[str, LaneRuntime] = {}
        self._new_lanes: set[str] = set()
        self._recorder = Recorder(writer, self._worker_id, clock, self._changed, self._attempt_stored)
        self._staff = Staff(
            self._lanes, self._changed, clock, self._recorder, settings.threads, self._session_parts
        )
        self._is_beating = False
        self._ended_at: float | None = None
        """When it was seen that somebody has ended this membership."""
        self._next_beat = 0.0
        self._thread: Thread | None = None

    # -- life ----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Join, settle what dead predecessors left, and begin to deliver. Raises StorageUnavailable."""
        self._facts = read_journals(self._journal_folder, boot_id())
        self._join()
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
        """Something may have changed for these lanes or accounts.

        Called after a commit and before its caller gets his answer, so nothing begins after /pause has returned.
        """
        with self._lock:
            for topic in topics:
                kind, _colon, name = topic.partition(":")
                if kind == "account":
                    self._account_changed(name)
                elif kind == "lane":
                    self._lane_changed(name)

    def _lane_changed(self, lane_id: str) -> None:
        lane = self._lanes.get(lane_id)
        if lane is None:
            self._new_lanes.add(lane_id)
        else:
            lane.look_again()
        self._changed.notify_all()

    def _account_changed(self, account_id: str) -> None:
        """Read the settings anew before the next message; what is claimed and not begun goes back at once.

        Lanes of other accounts may share its limit, and look again.
        """
        for lane in self._lanes.values():
            if lane.account_id == account_id:
                lane.config = None
                lane.cooldown_until = 0.0
                lane.failures_in_a_row = 0
                self._staff.note_hunger(lane, is_hungry=False)
                self._recorder.hand_back(lane.take_queue())
                lane.end_sessions()
                lane.look_again()
            elif lane.config is not None and not is_own_key(lane.limit_key):
                lane.config = None
                lane.look_again()
        self._changed.notify_all()

    def health(self) -> WorkerHealth:
        with self._lock:
            return WorkerHealth(
                is_running=self._thread is not None and self._thread.is_alive(),
                lease_seconds_left=self._lease.seconds_left(),
                lanes=len(self._lanes),
                unrecorded=len(self._recorder.unrecorded),
            )

    def _join(self) -> None:
        lease = Lease(self._clock, self._settings.lease_seconds)
        before = lease.times()
        join = Join(self._worker_id, self._settings.lease_seconds, self._database.spec.is_exclusive)
        self._epoch = self._writer.execute(join)
        lease.renewed(*before)
        self._lease = lease
        self._next_beat = self._clock.monotonic() + self._settings.lease_seconds / 3

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
            commands = [self._take_over_command(*each) for each in made[first : first + GROUP_COMMANDS]]
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

    def _take_over_command(self, lane: LaneRuntime, terms: UncertainTerms) -> TakeOver:
        """All that this worker knows of the claims of a lane, its own included."""
        with self._lock:
            unrecorded = self._recorder.unrecorded
            in_hand = {report.message_id for report in unrecorded.values() if report.lane_id == lane.id}
            in_hand.update(lane.messages_in_hand())
            own = JournalFacts(is_complete=True, answered=dict(unrecorded))
        if self._journal is not None:
            own.started |= self._journal.started_attempts()
        return TakeOver(
            limit_key=lane.limit_key,
            lane_ids=(lane.id,),
            worker_id=self._worker_id,
            epoch=self._epoch,
            facts={**self._facts, self._worker_id: own},
            terms={lane.id: terms},
            in_hand=frozenset(in_hand),
        )

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
        if self._ended_at is not None and not self._rejoin(self._ended_at):
            self._pause(STORAGE_PAUSE_SECONDS)
            return
        self._beat()
        self._add_new_lanes()
        self._recorder.record_what_failed()
        for lane in self._due_lanes():
            self._serve_guarded(lane)
        with self._lock:
            self._staff.assign()
            if not self._has_work():
                self._clock.wait(self._changed, self._seconds_to_next())

    def _has_work(self) -> bool:
        """Something came while the lock was not held: its notice found nobody waiting."""
        is_told = bool(self._new_lanes) or self._ended_at is not None or self._staff.is_stopping
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
        if not self._is_beating:
            times.append(self._next_beat)
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

    # -- membership ----------------------------------------------------------------------------------------------

    def _beat(self) -> None:
        now = self._clock.monotonic()
        if self._is_beating or now < self._next_beat:
            return
        lease = self._lease
        before = lease.times()
        self._next_beat = now + self._settings.lease_seconds / 3
        future = self._submit(Heartbeat(self._worker_id, self._epoch, self._settings.lease_seconds))
        if future is not None:
            self._is_beating = True
            future.add_done_callback(partial(self._beaten, lease, before))

    def _beaten(self, lease: Lease, before: tuple[float, float], future: "Future[None]") -> None:
        with self._lock:
            self._is_beating = False
            error = future.exception()
            if error is None:
                lease.renewed(*before)
            elif isinstance(error, MembershipEnded):
                self._membership_ended()
            else:
                logger.warning("The worker's heartbeat was not stored: %s", error)
            self._changed.notify_all()

    def _membership_ended(self) -> None:
        if self._ended_at is None:
            logger.warning("This worker's membership was ended; it joins anew")
            self._ended_at = self._clock.monotonic()

    def _rejoin(self, ended_at: float) -> bool:
        """Come back as a new member who holds nothing yet; False while sends of the old one may still be answered.

        Nothing of the old membership can be handed over any more, so what has not got its answer after a lease's time is
        settled like a dead worker's. What was claimed is settled when the lanes are taken over.
        """
        with self._lock:
            self._lease.end()
            for lane in self._lanes.values():
                lane.queue.clear()
                lane.is_held = False
                lane.end_sessions()
                self._staff.note_hunger(lane, is_hungry=False)
            patience_ends = ended_at + self._settings.lease_seconds
            if self._staff.is_busy() and self._clock.monotonic() < patience_ends:
                return False
        self._join()
        with self._lock:
            self._ended_at = None
            for lane in self._lanes.values():
                lane.look_again()
        return True

    def _lease_lasts(self) -> bool:
        """Nothing is claimed that might not be sent; a clock that was set is put right by the next heartbeat."""
        if self._lease.allows_sending():
            return True
        self._next_beat = min(self._next_beat, self._clock.monotonic() + STORAGE_PAUSE_SECONDS)
        return False

    # -- serving a lane ------------------------------------------------------------------------------------------

    def _serve_guarded(self, lane: LaneRuntime) -> None:
        """No mistake about one lane may keep the others from being served."""
        try:
            self._serve(lane)
        except Exception:
            logger.exception("Lane %s could not be served and is looked at again", lane.id)
            with self._lock:
                self._wake_later(lane, STORAGE_PAUSE_SECONDS)

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
        future = self._submit_for(lane, self._take_over_command(lane, lane.terms))
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
            room = lane.room(now) if self._lease_lasts() else 0
            is_without_thread = room > 0 and not self._staff.can_send(lane)
            if is_without_thread:
                room = 0
            if lane.cooldown_until > now:
                self._wake_later(lane, lane.cooldown_until - now)
            elif not self._lease.allows_sending():
                self._wake_later(lane, STORAGE_PAUSE_SECONDS)
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
            future.add_done_callback(partial(self._claimed, lane, is_without_thread))

    def _claimed(self, lane: LaneRuntime, is_without_thread: bool, future: "Future[ClaimResult]") -> None:
        with self._lock:
            lane.is_busy = False
            error = future.exception()
            if error is not None:
                self._command_failed(lane, error)
            else:
                result = future.result()
                self._note_hunger(lane, result, is_without_thread=is_without_thread)
                self._use_claim(lane, result)
            self._changed.notify_all()

    def _note_hunger(self, lane: LaneRuntime, result: ClaimResult, *, is_without_thread: bool) -> None:
        """A lane keeps its place in line until it has a thread, or nothing that could leave."""
        if is_without_thread:
            self._staff.note_hunger(lane, is_hungry=not result.is_drained and not result.has_more)
        elif not result.claimed:
            self._staff.note_hunger(lane, is_hungry=False)

    def _use_claim(self, lane: LaneRuntime, result: ClaimResult) -> None:
        is_resting = lane.cooldown_until > self._clock.monotonic()
        if self._staff.is_stopping or self._ended_at is not None or lane.config is None or is_resting:
            self._recorder.hand_back(result.claimed)
        else:
            lane.queue.extend(result.claimed)
            lane.ready.notify(len(result.claimed))
        lane.is_drained = result.is_drained
        if result.blocked == "settings" and lane.config is not None:
            lane.config = None
            lane.is_dirty = True
        if result.has_more:
            lane.is_dirty = True
        if result.wake_at is not None:
            now = microseconds(self._writer.clock.now())
            self._wake_later(lane, max(0.0, (result.wake_at - now) / SECOND))

    def _command_failed(self, lane: LaneRuntime, error: BaseException) -> None:
        """The lane is taken over anew: should it be that the command was stored, its claims are settled then."""
        lane.is_held = False
        if isinstance(error, MembershipEnded):
            self._membership_ended()
        elif isinstance(error, HeldElsewhere):
            lane.is_dirty = True
        else:
            logger.warning("Lane %s waits for the database: %s", lane.id, error)
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
        """There is room for another message, and maybe a permit, which any lane of the limit key can use."""
        lane = self._lanes.get(report.lane_id)
        if lane is None:
            return
        sharing = [lane] if is_own_key(lane.limit_key) else self._lanes.values()
        for each in sharing:
            if each.limit_key == lane.limit_key and not each.is_drained:
                each.is_dirty = True
            elif each.limit_key == lane.limit_key and report.verdict == "hand_back":
                each.look_again()

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
