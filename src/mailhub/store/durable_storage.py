"""A FileStorage whose blobs are on disk before the transaction that names them (design decision 11).

ZODB syncs the data file and nothing else: after a power cut a record may be there and its blob empty. The writer of a
blob cannot mend that, since the storage moves the file; so the storage does. It also keeps going, or says that it
cannot, where the disk fails or is full.
"""

import logging
import os
from contextlib import suppress
from pathlib import Path
from threading import Lock, get_ident
from typing import Any

from ZODB.FileStorage.FileStorage import FileStorage, TempFormatter
from ZODB.POSException import StorageSystemError
from ZODB.utils import u64

from .pack import copy_packed, remove_orphaned_blobs, remove_pack_leftovers

logger = logging.getLogger(__name__)


class DurableFileStorage(FileStorage):
    """FileStorage that syncs blob files, and the folders they entered, before ``tpc_vote`` returns.

    ``blob_dir``: None for one that never holds a blob.

    Opening it makes the last transaction durable again, since a process killed between writing and syncing it, or a
    failed sync, leaves one that is read here and still not on disk.
    """

    def __init__(self, path: Path, *, blob_dir: Path | None, **options: Any) -> None:
        self._unsynced: list[Path] = []
        self._closes = 0
        self._switching = Lock()
        self._switcher: int | None = None
        if blob_dir is not None:
            blob_dir.mkdir(mode=0o700, exist_ok=True)
        for name in (path, path.with_name(f"{path.name}.tmp")):
            name.touch(mode=0o600)
        try:
            super().__init__(
                str(path),
                blob_dir=None if blob_dir is None else str(blob_dir),
                pack_keep_old=False,
                **options,
            )
            self._write_last_transaction_again()
        except BaseException:
            self._close_what_is_open()
            raise
        self._sync_new_folders(path, blob_dir)

    @property
    def is_broken(self) -> bool:
        """True when the storage has closed itself, or was closed; only opening it anew helps."""
        if not self._file.closed:
            return False
        with self._lock:  # packing and a failed vote close the file for a moment, while they hold the lock
            return bool(self._file.closed)

    def remove_leftovers(self) -> None:
        """Remove what a killed process left; only while nothing is being written to the temporary folder or packed."""
        remove_pack_leftovers(Path(self._file_name))
        for path in Path(self.temporaryDirectory()).iterdir() if self.blob_dir else ():
            path.unlink()

    # -- blobs ---------------------------------------------------------------------------------------------------

    def _blob_storeblob(self, oid: bytes, serial: bytes, blobfilename: str) -> None:
        """ZODB moves the blob file here; note what that leaves to be synced."""
        with self._lock:  # packing removes empty folders
            target = Path(self.fshelper.getBlobFilename(oid, serial))
            new_folders = _missing_above(target)
            super()._blob_storeblob(oid, serial, blobfilename)
            self._unsynced += [target, target.parent, *(folder.parent for folder in new_folders)]

    def _sync_blobs(self) -> None:
        for path in dict.fromkeys(self._unsynced):
            sync_path(path)
        self._unsynced.clear()

    # -- the two phases ------------------------------------------------------------------------------------------

    def tpc_begin(self, transaction: Any, *args: Any, **options: Any) -> None:
        if self.is_broken:
            raise StorageSystemError(f"{self._file_name} was closed after a failure")
        super().tpc_begin(transaction, *args, **options)
        self._unsynced.clear()

    def tpc_vote(self, transaction: Any) -> Any:
        try:
            with self._lock:
                self._sync_blobs()
            return super().tpc_vote(transaction)
        except OSError:
            self._cut_failed_tail()
            raise

    def loadBefore(self, oid: bytes, tid: bytes) -> Any:  # noqa: N802 - ZODB's name
        try:
            return super().loadBefore(oid, tid)
        except ValueError as error:  # how files and the file pool say that they are closed
            if self.is_broken:
                raise StorageSystemError(f"{self._file_name} was closed after a failure") from error
            raise

    def _abort(self) -> None:
        # FileStorage forgets the blob files of a transaction that failed before its vote
        self._blob_tpc_abort()
        self._unsynced.clear()
        super()._abort()

    def _clear_temp(self) -> None:
        try:
            super()._clear_temp()
        except OSError:  # its buffer still holds what did not fit on a full disk
            with suppress(OSError):
                self._tfile.close()
            self._tfile: Any = Path(f"{self._file_name}.tmp").open("w+b")  # noqa: SIM115 - open as long as the storage
            self._tfmt = TempFormatter(self._tfile)

    def _cut_failed_tail(self) -> None:
        """Drop a vote that did not fit, buffered bytes included, which would else come out in a later write."""
        with self._lock:
            with suppress(OSError):
                self._file.close()
            os.truncate(self._file_name, self._pos)
            self._file: Any = Path(self._file_name).open("r+b")  # noqa: SIM115 - open as long as the storage
            self._nextpos = 0
            self._files.flush()

    # -- packing -------------------------------------------------------------------------------------------------

    def pack(self, t: float, referencesf: Any, gc: bool | None = None) -> None:
        """Pack; old revisions are gone from the disk afterwards, and files of blobs that no record names."""
        remove_pack_leftovers(Path(self._file_name))
        try:
            super().pack(t, referencesf, gc)
        finally:
            self._end_switch()
        with self._switching:
            if not self._closes:
                self._clear_buffer()
                if self.blob_dir:
                    remove_orphaned_blobs(self)

    @staticmethod
    def packer(storage: Any, referencesf: Any, stop: bytes, gc: bool) -> Any:  # noqa: ARG004 - ZODB's signature
        """The copying is done in a child process; ``referencesf`` is always ZODB's own."""
        return copy_packed(storage, stop, collects_garbage=gc)

    def begin_switch(self) -> None:
        """From here to the end of packing the files change their names, and the storage cannot be closed.

        Raises StorageSystemError when it is closed already: the files may be another process's now.
        """
        self._switching.acquire()
        self._switcher = get_ident()
        self.require_open()

    def _end_switch(self) -> None:
        if self._switcher == get_ident():
            self._switcher = None
            self._switching.release()

    def require_open(self) -> None:
        """Raises StorageSystemError when the storage has been closed."""
        if self._closes:
            raise StorageSystemError(f"{self._file_name} was closed")

    def _clear_buffer(self) -> None:
        """Commits are gathered in a file that is written over and over: what was longer shows behind what is shorter."""
        with self._commit_lock, self._lock:
            self._tfile.seek(0)
            self._tfile.truncate()

    def _initIndex(self, index: Any, tindex: Any) -> None:  # noqa: N802 - ZODB's name
        """Called between packing's renames and the next commit, which would else go into a file without a name."""
        super()._initIndex(index, tindex)
        if self._pack_is_in_progress:
            sync_path(Path(self._file_name).parent)

    # -- opening and closing -------------------------------------------------------------------------------------

    def _write_last_transaction_again(self) -> None:
        """Make sure that what is read here is on disk: after a failed fsync the kernel calls lost pages clean."""
        if self._is_read_only:
            return
        if len(self._index):
            self._file.seek(self._pos - 8)
            start = self._pos - 8 - u64(self._file.read(8))
            self._file.seek(start)
            tail = self._file.read(self._pos - start)
            self._file.seek(start)
            self._file.write(tail)
        self._file.flush()
        os.fsync(self._file.fileno())

    def _sync_new_folders(self, path: Path, blob_dir: Path | None) -> None:
        """The directory entries of the data file and of the blob folder, which no commit syncs."""
        if not self._is_read_only:
            blob_folders = () if blob_dir is None else (blob_dir, blob_dir.parent)
            for folder in dict.fromkeys((path.parent, *blob_folders)):
                sync_path(folder)

    def close(self) -> None:
        """Close every part, though one fails; the index is written the first time only."""
        with self._switching:
            self._closes += 1
            self._close_what_is_open()
            if self._closes == 1:
                self._save_index_or_log()

    def _close_what_is_open(self) -> None:
        for name in ("_file", "_files", "_tfile", "_lock_file"):
            part = getattr(self, name, None)
            if part is not None and getattr(part, "_fp", part) is not None:
                try:
                    part.close()
                except OSError:
                    logger.exception("Closing %s failed", name)

    def _save_index_or_log(self) -> None:
        try:
            self._save_index()
        except Exception:
            logger.exception("Saving the index of %s failed; the next start takes longer", self._file_name)


def sync_path(path: Path) -> None:
    """fsync a file or a folder by its name."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _missing_above(path: Path) -> list[Path]:
    """The folders on the way to a file that have still to be made."""
    missing = []
    for folder in path.parents:
        if folder.is_dir():
            break
        missing.append(folder)
    return missing
