"""A database on disk, a clock that stands still, and somebody who may upload."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailhub.people.identity import Identity
from mailhub.people.permissions import Permission
from mailhub.store.database import Database, ensure_root, open_database
from mailhub.testing import FakeClock
from mailhub.uploads.model import install


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def database(tmp_path: Path, clock: FakeClock) -> Iterator[Database]:
    database = open_database("", data_dir=tmp_path, clock=clock)
    ensure_root(database, (install,))
    yield database
    database.close()


@pytest.fixture
def bob() -> Identity:
    return Identity(user_id="bob", login="bob", permissions=frozenset({Permission.UPLOADS_WRITE}))
