"""Reading what strace wrote: which files were written and synced, and what was answered, in order."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TRACED = "write,pwrite64,writev,sendto,sendmsg,fsync,fdatasync,rename,renameat,renameat2,link,linkat"
WRITES = {"write", "pwrite64", "writev"}
SENDS = {"write", "sendto", "sendmsg", "writev"}
SYNCS = {"fsync", "fdatasync"}
RENAMES = {"rename", "renameat", "renameat2", "link", "linkat"}

_CALL = re.compile(r"^(?P<pid>\d+)\s+(?P<name>\w+)\((?P<rest>.*)$")
_RESUMED = re.compile(r"^(?P<pid>\d+)\s+<\.\.\. (?P<name>\w+) resumed>")
_FILE = re.compile(r"\d+<(?P<path>[^>]*)>")
_NAMES = re.compile(r'"((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True)
class SystemCall:
    """``began`` and ``ended`` are places in the trace. ``path``: of the descriptor. ``text``: its arguments."""

    name: str
    path: str
    text: str
    began: int
    ended: int

    @property
    def is_sync(self) -> bool:
        return self.name in SYNCS

    @property
    def is_write(self) -> bool:
        return self.name in WRITES

    @property
    def new_name(self) -> str:
        """Where a rename or link put the file."""
        names = _NAMES.findall(self.text)
        return names[-1] if self.name in RENAMES and names else ""

    def answers(self, status: int) -> bool:
        """True when this call sent the first line of an HTTP answer with this status."""
        return self.name in SENDS and f'"HTTP/1.1 {status} ' in self.text


def read_trace(path: Path) -> list[SystemCall]:
    """The calls of ``strace -f -y``, in the order in which they began."""
    return sorted(_calls(path.read_text(errors="replace").splitlines()), key=lambda call: call.began)


def _calls(lines: list[str]) -> Iterator[SystemCall]:
    open_calls: dict[str, tuple[str, str, str, int]] = {}
    for number, line in enumerate(lines):
        if (resumed := _RESUMED.match(line)) is not None:
            begun = open_calls.pop(resumed["pid"], None)
            if begun is not None:
                yield SystemCall(*begun, number)
        elif (call := _CALL.match(line)) is not None:
            found = _FILE.match(call["rest"])
            parts = (call["name"], found["path"] if found else "", call["rest"], number)
            if call["rest"].endswith("<unfinished ...>"):
                open_calls[call["pid"]] = parts
            else:
                yield SystemCall(*parts, number)
