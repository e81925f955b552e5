"""Packing: old revisions and what nobody refers to any more leave the data file, beside a hub that goes on.

A child process copies everything up to the time of packing (``store/pack_child.py``), so that neither the work nor the
memory for it is the hub's; what was committed meanwhile is added here, and only for the last of it commits wait. Until
the new file takes the old one's name nothing of the old one is touched: killed at any moment, the database is as it was,
or packed.
"""

import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from persistent.timestamp import TimeStamp
from ZODB.blob import remove_committed
from ZODB.FileStorage.fspack import FileStoragePacker, PackCopier
from ZODB.fsIndex import fsIndex
from ZODB.POSException import POSKeyError

from mailhub.contract.texts import _

from .pack_child import PackedPart, PackOrder
from .problems import PackFailed

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.1
COPY_MARK = ".packing-"
LEFTOVERS = (".pack", ".old")
ERROR_CHARACTERS = 500
MARGIN_SECONDS = 0.001
"""Times are rounded to about a microsecond."""


def time_after(tid: bytes) -> float:
    """A time in seconds after this transaction, whatever this machine's clock says: to pack up to it."""
    return float(TimeStamp(tid).timeTime()) + MARGIN_SECONDS


class PackFiles:
    """The files of one packing, named so that a copy of an earlier one that was killed is never mistaken for it."""

    def __init__(self, data_file: Path) -> None:
        self.data_file = data_file
        self.result = data_file.with_name(f"{data_file.name}.pack")
        descriptor, name = tempfile.mkstemp(prefix=f"{data_file.name}{COPY_MARK}", dir=data_file.parent)
        os.close(descriptor)
        self.copy = Path(name)
        self.index = Path(f"{name}.index")
        self.removed = Path(f"{name}.removed")

    def order(self, end: int, stop: bytes, *, collects_garbage: bool) -> PackOrder:
        return PackOrder(
            source=str(self.data_file),
            end=end,
            stop=stop.hex(),
            collects_garbage=collects_garbage,
            target=str(self.copy),
            index=str(self.index),
            removed=str(self.removed),
        )

    def remove(self) -> None:
        """Whatever is still there of them."""
        for path in (self.copy, self.index, self.removed):
            path.unlink(missing_ok=True)


def copy_packed(storage: Any, stop: bytes, *, collects_garbage: bool) -> tuple[int, Any] | None:
    """What ``FileStorage.pack`` asks of its packer: a synced file ``.pack``, its length and its index, with the commit
    lock held; None, and no lock, when there is nothing to free.

    Raises ``PackFailed``, StorageError or OSError, having changed nothing.
    """
    files = PackFiles(Path(storage._file_name))  # noqa: SLF001 - ZODB hands the storage over as an argument
    try:
        part = _part_by_child(
            storage, files.order(storage.getSize(), stop, collects_garbage=collects_garbage)
        )
        if part is None or part.read == part.written:
            return None
        copier = RestCopier(storage, files, part)
        length = copier.copy()
        try:
            _prepare_switch(storage, files)
        except BaseException:
            storage._commit_lock.release()  # noqa: SLF001 - the packer's part of ZODB's protocol
            files.result.unlink(missing_ok=True)
            raise
        return length, copier.index
    finally:
        files.remove()


def _prepare_switch(storage: Any, files: PackFiles) -> None:
    """Let the old file have its second name before it loses the first, so that at no moment there is none.

    ``FileStorage.pack`` renames the data file and then the packed one: renaming a file to another name it has already
    does nothing, so what is left of that is the one rename that replaces it.
    """
    storage.begin_switch()
    old = files.data_file.with_name(f"{files.data_file.name}.old")
    old.unlink(missing_ok=True)
    old.hardlink_to(files.data_file)
    # places in the old file: a start after a kill must not take them for places in the new one
    files.data_file.with_name(f"{files.data_file.name}.index").unlink(missing_ok=True)
    if storage.blob_dir:
        files.removed.replace(Path(storage.blob_dir) / ".removed")


# -- the child ---------------------------------------------------------------------------------------------------


def _part_by_child(storage: Any, order: PackOrder) -> PackedPart | None:
    command = [sys.executable, "-W", "ignore", "-m", "mailhub.store.pack_child", json.dumps(asdict(order))]
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors) as child,  # noqa: S603 - our own program
    ):
        try:
            answer = _answer_of(storage, child)
        finally:
            child.kill()
        if child.returncode != 0:
            errors.seek(0)
            raise _failed(child.returncode, errors.read().decode(errors="replace"))
    part = json.loads(answer)
    return None if part is None else PackedPart(**part)


def _answer_of(storage: Any, child: "subprocess.Popen[bytes]") -> bytes:
    """What the child says, unless the storage is closed before."""
    assert child.stdin is not None
    assert child.stdout is not None
    while True:
        try:
            child.wait(LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            storage.require_open()
            continue
        return child.stdout.read()


def _failed(code: int, errors: str) -> PackFailed:
    logger.error("The process that packs ended with %s: %s", code, errors)
    reason = errors.strip().rpartition("\n")[2][-ERROR_CHARACTERS:] or f"exit code {code}"
    return PackFailed(
        _("The database could not be packed: ${reason}. Nothing was changed.", mapping={"reason": reason})
    )


# -- what was committed meanwhile --------------------------------------------------------------------------------


class RestCopier(FileStoragePacker):
    """Adds to the child's copy what was committed after the time of packing."""

    def __init__(self, storage: Any, files: PackFiles, part: PackedPart) -> None:
        files.copy.replace(files.result)
        self._storage = storage
        self._files = files
        self._part = part
        self._lock = storage._lock  # noqa: SLF001 - the packer's part of ZODB's protocol
        self._commit_lock = storage._commit_lock  # noqa: SLF001 - the same
        self.index = fsIndex.load(str(files.index))["index"]
        self.tindex: dict[bytes, int] = {}
        self.locked = False

    def copy(self) -> int:
        """The length of the file, which is on disk then; the commit lock is held. Whatever is raised has released it."""
        try:
            with (
                self._files.data_file.open("rb", buffering=0) as self._file,
                self._files.result.open("r+b") as self._tfile,
            ):
                self._tfile.seek(self._part.written)
                self._tfile.truncate()
                self._copier = PackCopier(self._tfile, self.index, self.tindex)
                return self._copy_rest()
        except BaseException:
            if self.locked:
                self._commit_lock.release()
            self._files.result.unlink(missing_ok=True)
            raise

    def _copy_rest(self) -> int:
        self._commit_lock.acquire()
        self.locked = True
        with self._lock:
            end = self._storage.getSize()
        if self._part.read < end:
            self.copyRest(self._part.read)
        length: int = self._tfile.tell()
        self._tfile.flush()
        os.fsync(self._tfile.fileno())
        return length


# -- what is left behind -----------------------------------------------------------------------------------------


def remove_pack_leftovers(data_file: Path) -> None:
    """Remove the files of a packing that was killed. Only for whoever has the data file open, and does not pack it."""
    for path in data_file.parent.glob(f"{data_file.name}{COPY_MARK}*"):
        path.unlink(missing_ok=True)
    for ending in LEFTOVERS:
        data_file.with_name(data_file.name + ending).unlink(missing_ok=True)


def iter_orphaned_blobs(storage: Any) -> Iterator[Path]:
    """Files of blobs without a record: of a process that was killed while it committed, or while it packed.

    A commit under way has a later transaction id than the last one, and is left alone.
    """
    last = storage.lastTransaction()
    for oid, folder in storage.fshelper.listOIDs():
        for path in sorted(Path(folder).iterdir()):
            _oid, tid = storage.fshelper.splitBlobFilename(str(path))
            if tid is not None and tid <= last and not _has_record(storage, oid, tid):
                yield path


def _has_record(storage: Any, oid: bytes, tid: bytes) -> bool:
    try:
        storage.loadSerial(oid, tid)
    except POSKeyError:
        return False
    return True


def remove_orphaned_blobs(storage: Any) -> int:
    """Remove them, and the folders that are empty then; returns how many files."""
    orphans = list(iter_orphaned_blobs(storage))
    for path in orphans:
        remove_committed(str(path))
        with storage._lock, suppress(OSError):  # noqa: SLF001 - a commit makes folders under this lock
            for folder in path.parents[:8]:
                folder.rmdir()
    return len(orphans)
