"""Random faults at random places: what callers were told is what is stored."""

import errno
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import pytest
from ZODB.POSException import ConflictError, StorageError

from mailhub.errors import OutcomeUnknown, StorageUnavailable, WrongState
from mailhub.store.problems import CommandFailed
from mailhub.store.root import HubRoot
from mailhub.store.writer import Shard, Writer
from tests.unit.store.fakes import Faults, HastyClock, file_database, running_writer, things

THREADS = 4
COMMANDS = 60


class RandomFaults(Faults):
    """Each place fails now and then."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.random = random.Random(seed)
        self.is_on = False
        self.kinds: dict[str, tuple[float, list[Callable[[], BaseException]]]] = {
            "store": (0.01, [ConflictError, lambda: OSError(errno.ENOSPC, "full")]),
            "vote": (
                0.1,
                [ConflictError, lambda: OSError(errno.ENOSPC, "full"), lambda: StorageError("gone")],
            ),
            "finish": (0.1, [lambda: RuntimeError("lost"), lambda: StorageError("lost")]),
            "finished": (0.1, [lambda: RuntimeError("lost"), lambda: ConnectionResetError("lost")]),
            "sync": (0.05, [lambda: OSError(errno.EIO, "bad")]),
            "open": (0.3, [lambda: OSError(errno.EIO, "bad")]),
        }

    def reach(self, place: str) -> None:
        if self.is_on and place in self.kinds:
            chance, kinds = self.kinds[place]
            if self.random.random() < chance:
                error = self.random.choice(kinds)()
                raise error


class Add:
    """Adds a row under a new key; some commands refuse, some break."""

    note = "add"

    def __init__(self, name: str, fate: float) -> None:
        self.name = name
        self.fate = fate

    def check(self, root: HubRoot) -> None:
        if self.fate < 0.1:
            raise WrongState("refused")

    def apply(self, root: HubRoot, shard: Shard) -> int:
        key = shard.next_key()
        root.things[key] = self.name
        if self.fate > 0.95:
            raise ValueError("broken")
        return key


def outcome(writer: Writer, command: Add) -> Any:
    try:
        return writer.execute(command, timeout_seconds=60)
    except (OutcomeUnknown, StorageUnavailable, WrongState, CommandFailed) as error:
        return type(error)


@pytest.mark.parametrize("seed", range(6))
def test_what_callers_were_told_is_what_is_stored(tmp_path: Path, seed: int) -> None:
    clock, faults, lock = HastyClock(), RandomFaults(seed), Lock()
    told: dict[str, Any] = {}
    database = file_database(tmp_path, clock, faults)

    def call(thread: int, fates: list[float]) -> None:
        for number, fate in enumerate(fates):
            name = f"{thread}-{number}"
            answer = outcome(writer, Add(name, fate))
            with lock:
                told[name] = answer

    fates = random.Random(seed)
    with running_writer(database, clock) as writer:
        faults.is_on = True
        threads = [
            Thread(target=call, args=(thread, [fates.random() for _number in range(COMMANDS)]))
            for thread in range(THREADS)
        ]
        for each in threads:
            each.start()
        for each in threads:
            each.join(100)
        faults.is_on = False
        assert writer.health().alive
    stored: dict[Any, Any] = things(database)
    database.close()

    counts = Counter(stored.values())
    assert len(told) == THREADS * COMMANDS
    assert max(counts.values()) == 1, "nothing was done twice"
    for name, answer in told.items():
        if isinstance(answer, int):
            assert stored[answer] == name
        elif answer is not OutcomeUnknown:
            assert name not in counts, answer
    kinds = Counter(answer if isinstance(answer, type) else int for answer in told.values())
    assert kinds[int] > 60, kinds
    assert kinds[WrongState] > 0
