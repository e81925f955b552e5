"""One Postfix with one Dovecot for all tests here; they are run by the same process."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from mailhub.clock import SystemClock
from mailhub.contract import Connector
from mailhub.testing import RecordingContext
from mailhub.testing.certificates import Authority
from mailhub.testing.network import LoopbackNetwork
from mailhub_smtp.plugin import SMTP

from .dovecot import Dovecot
from .greylist import Greylist
from .postfix import PERSONALITIES, Postfix
from .processes import free_ports, open_folder

PASSWORD = "pa55 word"
PLAIN_USER = "plain@example.test"
HASHED_USER = "hashed@example.test"


@dataclass(frozen=True)
class MailServer:
    """What a test needs to send through it and to look at what arrived."""

    postfix: Postfix
    authority: Authority

    def settings(self, personality: str, **settings: Any) -> dict[str, Any]:
        """Settings of an account that signs in with STARTTLS, except where told otherwise."""
        usual = {
            "server": "localhost",
            "port": self.postfix.ports[personality],
            "security": "starttls",
            "authentication": "basic",
            "user_name": PLAIN_USER,
            "password": PASSWORD,
            "ca_file": str(self.authority.ca_file),
        }
        return {**usual, **settings}

    def connector(self, personality: str, **settings: Any) -> Connector:
        """A connector with these settings."""
        return SMTP.make(SMTP.settings_schema().deserialize(self.settings(personality, **settings)))


@pytest.fixture(scope="session")
def mail_server() -> Iterator[MailServer]:
    root = open_folder()
    sasl_port, *ports = free_ports(1 + len(PERSONALITIES))
    authority = Authority(root)
    users = {"plain": {PLAIN_USER: PASSWORD}, "hashed": {HASHED_USER: PASSWORD}}
    dovecot = Dovecot.start(root / "dovecot", sasl_port, **users)
    right, wrong = authority.issue("localhost"), authority.issue("wrong.example")
    with Greylist() as greylist:
        postfix = Postfix.start(
            root / "postfix",
            ports,
            sasl_port=sasl_port,
            greylist_port=greylist.port,
            right=right,
            wrong=wrong,
        )
        yield MailServer(postfix, authority)
        postfix.stop()
    dovecot.stop()
    shutil.rmtree(root)


@pytest.fixture
def context() -> RecordingContext:
    return RecordingContext(clock=SystemClock(), network=LoopbackNetwork())
