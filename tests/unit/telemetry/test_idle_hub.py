"""An idle hub writes nothing but its worker's heartbeat; an event costs two places, once."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from threading import Event as Flag

import pytest

from mailhub.app import Hub, Surroundings
from mailhub.people.passwords import CHEAPEST_PROFILE
from mailhub.settings import Settings
from mailhub.testing.clock import FakeClock
from tests.unit.pluginhost.plugins import load
from tests.unit.telemetry.kit import Happen

HOURS = 3
STEP_SECONDS = 10.0
THREADS = 4
"""Those that wait for the clock: dispatcher, two readers, housekeeper."""


@pytest.fixture
def hub(tmp_path: Path, fake_clock: FakeClock) -> Iterator[Hub]:
    surroundings = Surroundings(
        clock=fake_clock, hash_profile=CHEAPEST_PROFILE, plugins=lambda *given: load(clock=fake_clock)
    )
    settings = Settings(data_dir=str(tmp_path), store_uri="memory://")
    opened = Hub.open(settings, surroundings, create=True)
    opened.start_delivery()
    opened.start_background()
    yield opened
    opened.close()


def commits(hub: Hub) -> Counter[str]:
    """How many transactions of which kind there have been."""
    storage = hub.database._db.storage
    return Counter(each.description.decode() for each in storage.changes.iterator())


def let_pass(hub: Hub, clock: FakeClock, seconds: float) -> None:
    """Time passes, a step at a time, each done with before the next."""
    beaten = Flag()
    hub.writer.on_commit(lambda topics: beaten.set())
    for _step in range(int(seconds / STEP_SECONDS)):
        clock.wait_until_waiting(THREADS)
        beaten.clear()
        clock.advance(STEP_SECONDS)
        assert beaten.wait(10), "the worker's heartbeat is due in each step"
    clock.wait_until_waiting(THREADS)


def test_hours_without_mail_are_heartbeats_only(hub: Hub, fake_clock: FakeClock) -> None:
    fake_clock.wait_until_waiting(THREADS)
    before = commits(hub)
    let_pass(hub, fake_clock, HOURS * 3600)
    written = commits(hub) - before
    assert set(written) == {"worker heartbeat x1"}
    assert written.total() == HOURS * 3600 / STEP_SECONDS


def test_after_an_event_each_reader_keeps_its_place_once(hub: Hub, fake_clock: FakeClock) -> None:
    fake_clock.wait_until_waiting(THREADS)
    before = commits(hub)
    hub.writer.execute(Happen(("m1",), "message.sent"))
    let_pass(hub, fake_clock, 600)
    written = commits(hub) - before
    # both may ride on one commit
    places = sum(2 if "x2" in note else 1 for note in written.elements() if "reader's place" in note)
    assert places == 2
