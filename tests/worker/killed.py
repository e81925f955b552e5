"""The command line, killed by its own hand at a chosen change of a file: a program for tests.

    python killed.py POINT MARK COUNTED COMMAND ...

Counts what is opened for writing, renamed, removed, linked and synced from the first path on that has MARK in it, writes the
number to the file COUNTED at its end, and is gone at number POINT (0: never).
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

CHANGES = frozenset({"os.rename", "os.remove", "os.link", "os.truncate", "os.rmdir", "os.mkdir"})
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
BATCH = 3


class Counter:
    """Counts changes, and ends the process at one of them."""

    def __init__(self, point: int, mark: str) -> None:
        self._point = point
        self._mark = mark
        self._has_begun = False
        self.count = 0

    def heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        """An audit hook."""
        is_change = event in CHANGES or (
            event == "open" and isinstance(arguments[2], int) and bool(arguments[2] & WRITING)
        )
        if not is_change:
            return
        if self._has_begun or any(self._mark in str(each) for each in arguments[:2]):
            self._has_begun = True
            self.step()

    def step(self) -> None:
        if self._has_begun:
            self.count += 1
            if self.count == self._point:
                os.kill(os.getpid(), signal.SIGKILL)


def add_step() -> None:
    """A step of evolution that counts itself on every message, a few at a time."""
    from mailhub.app import evolving
    from mailhub.messages.model import messages_of
    from mailhub.store.evolve.steps import Step

    def convert(hub: Any, place: Any) -> Any:
        found = (
            message
            for month in messages_of(hub).months
            for shard in messages_of(hub).iter_shards(month)
            for message in shard.messages.values()
        )
        left = sorted(
            (each for each in found if place is None or each.key > place), key=lambda each: each.key
        )
        for message in left[:BATCH]:
            message.converted = getattr(message, "converted", 0) + 1
        return left[BATCH - 1].key if len(left) >= BATCH else None

    step = Step(name="9999-test", kind="convert", text="A test", run=convert)
    # the list is final for everybody but this test
    vars(evolving)["STEPS"] = (*vars(evolving)["STEPS"], step)


def main() -> int:
    point, mark, counted, *arguments = sys.argv[1:]
    counter = Counter(int(point), mark)
    sys.addaudithook(counter.heard)
    fsync = os.fsync

    def counted_fsync(descriptor: Any) -> None:
        counter.step()
        fsync(descriptor)

    vars(os)["fsync"] = counted_fsync
    if arguments[0] == "evolve":
        add_step()
    from mailhub.cli.main import main as run

    try:
        return run(arguments)
    finally:
        Path(counted).write_text(str(counter.count))


if __name__ == "__main__":
    sys.exit(main())
