"""What comes with mailhub passes the suites that plugin authors use."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from mailhub.bodies.renderers import PLAIN
from mailhub.capture.connectors import connector_types
from mailhub.contract import PolicyType
from mailhub.testing import FakeProvider, ReceivedMail, fake_connector_type
from mailhub.testing.connector_contract import ConnectorCase, ConnectorContract
from mailhub.testing.fake_connector import NOWHERE
from mailhub.testing.policy_contract import PolicyContract
from mailhub.testing.renderer_contract import RendererCase, RendererContract
from mailhub.visibility.policies import OWN


def kept_in(folder: Path) -> Callable[[], Sequence[ReceivedMail]]:
    """The mails in a folder of .eml files with their envelopes beside them, oldest first."""

    def received() -> list[ReceivedMail]:
        mails = sorted(folder.glob("*.eml"), key=lambda path: (path.stat().st_mtime_ns, path.name))
        return [_mail(path) for path in mails]

    return received


def _mail(path: Path) -> ReceivedMail:
    envelope = json.loads(path.with_suffix(".json").read_bytes())
    return ReceivedMail(
        envelope_from=envelope["mail_from"], recipients=tuple(envelope["recipients"]), content=path
    )


class TestCapture(ConnectorContract):
    @pytest.fixture
    def connector_case(self, tmp_path: Path) -> ConnectorCase:
        (tmp_path / "a-file").touch()
        return ConnectorCase(
            type=connector_types(tmp_path)[0],
            settings={"folder": "captured"},
            received=kept_in(tmp_path / "captured"),
            unusable_settings={"folder": "a-file"},
        )


class TestFile(ConnectorContract):
    @pytest.fixture
    def connector_case(self, tmp_path: Path) -> ConnectorCase:
        (tmp_path / "a-file").touch()
        return ConnectorCase(
            type=connector_types(tmp_path)[1],
            settings={"folder": "outgoing"},
            received=kept_in(tmp_path / "outgoing"),
            unusable_settings={"folder": "a-file"},
        )


class TestFake(ConnectorContract):
    @pytest.fixture
    def connector_case(self, tmp_path: Path) -> ConnectorCase:
        provider = FakeProvider(spool=tmp_path)
        return ConnectorCase(
            type=fake_connector_type(provider),
            settings={
                "server": "fake.example",
                "token": "open sesame",
                "tags": ["a"],
                "proxy": {"host": "p"},
            },
            received=lambda: provider.received,
            unusable_settings={"server": NOWHERE},
        )


class TestFakeSendingAsItsUser(ConnectorContract):
    """The same connector, with a lane and a limit for each user."""

    @pytest.fixture
    def connector_case(self, tmp_path: Path) -> ConnectorCase:
        provider = FakeProvider(spool=tmp_path)
        return ConnectorCase(
            type=fake_connector_type(provider, default_rate_limit_per_minute=30),
            settings={"server": "fake.example", "sends_as_user": True},
            received=lambda: provider.received,
            unusable_settings={"server": NOWHERE},
            sending_identity="user-1",
        )


class TestOwn(PolicyContract):
    @pytest.fixture
    def policy_type(self) -> PolicyType:
        return OWN


class TestPlain(RendererContract):
    @pytest.fixture
    def renderer_case(self) -> RendererCase:
        return RendererCase(type=PLAIN, source=b"Hello", unusable_source=b"\xff")
