"""The attempt journal: what was on the wire when a process died.

A worker appends ``S`` right before the step that cannot be taken back, ``A`` with the report right after the answer, and
``R`` when the report is in the database: an attempt that used up no number leaves it to a later one, of which the earlier
one's lines say nothing. The page cache survives a killed process, so what is between S and A is all that is uncertain;
against power loss the file is flushed to disk in groups, at most 50 ms after an append. A journal from before the last boot
may have lost its end, and says so (``is_complete``). Every worker has a file of its own, named after it, which goes when
nothing in it is needed.
"""

import errno
import logging
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Condition, Lock, Thread

from mailhub.contract.clock import Clock

from .reports import AttemptReport

logger = logging.getLogger(__name__)

FLUSH_SECONDS = 0.05
ROTATE_AT_BYTES = 1_000_000
SUFFIX = ".journal"
DRAFT_SUFFIX = ".new"
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

AttemptKey = tuple[str, int]
"""(message id, attempt number)."""


def boot_id() -> str:
    """What names this boot of the machine; "" where the system does not say."""
    try:
        return BOOT_ID.read_text("ascii").strip()
    except OSError:
        return ""


@dataclass(slots=True)
class JournalFacts:
    """What a journal knows of attempts that nobody recorded.

    ``is_complete``: nothing can be missing at its end, so an attempt it does not name never reached its final step.
    """

    is_complete: bool = False
    started: set[AttemptKey] = field(default_factory=set)
    answered: dict[AttemptKey, AttemptReport] = field(default_factory=dict)


WorkerFacts = dict[str, JournalFacts]
"""What is known by the id of the worker whose journal it was."""


def read_journals(folder: Path, this_boot: str) -> WorkerFacts:
    """What the journals in a folder know."""
    return {path.stem: read_journal(path, this_boot) for path in sorted(folder.glob(f"*{SUFFIX}"))}


def remove_journals(folder: Path, worker_ids: Iterable[str]) -> None:
    """Remove the journals of workers whose every claim has been settled."""
    for worker_id in worker_ids:
        for suffix in (SUFFIX, DRAFT_SUFFIX):
            (folder / f"{worker_id}{suffix}").unlink(missing_ok=True)


def read_journal(path: Path, this_boot: str) -> JournalFacts:
    """Read what a dead worker left; a last line that was cut is left out. A missing file knows nothing."""
    facts = JournalFacts()
    try:
        lines = path.read_text("utf-8", errors="replace").split("\n")
    except FileNotFoundError:
        return facts
    header, *entries = lines
    facts.is_complete = bool(this_boot) and header == f"B {this_boot}"
    for line in entries[:-1]:
        _read_line(line, facts)
    return facts


def _read_line(line: str, facts: JournalFacts) -> None:
    """Take in one line; one that makes no sense (a damaged file) says nothing but that the journal is not whole."""
    kind, _space, rest = line.partition(" ")
    try:
        if kind == "A":
            report = AttemptReport.from_json(rest)
            facts.answered[(report.message_id, report.attempt)] = report
            return
        message_id, _space, number = rest.partition(" ")
        key = (message_id, int(number))
        note = {"S": facts.started.add, "R": facts.started.discard}[kind]
    except (ValueError, KeyError, TypeError, AttributeError):
        facts.is_complete = False
        return
    facts.answered.pop(key, None)
    note(key)


class Journal:
    """The journal that this process writes. Appends are cheap and safe from any thread."""

    def __init__(
        self, folder: Path, worker_id: str, clock: Clock, *, sync: Callable[[int], None] = os.fdatasync
    ) -> None:
        self._path = folder / f"{worker_id}{SUFFIX}"
        self._clock = clock
        self._sync = sync
        self._lock = Lock()
        self._dirty = Condition(Lock())
        self._is_dirty = False
        self._is_closing = False
        self._open: dict[AttemptKey, str] = {}
        self._fd = self._begin()
        self._thread = Thread(target=self._flush_in_groups, name="attempt-journal", daemon=True)
        self._thread.start()

    def _begin(self) -> int:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fd, self._size = self._new_file(self._path)
        os.fsync(fd)
        self._sync_folder()
        return fd

    def _new_file(self, path: Path) -> tuple[int, int]:
        """A file that begins with the boot's name and what is still open; its descriptor and its size."""
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            return fd, _write_whole(fd, f"B {boot_id()}\n" + "".join(self._open.values()), 0)
        except OSError:
            os.close(fd)
            raise

    def _sync_folder(self) -> None:
        directory = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def started(self, message_id: str, attempt: int) -> None:
        """The final step of this attempt is about to be taken. Raises OSError when it cannot be noted."""
        with self._lock:
            self._append((message_id, attempt), f"S {message_id} {attempt}\n")

    def answered(self, report: AttemptReport) -> None:
        """The attempt has its answer. Raises OSError when it cannot be noted."""
        line = f"A {report.to_json()}\n"
        with self._lock:
            self._append((report.message_id, report.attempt), line)

    def recorded(self, message_id: str, attempt: int) -> None:
        """The answer is in the database: the journal need not keep it. Raises OSError when it cannot be noted."""
        key = (message_id, attempt)
        with self._lock:
            if self._open.pop(key, None) is None or self._fd < 0:
                return
            self._size = _write_whole(self._fd, f"R {message_id} {attempt}\n", self._size)

    def started_attempts(self) -> set[AttemptKey]:
        """Those that may have taken their final step and are not recorded yet."""
        with self._lock:
            return {key for key, lines in self._open.items() if lines.startswith("S ")}

    def _append(self, key: AttemptKey, line: str) -> None:
        if self._fd < 0:
            raise OSError("the attempt journal is closed")
        self._size = _write_whole(self._fd, line, self._size)
        self._open[key] = self._open.get(key, "") + line
        with self._dirty:
            self._is_dirty = True
            self._dirty.notify()

    def _flush_in_groups(self) -> None:
        while self._wait_until_dirty():
            try:
                self._sync(self._fd)
                self._shorten()
            except OSError:
                logger.exception("The attempt journal could not be flushed")
            with self._dirty:
                if not self._is_closing:
                    self._clock.wait(self._dirty, FLUSH_SECONDS)

    def _wait_until_dirty(self) -> bool:
        """False when it is time to end."""
        with self._dirty:
            while not self._is_dirty and not self._is_closing:
                self._dirty.wait()
            self._is_dirty = False
            return not self._is_closing

    def _shorten(self) -> None:
        """Begin a new file with what is open when the old one is long. The flushing thread alone changes the file."""
        with self._lock:
            if self._size <= ROTATE_AT_BYTES or sum(map(len, self._open.values())) > ROTATE_AT_BYTES // 2:
                return
            draft = self._path.with_suffix(DRAFT_SUFFIX)
            new, size = self._new_file(draft)
            try:
                draft.replace(self._path)
            except OSError:
                os.close(new)
                raise
            old, self._fd, self._size = self._fd, new, size
            os.close(old)

    def close(self) -> None:
        """Flush and let go of the file, and remove it when nothing in it is needed any more."""
        with self._dirty:
            self._is_closing = True
            self._dirty.notify_all()
        self._thread.join(5.0)
        with self._lock:
            fd, self._fd = self._fd, -1
            if fd < 0:
                return
            try:
                self._sync(fd)
            finally:
                os.close(fd)
            if not self._open:
                self._path.unlink(missing_ok=True)


def _write_whole(fd: int, text: str, size: int) -> int:
    """Append a text to a file of this size, all of it or nothing; returns the new size. Raises OSError."""
    data = text.encode("ascii")
    written = os.write(fd, data)
    if written < len(data):
        os.ftruncate(fd, size)
        raise OSError(errno.ENOSPC, "the attempt journal takes no whole line")
    return size + written
