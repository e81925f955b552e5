"""The writer thread: the one hot path into the database (design decision 8).

It takes what is waiting, commits it once, first wakes those who listen (an idle hub so hands a message to its
connector without waiting for anybody), then answers each caller.
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from datetime import datetime
from threading import Condition, Thread, current_thread
from typing import Any, TypeVar

from mailhub.contract.clock import Clock
from mailhub.contract.texts import _
from mailhub.entropy import Entropy, new_id
from mailhub.errors import HubError, StorageUnavailable

from .clock import StorageClock
from .commits import in_doubt, not_now
from .database import Database
from .group import GroupCommitter, Settled, WriteCommand
from .root import HubRoot
from .shards import MAX_WRITERS, Shard, shards_of

__all__ = ["MAX_WRITERS", "Shard", "WriteCommand", "Writer", "WriterHealth"]

R = TypeVar("R")
Woken = Callable[[frozenset[str]], None]
logger = logging.getLogger(__name__)

EMBEDDED_NUMBER = 1
GROUP_COMMANDS = 200
MAX_WAITING = 5_000
IDLE_SECONDS = 1.0
PROBE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class WriterHealth:
    """What readiness asks. ``busy_seconds``: how long the batch in hand has taken; ``fault``: why commits fail now."""

    alive: bool
    last_commit_at: datetime | None
    waiting: int
    fault: str | None
    busy_seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    command: WriteCommand[Any]
    future: "Future[Any]"


class Writer:
    """One thread that owns a connection and commits write commands in groups.

    It holds two writer numbers: ``number`` for the thread, and the next one for transactions of requests
    (``shard_for_transactions``).
    """

    def __init__(self, database: Database, clock: Clock, entropy: Entropy, number: int | None = None) -> None:
        self.number = EMBEDDED_NUMBER if number is None else number
        self.request_number = self.number + 1
        self.clock = StorageClock(clock, measures=database.spec.has_own_clock)
        self._database = database
        self._clock = clock
        self._holder = new_id(entropy)
        self._committer = GroupCommitter(database, clock, entropy, self.clock, self.number, self._holder)
        self._changed = Condition()
        self._jobs: deque[_Job] = deque()
        self._callbacks: tuple[Woken, ...] = ()
        self._thread: Thread | None = None
        self._is_stopping = False
        self._busy_since: float | None = None
        self._last_commit_at: datetime | None = None

    # -- for callers ---------------------------------------------------------------------------------------------

    def submit(self, command: WriteCommand[R]) -> "Future[R]":
        """Have a command run. The future has its value, or its refusal, or one of the errors of ``execute``.

        Raises StorageUnavailable at once when too many wait or the database is gone.
        """
        job = _Job(command, Future())
        with self._changed:
            self._refuse_if_unable()
            self._jobs.append(job)
            self._changed.notify()
        return job.future

    def execute(self, command: WriteCommand[R], timeout_seconds: float = 30.0) -> R:
        """Run a command and wait for what came of it.

        Raises the command's own refusal (HubError); StorageUnavailable when nothing was done, also after a timeout
        before its turn came; OutcomeUnknown when it may have been done; CommandFailed when it broke its promise.
        """
        if current_thread() is self._thread:
            raise RuntimeError("a write command may not wait for another one")
        future = self.submit(command)
        try:
            return future.result(timeout_seconds)
        except FutureTimeout:
            if future.cancel():
                raise _busy() from None
            raise in_doubt() from None

    def on_commit(self, callback: Woken) -> None:
        """Call this after each commit, in the writer thread, with the topics that its commands woke.

        It must only wake somebody: callers get their answers after it.
        """
        with self._changed:
            self._callbacks += (callback,)

    def shard_for_transactions(self, root: HubRoot) -> Shard:
        """The shard for the current transaction of ``root``'s connection, by the process's second writer number.

        Transactions that overlap conflict in it, so they have to be run again on conflict.
        """
        manager = root._p_jar.transaction_manager
        topics: set[str] = set()

        def wake(topic: str) -> None:
            if not topics:
                manager.get().addAfterCommitHook(self._wake_after_commit, (topics,))
            topics.add(topic)

        return Shard(self.request_number, shards_of(root).get(self.request_number), self.clock.now(), wake)

    def health(self) -> WriterHealth:
        """What the thread is doing; never waits for it."""
        since = self._busy_since
        return WriterHealth(
            alive=self._thread is not None and self._thread.is_alive(),
            last_commit_at=self._last_commit_at,
            waiting=len(self._jobs),
            fault=self._committer.fault,
            busy_seconds=0.0 if since is None else self._clock.monotonic() - since,
        )

    # -- life ----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Claim the writer numbers and begin. Raises StorageUnavailable, NotSetUp or WriterNumberTaken."""
        self._database.transact(self._claim, "claim writer numbers")
        self._thread = Thread(target=self._run, name=f"writer-{self.number}", daemon=True)
        self._thread.start()

    def stop(self, timeout_seconds: float = 30.0) -> None:
        """Commit what waits, take nothing new, end the thread and give the numbers back.

        After the timeout those who still wait get StorageUnavailable.
        """
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout_seconds)
            if self._thread.is_alive():
                logger.error("The writer did not end within %s seconds", timeout_seconds)
            else:
                self._give_numbers_back()
        self._answer_all_waiting(_stopping())

    def _claim(self, root: HubRoot) -> None:
        for number in (self.number, self.request_number):
            shards_of(root).claim(number, self._holder, is_holder_dead=self._database.spec.is_exclusive)

    def _give_numbers_back(self) -> None:
        def release(root: HubRoot) -> None:
            for number in (self.number, self.request_number):
                shards_of(root).release(number, self._holder)

        try:
            self._database.transact(release, "release writer numbers")
        except HubError:
            logger.warning(
                "The writer numbers could not be given back; they are taken over later", exc_info=True
            )

    # -- the thread ----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while (jobs := self._take()) is not None:
            self._busy_since = self._clock.monotonic()
            try:
                self._serve(jobs)
            except BaseException:  # nothing may end this thread; whoever waits is answered
                logger.exception("The writer made a mistake; it goes on")
                _answer(jobs, [in_doubt()] * len(jobs))
            finally:
                self._busy_since = None
        self._committer.close()

    def _take(self) -> Sequence[_Job] | None:
        """The commands that wait, at most a group's worth; None when it is time to end."""
        while True:
            with self._changed:
                if not self._jobs and not self._is_stopping:
                    self._wait_for_work()
                if self._jobs:
                    count = min(len(self._jobs), GROUP_COMMANDS)
                    return [self._jobs.popleft() for _number in range(count)]
                if self._is_stopping:
                    return None
            if self._committer.fault is not None:
                self._committer.probe()

    def _wait_for_work(self) -> None:
        if self._committer.fault is None:
            self._changed.wait(IDLE_SECONDS)
        else:
            self._clock.wait(self._changed, PROBE_SECONDS)

    def _serve(self, taken: Sequence[_Job]) -> None:
        jobs = [job for job in taken if job.future.set_running_or_notify_cancel()]
        if not jobs:
            return
        for settled in self._committer.run([job.command for job in jobs]):
            self._finish(jobs[settled.first : settled.first + len(settled.answers)], settled)
        if self._committer.is_down:
            self._answer_all_waiting(not_now(self._committer.fault or ""))

    def _finish(self, jobs: Sequence[_Job], settled: Settled) -> None:
        if settled.is_committed:
            self._last_commit_at = self._clock.now()
            self._wake(settled.topics)
        for job, answer in zip(jobs, settled.answers, strict=True):
            if answer.error is None:
                job.future.set_result(answer.value)
            else:
                job.future.set_exception(answer.error)

    def _wake(self, topics: frozenset[str]) -> None:
        for callback in self._callbacks:
            try:
                callback(topics)
            except Exception:
                logger.exception("Somebody who was to be woken failed")

    def _wake_after_commit(self, is_committed: bool, topics: set[str]) -> None:
        if is_committed:
            self._wake(frozenset(topics))

    # -- refusing ------------------------------------------------------------------------------------------------

    def _refuse_if_unable(self) -> None:
        if self._thread is None or not self._thread.is_alive() or self._is_stopping:
            raise _stopping()
        if self._committer.is_down:
            raise not_now(self._committer.fault or "")
        if len(self._jobs) >= MAX_WAITING:
            raise _busy()

    def _answer_all_waiting(self, error: HubError) -> None:
        with self._changed:
            jobs = [job for job in self._jobs if job.future.set_running_or_notify_cancel()]
            self._jobs.clear()
        _answer(jobs, [error] * len(jobs))


def _answer(jobs: Sequence[_Job], errors: Sequence[HubError]) -> None:
    for job, error in zip(jobs, errors, strict=True):
        if not job.future.done():
            job.future.set_exception(error)


def _busy() -> StorageUnavailable:
    return StorageUnavailable(_("Too much is waiting to be stored. Nothing was done; try again later."))


def _stopping() -> StorageUnavailable:
    return StorageUnavailable(_("The hub is not running, or stopping. Nothing was done."))
