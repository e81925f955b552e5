"""Databases for the store's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailhub.store.database import Database, ensure_root, open_database
from mailhub.store.writer import Writer
from tests.unit.store.fakes import Faults, HastyClock, file_database, install_things, running_writer


@pytest.fixture
def clock() -> HastyClock:
    return HastyClock()


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def database(tmp_path: Path, clock: HastyClock, faults: Faults) -> Iterator[Database]:
    """A database in a file that fails as ``faults`` says."""
    opened = file_database(tmp_path, clock, faults)
    yield opened
    opened.close()


@pytest.fixture
def memory(tmp_path: Path, clock: HastyClock) -> Iterator[Database]:
    opened = open_database("memory://", data_dir=tmp_path, clock=clock)
    ensure_root(opened, [install_things])
    yield opened
    opened.close()


@pytest.fixture
def writer(database: Database, clock: HastyClock) -> Iterator[Writer]:
    with running_writer(database, clock) as started:
        yield started
