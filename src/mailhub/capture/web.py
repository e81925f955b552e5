"""Serves a WSGI application on a bound socket in a thread, by waitress, and stops cleanly."""

import socket
from collections.abc import Callable
from threading import Event, Thread
from typing import Any

import waitress
from waitress import wasyncore

_LONGEST_BODY_BYTES = 64 * 1024
_ROUND_SECONDS = 1.0
_STOP_TIMEOUT_SECONDS = 10.0


class WebListener:
    """``application`` on ``listening`` with a few threads, for a handful of people on one machine."""

    def __init__(
        self, application: Callable[..., Any], listening: socket.socket, *, threads: int = 4
    ) -> None:
        self._channels: dict[int, Any] = {}
        self._server = waitress.create_server(
            application,
            map=self._channels,
            sockets=[listening],
            threads=threads,
            ident=None,
            max_request_body_size=_LONGEST_BODY_BYTES,
            clear_untrusted_proxy_headers=True,
        )
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="capture-web", daemon=True)

    def start(self) -> None:
        """Connections are accepted from now on (the socket listens already)."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the requests that are being answered, then close everything."""
        self._stopping.set()
        if self._thread.ident is None:
            self._close()
            return
        self._server.pull_trigger()
        self._thread.join(_STOP_TIMEOUT_SECONDS)

    def _run(self) -> None:
        # waitress' own loop ends only by an exception in the main thread
        while not self._stopping.is_set():
            wasyncore.loop(timeout=_ROUND_SECONDS, map=self._channels, use_poll=True, count=1)
        self._close()

    def _close(self) -> None:
        self._server.task_dispatcher.shutdown()
        wasyncore.close_all(self._channels)
