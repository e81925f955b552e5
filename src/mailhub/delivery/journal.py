"""The attempt journal: what was on the wire when a process died.

A worker appends ``S`` right before the step that cannot be taken back and ``A`` with the report right after the answer. The
page cache survives a killed process, so what is between the two is all that is uncertain; against power loss the file is
flushed to disk in groups, at most 50 ms after an append. A journal from before the last boot may have lost its end, and
says so (``is_complete``). Every worker has a file of its own, named after it, which goes when nothing in it is needed.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Condition, Lock, Thread

from mailhub.contract.clock import Clock

from .reports import AttemptReport

FLUSH_SECONDS = 0.05
ROTATE_AT_BYTES = 1_000_000
SUFFIX = ".journal"
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
        (folder / f"{worker_id}{SUFFIX}").unlink(missing_ok=True)


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
    kind, _space, rest = line.partition(" ")
    if kind == "S":
        message_id, _space, attempt = rest.partition(" ")
        facts.started.add((message_id, int(attempt)))
    elif kind == "A":
        try:
            report = AttemptReport.from_json(rest)
        except (ValueError, KeyError, TypeError):
            return
        facts.answered[(report.message_id, report.attempt)] = report


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
        self._open: set[AttemptKey] = set()
        self._fd = self._begin()
        self._size = 0
        self._thread = Thread(target=self._flush_in_groups, name="attempt-journal", daemon=True)
        self._thread.start()

    def _begin(self) -> int:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
        os.write(fd, f"B {boot_id()}\n".encode("ascii"))
        os.fsync(fd)
        directory = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
        return fd

    def started(self, message_id: str, attempt: int) -> None:
        """The final step of this attempt is about to be taken. Raises OSError when it cannot be noted."""
        with self._lock:
            self._open.add((message_id, attempt))
            self._append(f"S {message_id} {attempt}\n")

    def answered(self, report: AttemptReport) -> None:
        """The attempt has its answer."""
        with self._lock:
            self._append(f"A {report.to_json()}\n")

    def recorded(self, message_id: str, attempt: int) -> None:
        """The answer is in the database: the journal need not keep it."""
        with self._lock:
            self._open.discard((message_id, attempt))
            if not self._open and self._size > ROTATE_AT_BYTES:
                self._restart()

    def _append(self, line: str) -> None:
        if self._fd < 0:
            raise OSError("the attempt journal is closed")
        self._size += os.write(self._fd, line.encode("ascii"))
        with self._dirty:
            self._is_dirty = True
            self._dirty.notify()

    def _restart(self) -> None:
        os.ftruncate(self._fd, 0)
        os.write(self._fd, f"B {boot_id()}\n".encode("ascii"))
        self._size = 0

    def _flush_in_groups(self) -> None:
        while True:
            with self._dirty:
                while not self._is_dirty and not self._is_closing:
                    self._dirty.wait(1.0)
                if self._is_closing:
                    return
                self._is_dirty = False
            self._sync(self._fd)
            with self._dirty:
                if not self._is_closing:
                    self._clock.wait(self._dirty, FLUSH_SECONDS)

    def close(self) -> None:
        """Flush and let go of the file, and remove it when nothing in it is needed any more."""
        with self._dirty:
            self._is_closing = True
            self._dirty.notify()
        self._thread.join(5.0)
        with self._lock:
            fd, self._fd = self._fd, -1
            self._sync(fd)
            os.close(fd)
            if not self._open:
                self._path.unlink(missing_ok=True)
