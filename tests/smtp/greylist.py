"""Greylisting for Postfix to ask: who writes to somebody for the first time is told to come again."""

from collections.abc import Iterator
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Lock, Thread
from typing import Self


class Greylist:
    """A policy service as Postfix's SMTPD_POLICY_README describes it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: set[tuple[str, str]] = set()
        self._server = _PolicyServer(("127.0.0.1", 0), _Conversation)
        self._server.greylist = self
        self.port: int = self._server.server_address[1]

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def judge(self, sender: str, recipient: str) -> str:
        """What Postfix is to do with this recipient."""
        with self._lock:
            is_known = (sender, recipient) in self._known
            self._known.add((sender, recipient))
        return "DUNNO" if is_known else "450 4.2.0 Greylisted, come again"


class _PolicyServer(ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    greylist: Greylist


class _Conversation(StreamRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, _PolicyServer)
        for asked in self._questions():
            action = self.server.greylist.judge(asked["sender"], asked["recipient"])
            self.wfile.write(f"action={action}\n\n".encode())

    def _questions(self) -> Iterator[dict[str, str]]:
        question: dict[str, str] = {}
        for line in self.rfile:
            name, _equals, value = line.decode().rstrip("\n").partition("=")
            if name:
                question[name] = value
            else:
                yield question
                question = {}
