"""A hub as a process of its own, to be killed, and a small client of its API."""

import http.client
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple, Self

MAILHUB = (sys.executable, "-W", "ignore", "-m", "mailhub.cli.main")
START_SECONDS = 30
TIMEOUT_SECONDS = 30


class Answer(NamedTuple):
    """What the API answered."""

    status: int
    body: Any


class HubProcess:
    """A hub on a data folder. ``settings``: names of the environment without ``MAILHUB_``, in lower case."""

    def __init__(self, data: Path, **settings: object) -> None:
        self.data = data
        self._environment = {f"MAILHUB_{name.upper()}": str(value) for name, value in settings.items()}
        self._process: subprocess.Popen[str] | None = None
        self._has_prefix = False
        self.port = 0
        self.token = ""

    def command(self, *arguments: str, expected: int = 0) -> Any:
        """Run a command of the command line with ``--json``; what it printed."""
        done = subprocess.run(
            [*MAILHUB, *arguments, "--data", str(self.data), "--json"],
            env=self._environ(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == expected, (arguments, done.returncode, done.stdout, done.stderr)
        return json.loads(done.stdout) if done.stdout.strip() else None

    def set_up(self) -> None:
        """Make the hub and a token of its first administrator."""
        login = self.command("init")["login"]
        self.token = self.command("token", "create", "--user", login)["token"]

    def start(self, *, prefix: tuple[str, ...] = ()) -> None:
        """Start serving, and wait until it accepts calls."""
        self._has_prefix = bool(prefix)
        log = (self.data.parent / "hub.log").open("a")
        self._process = subprocess.Popen(
            [*prefix, *MAILHUB, "serve", "--data", str(self.data), "--port", str(self.port)],
            env=self._environ(),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
        log.close()
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.startswith("listening on http://"), (line, self.log_tail())
        self.port = int(line.strip().rpartition(":")[2])

    def kill(self) -> None:
        """SIGKILL, now."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)

    def wait(self) -> int:
        """The exit code, once it has ended."""
        assert self._process is not None
        code = self._process.wait(TIMEOUT_SECONDS)
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None
        return code

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        assert self._process is not None
        os.kill(self._own_pid(self._process.pid), signal.SIGTERM)
        return self.wait()

    def _own_pid(self, started: int) -> int:
        """The hub's own process, also behind a tracer (which ends with it, by its exit code)."""
        if not self._has_prefix:
            return started
        children = Path(f"/proc/{started}/task/{started}/children").read_text().split()
        return int(children[0])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._process is not None:
            self.kill()
            self.wait()

    def call(self, method: str, path: str, body: Any = None, *, revision: str | None = None) -> Answer:
        """One call of the API. Raises OSError or HTTPException when no whole answer came."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_SECONDS)
        headers = {"Authorization": f"Bearer {self.token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if revision is not None:
            headers["If-Match"] = f'"{revision}"'
        try:
            connection.request(method, f"/api/v1{path}", None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            content = response.read()
            return Answer(response.status, json.loads(content) if content else None)
        finally:
            connection.close()

    def add_smtp_account(self, port: int, **fields: Any) -> str:
        """Make an account at an SMTP server of this machine the default; its id."""
        settings = {
            "server": "127.0.0.1",
            "port": port,
            "security": "none",
            "authentication": "anonymous",
            **fields.pop("settings", {}),
        }
        account = {
            "connector": "smtp",
            "name": "Sales",
            "address": "sales@example.com",
            "settings": settings,
            "is_default": True,
            **fields,
        }
        answer = self.call("POST", "/accounts", account)
        assert answer.status == 201, answer
        account_id: str = answer.body["id"]
        return account_id

    def log_tail(self) -> str:
        return (self.data.parent / "hub.log").read_text()[-4000:]

    def _environ(self) -> dict[str, str]:
        return {**os.environ, **self._environment}
