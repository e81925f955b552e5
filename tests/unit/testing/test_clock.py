"""The fake clock moves only when it is told to, and then wakes those whose time has come."""

from datetime import timedelta
from threading import Condition, Thread

import pytest

from mailhub.testing.clock import START, FakeClock


class Sleeper(Thread):
    """Waits once on a condition; ``woken`` says how that ended."""

    def __init__(self, clock: FakeClock, timeout_seconds: float | None) -> None:
        super().__init__(daemon=True)
        self.condition = Condition()
        self.woken: bool | None = None
        self._clock = clock
        self._timeout_seconds = timeout_seconds
        self.start()

    def run(self) -> None:
        with self.condition:
            self.woken = self._clock.wait(self.condition, self._timeout_seconds)

    def result(self) -> bool | None:
        self.join(10)
        return self.woken


def test_time_stands_still_until_it_is_moved(fake_clock: FakeClock) -> None:
    before = (fake_clock.now(), fake_clock.monotonic(), fake_clock.boottime())
    assert (fake_clock.now(), fake_clock.monotonic(), fake_clock.boottime()) == before
    fake_clock.advance(1.5)
    assert fake_clock.now() == START + timedelta(seconds=1.5)
    assert fake_clock.monotonic() == before[1] + 1.5
    assert fake_clock.boottime() == before[2] + 1.5


def test_a_sleeping_machine_stops_monotonic_time_only(fake_clock: FakeClock) -> None:
    monotonic, boottime = fake_clock.monotonic(), fake_clock.boottime()
    fake_clock.suspend(60)
    assert fake_clock.now() == START + timedelta(seconds=60)
    assert (fake_clock.monotonic(), fake_clock.boottime()) == (monotonic, boottime + 60)


def test_setting_the_wall_clock_moves_nothing_else(fake_clock: FakeClock) -> None:
    monotonic, boottime = fake_clock.monotonic(), fake_clock.boottime()
    fake_clock.jump(-3600)
    assert fake_clock.now() == START - timedelta(hours=1)
    assert (fake_clock.monotonic(), fake_clock.boottime()) == (monotonic, boottime)


def test_time_does_not_run_backwards(fake_clock: FakeClock) -> None:
    with pytest.raises(ValueError, match="backwards"):
        fake_clock.advance(-1)


def test_a_waiter_is_woken_when_its_time_has_come(fake_clock: FakeClock) -> None:
    sleeper = Sleeper(fake_clock, 5)
    fake_clock.wait_until_waiting()
    fake_clock.advance(4.9)
    assert sleeper.is_alive()
    fake_clock.advance(0.1)
    assert sleeper.result() is False


def test_only_those_whose_time_has_come_are_woken(fake_clock: FakeClock) -> None:
    early, late = Sleeper(fake_clock, 5), Sleeper(fake_clock, 6)
    fake_clock.wait_until_waiting(2)
    fake_clock.advance(5)
    assert early.result() is False
    assert late.is_alive()
    fake_clock.advance(1)
    assert late.result() is False


@pytest.mark.parametrize("timeout_seconds", [5, None])
def test_a_waiter_is_woken_when_it_is_notified(fake_clock: FakeClock, timeout_seconds: float | None) -> None:
    sleeper = Sleeper(fake_clock, timeout_seconds)
    fake_clock.wait_until_waiting()
    with sleeper.condition:
        sleeper.condition.notify_all()
    assert sleeper.result() is True


def test_without_a_time_only_a_notification_wakes(fake_clock: FakeClock) -> None:
    sleeper = Sleeper(fake_clock, None)
    fake_clock.wait_until_waiting()
    fake_clock.advance(1_000_000)
    assert sleeper.is_alive()
    with sleeper.condition:
        sleeper.condition.notify_all()
    assert sleeper.result() is True


@pytest.mark.parametrize("timeout_seconds", [0, -1])
def test_no_time_left_is_no_waiting(fake_clock: FakeClock, timeout_seconds: float) -> None:
    condition = Condition()
    with condition:
        assert fake_clock.wait(condition, timeout_seconds) is False


def test_whoever_advances_may_hold_the_condition(fake_clock: FakeClock) -> None:
    sleeper = Sleeper(fake_clock, 5)
    fake_clock.wait_until_waiting()
    with sleeper.condition:
        fake_clock.advance(5)
    assert sleeper.result() is False


def test_a_test_is_told_when_nobody_waits(fake_clock: FakeClock) -> None:
    with pytest.raises(AssertionError, match="0 threads wait for the clock, not 1"):
        fake_clock.wait_until_waiting(timeout_seconds=0)


def test_who_was_woken_waits_no_longer(fake_clock: FakeClock) -> None:
    sleeper = Sleeper(fake_clock, 1)
    fake_clock.wait_until_waiting()
    fake_clock.advance(1)
    sleeper.result()
    with pytest.raises(AssertionError):
        fake_clock.wait_until_waiting(timeout_seconds=0)
