"""The database of a process: opened by its address, read, written by short transactions."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Condition, RLock
from typing import Any, TypeVar

import transaction
from ZODB import DB
from ZODB.POSException import StorageError

from mailhub.contract.clock import Clock
from mailhub.contract.texts import _
from mailhub.errors import HubError, StorageUnavailable

from .commits import FinishingFailed, commit, in_doubt, is_conflict, is_storage_failure, unavailable
from .content import BlobSink
from .evolve.record import install_record, mark_all_done
from .evolve.steps import Step
from .format import check_format, record_format
from .kinds import StorageSpec, sessions_file_for, storage_for, trial_of
from .pack import time_after
from .partial_files import PartialFiles
from .problems import DatabaseLocked
from .root import NAME, HubRoot, find_hub, get_hub
from .rotation import install_sealing
from .sessions import SessionsDatabase
from .shards import install_shards

T = TypeVar("T")
logger = logging.getLogger(__name__)

TRIES = 5
LOCK_PAUSE_SECONDS = 0.2
CONFLICT_PAUSE_SECONDS = 0.01
POOL_CONNECTIONS = 64
CACHE_OBJECTS = 10_000
CACHE_BYTES = 64 * 1024 * 1024


class Database:
    """One open database. Safe to use from many threads; what it hands out belongs to one.

    ``sessions``: the database of sessions, opened beside it; by default one in memory.
    """

    def __init__(
        self,
        spec: StorageSpec,
        clock: Clock,
        *,
        sessions: SessionsDatabase | None = None,
        wait_seconds: float = 0.0,
    ) -> None:
        self.spec = spec
        self._sessions = sessions or SessionsDatabase(None)
        self._clock = clock
        self._pause = Condition()
        self._opening = RLock()
        self._is_closed = False
        self._db: Any = self._open_waiting(wait_seconds)
        self._db.storage.remove_leftovers()

    @contextmanager
    def reading(self) -> Iterator[HubRoot]:
        """The hub as it is now, for reading; whatever is changed in it is dropped.

        Raises StorageUnavailable, and NotSetUp when there is no hub yet.
        """
        manager = transaction.TransactionManager(explicit=True)
        try:
            with self._connection(manager) as connection:
                manager.begin()
                yield get_hub(connection)
        except HubError:
            raise
        except Exception as error:
            if isinstance(error, StorageError) or is_conflict(error):
                raise unavailable(error) from error
            raise

    def transact(self, function: Callable[[HubRoot], T], note: str) -> T:
        """Run a function in a transaction of its own and commit it; run again after a conflict.

        ``note`` is kept with the transaction. What the function raises undoes it and is passed on. Raises
        StorageUnavailable when nothing was stored, OutcomeUnknown when that is not certain.
        """
        return self.transact_connection(lambda connection: function(get_hub(connection)), note)

    def open_for(self, transaction_manager: Any) -> Any:
        """A connection that takes part in the manager's transactions, as the web's request needs it.

        The manager is a ``mailhub.store.commits.RequestManager`` or another explicit one. The caller closes the
        connection after the transaction has ended; ``mailhub.store.root.get_hub`` gives its hub. Raises
        StorageUnavailable.
        """
        try:
            return self._usable_db().open(transaction_manager)
        except (StorageError, DatabaseLocked) as error:
            raise unavailable(error) from error

    def blob_sink(self) -> BlobSink:
        """Where to write bytes of unknown length that are to be stored (``store/content.py``)."""
        return BlobSink(Path(self._usable_db().storage.temporaryDirectory()))

    def partial_files(self) -> PartialFiles:
        """Files that arrive in pieces (``store/partial_files.py``), on the disk of the blobs that they become."""
        return PartialFiles(Path(self._usable_db().storage.temporaryDirectory()).parent / "partial")

    def discard(self, connection: Any) -> None:
        """Throw away a connection that may hold what was never stored, instead of keeping it for the next user."""
        try:
            _end(connection.transaction_manager)
        except Exception:
            logger.warning("A broken connection could not be aborted", exc_info=True)
        # What ZODB itself does with the connections that its pool no longer wants; there is no public name for it.
        connection._release_resources()  # noqa: SLF001 - see above

    @property
    def is_broken(self) -> bool:
        """True when the storage has closed itself after a failure; the next connection opens it anew."""
        db = self._db
        return db is None or bool(db.storage.is_broken)

    def pack(self) -> None:
        """Let go of all that is not current now, and of what nobody refers to. Others read and write meanwhile.

        Raises StorageUnavailable, PackFailed.
        """
        db = self._usable_db()
        try:
            db.storage.pack(time_after(db.storage.lastTransaction()), db.references)
        except (OSError, StorageError) as error:
            raise unavailable(error) from error

    def pack_sessions(self) -> None:
        """Pack the sessions where they have grown. Raises StorageUnavailable, PackFailed."""
        self._usable_db()
        try:
            self._sessions.pack_if_grown()
        except (OSError, StorageError) as error:
            raise unavailable(error) from error

    @property
    def storage(self) -> Any:
        """The storage, for those of this room that look at it as a whole. Raises StorageUnavailable."""
        return self._usable_db().storage

    def close(self) -> None:
        """Close the database; connections still open stop working."""
        with self._opening:
            self._is_closed = True
            # first, so that whoever opens the database next finds both free
            self._sessions.close()
            if self._db is not None:
                self._db.close()
            self._db = None

    # -- transactions --------------------------------------------------------------------------------------------

    def transact_connection(self, function: Callable[[Any], T], note: str) -> T:
        """As ``transact``, with the connection instead of the hub, for what there is to do before there is one."""
        for tries in range(1, TRIES + 1):
            try:
                return self._transact_once(function, note)
            except Exception as error:
                if not is_conflict(error):
                    raise
                logger.info("Conflict in %s, attempt %s: %s", note, tries, error)
                if tries > 1:
                    self._wait(CONFLICT_PAUSE_SECONDS * tries)
        raise StorageUnavailable(_("Too many others changed the same at the same time. Try again."))

    def _transact_once(self, function: Callable[[Any], T], note: str) -> T:
        manager = transaction.TransactionManager(explicit=True)
        try:
            with self._connection(manager) as connection:
                manager.begin().note(note)
                result = function(connection)
                commit(manager)
                return result
        except FinishingFailed as error:
            logger.exception("A commit failed while finishing: %s", note)
            raise in_doubt() from error
        except Exception as error:
            if is_storage_failure(error):
                logger.exception("The storage failed: %s", note)
                raise unavailable(error) from error
            raise

    @contextmanager
    def _connection(self, manager: Any) -> Iterator[Any]:
        """A connection whose transaction is aborted at the end, unless it was committed."""
        connection = self.open_for(manager)
        try:
            yield connection
        except BaseException as error:
            if isinstance(error, FinishingFailed) or is_storage_failure(error):
                self.discard(connection)
            else:
                self._give_back(connection, manager)
            raise
        self._give_back(connection, manager)

    def _give_back(self, connection: Any, manager: Any) -> None:
        try:
            _end(manager)
            connection.close()
        except Exception:
            logger.warning("A connection could not be given back", exc_info=True)
            self.discard(connection)

    # -- opening -------------------------------------------------------------------------------------------------

    def _usable_db(self) -> Any:
        with self._opening:
            if self._is_closed:
                raise StorageUnavailable(_("The database is closed."))
            if self._db is not None and self._db.storage.is_broken:
                self._db.storage.close()
                self._db = None
            if self._db is None:
                logger.warning("Opening the database again")
                self._db = self._open()
            elif self._sessions.is_broken:
                logger.warning("Opening the sessions again")
                self._sessions.open_beside(self._db.databases)
            return self._db

    def _open(self) -> Any:
        databases: dict[str, Any] = {}
        try:
            storage = self.spec.open_storage()
            try:
                db = DB(
                    storage,
                    pool_size=POOL_CONNECTIONS,
                    cache_size=CACHE_OBJECTS,
                    cache_size_bytes=CACHE_BYTES,
                    databases=databases,
                )
                self._sessions.open_beside(databases)
            except BaseException:
                storage.close()
                raise
        except (OSError, StorageError) as error:
            raise unavailable(error) from error
        return db

    def _open_waiting(self, wait_seconds: float) -> Any:
        ends_at = self._clock.monotonic() + wait_seconds
        while True:
            try:
                return self._open()
            except DatabaseLocked:
                if self._clock.monotonic() >= ends_at:
                    raise
                self._wait(LOCK_PAUSE_SECONDS)

    def _wait(self, seconds: float) -> None:
        with self._pause:
            self._clock.wait(self._pause, seconds)


def _end(manager: Any) -> None:
    """Abort what is still open in an explicit manager, which after a commit is nothing."""
    with suppress(transaction.interfaces.NoTransaction):
        manager.abort()


def open_database(
    uri: str,
    *,
    data_dir: Path,
    clock: Clock,
    wait_seconds: float = 0.0,
    is_trial: bool = False,
    sessions_uri: str = "",
) -> Database:
    """Open the database of an address (empty: ``hub.fs`` and ``blobs`` in the data folder), and the sessions beside it.

    A file that another process has open is tried again for ``wait_seconds``. ``is_trial``: what is written is kept in
    memory and goes when it is closed. Raises UnsupportedStore, DatabaseLocked.
    """
    spec = storage_for(uri, data_dir)
    sessions_file = sessions_file_for(sessions_uri, uri, data_dir)
    return Database(
        trial_of(spec) if is_trial else spec,
        clock,
        sessions=SessionsDatabase(None if is_trial else sessions_file),
        wait_seconds=wait_seconds,
    )


def ensure_root(
    database: Database,
    installers: Sequence[Callable[[HubRoot], None]] = (),
    steps: Sequence[Step] = (),
) -> None:
    """Make the hub if there is none, and let every installer make what is missing of its own; one transaction.

    ``steps``: a hub that is made now needs none of them. Raises FormatTooNew, before anything is touched, when the data
    need newer code.
    """

    def install(connection: Any) -> None:
        found = find_hub(connection)
        hub = found
        if hub is None:
            hub = connection.root()[NAME] = HubRoot()
        check_format(hub)
        for installer in (record_format, install_shards, install_record, install_sealing, *installers):
            installer(hub)
        if found is None:
            mark_all_done(hub, steps)

    database.transact_connection(install, "set up")
