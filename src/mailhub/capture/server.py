"""The capture server: SMTP in, a folder of mail, a page to look at it."""

from pathlib import Path
from types import TracebackType
from typing import Self

from mailhub.clock import SystemClock
from mailhub.contract.clock import Clock

from .folder import DEFAULT_KEEP, CapturedMail, CaptureFolder
from .listening import bound_port, bracketed, listen, reachable_host
from .pages import make_app
from .site import CaptureSite
from .smtp import MAX_MESSAGE_BYTES, SmtpListener
from .web import WebListener


class CaptureServer:
    """A running capture server; also a real SMTP server for tests::

        with CaptureServer(tmp_path) as server:
            ...send to server.host, server.port...
            [mail] = server.messages()
            assert mail.envelope.recipients == ("ada@example.com",)

    Ports of 0 take any free one; they are bound when the object is made, which raises ``CannotListen``.
    """

    def __init__(
        self,
        folder: Path,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        http_port: int = 0,
        keep: int = DEFAULT_KEEP,
        max_message_bytes: int = MAX_MESSAGE_BYTES,
        clock: Clock | None = None,
    ) -> None:
        self._clock = clock or SystemClock()
        self.folder = CaptureFolder(folder, keep=keep)
        self.host = reachable_host(host)
        smtp_socket = listen(host, port, "--port")
        try:
            web_socket = listen(host, http_port, "--http-port")
        except BaseException:
            smtp_socket.close()
            raise
        self.port = bound_port(smtp_socket)
        self.http_port = bound_port(web_socket)
        self._smtp = SmtpListener(self.folder, smtp_socket, self._clock, max_message_bytes=max_message_bytes)
        site = CaptureSite(self.folder, self.host, self.port, host, self._clock)
        self._web = WebListener(make_app(site), web_socket)

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{bracketed(self.host)}:{self.http_port}/"

    @property
    def smtp_address(self) -> str:
        """Where SMTP is spoken, as ``host:port``."""
        return f"{bracketed(self.host)}:{self.port}"

    def start(self) -> Self:
        """Accept mail and serve the page. Raises OSError when the folder cannot be made."""
        self.folder.prepare()
        self.folder.remember_keep()
        self.folder.sweep(self._clock.now())
        self.folder.prune()
        self._smtp.start()
        self._web.start()
        return self

    def stop(self) -> None:
        """Close everything; what was answered with 250 is on disk."""
        self._smtp.stop()
        self._web.stop()

    def messages(self) -> list[CapturedMail]:
        """All kept mails in the order in which they came."""
        return self.folder.list_mails(limit=self.folder.keep)[::-1]

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
