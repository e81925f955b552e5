"""Dead sessions go, those in use stay, and the main database is not written for it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mailhub.people import model, sweeping
from mailhub.people.model import Place, Session, sessions_of
from mailhub.people.sweeping import sweep_sessions
from mailhub.store.database import Database, ensure_root, open_database
from mailhub.store.root import HubRoot, sessions_root
from mailhub.testing.clock import FakeClock
from tests.unit.people.kit import LIMITS, NOW


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database("memory://", data_dir=tmp_path, clock=FakeClock(NOW))
    ensure_root(opened, [model.install])
    yield opened
    opened.close()


def add(database: Database, *minutes_ago: float) -> None:
    """Sessions that were last used so long ago."""

    def store(hub: HubRoot) -> None:
        for number, minutes in enumerate(minutes_ago):
            at = NOW - timedelta(minutes=minutes)
            user = f"user{number % 2}"
            place = Place(number, f"session{number}")
            session = Session(place, user_id=user, digest=b"", address="", user_agent="", created_at=at)
            sessions_of(hub).add(session)

    database.transact(store, "test")


def left(database: Database) -> set[str]:
    with database.reading() as hub:
        return {session.id for session in sessions_of(hub).iter_all()}


def test_what_is_dead_goes_and_what_lives_stays(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "SWEEP_AT_MOST", 2)
    add(database, 0, 59, 60, 61, 600, 6_000, 60_000)

    assert sweep_sessions(database, NOW, LIMITS) == 5

    assert left(database) == {"session0", "session1"}


def test_sweeping_writes_nothing_where_nothing_is_dead_and_never_to_the_main_database(
    database: Database,
) -> None:
    add(database, 0, 600)
    with database.reading() as hub:
        sessions = sessions_root(hub)._p_jar.db().storage
    main = database.storage.lastTransaction()

    assert sweep_sessions(database, NOW, LIMITS) == 1
    swept_at = sessions.lastTransaction()
    assert sweep_sessions(database, NOW, LIMITS) == 0

    assert sessions.lastTransaction() == swept_at
    assert database.storage.lastTransaction() == main
