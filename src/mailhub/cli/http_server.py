"""A waitress server in a thread of its own, which ends without breaking off an answer."""

import ctypes
import select
import socket
import struct
import sys
from contextlib import ExitStack
from pathlib import Path
from threading import Condition, Thread
from typing import Any

from waitress import wasyncore
from waitress.server import create_server

from mailhub.capture.listening import CannotListen, listen
from mailhub.contract.texts import Text, _
from mailhub.settings import Settings

from .exits import FAILED, CommandEnded
from .http_refusals import Channel
from .local_socket import short_path

DRAIN_SECONDS = 10.0
LOOK_SECONDS = 0.05
LOOKS_AT_REST = 10
"""So often in a row nothing may be at work before the rest is closed: what a client has just sent is not read yet, and a busy
client needs a moment between an answer and its next call."""

OVERHEAD_BYTES = 1024 * 1024

_ATTACH_FILTER = 26
"""SO_ATTACH_FILTER of Linux (socket(7)), which Python's socket module does not name."""
_BPF_RETURN = 0x06
"""BPF_RET | BPF_K: with 0, the packet is dropped."""


class HttpServer:
    """Listens from the moment it is made, answers from ``start`` to ``stop``.

    Raises ``CommandEnded`` for an address that cannot be had. ``socket``: a unix socket, private to its owner, instead of
    ``host`` and ``port``; one that a killed process left behind is replaced.
    """

    def __init__(
        self,
        application: Any,
        settings: Settings,
        *,
        threads: int,
        host: str = "",
        port: int = 0,
        socket: Path | None = None,
    ) -> None:
        self._socket = socket
        self._map: dict[int, Any] = {}
        with ExitStack() as stack:
            listening = _tcp(host, port) if socket is None else _unix(socket, stack)
            options = _options(settings) | {"threads": threads, "map": self._map} | listening
            try:
                self._server: Any = create_server(application, **options)
            except OSError as error:
                raise CommandEnded(_cannot_listen(socket, error), FAILED) from error
        self._server.channel_class = Channel
        self._thread = Thread(target=self._server.run, name="http", daemon=True)

    @property
    def url(self) -> str:
        """Where a TCP server is reached."""
        host = self._server.effective_host
        return f"http://{f'[{host}]' if ':' in host else host}:{self._server.effective_port}"

    def start(self) -> None:
        self._thread.start()

    def stop_listening(self) -> None:
        """Take no new connection; those that are open go on."""
        if self._thread.is_alive():
            self._server.trigger.pull_trigger(self._close_listener)

    def stop(self) -> None:
        """Let the calls in hand end and their answers leave, for ten seconds at most, then close the rest."""
        self.stop_listening()
        if self._thread.is_alive():
            self._drain()
        self._server.task_dispatcher.shutdown(cancel_pending=False, timeout=LOOK_SECONDS)
        if self._thread.is_alive():
            self._server.trigger.pull_trigger(lambda: wasyncore.close_all(self._map, ignore_all=True))
            self._thread.join(DRAIN_SECONDS)
        else:
            self._server.close()
        if self._socket is not None:
            self._socket.unlink(missing_ok=True)

    def _close_listener(self) -> None:
        """In the server's own thread. Who has connected before gets an answer."""
        if self._server.socket is None or self._server.socket.fileno() < 0:
            return
        _take_no_more(self._server.socket)
        while select.select([self._server.socket], [], [], 0)[0]:
            self._server.handle_accept()
        wasyncore.dispatcher.close(self._server)

    def _drain(self) -> None:
        pause, at_rest = Condition(), 0
        with pause:
            for _look in range(int(DRAIN_SECONDS / LOOK_SECONDS)):
                at_rest = 0 if self._is_at_work() else at_rest + 1
                if at_rest == LOOKS_AT_REST:
                    return
                pause.wait(LOOK_SECONDS)

    def _is_at_work(self) -> bool:
        channels = list(self._server.active_channels.values())
        for channel in channels:
            _let_end(channel)
        return any(map(_is_at_work, channels))


def _take_no_more(listening: Any) -> None:
    """Have the kernel drop what asks for a connection from now on, so that none comes between the last look and the close.

    Such a connection would be reset with the call that its client has sent already. So the client asks again after a moment,
    and is refused. Elsewhere than on Linux the gap of some microseconds remains.
    """
    if sys.platform != "linux" or listening.family not in (socket.AF_INET, socket.AF_INET6):
        return
    returning_nothing = ctypes.create_string_buffer(struct.pack("=HBBI", _BPF_RETURN, 0, 0, 0))
    program = struct.pack("@HP", 1, ctypes.addressof(returning_nothing))
    listening.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, program)


def _let_end(channel: Any) -> None:
    """Close the connection after the answer to each call in hand, as if the client had asked for it (RFC 9112 9.6).

    Else a client that keeps its connection busy would be broken off in the midst of a call.
    """
    with channel.requests_lock:
        for request in channel.requests:
            request.headers["CONNECTION"] = "close"


def _is_at_work(channel: Any) -> bool:
    """A call that is arriving, being answered, or whose answer is on its way out."""
    with channel.requests_lock:
        return bool(channel.requests or channel.request is not None or channel.total_outbufs_len)


def _options(settings: Settings) -> dict[str, Any]:
    trusted = {"trusted_proxy": settings.http_trusted_proxy} if settings.http_trusted_proxy else {}
    if trusted:
        trusted["trusted_proxy_headers"] = "x-forwarded-for x-forwarded-proto x-forwarded-host"
    largest = max(settings.message_max_attachment_bytes, settings.http_max_json_bytes)
    return {
        "ident": None,
        "clear_untrusted_proxy_headers": True,
        "max_request_body_size": largest + OVERHEAD_BYTES,
        **trusted,
    }


def _tcp(host: str, port: int) -> dict[str, Any]:
    """One address, also where a name has several: a hub has one URL. Raises ``CommandEnded``."""
    try:
        return {"sockets": [listen(host, port, "--port")]}
    except CannotListen as error:
        raise CommandEnded(error.message, FAILED) from error


def _unix(socket: Path, stack: ExitStack) -> dict[str, Any]:
    """Only its owner can connect: waitress sets the mode before it listens. Raises ``CommandEnded``."""
    try:
        reachable = stack.enter_context(short_path(socket))
    except OSError as error:
        raise CommandEnded(_cannot_listen(socket, error), FAILED) from error
    return {"unix_socket": reachable, "unix_socket_perms": "600"}


def _cannot_listen(socket: Path | None, error: OSError) -> Text:
    words = {"socket": str(socket or ""), "reason": error.strerror or str(error)}
    return _("It is not possible to listen on ${socket}: ${reason}.", mapping=words)
