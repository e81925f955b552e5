from collections.abc import Callable, Iterator
from pathlib import Path
from smtplib import SMTP

import pytest

from mailhub.capture.server import CaptureServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[CaptureServer]:
    with CaptureServer(tmp_path / "captured", max_message_bytes=12_000_000) as server:
        yield server


@pytest.fixture
def send(server: CaptureServer) -> Callable[..., None]:
    """Send bytes as they are, from ada@example.com to bob@example.com unless said otherwise."""

    def send(content: bytes, *recipients: str, sender: str = "ada@example.com") -> None:
        with SMTP(server.host, server.port) as client:
            client.sendmail(sender, recipients or ("bob@example.com",), content)

    return send
