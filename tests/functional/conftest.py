"""A hub for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.hub import HubKit


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[HubKit]:
    """A hub with a default account ``sales`` that delivers nothing until ``kit.hub.start_delivery()``."""
    kit = HubKit.open(tmp_path)
    kit.account("sales")
    yield kit
    kit.close()


@pytest.fixture
def delivering(kit: HubKit) -> HubKit:
    """The same, delivering."""
    kit.hub.start_delivery()
    return kit
