"""A password goes to its mail server and nowhere else (ASVS V14.2, V16.2.5): not into an answer, a log line, a traceback,
a message's history, an event, the audit trail, the journal or the database in the clear.

The server here is of the worst kind: it repeats whatever it is told, also what it was told before.
"""

import base64
import logging
import socketserver
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

import mailhub_smtp.plugin
from mailhub.events.audit import list_changes
from mailhub.events.cursor import EventCursor
from mailhub.events.rows import iter_events
from mailhub.telemetry.logging import JsonFormatter, TextFormatter
from tests.kit.hub import Api, HubKit

pytestmark = pytest.mark.enable_socket

CANARY = "Kanarienvogel-4711"
USER = "canary@example.com"
FORMS = tuple(
    form
    for secret in (CANARY, f"\0{USER}\0{CANARY}")
    for form in (secret, base64.b64encode(secret.encode()).decode())
)


class Repeating(socketserver.StreamRequestHandler):
    """Answers commands by the first line of ``server.script`` that begins like one, with all it has been told so far."""

    server: "RepeatingServer"

    def handle(self) -> None:
        told: list[str] = []
        self.wfile.write(b"220 mx.example.test\r\n")
        while line := self.rfile.readline().decode().strip():
            told.append(line)
            code = self.server.code_for(line)
            if line.startswith("EHLO"):
                self.wfile.write(b"250-mx.example.test\r\n250 AUTH " + self.server.mechanisms + b"\r\n")
            elif code == 0:
                return
            else:
                self.wfile.write(f"{code} {' '.join([*told, *self.server.decoded(told)])}\r\n".encode())


class RepeatingServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    mechanisms = b"PLAIN"
    script: Sequence[tuple[str, int]] = ()

    def code_for(self, line: str) -> int:
        """The scripted code; 0: hang up."""
        return next((code for start, code in self.script if line.startswith(start)), 250)

    @staticmethod
    def decoded(told: Sequence[str]) -> Iterator[str]:
        for word in " ".join(told).split():
            try:
                yield base64.b64decode(word, validate=True).decode().replace("\0", " ")
            except ValueError:
                continue


@pytest.fixture
def server() -> Iterator[RepeatingServer]:
    with RepeatingServer(("127.0.0.1", 0), Repeating) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@dataclass
class Said:
    """All that got out, by where it was seen."""

    texts: list[tuple[str, str]] = field(default_factory=list)

    def note(self, place: str, text: str) -> None:
        self.texts.append((place, text))

    def leaks(self) -> list[tuple[str, str]]:
        return [(place, text) for place, text in self.texts if any(form in text for form in FORMS)]


class _Lines(logging.Handler):
    """Every record of every logger at every level, as the hub writes it, its traceback included."""

    def __init__(self, said: Said) -> None:
        super().__init__(logging.NOTSET)
        self._said = said

    def emit(self, record: logging.LogRecord) -> None:
        for formatter in (JsonFormatter(), TextFormatter(), logging.Formatter("%(message)s %(args)s")):
            self._said.note(f"log {record.name}", formatter.format(record))


@pytest.fixture
def said() -> Iterator[Said]:
    said, root = Said(), logging.getLogger()
    handler, level = _Lines(said), root.level
    root.addHandler(handler)
    root.setLevel(logging.NOTSET)
    yield said
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def kit(tmp_path: Path, said: Said) -> Iterator[HubKit]:
    kit = HubKit.open(tmp_path, plugins=[mailhub_smtp.plugin], store_uri="")
    yield kit
    kit.close()


class Listening:
    """Calls whose answers are kept, whatever they are."""

    def __init__(self, api: Api, said: Said) -> None:
        self._api = api
        self._said = said

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        arguments: dict[str, Any] = {"headers": given, "expect_errors": True}
        if body is not None:
            answer = getattr(self._api.app, f"{method.lower()}_json")(f"/api/v1{path}", body, **arguments)
        else:
            answer = getattr(self._api.app, method.lower())(f"/api/v1{path}", **arguments)
        self._said.note(f"{method} {path}", f"{answer.headers}\n{answer.text}")
        return answer


def settings(server: RepeatingServer, **others: Any) -> dict[str, Any]:
    made = {
        "server": "127.0.0.1",
        "port": server.server_address[1],
        "security": "none",
        "authentication": "basic",
        "user_name": USER,
        "password": CANARY,
    }
    return made | others


def account(server: RepeatingServer, **others: Any) -> dict[str, Any]:
    fields = {"connector": "smtp", "name": "Sales", "address": "sales@example.com", "is_default": True}
    return {**fields, "settings": settings(server, **others)}


REFUSED_SETTINGS: tuple[dict[str, Any], ...] = (
    {"password": [CANARY]},
    {"password": {"is_set": CANARY}},
    {"password": CANARY * 500},
    {"password": f"{CANARY}\r\n"},
    {"password": f"{CANARY}\ud800"},
    {"authentication": "anonymous"},
    {"pass": CANARY},
    {"port": "no number"},
)


def test_no_answer_repeats_a_password_that_was_refused(
    kit: HubKit, server: RepeatingServer, said: Said
) -> None:
    call = Listening(kit.user("ada"), said)
    for wrong in REFUSED_SETTINGS:
        made = call("POST", "/accounts", account(server, **wrong))
        checked = call(
            "POST", "/accounts/check", {"connector": "smtp", "settings": settings(server, **wrong)}
        )
        assert {made.status_int, checked.status_int} == {422}, wrong
    assert said.leaks() == []


MOMENTS: tuple[tuple[bytes, tuple[tuple[str, int], ...]], ...] = (
    (b"PLAIN", (("AUTH", 535),)),
    (b"PLAIN", (("AUTH", 500),)),
    (b"PLAIN", (("AUTH", 454),)),
    (b"PLAIN", (("AUTH", 421),)),
    (b"PLAIN", (("AUTH", 0),)),
    (b"LOGIN", (("AUTH", 334), (base64.b64encode(USER.encode()).decode(), 334), ("", 535))),
    (b"CRAM-MD5 PLAIN", (("AUTH CRAM-MD5", 334), ("AUTH PLAIN", 535), ("", 535))),
    (b"PLAIN", (("AUTH", 235), ("MAIL", 550))),
    (b"PLAIN", (("AUTH", 235), ("MAIL", 451))),
    (b"PLAIN", (("AUTH", 235), ("RCPT", 550))),
    (b"PLAIN", (("AUTH", 235), ("DATA", 554))),
    (b"PLAIN", (("AUTH", 235), ("DATA", 0))),
)
"""What the server offers, and how it ends."""


@pytest.mark.parametrize(("mechanisms", "script"), MOMENTS)
def test_no_failure_on_the_way_shows_a_password(
    kit: HubKit,
    server: RepeatingServer,
    said: Said,
    tmp_path: Path,
    mechanisms: bytes,
    script: Sequence[tuple[str, int]],
) -> None:
    server.mechanisms, server.script = mechanisms, script
    call = Listening(kit.user("ada"), said)
    made = call("POST", "/accounts", account(server)).json
    call(
        "POST", "/accounts/check", {"connector": "smtp", "settings": settings(server), "to": "x@example.com"}
    )
    assert call("POST", f"/accounts/{made['id']}/test", {"to": "x@example.com"}).json["outcome"] == "failed"

    sent = call("POST", "/messages", {"to": ["x@example.com"], "subject": "A", "text": "B"}).json
    kit.hub.start_background()
    kit.hub.start_delivery()
    kit.wait_until(sent["id"], lambda message: message.status != "sending" and len(message.history) > 2)

    for path in ("", "/events", "/raw"):
        call("GET", f"/messages/{sent['id']}{path}")
    for path in ("/plugins", "/accounts", "/connectors", "/me", f"/accounts/{made['id']}/queue"):
        call("GET", path)
    new = {"settings": {"password": CANARY.replace("-", "+")}, "name": "Other"}
    call("PATCH", f"/accounts/{made['id']}", new, If_Match=made["revision"])
    look_inside(kit, said)
    kit.close()
    look_at_files(tmp_path, said)
    assert said.leaks() == []
    assert any(place.startswith("log mailhub") for place, _text in said.texts)


def look_inside(kit: HubKit, said: Said) -> None:
    """Events and the audit trail, which no call shows yet."""
    with kit.hub.database.reading() as root:
        said.note("events", repr(list(iter_events(root, EventCursor(), 1000))))
        said.note("audit", repr(list_changes(root, 1000)))


def look_at_files(folder: Path, said: Said) -> None:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert any(path.name == "hub.fs" for path in files)
    for path in files:
        said.note(str(path.relative_to(folder)), path.read_bytes().decode("latin-1"))
