"""A server in memory that obeys RFC 5321 except where a test tells it otherwise, and what a session needs around it."""

import logging
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from mailhub.contract import (
    Address,
    HostAddress,
    OutgoingMessage,
    Recipient,
    SendingSession,
    SendOutcome,
    Step,
    WireOptions,
)
from mailhub.testing.clock import FakeClock
from mailhub_smtp.connector import SmtpConnector
from mailhub_smtp.session import USUAL_LIMITS, ReuseLimits

ADDRESS = HostAddress(socket.AF_INET, ("192.0.2.25", 587))
EVERYTHING = ("PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 1000000")
DROP = "<drop>"
SILENCE = "<silence>"
GARBAGE = "<garbage>"


@dataclass
class Received:
    """A message as the server got it: commands in ``mail`` and ``rcpts``, content without the doubled dots."""

    mail: str
    rcpts: list[str]
    content: bytes


class Server:
    """``script``: (beginning of a command or GREETING or DOT, answers, the last of which stays)."""

    def __init__(self, *script: tuple[str, Sequence[str]], extensions: Sequence[str] = EVERYTHING) -> None:
        self.script = [(start, list(answers)) for start, answers in script]
        self.extensions = extensions
        self.packets: list[bytes] = []
        self.commands: list[str] = []
        self.received: list[Received] = []
        self.time_limits: list[float] = []
        self.is_closed = False
        self.is_mute = False
        self.out = b""
        self._in = b""
        self._mail = ""
        self._rcpts: list[str] = []
        self._in_content = False

    def greet(self) -> None:
        self._answer("GREETING", "220 mx.example.test ESMTP")

    def feed(self, data: bytes) -> None:
        if self.is_closed:
            raise BrokenPipeError
        self.packets.append(data)
        self._in += data
        while not self.is_closed and self._next():
            pass

    def _next(self) -> bool:
        if self._in_content:
            return self._content()
        line, end, rest = self._in.partition(b"\r\n")
        if not end:
            return False
        self._in = rest
        command = line.decode("utf-8", "replace")
        self.commands.append(command)
        self._answer(command, self._usual(command))
        return True

    def _content(self) -> bool:
        whole = b"\r\n" + self._in
        content, dot, rest = whole.partition(b"\r\n.\r\n")
        if not dot:
            return False
        self._in, self._in_content = rest, False
        content = content.replace(b"\r\n..", b"\r\n.")[2:] + b"\r\n"
        if self._answer(
            "DOT", "250 2.0.0 Ok: queued as 1" if self._rcpts else "554 5.5.1 No valid recipients"
        ):
            self.received.append(Received(self._mail, self._rcpts, content))
        self._mail, self._rcpts = "", []
        return True

    def _usual(self, command: str) -> str:
        verb = command.partition(" ")[0].upper()
        if verb == "EHLO":
            lines = ["mx.example.test", *self.extensions]
            return "".join(f"250-{line}\r\n" for line in lines[:-1]) + f"250 {lines[-1]}"
        if verb == "DATA":
            return "354 Go on" if self._rcpts else "554 5.5.1 No valid recipients"
        if verb == "RCPT" and not self._mail:
            return "503 5.5.1 MAIL first"
        return {"QUIT": "221 2.0.0 Bye", "HELO": "250 mx.example.test", "AUTH": "235 2.7.0 Welcome"}.get(
            verb, "250 2.1.0 Ok"
        )

    def _answer(self, command: str, usual: str) -> bool:
        answer = next((_take(answers) for start, answers in self.script if command.startswith(start)), usual)
        if answer == DROP:
            self.is_closed = True
        elif answer == GARBAGE:
            self.out += b"\x16\x03\x01 secret banner\r\n"
        elif answer == SILENCE or self.is_mute:
            self.is_mute = True
        else:
            self.out += answer.encode() + b"\r\n"
            self._note(command, answer)
            self.is_closed = answer.startswith(("421", "221"))
        return answer.startswith("2")

    def _note(self, command: str, answer: str) -> None:
        if command.startswith("MAIL") and answer.startswith("2"):
            self._mail, self._rcpts = command, []
        if command.startswith("RCPT") and answer.startswith("2"):
            self._rcpts.append(command)
        if command.startswith("RSET"):
            self._mail, self._rcpts = "", []
        if command == "DATA" and answer.startswith("354"):
            self._in_content = True


def _take(answers: list[str]) -> str:
    return answers.pop(0) if len(answers) > 1 else answers[0]


class ServerSocket:
    """The client's end of a connection to a Server. Silence is a time-out that is over at once."""

    family = socket.AF_UNIX

    def __init__(self, server: Server) -> None:
        self.server = server
        self.is_closed = False
        server.greet()

    def settimeout(self, seconds: float) -> None:
        self.server.time_limits.append(seconds)

    def sendall(self, data: bytes) -> None:
        self.server.feed(bytes(data))

    def send(self, data: memoryview) -> int:
        self.server.feed(bytes(data))
        return len(data)

    def recv(self, size: int) -> bytes:
        taken, self.server.out = self.server.out[:size], self.server.out[size:]
        if not taken and not self.server.is_closed:
            raise TimeoutError
        return taken

    def getsockname(self) -> tuple[str, int]:
        return ("192.0.2.9", 40000)

    def close(self) -> None:
        self.is_closed = True


@dataclass
class Network:
    """Gives one server after another (an OSError is raised); ``addresses`` is what every name resolves to."""

    servers: list[Server | OSError]
    addresses: Sequence[HostAddress] = (ADDRESS,)
    asked: list[tuple[str, int]] = field(default_factory=list)
    connected: list[HostAddress] = field(default_factory=list)
    sockets: list[ServerSocket] = field(default_factory=list)

    def resolve(self, host: str, port: int) -> Sequence[HostAddress]:
        self.asked.append((host, port))
        return self.addresses

    def connect(self, address: HostAddress, timeout_seconds: float) -> socket.socket:
        self.connected.append(address)
        server = self.servers.pop(0)
        if isinstance(server, OSError):
            raise server
        self.sockets.append(ServerSocket(server))
        return cast(socket.socket, self.sockets[-1])


@dataclass
class Context:
    """A SessionContext that keeps what it is told."""

    network: Any
    clock: FakeClock = field(default_factory=FakeClock)
    steps: list[Step] = field(default_factory=list)
    handed_over: list[str] = field(default_factory=list)
    on_hand_over: Callable[[], None] = lambda: None
    account_id: str = "account"
    account_address: str = "hub@example.com"
    sending_identity: str = ""
    hello_name: str = ""
    log: logging.Logger = field(default_factory=lambda: logging.getLogger("test"))

    def report(self, step: Step) -> None:
        self.steps.append(step)

    def hand_over(self, message: OutgoingMessage) -> None:
        self.handed_over.append(message.id)
        self.on_hand_over()


@dataclass
class Mime:
    """A MimeForm over bytes."""

    content: bytes = b"Subject: hello\r\n\r\nhello\r\n"
    chunk_bytes: int = 1 << 20
    is_smtputf8: bool = False
    options: list[WireOptions] = field(default_factory=list)
    failure: Exception | None = None

    def iter_bytes(self, options: WireOptions = WireOptions()) -> Iterator[bytes]:  # noqa: B008  frozen, as in the contract
        self.options.append(options)
        for start in range(0, len(self.content), self.chunk_bytes):
            yield self.content[start : start + self.chunk_bytes]
        if self.failure:
            raise self.failure

    def size(self, options: WireOptions = WireOptions()) -> int:  # noqa: B008
        return len(self.content)

    def needs_smtputf8(self) -> bool:
        return self.is_smtputf8


def message(
    *recipients: str, mime: Mime | None = None, sender: str = "hub@example.com", bcc: Iterable[str] = ()
) -> OutgoingMessage:
    to = recipients or ("ada@example.test",)
    return OutgoingMessage(
        id="m1",
        attempt=1,
        message_id="<m1@example.com>",
        date=datetime(2026, 11, 2, 8, 0, tzinfo=UTC),
        from_=Address(sender),
        envelope_from=sender,
        recipients=(*(Recipient(each, "to") for each in to), *(Recipient(each, "bcc") for each in bcc)),
        mime=mime or Mime(),
    )


ANONYMOUS = {"server": "mx.example.test", "port": 25, "security": "none", "authentication": "anonymous"}
SIGNED_IN = {**ANONYMOUS, "authentication": "basic", "user_name": "ada", "password": "pa55 wörd"}


def context_of(
    *servers: Server | OSError, addresses: Sequence[HostAddress] = (ADDRESS,), hello_name: str = ""
) -> Context:
    return Context(Network(list(servers), addresses), hello_name=hello_name)


def session_of(
    context: Context, settings: dict[str, Any] | None = None, limits: ReuseLimits = USUAL_LIMITS
) -> SendingSession:
    return SmtpConnector(settings or ANONYMOUS, limits=limits).open_session(context)


def statuses(outcome: SendOutcome) -> list[str]:
    return [each.status for each in outcome.recipients]
