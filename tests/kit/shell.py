"""Runs the shell lines of a page as its reader would, and remembers what later lines use."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TIMEOUT_SECONDS = 60
_CURL = Path(__file__).with_name("curl.py")
_OF_BASH = frozenset({"PWD", "OLDPWD", "SHLVL", "_"})
_ENDING = '\nstatus=$?\nenv -0 > "$KIT_VARIABLES"\nexit "$status"\n'


@dataclass(frozen=True, slots=True)
class Told:
    """What the commands of a block said; status and headers are those of the last curl."""

    out: bytes
    status: int
    headers: Mapping[str, str]

    @property
    def json(self) -> Any:
        """Raises ValueError."""
        return json.loads(self.out)


class Shell:
    """bash in a folder, with ``curl`` (the real one, or where there is none one that knows as much as pages use) and
    ``mailhub``. ``variables``: what a reader has set, and what was learnt since.
    """

    def __init__(
        self, folder: Path, variables: Mapping[str, str], *, curl: str | None = shutil.which("curl")
    ) -> None:
        self.folder = folder
        self.variables = dict(variables)
        self._headers = folder.parent / "shell.headers"
        self._left = folder.parent / "shell.variables"
        program = f"{curl} -q" if curl is not None else f"{sys.executable} -I {_CURL}"
        self._preamble = (
            f'curl() {{ command {program} -sS --max-time 30 -D "$KIT_HEADERS" "$@"; }}\n'
            f'mailhub() {{ command {sys.executable} -W ignore -m mailhub.cli.main "$@"; }}\n'
            "set -a -e -o pipefail\n"
        )

    def run(self, commands: str) -> Told:
        """Run a block to its end. Raises AssertionError when one of its commands fails."""
        self._headers.write_bytes(b"")
        done = subprocess.run(
            ["bash", "--norc", "-c", f"{self._preamble}{commands}{_ENDING}"],
            cwd=self.folder,
            env=self._environ(),
            capture_output=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{commands}\nended with {done.returncode}: {done.stderr.decode()}"
        self._learn()
        status, headers = _parsed(self._headers.read_bytes().decode("latin-1"))
        return Told(done.stdout, status, headers)

    def _environ(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
        own = {"KIT_HEADERS": str(self._headers), "KIT_VARIABLES": str(self._left), "NO_PROXY": "*"}
        return {**kept, "LANG": "C.UTF-8", **self.variables, **own}

    def _learn(self) -> None:
        """Variables in capitals that a block has set, as a reader's shell would keep them."""
        pairs = (each.partition("=") for each in self._left.read_text().split("\0") if each)
        given = self._environ()
        for name, _sign, value in pairs:
            if name.isupper() and given.get(name) != value and name not in _OF_BASH:
                self.variables[name] = value


def _parsed(text: str) -> tuple[int, dict[str, str]]:
    """Status and headers of the last answer in a file that curl wrote; 0 when there is none."""
    answers = [each for each in text.replace("\r\n", "\n").split("\n\n") if each.strip()]
    if not answers:
        return 0, {}
    first, *lines = answers[-1].splitlines()
    pairs = (line.partition(": ") for line in lines)
    return int(first.split()[1]), {name.lower(): value for name, _colon, value in pairs}
