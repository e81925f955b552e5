"""The tiny connector of the example distribution passes the suite with a fixture of a few lines."""

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import pytest

from mailhub.testing import ReceivedMail
from mailhub.testing.connector_contract import ConnectorCase, ConnectorContract
from tests.plugin_example.environment import EXAMPLE


@pytest.fixture(scope="module")
def plugin() -> ModuleType:
    """The example's module, which is not installed here."""
    path = EXAMPLE / "src" / "mailhub_example" / "plugin.py"
    spec = importlib.util.spec_from_file_location("mailhub_example_plugin", path)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def noted_in(notebook: Path) -> Callable[[], Sequence[ReceivedMail]]:
    def received() -> list[ReceivedMail]:
        lines = notebook.read_text().splitlines() if notebook.exists() else []
        return [_mail(line) for line in lines]

    return received


def _mail(line: str) -> ReceivedMail:
    envelope_from, recipients, subject = line.split("\t")
    return ReceivedMail(
        envelope_from=envelope_from, recipients=tuple(recipients.split(" ")), content=subject.encode()
    )


class TestNotebook(ConnectorContract):
    @pytest.fixture
    def connector_case(self, plugin: ModuleType, tmp_path: Path) -> ConnectorCase:
        notebook = tmp_path / "notebook"
        return ConnectorCase(
            type=plugin.NOTEBOOK,
            settings={"notebook": str(notebook), "password": "open sesame"},
            received=noted_in(notebook),
            unusable_settings={"notebook": str(tmp_path)},
            sends_mime=False,
        )
