"""A hub as a process of its own, to be killed, and a small client of its API."""

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Self

from tests.kit.waiting import wait_for

MAILHUB = ("-W", "ignore", "-m", "mailhub.cli.main")
START_SECONDS = 30
TIMEOUT_SECONDS = 30
API = "/api/v1"
FINAL = frozenset({"sent", "failed", "in_doubt", "cancelled"})


class Answer(NamedTuple):
    """What the API answered."""

    status: int
    body: Any


class HubProcess:
    """A hub on a data folder. ``settings``: names of the environment without ``MAILHUB_``, in lower case.

    ``python``: the interpreter whose environment has the hub and its plugins.
    """

    def __init__(self, data: Path, *, python: str | Path = sys.executable, **settings: object) -> None:
        self.data = data
        self._mailhub = (str(python), *MAILHUB)
        self._environment = {f"MAILHUB_{name.upper()}": str(value) for name, value in settings.items()}
        self._process: subprocess.Popen[str] | None = None
        self._has_prefix = False
        self.port = 0
        self.token = ""

    def command(self, *arguments: str, expected: int = 0) -> Any:
        """Run a command of the command line with ``--json``; what it printed."""
        done = subprocess.run(
            [*self._mailhub, *arguments, "--data", str(self.data), "--json"],
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
            [*prefix, *self._mailhub, "serve", "--data", str(self.data), "--port", str(self.port)],
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

    @property
    def pid(self) -> int:
        """Of the hub itself, while it runs."""
        assert self._process is not None
        return self._own_pid(self._process.pid)

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
        os.kill(self.pid, signal.SIGTERM)
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
        headers = {} if body is None else {"Content-Type": "application/json"}
        if revision is not None:
            headers["If-Match"] = f'"{revision}"'
        content = None if body is None else json.dumps(body)
        status, answer = self._exchange(method, f"{API}{path}", content, headers)
        return Answer(status, json.loads(answer) if answer else None)

    def upload(self, content: bytes | BinaryIO) -> str:
        """Upload a file; its id."""
        headers = {"Content-Type": "application/octet-stream"}
        if not isinstance(content, bytes):
            headers["Content-Length"] = str(os.fstat(content.fileno()).st_size)
        status, answer = self._exchange("POST", f"{API}/uploads", content, headers)
        assert status == 201, answer
        upload_id: str = json.loads(answer)["id"]
        return upload_id

    def raw(self, message_id: str) -> bytes:
        """The MIME form of a message."""
        status, content = self._exchange("GET", f"{API}/messages/{message_id}/raw", None, {})
        assert status == 200, content
        return content

    def _exchange(
        self, method: str, path: str, content: str | bytes | BinaryIO | None, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_SECONDS)
        try:
            given = {"Authorization": f"Bearer {self.token}", **headers}
            connection.request(method, path, content, given)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def is_ready(self) -> bool:
        """What it tells a load balancer."""
        return self._exchange("GET", "/health/ready", None, {})[0] == 200

    def get(self, path: str) -> Any:
        """What a GET answers with 200."""
        answer = self.call("GET", path)
        assert answer.status == 200, answer
        return answer.body

    def send(self, **fields: Any) -> str:
        """Have a message accepted, with a subject and a text unless ``fields`` say otherwise; its id."""
        answer = self.call("POST", "/messages", {"subject": "Invoice 1001", "text": "Please pay."} | fields)
        assert answer.status == 202, answer
        message_id: str = answer.body["id"]
        return message_id

    def wait_until(self, path: str, is_so: Callable[[Any], bool], *, seconds: float = 20.0) -> Any:
        """What a GET answers as soon as it is so. Raises AssertionError with the last answer."""
        seen: list[Any] = [None]

        def look() -> bool:
            seen[0] = self.get(path)
            return is_so(seen[0])

        try:
            wait_for(look, path, seconds=seconds)
        except AssertionError as error:
            error.add_note(json.dumps(seen[0], indent=1))
            error.add_note(self.log_tail())
            raise
        return seen[0]

    def wait_for_end(self, message_id: str, *, seconds: float = 20.0) -> Any:
        """A message as it ended."""
        return self.wait_until(
            f"/messages/{message_id}", lambda message: message["status"] in FINAL, seconds=seconds
        )

    def history(self, message_id: str) -> list[dict[str, Any]]:
        """The entries of a message's history."""
        items: list[dict[str, Any]] = self.get(f"/messages/{message_id}/events")["items"]
        return items

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
        return self.add_account(**account)

    def add_account(self, **fields: Any) -> str:
        """Make an account; its id."""
        answer = self.call("POST", "/accounts", fields)
        assert answer.status == 201, answer
        account_id: str = answer.body["id"]
        return account_id

    def log_tail(self) -> str:
        """The end of what it wrote to standard error."""
        return (self.data.parent / "hub.log").read_text()[-4000:]

    def _environ(self) -> dict[str, str]:
        return {**os.environ, **self._environment}
