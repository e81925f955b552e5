"""The storage of sessions: a second database beside the main one, in the same transactions, lost without harm.

Who signs in and who is still there is written often and matters for a day; it neither grows the main file nor is part of
its backup. Whatever is wrong with it keeps no mail from leaving: people sign in again.
"""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from ZODB import DB
from ZODB.serialize import referencesf

from .kinds import MemoryStorage, open_file
from .pack import time_after
from .problems import DatabaseLocked
from .root import SESSIONS

logger = logging.getLogger(__name__)

POOL_CONNECTIONS: Final = 64
CACHE_OBJECTS: Final = 2_000
PACK_BYTES: Final = 4 * 1024 * 1024
DAMAGED: Final = ".damaged"


class SessionsDatabase:
    """What ``Database`` opens beside itself. ``path``: None for the memory of the process."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._storage: Any = None
        self._packed_bytes = 0

    @property
    def is_broken(self) -> bool:
        """True when the storage has closed itself after a failure, or could not be opened again after one."""
        return self._storage is None or bool(self._storage.is_broken)

    def open_beside(self, databases: dict[str, Any]) -> None:
        """Open it as one of these databases of a ZODB multi-database, instead of what was open before.

        A file that cannot be read is moved aside and made anew; where there can be none, sessions are kept in memory.
        Raises DatabaseLocked.
        """
        self.close()
        try:
            self._open_file_or_new_one(databases)
        except DatabaseLocked:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, mail has to leave
            text = (
                "There is no storing sessions in %s (%s): they are kept in memory and end with this process"
            )
            logger.error(text, self._path, error)  # noqa: TRY400 - the traceback tells nothing more
            self._open(MemoryStorage(), databases)

    def pack_if_grown(self) -> bool:
        """Pack when the file has become large, and twice what the last packing left of it. Raises PackFailed, OSError,
        StorageError."""
        storage = self._storage
        if (
            self._path is None
            or storage is None
            or storage.getSize() < max(PACK_BYTES, 2 * self._packed_bytes)
        ):
            return False
        storage.pack(time_after(storage.lastTransaction()), referencesf)
        self._packed_bytes = storage.getSize()
        return True

    def close(self) -> None:
        """Let go of the file; connections still open stop working."""
        storage, self._storage = self._storage, None
        if storage is not None:
            storage.close()

    def _open_file_or_new_one(self, databases: dict[str, Any]) -> None:
        if self._path is None:
            self._open(MemoryStorage(), databases)
            return
        try:
            self._open(open_file(self._path, None), databases)
        except (DatabaseLocked, OSError):
            # somebody else has it, or the disk cannot be used now: the file may be good
            raise
        except Exception as error:  # noqa: BLE001 - damage shows as anything
            aside = self._move_aside(self._path)
            text = (
                "The sessions in %s cannot be read (%s: %s). The file is now %s; people have to sign in again"
            )
            logger.warning(text, self._path, type(error).__name__, error, aside)
            self._open(open_file(self._path, None), databases)

    def _move_aside(self, path: Path) -> Path:
        path.with_name(f"{path.name}.index").unlink(missing_ok=True)
        return path.replace(path.with_name(f"{path.name}{DAMAGED}"))

    def _open(self, storage: Any, databases: dict[str, Any]) -> None:
        databases.pop(SESSIONS, None)
        try:
            storage.remove_leftovers()
            db = DB(
                storage,
                pool_size=POOL_CONNECTIONS,
                cache_size=CACHE_OBJECTS,
                database_name=SESSIONS,
                databases=databases,
            )
            if hasattr(storage, "record_iternext"):
                _read_all(db)
        except BaseException:
            databases.pop(SESSIONS, None)
            storage.close()
            raise
        self._storage = storage


def _read_all(db: Any) -> None:
    """Every record, which are few: opening a file looks at its end only. Raises whatever damage raises."""
    with db.transaction() as connection:
        for oid in _iter_oids(db.storage):
            connection.get(oid)._p_activate()


def _iter_oids(storage: Any) -> Iterator[bytes]:
    following = None
    while True:
        oid, _tid, _data, following = storage.record_iternext(following)
        yield oid
        if following is None:
            return
