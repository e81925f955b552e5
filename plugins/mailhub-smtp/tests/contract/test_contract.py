"""The connector passes the suite that every connector has to pass."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailhub.testing.connector_contract import ConnectorCase, ConnectorContract
from mailhub.testing.network import LoopbackNetwork
from mailhub.testing.smtp_server import SmtpServer
from mailhub_smtp.plugin import SMTP

NOBODY_LISTENS = 9

pytestmark = pytest.mark.enable_socket


class TestSmtp(ConnectorContract):
    @pytest.fixture
    def connector_case(self, tmp_path: Path) -> Iterator[ConnectorCase]:
        with SmtpServer(tmp_path, users={"ada": "pa55 wörd"}) as server:
            settings = {
                "server": server.host,
                "port": server.port,
                "security": "none",
                "authentication": "basic",
                "user_name": "ada",
                "password": "pa55 wörd",
            }
            yield ConnectorCase(
                type=SMTP,
                settings=settings,
                received=lambda: server.received,
                unusable_settings={**settings, "port": NOBODY_LISTENS},
                network=LoopbackNetwork(),
            )
