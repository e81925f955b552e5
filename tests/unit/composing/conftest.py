"""A hub that accepts and does not deliver."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailhub.testing import FakeClock
from tests.kit.hub import HubKit


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[HubKit]:
    kit = HubKit.open(tmp_path, clock=FakeClock())
    kit.account("sales")
    yield kit
    kit.close()
