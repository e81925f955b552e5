"""The storage's time, learnt from transaction ids."""

from datetime import UTC, datetime, timedelta

import pytest
from persistent.TimeStamp import TimeStamp

from mailhub.store.clock import StorageClock
from tests.unit.store.fakes import HastyClock

START = datetime(2026, 11, 2, 8, tzinfo=UTC)


def tid_at(moment: datetime) -> bytes:
    seconds = moment.second + moment.microsecond / 1_000_000
    raw: bytes = TimeStamp(moment.year, moment.month, moment.day, moment.hour, moment.minute, seconds).raw()
    return raw


def commit_at(
    storage_clock: StorageClock, clock: HastyClock, ahead_seconds: float, *, seconds: float = 0.01
) -> None:
    """A commit of so many seconds in the middle of which a storage, so far ahead, makes the id."""
    before = clock.now()
    middle = before + timedelta(seconds=seconds / 2 + ahead_seconds)
    clock.move(seconds)
    storage_clock.observe(tid_at(middle), before, clock.now())


@pytest.mark.parametrize("ahead_seconds", [-86_400.0, -3.0, 0.0, 5.0, 86_400.0])
def test_the_offset_of_another_machine_is_learnt_by_one_commit(ahead_seconds: float) -> None:
    clock = HastyClock(START)
    storage_clock = StorageClock(clock, measures=True)
    commit_at(storage_clock, clock, ahead_seconds)
    assert storage_clock.offset_seconds == pytest.approx(ahead_seconds, abs=0.006)
    assert storage_clock.now() == clock.now() + timedelta(seconds=storage_clock.offset_seconds)


def test_a_clock_that_agrees_is_left_alone() -> None:
    clock = HastyClock(START)
    storage_clock = StorageClock(clock, measures=True)
    for _commit in range(100):
        commit_at(storage_clock, clock, 0.0)
    assert storage_clock.offset_seconds == 0


def test_a_slow_commit_does_not_blur_what_is_known() -> None:
    clock = HastyClock(START)
    storage_clock = StorageClock(clock, measures=True)
    commit_at(storage_clock, clock, 5.0)
    known = storage_clock.offset_seconds
    commit_at(storage_clock, clock, 5.0, seconds=30)
    assert storage_clock.offset_seconds == known


def test_our_clock_set_forwards_is_corrected_by_the_next_commit() -> None:
    clock = HastyClock(START)
    storage_clock = StorageClock(clock, measures=True)
    commit_at(storage_clock, clock, 0.0)
    clock.move(3600)
    commit_at(storage_clock, clock, -3600.0)
    assert storage_clock.now() == pytest.approx(clock.now() - timedelta(hours=1), abs=timedelta(seconds=0.02))


def test_time_does_not_stand_still_while_ids_are_pushed_above_a_wrong_one() -> None:
    """The storage's clock was a day ahead for one commit; its ids then creep until the day is over."""
    clock = HastyClock(START)
    storage_clock = StorageClock(clock, measures=True)
    commit_at(storage_clock, clock, 86_400.0)
    wrong = TimeStamp(tid_at(clock.now() + timedelta(days=1)))
    storage_clock.observe(wrong.raw(), clock.now(), clock.now())
    for _commit in range(60):
        wrong = wrong.laterThan(wrong)
        before = clock.now()
        clock.move(10)
        storage_clock.observe(wrong.raw(), before, clock.now())
        clock.move(50)
    assert storage_clock.now() == clock.now()


def test_a_storage_in_this_process_needs_no_correction() -> None:
    clock = HastyClock(START)
    storage_clock = StorageClock(clock, measures=False)
    commit_at(storage_clock, clock, 86_400.0)
    assert storage_clock.now() == clock.now()


def test_a_clock_set_back_during_a_commit_teaches_nothing() -> None:
    clock = HastyClock(START)
    storage_clock = StorageClock(clock, measures=True)
    storage_clock.observe(tid_at(START + timedelta(hours=1)), START, START - timedelta(seconds=1))
    assert storage_clock.offset_seconds == 0
