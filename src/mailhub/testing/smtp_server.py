"""An SMTP server inside the test's own process, on aiosmtpd, that answers as it is told."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from threading import Condition, Event, Thread
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session, syntax

from .received import ReceivedMail

ACCEPTED = "250 2.0.0 taken"


class SmtpServer:
    """Takes mail on a port of this machine, keeps each content in a file of ``folder``, and answers as it is told::

        with SmtpServer(tmp_path) as server:
            server.answer_recipient("bob@example.com", "550 5.1.1 no such mailbox")
            ...send to server.host, server.port...
            assert server.received[0].recipients == ("ada@example.com",)

    Offers SIZE, 8BITMIME, SMTPUTF8, PIPELINING, and with ``users`` (names and passwords) AUTH PLAIN and LOGIN, which
    are then required. Contents are written as they come, so that big ones are not in memory.
    """

    host = "127.0.0.1"

    def __init__(self, folder: Path, *, users: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.users = users
        self._changed = Condition()
        self._received: list[ReceivedMail] = []
        self._recipient_answers: dict[str, str] = {}
        self._message_answers: list[str] = []
        self._ready = Event()
        self._socket = socket.create_server((self.host, 0))
        self.port: int = self._socket.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._thread = Thread(target=self._run, name="smtp-server", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(10)

    @property
    def received(self) -> list[ReceivedMail]:
        """All mails that were taken, in the order of their arrival."""
        with self._changed:
            return list(self._received)

    def wait_for(self, count: int, *, timeout_seconds: float = 10.0) -> list[ReceivedMail]:
        """Block until so many mails have come. Raises AssertionError when they do not."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._received) >= count, timeout_seconds):
                raise AssertionError(f"{len(self._received)} mails came, not {count}")
            return list(self._received)

    def answer_recipient(self, address: str, reply: str) -> None:
        """From now on answer RCPT TO this address with that line (``450 4.2.0 busy``)."""
        self._recipient_answers[address] = reply

    def answer_message(self, *replies: str) -> None:
        """Answer the next messages, after their final dot, with these lines instead of taking them."""
        self._message_answers.extend(replies)

    # what the protocol asks

    def recipient_answer(self, address: str) -> str | None:
        return self._recipient_answers.get(address)

    def take(self, envelope: Envelope, content: Path) -> str:
        """Keep a mail, or answer it as told."""
        if self._message_answers:
            content.unlink()
            return self._message_answers.pop(0)
        with self._changed:
            self._received.append(
                ReceivedMail(
                    envelope_from=envelope.mail_from or "",
                    recipients=tuple(envelope.rcpt_tos),
                    content=content,
                )
            )
            self._changed.notify_all()
        return ACCEPTED

    def sign_in(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: Any
    ) -> AuthResult:
        """aiosmtpd's authenticator."""
        if not isinstance(login, LoginPassword) or self.users is None:
            return AuthResult(success=False, handled=False)
        password = self.users.get(login.login.decode())
        return AuthResult(success=password is not None and password.encode() == login.password, handled=False)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        connections: list[_Conversation] = []

        def connect() -> "_Conversation":
            connections.append(_Conversation(self, self._loop, len(connections)))
            return connections[-1]

        server = await self._loop.create_server(connect, sock=self._socket)
        self._ready.set()
        async with server:
            await self._stopping.wait()
        for connection in connections:
            if connection.transport is not None:
                connection.transport.close()
        await asyncio.sleep(0)  # the transports tell their protocols in the loop's next round


class _Conversation(SMTP):
    """One connection. Unlike aiosmtpd's own DATA, this one writes a content to a file as it comes."""

    line_length_limit = 64 * 1024

    def __init__(self, owner: SmtpServer, loop: asyncio.AbstractEventLoop, number: int) -> None:
        super().__init__(
            _Answers(owner),
            data_size_limit=150 * 1024 * 1024,
            enable_SMTPUTF8=True,
            hostname="localhost",
            auth_require_tls=False,
            auth_exclude_mechanism=["PLAIN", "LOGIN"] if owner.users is None else [],
            authenticator=owner.sign_in,
            loop=loop,
        )
        # not by the constructor, which warns that signing in without TLS is unsafe: here that is meant
        self._auth_required = owner.users is not None
        self._owner = owner
        self._name = f"{number:04d}"
        self._count = 0

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802  # aiosmtpd finds its commands by these names
        if await self.check_helo_needed() or await self.check_auth_needed("DATA"):
            return
        envelope = self.envelope
        if envelope is None or not envelope.rcpt_tos:
            await self.push("503 Error: need RCPT command")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        self._count += 1
        content = self._owner.folder / f"{self._name}-{self._count:04d}.eml"
        with content.open("wb") as file:
            async for line in self._lines():
                file.write(line)
        reply = self._owner.take(envelope, content)
        self._set_post_data_state()  # type: ignore[no-untyped-call]  # aiosmtpd left this one out
        await self.push(reply)

    async def _lines(self) -> AsyncIterator[bytes]:
        """Lines up to the final dot, without the dots that were stuffed. Cancelled when the client hangs up."""
        try:
            while (line := await self._reader.readuntil(b"\r\n")) != b".\r\n":
                yield line[1:] if line.startswith(b".") else line
        except asyncio.CancelledError:
            self._writer.close()
            raise


class _Answers:
    """The hooks of aiosmtpd."""

    def __init__(self, owner: SmtpServer) -> None:
        self._owner = owner

    async def handle_EHLO(  # noqa: N802  # aiosmtpd finds its hooks by these names
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:1], "250-PIPELINING", *responses[1:]]

    async def handle_RCPT(  # noqa: N802  # as above
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        refusal = self._owner.recipient_answer(address)
        if refusal is not None:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"
