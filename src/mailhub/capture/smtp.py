"""The SMTP side of the capture server: it takes every mail from everybody and sends nothing anywhere."""

import asyncio
import logging
import socket
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from threading import Thread
from typing import Any
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from aiosmtpd.smtp import Envelope as SmtpEnvelope
from aiosmtpd.smtp import Session as SmtpSession

from mailhub.contract.clock import Clock

from .envelope import Envelope
from .folder import CaptureFolder

_log = logging.getLogger(__name__)

MAX_MESSAGE_BYTES = 150 * 1024 * 1024
_LONGEST_LINE_BYTES = 1024 * 1024
_STOP_TIMEOUT_SECONDS = 10.0


class _Smtp(SMTP):
    # Lines over 998 octets are against RFC 5321, yet they are what somebody may want to find out about his mail.
    line_length_limit = _LONGEST_LINE_BYTES


class SmtpListener:
    """Serves SMTP on a bound socket in a thread of its own and keeps every mail in a folder.

    Offers SIZE, 8BITMIME, SMTPUTF8, PIPELINING and AUTH PLAIN and LOGIN; any user name and password will do.
    """

    def __init__(
        self,
        folder: CaptureFolder,
        listening: socket.socket,
        clock: Clock,
        *,
        max_message_bytes: int = MAX_MESSAGE_BYTES,
    ) -> None:
        self._keeper = _Keeper(folder, clock)
        self._socket = listening
        self._max_message_bytes = max_message_bytes
        self._connections: WeakSet[SMTP] = WeakSet()
        self._stop: Future[Callable[[], None]] = Future()
        self._thread = Thread(target=self._run, name="capture-smtp", daemon=True)

    def start(self) -> None:
        """Return when connections are accepted."""
        self._thread.start()
        self._stop.result()

    def stop(self) -> None:
        """Close all connections; a mail that was being kept is kept first."""
        if self._thread.ident is None:
            self._socket.close()
            return
        self._stop.result()()
        self._thread.join(_STOP_TIMEOUT_SECONDS)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:
            if self._stop.done():
                raise
            self._stop.set_exception(error)

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        stopping = asyncio.Event()
        server = await loop.create_server(partial(self._connection, loop), sock=self._socket)
        self._stop.set_result(partial(_call_if_open, loop, stopping.set))
        async with server:
            await stopping.wait()
        for connection in list(self._connections):
            if connection.transport is not None:
                connection.transport.close()
        # the transports tell their protocols in the loop's next round
        await asyncio.sleep(0)

    def _connection(self, loop: asyncio.AbstractEventLoop) -> SMTP:
        connection = _Smtp(
            self._keeper,
            data_size_limit=self._max_message_bytes,
            enable_SMTPUTF8=True,
            hostname="localhost",
            ident="mailhub capture",
            auth_require_tls=False,
            authenticator=_welcome,
            loop=loop,
        )
        self._connections.add(connection)
        return connection


def _call_if_open(loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(callback)


def _welcome(
    _server: SMTP, _session: SmtpSession, _envelope: SmtpEnvelope, mechanism: str, login: Any
) -> AuthResult:
    """Accept any sign-in; only the user name is remembered."""
    name = login.login if isinstance(login, LoginPassword) else b""
    return AuthResult(success=True, auth_data=(mechanism, name.decode("utf-8", "replace")))


class _Keeper:
    """The hooks of aiosmtpd."""

    def __init__(self, folder: CaptureFolder, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    async def handle_EHLO(  # noqa: N802 - aiosmtpd finds its hooks by these names
        self, server: SMTP, session: SmtpSession, envelope: SmtpEnvelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        # aiosmtpd reads one command after another from its buffer, which is all that RFC 2920 asks
        return [*responses[:1], "250-PIPELINING", *responses[1:]]

    async def handle_DATA(  # noqa: N802 - as above
        self, server: SMTP, session: SmtpSession, envelope: SmtpEnvelope
    ) -> str:
        content = envelope.original_content or b""
        keep = partial(self._folder.add, [content], self._envelope(session, envelope))
        try:
            mail = await asyncio.get_running_loop().run_in_executor(None, keep)
        except OSError as error:
            _log.error("a mail could not be kept in %s: %s", self._folder.path, error)
            return f"452 4.3.1 The mail could not be kept: {error.strerror or error}"
        return f"250 2.0.0 kept as {mail.number}"

    def _envelope(self, session: SmtpSession, envelope: SmtpEnvelope) -> Envelope:
        signed_in: tuple[str, str | None] = session.auth_data or ("", None)
        mechanism, user_name = signed_in
        sender = envelope.mail_from or ""
        return Envelope(
            mail_from="" if sender == "<>" else _text(sender),
            recipients=tuple(_text(each) for each in envelope.rcpt_tos),
            received_at=self._clock.now(),
            client=_peer(session.peer),
            hello=_text(session.host_name or ""),
            is_encrypted=session.ssl is not None,
            user_name=user_name,
            mechanism=mechanism,
            smtputf8=envelope.smtp_utf8,
        )


def _text(value: str) -> str:
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _peer(peer: object) -> str:
    return f"{peer[0]} port {peer[1]}" if isinstance(peer, tuple) else str(peer or "")
