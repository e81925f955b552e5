"""``mailhub`` as real processes, on a data folder of the test's own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import Any

TIMEOUT_SECONDS = 30.0
Process = subprocess.Popen[str]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, which must be JSON and nothing else. Raises AssertionError when it failed."""
        assert self.code == 0, self.err
        return json.loads(self.out)


@dataclass(slots=True)
class Commands:
    """Runs commands on one data folder, away from any ini file."""

    data: Path
    module: str = "mailhub.cli.main"
    environ: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str, stdin: str = "") -> Ended:
        """Run a command to its end."""
        process = self.start(*arguments)
        out, err = process.communicate(stdin, timeout=TIMEOUT_SECONDS)
        return Ended(process.returncode, out, err)

    def start(self, *arguments: str, cwd: Path | None = None) -> Process:
        """Begin a command; whoever does has to end it."""
        return subprocess.Popen(
            [sys.executable, "-m", self.module, *arguments, "--data", str(self.data)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=cwd or self.data.parent,
            env=self._environ(),
        )

    @contextmanager
    def serving(self, *arguments: str) -> Iterator["Served"]:
        """A hub while the context lasts, on a free port."""
        served = Served.by(self.start("serve", "--port", "0", *arguments))
        try:
            yield served
        finally:
            if served.process.poll() is None:
                served.end()

    def _environ(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MAILHUB_")}
        # what belongs to the person who runs it would not be seen with all warnings shown, or hidden
        kept.pop("PYTHONWARNINGS", None)
        return {**kept, "MAILHUB_LOG_LEVEL": "warning", **self.environ}


@dataclass(slots=True)
class Served:
    """A running hub."""

    process: Process
    url: str

    @classmethod
    def by(cls, process: Process) -> "Served":
        """Wait for its one line. Raises AssertionError when it ends before."""
        line = read_line(process)
        assert line.startswith("listening on http://"), line
        return cls(process, line.removeprefix("listening on ").strip())

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def end(self, by: signal.Signals = signal.SIGTERM) -> Ended:
        """Ask it to end, and wait."""
        self.process.send_signal(by)
        return ended(self.process)


def ended(process: Process) -> Ended:
    """Wait for the end of a process. Raises TimeoutExpired."""
    try:
        out, err = process.communicate(timeout=TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return Ended(process.returncode, out, err)


def read_line(process: Process) -> str:
    """The next line of its standard output; what it said on standard error instead when it ended."""
    assert process.stdout is not None
    watchdog = Timer(TIMEOUT_SECONDS, process.kill)
    watchdog.start()
    try:
        line = process.stdout.readline()
    finally:
        watchdog.cancel()
    return line or process.communicate()[1]
