from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.accounts.service.kit import AccountsKit, open_kit


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[AccountsKit]:
    made = open_kit(tmp_path)
    yield made
    made.close()
