from collections.abc import Iterator
from pathlib import Path

import pytest

from mailhub.testing.clock import FakeClock
from tests.unit.telemetry.kit import Telemetry, telemetry_in_memory


@pytest.fixture
def telemetry(tmp_path: Path, fake_clock: FakeClock) -> Iterator[Telemetry]:
    with telemetry_in_memory(tmp_path, fake_clock) as made:
        yield made
