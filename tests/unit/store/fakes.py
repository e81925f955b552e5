"""Commands, a storage that fails where it is told to, and a clock whose waits are over at once."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Condition, Event, Thread
from typing import Any

from BTrees.OOBTree import OOBTree

from mailhub.entropy import SystemEntropy
from mailhub.errors import WrongState
from mailhub.store.database import Database, ensure_root
from mailhub.store.durable_storage import DurableFileStorage
from mailhub.store.kinds import StorageSpec
from mailhub.store.root import HubRoot
from mailhub.store.writer import Shard, Writer


class HastyClock:
    """Waits last no longer than a few real milliseconds and count in full; the wall clock stands where it is set."""

    def __init__(self, now: datetime = datetime(2026, 11, 2, 8, tzinfo=UTC)) -> None:
        self.wall = now
        self.waited_seconds = 0.0

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return time.monotonic() + self.waited_seconds

    boottime = monotonic

    def wait(self, condition: Condition, timeout_seconds: float | None) -> bool:
        was_notified = condition.wait(0.005)
        self.waited_seconds += 0 if was_notified else timeout_seconds or 0
        return was_notified

    def move(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)


@dataclass
class Faults:
    """Errors to raise once each, by the place in the storage; and what the storage did, in order."""

    waiting: dict[str, list[BaseException]] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)

    def add(self, place: str, *errors: BaseException) -> None:
        self.waiting.setdefault(place, []).extend(errors)

    def reach(self, place: str) -> None:
        self.log.append(place)
        if self.waiting.get(place):
            raise self.waiting[place].pop(0)


class FaultyStorage(DurableFileStorage):
    def __init__(self, path: Path, blob_dir: Path, faults: Faults) -> None:
        self.faults = faults
        faults.reach("open")
        super().__init__(path, blob_dir=blob_dir)

    def store(self, oid: bytes, serial: bytes, data: bytes, version: str, transaction: Any) -> None:
        self.faults.reach("store")
        super().store(oid, serial, data, version, transaction)

    def tpc_vote(self, transaction: Any) -> Any:
        self.faults.reach("vote")
        return super().tpc_vote(transaction)

    def tpc_finish(self, transaction: Any, f: Any = None) -> bytes:
        self.faults.reach("finish")
        tid: bytes = super().tpc_finish(transaction, f)
        self.faults.reach("finished")
        return tid

    def _finish_finish(self, tid: bytes) -> None:
        self.faults.reach("sync")  # an error here makes the storage close itself
        super()._finish_finish(tid)


def install_things(hub: HubRoot) -> None:
    if not hasattr(hub, "things"):
        hub.things = OOBTree()


def file_database(folder: Path, clock: Any, faults: Faults | None = None) -> Database:
    """A database in a file whose storage fails as ``faults`` says; set up, with a tree ``things``."""
    told = faults or Faults()
    spec = StorageSpec(lambda: FaultyStorage(folder / "hub.fs", folder / "blobs", told), True, False)
    database = Database(spec, clock)
    ensure_root(database, [install_things])
    told.log.clear()
    return database


@contextmanager
def running_writer(database: Database, clock: Any) -> Iterator[Writer]:
    writer = Writer(database, clock, SystemEntropy())
    writer.start()
    try:
        yield writer
    finally:
        writer.stop(10.0)


@dataclass
class Put:
    """Stores a value by name; refused when there is one already."""

    name: str
    value: Any = None
    note: str = "put"

    def check(self, root: HubRoot) -> None:
        if self.name in root.things:
            raise WrongState("taken")

    def apply(self, root: HubRoot, shard: Shard) -> int:
        root.things[self.name] = self.value
        shard.wake(f"put/{self.name}")
        return shard.next_key()


@dataclass
class Broken:
    """Writes, then breaks its promise."""

    error: BaseException
    times: int = 1_000_000
    note: str = "broken"

    def check(self, root: HubRoot) -> None:
        """Nothing is in the way."""

    def apply(self, root: HubRoot, shard: Shard) -> str:
        root.things["phantom"] = "phantom"
        self.times -= 1
        if self.times >= 0:
            raise self.error
        return "at last"


class Gate:
    """A command that holds the writer until the test has queued what it wants to be one group."""

    note = "gate"

    def __init__(self) -> None:
        self.is_entered = Event()
        self.may_go = Event()

    def check(self, root: HubRoot) -> None:
        """Nothing is in the way."""

    def apply(self, root: HubRoot, shard: Shard) -> None:
        self.is_entered.set()
        if not self.may_go.wait(30):
            raise AssertionError("the gate was never opened")


def grouped(writer: Writer, *commands: Any) -> list[Any]:
    """Submit the commands so that the writer takes them together; the futures."""
    gate = Gate()
    writer.submit(gate)
    assert gate.is_entered.wait(10)
    futures = [writer.submit(command) for command in commands]
    gate.may_go.set()
    return futures


def things(database: Database) -> dict[str, Any]:
    with database.reading() as hub:
        return dict(hub.things)


def in_thread(function: Callable[[], Any]) -> Thread:
    thread = Thread(target=function)
    thread.start()
    return thread
