"""Serving a lane: its settings are read, it is taken over, and what may leave is claimed for the sending threads."""

import logging
from concurrent.futures import Future
from functools import partial
from threading import Condition
from typing import Any

from mailhub.contract.clock import Clock
from mailhub.errors import HubError, StorageUnavailable
from mailhub.store.database import Database
from mailhub.store.writer import Writer

from .belonging import Belonging
from .claiming import NO_REVISION, ClaimMessages, ClaimResult, HeldElsewhere
from .config import LaneConfig, LaneConfigs, is_own_key
from .journal import JournalFacts, WorkerFacts
from .membership import MembershipEnded
from .queueing import SECOND, microseconds
from .records import STORAGE_PAUSE_SECONDS, Recorder
from .recovery import TakeOver, UncertainTerms, terms_of_account
from .reports import AttemptReport
from .runtime import LaneRuntime
from .staffing import Staff

logger = logging.getLogger(__name__)


class LaneServer:
    """Called by the dispatcher, one lane at a time; what the writer answers comes in its thread. Guarded by the worker's lock.

    ``only``: claim this message and no other. ``facts``: what the journals of dead workers know.
    """

    def __init__(
        self,
        *,
        database: Database,
        writer: Writer,
        configs: LaneConfigs,
        clock: Clock,
        changed: Condition,
        lanes: dict[str, LaneRuntime],
        belonging: Belonging,
        recorder: Recorder,
        staff: Staff,
        only: str | None,
    ) -> None:
        self._database = database
        self._writer = writer
        self._configs = configs
        self._clock = clock
        self._changed = changed
        self._lanes = lanes
        self._belonging = belonging
        self._recorder = recorder
        self._staff = staff
        self._only = only
        self._account_changes = 0
        self.facts: WorkerFacts = {}

    def serve_guarded(self, lane: LaneRuntime) -> None:
        """No mistake about one lane may keep the others from being served."""
        try:
            self.serve(lane)
        except Exception:
            logger.exception("Lane %s could not be served and is looked at again", lane.id)
            with self._changed:
                self._wake_later(lane, STORAGE_PAUSE_SECONDS)

    def serve(self, lane: LaneRuntime) -> None:
        """Do the next thing for a lane that is to be looked at."""
        with self._changed:
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
        changes = self._account_changes
        try:
            with self._database.reading() as hub:
                lane.terms = terms_of_account(hub, lane.account_id)
                config = self._configs.load(hub, lane.account_id, lane.sending_identity)
        except StorageUnavailable:
            self._wake_later(lane, STORAGE_PAUSE_SECONDS)
            return False
        except HubError as error:
            logger.info("Lane %s cannot deliver now: %s", lane.id, error)
        with self._changed:
            if changes != self._account_changes:
                # what was read may be what was there before: nobody tells of that change again
                lane.is_dirty = True
                return False
            if config is not None and config.limit_key != lane.limit_key:
                lane.is_held = False
                lane.limit_key = config.limit_key
            lane.config = config
            lane.end_sessions()
        return True

    def _take_over(self, lane: LaneRuntime) -> None:
        future = self._submit_for(lane, self.take_over_command(lane, lane.terms))
        if future is not None:
            future.add_done_callback(partial(self._taken_over, lane))

    def _taken_over(self, lane: LaneRuntime, future: "Future[int | None]") -> None:
        with self._changed:
            lane.is_busy = False
            error = future.exception()
            if error is not None:
                self._command_failed(lane, error)
            elif future.result() is None:
                self._wake_later(lane, self._belonging.lease_seconds / 3)
            else:
                lane.is_held = True
                lane.is_dirty = True
            self._changed.notify_all()

    def _claim(self, lane: LaneRuntime) -> None:
        config = lane.config
        with self._changed:
            now = self._clock.monotonic()
            room = lane.room(now) if self._belonging.allows_claims() else 0
            is_without_thread = room > 0 and not self._staff.can_send(lane)
            if is_without_thread:
                room = 0
            if lane.cooldown_until > now:
                self._wake_later(lane, lane.cooldown_until - now)
            elif not self._belonging.lease.allows_sending():
                self._wake_later(lane, STORAGE_PAUSE_SECONDS)
        command = ClaimMessages(
            lane_id=lane.id,
            worker_id=self._belonging.worker_id,
            epoch=self._belonging.epoch,
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
        with self._changed:
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
        if (
            self._staff.is_stopping
            or self._belonging.ended_at is not None
            or lane.config is None
            or is_resting
        ):
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
            self._belonging.note_end()
        elif isinstance(error, HeldElsewhere):
            lane.is_dirty = True
        else:
            logger.warning("Lane %s waits for the database: %s", lane.id, error)
            self._wake_later(lane, STORAGE_PAUSE_SECONDS)

    def _wake_later(self, lane: LaneRuntime, seconds: float) -> None:
        at = self._clock.monotonic() + seconds
        lane.wake_at = at if lane.wake_at is None else min(lane.wake_at, at)

    def _submit_for(self, lane: LaneRuntime, command: Any) -> "Future[Any] | None":
        try:
            future = self._writer.submit(command)
        except StorageUnavailable as error:
            logger.warning("The database does not take %s now: %s", command.note, error)
            self._wake_later(lane, STORAGE_PAUSE_SECONDS)
            return None
        lane.is_busy = True
        return future

    def take_over_command(self, lane: LaneRuntime, terms: UncertainTerms) -> TakeOver:
        """All that this worker knows of the claims of a lane, its own included."""
        with self._changed:
            unrecorded = self._recorder.unrecorded
            in_hand = {report.message_id for report in unrecorded.values() if report.lane_id == lane.id}
            in_hand.update(lane.messages_in_hand())
            own = JournalFacts(is_complete=True, answered=dict(unrecorded))
        if self._recorder.journal is not None:
            own.started |= self._recorder.journal.started_attempts()
        return TakeOver(
            limit_key=lane.limit_key,
            lane_ids=(lane.id,),
            worker_id=self._belonging.worker_id,
            epoch=self._belonging.epoch,
            facts={**self.facts, self._belonging.worker_id: own},
            terms={lane.id: terms},
            in_hand=frozenset(in_hand),
        )

    def account_changed(self, account_id: str) -> None:
        """Read the settings anew before the next message; what is claimed and not begun goes back at once.

        Lanes of other accounts may share its limit, and look again.
        """
        self._account_changes += 1
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

    def attempt_stored(self, report: AttemptReport) -> None:
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
