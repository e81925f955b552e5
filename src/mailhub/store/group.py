"""Running a batch of write commands as one transaction, and finding out what became of it (design decision 8).

Three outcomes: committed, refused, unknown. A commit that fails while finishing leaves the question whether it is
stored; every commit therefore writes the id of its group into the state of its writer number, where a new connection
looks for it. A group that then turns out not to be there is run again; should the old one still arrive late, both
wrote the same state object, so the second one meets a conflict and looks again.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from threading import Condition
from typing import Any, Protocol, TypeVar

import transaction

from mailhub.contract.clock import Clock
from mailhub.contract.texts import _
from mailhub.entropy import Entropy, text_token
from mailhub.errors import HubError, OutcomeUnknown, StorageUnavailable

from .clock import StorageClock
from .commits import FinishingFailed, commit, in_doubt, is_conflict, is_storage_failure, not_now, unavailable
from .database import Database
from .problems import CommandFailed, NotSetUp, WriterNumberTaken
from .root import HubRoot, get_hub
from .shards import Shard, shards_of

R_co = TypeVar("R_co", covariant=True)
logger = logging.getLogger(__name__)

GROUP_TRIES = 2
SINGLE_TRIES = 8
CONFLICT_PAUSE_SECONDS = 0.005
LOOK_TRIES = 5
LOOK_PAUSE_SECONDS = 0.1
STORAGE_FAILURES = 3
"""After so many commands in a row that the storage failed, the rest of a batch is told without trying."""
NOTE_CHARACTERS = 200


class WriteCommand(Protocol[R_co]):
    """One change of messages, their indexes or lanes, made of plain values and ids; never of persistent objects."""

    @property
    def note(self) -> str:
        """A word for the transaction's description, such as ``accept``."""
        ...

    def check(self, root: HubRoot) -> None:
        """Look whether it may be done, changing nothing; a HubError refuses it, to its caller alone."""
        ...

    def apply(self, root: HubRoot, shard: Shard) -> R_co:
        """Do it. Must not fail, and may be run again, so nothing outside the database is touched."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What the caller of one command gets: a value, or an error to raise."""

    value: Any = None
    error: HubError | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """The final answers of some commands of a batch, from the one at ``first`` on, and the topics to wake."""

    first: int
    answers: Sequence[Answer]
    topics: frozenset[str] = frozenset()
    is_committed: bool = False


class _InDoubt(Exception):
    def __init__(self, group: str, settled: Settled) -> None:
        super().__init__(group)
        self.group = group
        self.settled = settled


class WriterConnection:
    """The connection that the writer thread alone owns."""

    def __init__(
        self, database: Database, clock: Clock, storage_clock: StorageClock, number: int, holder: str
    ) -> None:
        self._database = database
        self._clock = clock
        self._storage_clock = storage_clock
        self._number = number
        self._holder = holder
        self._manager = transaction.TransactionManager(explicit=True)
        self._connection = database.open_for(self._manager)

    def try_group(
        self, group: str, commands: Sequence[WriteCommand[Any]], doubts: dict[str, Settled]
    ) -> Settled:
        """Run the commands in one transaction and commit it, unless all were refused.

        Raises _InDoubt, or what a command or the commit raised, when nothing is stored.
        """
        self._manager.begin()
        hub = get_hub(self._connection)
        state = self._own_state(hub)
        if state.last_group in doubts:
            self.abort()
            return doubts[state.last_group]
        topics: set[str] = set()
        shard = Shard(self._number, state, self._storage_clock.now(), topics.add)
        answers = [_run(command, hub, shard) for command in commands]
        if commands and all(answer.error is not None for answer in answers):
            self.abort()
            return Settled(0, answers)
        state.last_group = group
        self._manager.get().note(_note(commands))
        settled = Settled(0, answers, frozenset(topics), is_committed=True)
        self._commit(group, settled, state)
        return settled

    def abort(self) -> None:
        self._manager.abort()

    def discard(self) -> None:
        self._database.discard(self._connection)

    def _own_state(self, hub: HubRoot) -> Any:
        state = shards_of(hub).get(self._number)
        if state.holder != self._holder:
            raise WriterNumberTaken(
                _("Another process took over writer number ${number}.", mapping={"number": self._number})
            )
        return state

    def _commit(self, group: str, settled: Settled, state: Any) -> None:
        before = self._clock.now()
        try:
            commit(self._manager)
        except FinishingFailed as error:
            raise _InDoubt(group, settled) from error
        self._storage_clock.observe(state._p_serial, before, self._clock.now())


class GroupCommitter:
    """Settles batches of commands, whatever fails. Used by the writer thread alone.

    ``fault``: why the last commit failed by the storage's doing; None after one that worked.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        entropy: Entropy,
        storage_clock: StorageClock,
        number: int,
        holder: str,
    ) -> None:
        self._database = database
        self._clock = clock
        self._entropy = entropy
        self._storage_clock = storage_clock
        self._number = number
        self._holder = holder
        self._pause = Condition()
        self._session = text_token(entropy, 6)
        self._groups = 0
        self._connection: WriterConnection | None = None
        self._is_cut_off = False
        self.fault: str | None = None

    @property
    def is_down(self) -> bool:
        """True while there is no getting a connection: trying a command would only cost its caller time."""
        return self._is_cut_off

    def run(self, commands: Sequence[WriteCommand[Any]]) -> Iterator[Settled]:
        """Settle every command: all in one commit, or one by one when that fails, so that only the guilty fail."""
        settled = self._settle(commands, GROUP_TRIES if len(commands) > 1 else SINGLE_TRIES)
        if isinstance(settled, Settled):
            yield settled
        elif len(commands) == 1 or isinstance(settled, OutcomeUnknown):
            yield Settled(0, [Answer(error=settled)] * len(commands))
        else:
            logger.warning("A batch of %s commands failed and is run one by one", len(commands))
            yield from self._run_one_by_one(commands)

    def probe(self) -> bool:
        """Commit nothing but a group id, to see whether the storage works again."""
        return isinstance(self._settle((), 1), Settled)

    def close(self) -> None:
        """Give up the connection."""
        self._drop()

    def _run_one_by_one(self, commands: Sequence[WriteCommand[Any]]) -> Iterator[Settled]:
        failures = 0
        for index, command in enumerate(commands):
            settled = self._settle([command], SINGLE_TRIES)
            if isinstance(settled, Settled):
                failures = 0
                yield Settled(index, settled.answers, settled.topics, settled.is_committed)
                continue
            yield Settled(index, [Answer(error=settled)])
            failures = failures + 1 if isinstance(settled, StorageUnavailable) else 0
            if failures == STORAGE_FAILURES:
                rest = Answer(error=not_now(self.fault or str(settled)))
                yield Settled(index + 1, [rest] * (len(commands) - index - 1))
                return

    def _settle(self, commands: Sequence[WriteCommand[Any]], tries: int) -> Settled | HubError:
        """The outcome of the commands as one group, or the error that ends it."""
        doubts: dict[str, Settled] = {}
        for attempt in range(SINGLE_TRIES):
            if attempt >= tries and not doubts:
                break
            try:
                settled = self._try(commands, doubts)
            except BaseException as error:  # noqa: BLE001 - a command's SystemExit must not end this thread
                if not self._may_try_again(error, attempt, doubts):
                    return self._verdict(error, doubts)
            else:
                if settled.is_committed:
                    self.fault = None
                return settled
        return in_doubt() if doubts else _too_many_conflicts()

    def _try(self, commands: Sequence[WriteCommand[Any]], doubts: dict[str, Settled]) -> Settled:
        self._groups += 1
        connection = self._connected_patiently() if doubts else self._connected()
        return connection.try_group(f"{self._session}-{self._groups}", commands, doubts)

    def _may_try_again(self, error: BaseException, attempt: int, doubts: dict[str, Settled]) -> bool:
        """Leave a clean connection, or none, behind a failed attempt; True after a conflict and when in doubt."""
        if is_conflict(error) and self._abort():
            logger.info("Conflict in a writer's commit: %s", error)
            self._rest(CONFLICT_PAUSE_SECONDS * attempt)
            return True
        self._drop()
        if is_storage_failure(error) and self._database.is_broken:
            return True
        if isinstance(error, _InDoubt):
            logger.error(
                "A writer's commit failed while finishing; looking for %s", error.group, exc_info=error
            )
            doubts[error.group] = error.settled
            return True
        return False

    def _verdict(self, error: BaseException, doubts: dict[str, Settled]) -> HubError:
        """The error for the caller. A doubt that was not resolved stays one, whatever came after it."""
        if is_storage_failure(error) or isinstance(error, StorageUnavailable | _AS_STORAGE):
            known, self.fault = self.fault, str(error.__cause__ or error)
            is_news = self.fault != known
            logger.error("The writer cannot use the storage: %s", error, exc_info=error if is_news else None)
            return in_doubt() if doubts else unavailable(error)
        logger.error("A write command failed", exc_info=error)
        return in_doubt() if doubts else _command_failed(error)

    # -- the connection ------------------------------------------------------------------------------------------

    def _connected(self) -> WriterConnection:
        if self._connection is None:
            self._connection = self._connect()
            self._is_cut_off = False
        return self._connection

    def _connect(self) -> WriterConnection:
        try:
            return WriterConnection(
                self._database, self._clock, self._storage_clock, self._number, self._holder
            )
        except BaseException:
            self._is_cut_off = True
            raise

    def _connected_patiently(self) -> WriterConnection:
        for attempt in range(1, LOOK_TRIES):
            try:
                return self._connected()
            except StorageUnavailable as error:
                logger.warning("Still no connection: %s", error)
                self._rest(LOOK_PAUSE_SECONDS * attempt)
        return self._connected()

    def _abort(self) -> bool:
        """End the transaction and keep the connection; False when there is none that can be kept."""
        if self._connection is None:
            return False
        try:
            self._connection.abort()
        except Exception:
            logger.exception("A connection could not be aborted")
            return False
        return True

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.discard()
            except Exception:
                logger.exception("A broken connection could not be thrown away")

    def _rest(self, seconds: float) -> None:
        if seconds > 0:
            with self._pause:
                self._clock.wait(self._pause, self._entropy.uniform(seconds / 2, seconds))


_AS_STORAGE = WriterNumberTaken | NotSetUp


def _run(command: WriteCommand[Any], hub: HubRoot, shard: Shard) -> Answer:
    try:
        command.check(hub)
    except HubError as refusal:
        return Answer(error=refusal)
    return Answer(command.apply(hub, shard))


def _note(commands: Sequence[WriteCommand[Any]]) -> str:
    counts: dict[str, int] = {}
    for command in commands:
        counts[command.note] = counts.get(command.note, 0) + 1
    return ", ".join(f"{note} x{count}" for note, count in counts.items())[:NOTE_CHARACTERS]


def _command_failed(error: BaseException) -> CommandFailed:
    failed = CommandFailed(_("The hub made a mistake and stored nothing of this. Its log has the details."))
    failed.__cause__ = error
    return failed


def _too_many_conflicts() -> StorageUnavailable:
    return StorageUnavailable(_("Too many others changed the same at the same time. Try again."))
