"""One connection to a server: bytes out, replies in, each with its own time limit.

Nothing here decides what a reply means for a message. What breaks the conversation is ``Lost``.
"""

import contextlib
import ipaddress
import socket
import ssl
from typing import Final

from mailhub.contract import Clock, HostAddress
from mailhub.contract.texts import Text, plain

from .extensions import Extensions
from .reply import MalformedReply, Reply, ReplyReader
from .texts import _
from .timeouts import Timeouts

RECEIVE_BYTES: Final = 8192
_IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class Lost(Exception):
    """The conversation is over without an answer: closed, timed out, or no longer SMTP."""

    def __init__(self, reason: Text) -> None:
        super().__init__(plain(reason))
        self.reason = reason


class Connection:
    """Used by one thread. ``extensions`` are those of the last EHLO, ``use_count`` counts transactions."""

    def __init__(self, sock: socket.socket, address: HostAddress, clock: Clock, timeouts: Timeouts) -> None:
        self.timeouts = timeouts
        self.opened_at_seconds = clock.monotonic()
        self.extensions = Extensions()
        self.is_secure = False
        self.is_over = False
        self.use_count = 0
        self._sock = sock
        self._address = address
        self._clock = clock
        self._replies = ReplyReader()
        self._timeout_seconds: float | None = None
        self._secrets: tuple[bytes, ...] = ()
        _send_at_once(sock)

    @property
    def is_loopback(self) -> bool:
        """True when the server is on this machine, so that nobody can listen in."""
        address = _ip_address(str(self._address))
        return address is not None and address.is_loopback

    @property
    def has_unread(self) -> bool:
        """True when the server sent something that nobody asked for."""
        return not self._replies.is_empty

    @property
    def own_name(self) -> str:
        """The local end as an address literal (RFC 5321 4.1.3): true, valid, and without the machine's name."""
        address = self._local_address()
        return f"[IPv6:{address}]" if address.version == 6 else f"[{address}]"

    @property
    def peer_name(self) -> str:
        """The address this connection goes to."""
        return str(self._address)

    @property
    def tls_version(self) -> str:
        """``TLSv1.3``; empty without TLS."""
        return (self._sock.version() or "") if isinstance(self._sock, ssl.SSLSocket) else ""

    def conceal(self, *secrets: bytes) -> None:
        """From now on show stars in their place: some servers repeat the command that they refuse."""
        self._secrets = secrets

    def send(self, block: bytes, timeout_seconds: float) -> None:
        """Send all of it. Raises Lost."""
        try:
            self._limit(timeout_seconds)
            self._sock.sendall(block)
        except OSError as error:
            raise self._lost(error) from error

    def send_last(self, block: bytes, timeout_seconds: float) -> None:
        """Send what ends with the final dot. Raises Lost only when its last byte never left, so no server saw the dot."""
        rest = memoryview(block)
        try:
            self._limit(timeout_seconds)
            while rest:
                rest = rest[self._sock.send(rest) :]
        except OSError as error:
            raise self._lost(error) from error

    def reply(self, timeout_seconds: float) -> Reply:
        """The next reply, complete within this time. Raises Lost. After a 421 the connection is over."""
        try:
            waiting = None if self._replies.is_empty else self._replies.next()
            reply = waiting or self._receive_reply(timeout_seconds)
        except OSError as error:
            raise self._lost(error) from error
        except MalformedReply as error:
            self.is_over = True
            raise Lost(_("The server answered with something that is not SMTP.")) from error
        if reply.code == 421:
            self.is_over = True
        return reply.without(self._secrets)

    def ask(self, command: bytes, timeout_seconds: float) -> Reply:
        """Send one command (without line end) and read its reply. Raises Lost."""
        self.send(command + b"\r\n", timeout_seconds)
        return self.reply(timeout_seconds)

    def last_words(self) -> Reply | None:
        """What the server still said before it hung up on us, if anything."""
        try:
            reply = self._replies.next() or self._receive_reply(1.0)
        except (OSError, MalformedReply):
            return None
        return reply.without(self._secrets)

    def start_tls(self, context: ssl.SSLContext, server_name: str) -> None:
        """Shake hands; everything known from before is forgotten (RFC 3207 4.2). Raises OSError, ssl.SSLError too."""
        self._limit(self.timeouts.starttls)
        self._sock = context.wrap_socket(self._sock, server_hostname=server_name)
        self._timeout_seconds = None
        self._replies = ReplyReader()
        self.extensions = Extensions()
        self.is_secure = True

    def quit(self) -> None:
        """Take leave politely and close; never raises, never waits long."""
        if not self.is_over:
            with contextlib.suppress(Lost, OSError, ValueError):
                self.ask(b"QUIT", self.timeouts.farewell)
                if isinstance(self._sock, ssl.SSLSocket):
                    self._sock.unwrap()
        self.close()

    def close(self) -> None:
        """Hang up at once; what the server has not got whole, it throws away (RFC 5321 4.1.1.4)."""
        self.is_over = True
        with contextlib.suppress(OSError):
            self._sock.close()

    def _receive_reply(self, timeout_seconds: float) -> Reply:
        deadline = self._clock.monotonic() + timeout_seconds
        self._limit(timeout_seconds)
        while True:
            received = self._sock.recv(RECEIVE_BYTES)
            if not received:
                raise ConnectionResetError("closed by the server")
            self._replies.feed(received)
            if reply := self._replies.next():
                return reply
            # a server that drips a byte now and then does not get more time
            self._limit(deadline - self._clock.monotonic())

    def _limit(self, timeout_seconds: float) -> None:
        if timeout_seconds <= 0:
            raise TimeoutError
        if timeout_seconds != self._timeout_seconds:
            self._sock.settimeout(timeout_seconds)
            self._timeout_seconds = timeout_seconds

    def _lost(self, error: OSError) -> Lost:
        self.is_over = True
        if isinstance(error, TimeoutError):
            return Lost(_("The server did not answer in time."))
        return Lost(_("The server closed the connection."))

    def _local_address(self) -> _IPAddress:
        name = self._sock.getsockname()
        address = _ip_address(str(name[0])) if isinstance(name, tuple) else None
        return address or ipaddress.IPv4Address("127.0.0.1")


def _send_at_once(sock: socket.socket) -> None:
    if sock.family in (socket.AF_INET, socket.AF_INET6):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _ip_address(text: str) -> _IPAddress | None:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
