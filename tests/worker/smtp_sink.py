"""An SMTP server that tells of every step of every mail, so that a test can act exactly there, and keeps no bodies."""

import socket
from collections.abc import Callable, Iterable
from email import message_from_bytes
from threading import Lock, Thread
from typing import Literal, NamedTuple, Self

Stage = Literal["mail", "data", "dot", "reply"]
"""After MAIL FROM; after 354; after the final dot, before the answer; after the answer."""

STAGES: tuple[Stage, ...] = ("mail", "data", "dot", "reply")


class SunkMail(NamedTuple):
    """A mail that got its 250, or died waiting for it."""

    message_id: str
    recipients: tuple[str, ...]
    size_bytes: int


class SmtpSink:
    """Takes everything. ``on_stage`` is called, in the session's thread, with how many mails had begun and the stage."""

    def __init__(self) -> None:
        self.on_stage: Callable[[int, Stage], None] = lambda _number, _stage: None
        self._lock = Lock()
        self._begun = 0
        self._mails: list[SunkMail] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._listener.close()

    @property
    def mails(self) -> list[SunkMail]:
        """Every mail whose final dot arrived."""
        with self._lock:
            return list(self._mails)

    def _accept(self) -> None:
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            Thread(target=self._session, args=(connection,), daemon=True).start()

    def _session(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            try:
                self._talk(connection, lines)
            except OSError:
                # the hub was killed in the middle of it
                return

    def _talk(self, connection: socket.socket, lines: Iterable[bytes]) -> None:
        say = connection.sendall
        say(b"220 sink\r\n")
        recipients: list[str] = []
        number = 0
        for line in lines:
            verb = line[:4].upper()
            if verb == b"EHLO":
                say(b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
            elif verb == b"MAIL":
                recipients = []
                number = self._begin()
                self.on_stage(number, "mail")
                say(b"250 ok\r\n")
            elif verb == b"RCPT":
                recipients.append(line.decode().partition("<")[2].partition(">")[0])
                say(b"250 ok\r\n")
            elif verb == b"DATA":
                say(b"354 go on\r\n")
                self.on_stage(number, "data")
                self._take(_content(lines), recipients)
                self.on_stage(number, "dot")
                say(b"250 2.0.0 taken\r\n")
                self.on_stage(number, "reply")
            elif verb == b"QUIT":
                say(b"221 bye\r\n")
                return
            else:
                say(b"250 ok\r\n")

    def _begin(self) -> int:
        with self._lock:
            self._begun += 1
            return self._begun

    def _take(self, content: "_Content", recipients: list[str]) -> None:
        message_id = str(message_from_bytes(content.header)["Message-ID"])
        with self._lock:
            self._mails.append(SunkMail(message_id, tuple(recipients), content.size_bytes))


class _Content(NamedTuple):
    header: bytes
    size_bytes: int


def _content(lines: Iterable[bytes]) -> _Content:
    """Up to the final dot. Raises ConnectionError when the connection ends before it."""
    header: list[bytes] = []
    is_header = True
    size_bytes = 0
    for line in lines:
        if line == b".\r\n":
            return _Content(b"".join(header), size_bytes)
        is_header = is_header and line != b"\r\n"
        size_bytes += len(line)
        if is_header:
            header.append(line)
    raise ConnectionError("the connection ended before the final dot")
