"""The pytest plugin that comes with mailhub: fixtures for whoever tests a plugin. Turn it off by ``-p no:mailhub``.

Everything is imported when it is first used, so that measuring coverage of mailhub itself stays right.
"""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .clock import FakeClock
    from .entropy import FakeEntropy
    from .fake_provider import FakeProvider
    from .smtp_server import SmtpServer


@pytest.fixture
def fake_clock() -> "FakeClock":
    """A clock that stands still until the test moves it."""
    from .clock import FakeClock

    return FakeClock()


@pytest.fixture
def fake_entropy() -> "FakeEntropy":
    """Randomness that is the same in every run."""
    from .entropy import FakeEntropy

    return FakeEntropy()


@pytest.fixture
def fake_provider(tmp_path_factory: pytest.TempPathFactory) -> "FakeProvider":
    """The provider behind ``fake_connector_type(fake_provider)``."""
    from .fake_provider import FakeProvider

    return FakeProvider(spool=tmp_path_factory.mktemp("received"))


@pytest.fixture
def smtp_server(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[SmtpServer]":
    """A running SMTP server in this process; the test must be allowed sockets."""
    from .smtp_server import SmtpServer

    with SmtpServer(tmp_path_factory.mktemp("smtp")) as server:
        yield server
