"""A database in memory with events in it, a running writer, and a handler that the test looks into."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue
from typing import Any

from mailhub.accounts import model as accounts_model
from mailhub.entropy import SystemEntropy
from mailhub.events import rows
from mailhub.events.rows import Event, record_event
from mailhub.store.database import Database, ensure_root, open_database
from mailhub.store.root import HubRoot
from mailhub.store.writer import Shard, Writer
from mailhub.telemetry import model
from mailhub.telemetry.model import LOG, readers_of
from mailhub.telemetry.reading import EventReader
from mailhub.testing.clock import FakeClock

MESSAGE: dict[str, Any] = {
    "account": "a",
    "connector": "smtp",
    "scenario": "invoice",
    "attempt": 1,
    "owner": "u",
}


@dataclass
class Happen:
    """Write command: record events about these messages."""

    messages: tuple[str, ...]
    event: str = "message.queued"
    dimensions: dict[str, Any] = field(default_factory=dict)
    note: str = "happen"

    def check(self, root: HubRoot) -> None:
        """Nothing is in the way."""

    def apply(self, root: HubRoot, shard: Shard) -> None:
        for message in self.messages:
            record_event(root, shard, self.event, message=message, **{**MESSAGE, **self.dimensions})


class Ears:
    """A handler that remembers what it was given. ``act``: what it does with an event, after that."""

    def __init__(self, act: Callable[[Event], bool] = lambda event: False) -> None:
        self.heard: Queue[Event] = Queue()
        self.act = act

    def __call__(self, event: Event) -> bool:
        self.heard.put(event)
        return self.act(event)

    def next(self, count: int = 1) -> list[str]:
        """The messages of the next events; they must come without time passing."""
        return [str(self.heard.get(timeout=10).dimensions["message"]) for _number in range(count)]


class Telemetry:
    """What a reader needs, and what it leaves behind."""

    def __init__(self, database: Database, writer: Writer, clock: FakeClock) -> None:
        self.database = database
        self.writer = writer
        self.clock = clock

    def happen(self, *messages: str, event: str = "message.queued", **dimensions: Any) -> None:
        self.writer.execute(Happen(messages, event, dimensions))

    def happen_in_a_request(self, message: str) -> None:
        """By the process's second writer number."""
        self.database.transact(
            lambda root: Happen((message,)).apply(root, self.writer.shard_for_transactions(root)), "request"
        )

    def reader(self, ears: Callable[[Event], bool], name: str = LOG, **parts: Any) -> EventReader:
        given = {"database": self.database, "writer": self.writer, "clock": self.clock, **parts}
        return EventReader(name, handle=ears, **given)

    @contextmanager
    def reading(self, ears: Callable[[Event], bool], name: str = LOG, **parts: Any) -> Iterator[EventReader]:
        reader = self.reader(ears, name, **parts)
        reader.start()
        try:
            yield reader
        finally:
            reader.stop()

    def kept_keys(self, name: str = LOG) -> dict[int, int]:
        with self.database.reading() as hub:
            return dict(readers_of(hub).cursor_of(name).last_keys)

    def notes(self) -> list[str]:
        """What each transaction was about, in order."""
        storage = self.database._db.storage
        return [each.description.decode() for each in storage.changes.iterator()]

    def times_kept(self) -> int:
        return sum("reader's place" in note for note in self.notes())


@contextmanager
def telemetry_in_memory(folder: Path, clock: FakeClock) -> Iterator[Telemetry]:
    database = open_database("memory://", data_dir=folder, clock=clock)
    ensure_root(database, [rows.install, accounts_model.install, model.install])
    writer = Writer(database, clock, SystemEntropy())
    writer.start()
    try:
        yield Telemetry(database, writer, clock)
    finally:
        writer.stop(10.0)
        database.close()
