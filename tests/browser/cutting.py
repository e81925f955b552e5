"""A way to the hub that breaks on purpose: a TCP proxy that cuts connections after so many bytes."""

import socket
import struct
from threading import Lock, Thread
from typing import Self

PIECE_BYTES = 64 * 1024
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: close with RST, as a lost network looks."""


class CuttingProxy:
    """Passes everything on to ``port`` of this machine, and cuts where told::

        with CuttingProxy(hub.port) as proxy:
            proxy.cut_after(20_000_000, 50_000_000)
            page.goto(proxy.url)
            ...
            assert proxy.cuts == 2

    Bytes are those that clients sent since ``cut_after``, over all connections; the one that carries the last of them is
    cut, both ways, without an answer.
    """

    host = "127.0.0.1"

    def __init__(self, port: int) -> None:
        self._to = (self.host, port)
        self._lock = Lock()
        self._sent_bytes = 0
        self._cut_at: list[int] = []
        self._connections: set[socket.socket] = set()
        self.cuts = 0
        self._listener = socket.create_server((self.host, 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = Thread(target=self._accept, name="cutting-proxy", daemon=True)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def cut_after(self, *sent_bytes: int) -> None:
        """Cut as soon as clients have sent so many bytes from now, each a little later than the one before."""
        with self._lock:
            self._sent_bytes = 0
            self._cut_at = sorted(sent_bytes)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        # wakes accept(), which closing alone does not
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._listener.close()
        with self._lock:
            remaining = list(self._connections)
        for each in remaining:
            _end(each)

    def _accept(self) -> None:
        while True:
            try:
                client, _address = self._listener.accept()
            except OSError:
                return
            Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            hub = socket.create_connection(self._to)
        except OSError:
            client.close()
            return
        with self._lock:
            self._connections |= {client, hub}
        back = Thread(target=self._pass_on, args=(hub, client), daemon=True)
        back.start()
        self._pass_on(client, hub, counted=True)
        back.join()
        with self._lock:
            self._connections -= {client, hub}
        client.close()
        hub.close()

    def _pass_on(self, source: socket.socket, target: socket.socket, *, counted: bool = False) -> None:
        try:
            while piece := source.recv(PIECE_BYTES):
                if counted and self._is_cut(len(piece)):
                    for each in (source, target):
                        each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    break
                target.sendall(piece)
        except OSError:
            # one side is gone; so is the other, below
            pass
        for each in (source, target):
            _end(each)

    def _is_cut(self, size_bytes: int) -> bool:
        with self._lock:
            self._sent_bytes += size_bytes
            if not self._cut_at or self._sent_bytes < self._cut_at[0]:
                return False
            self._cut_at.pop(0)
            self.cuts += 1
            return True


def _end(each: socket.socket) -> None:
    try:
        each.shutdown(socket.SHUT_RDWR)
    except OSError:
        # it was closed by the other side already
        return
