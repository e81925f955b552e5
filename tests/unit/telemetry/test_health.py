"""Health is answered in bounded time, whatever hangs."""

from collections.abc import Iterator, Sequence
from threading import Event as Flag
from threading import Thread
from typing import Any

import pytest

from mailhub.telemetry.health import FRESH_SECONDS, LIMIT_SECONDS, Finding, HealthService
from mailhub.testing.clock import FakeClock

SLOW = Finding("a.slow", "slow")


@pytest.fixture
def never() -> Iterator[Flag]:
    flag = Flag()
    yield flag
    flag.set()


class Counted:
    """A check that counts how often it was run."""

    def __init__(self, *findings: Finding) -> None:
        self.runs = 0
        self.findings = findings

    def __call__(self) -> Sequence[Finding]:
        self.runs += 1
        return self.findings


def in_thread(health: HealthService) -> tuple[Thread, list[Finding]]:
    found: list[Finding] = []
    thread = Thread(target=lambda: found.extend(health.look()))
    thread.start()
    return thread, found


def test_nothing_is_found_when_all_is_well(fake_clock: FakeClock) -> None:
    assert HealthService({"a": Counted(), "b": Counted()}, fake_clock).look() == []


def test_all_findings_come_in_the_order_of_the_checks(fake_clock: FakeClock) -> None:
    findings = [Finding("a.one", "1"), Finding("a.two", "2"), Finding("b.three", "3", is_fatal=False)]
    health = HealthService({"a": Counted(*findings[:2]), "b": Counted(findings[2])}, fake_clock)
    assert health.look() == findings


def test_a_check_that_hangs_is_named_and_the_others_are_heard(fake_clock: FakeClock, never: Flag) -> None:
    def hang() -> Sequence[Finding]:
        never.wait(60)
        return ()

    health = HealthService({"a": Counted(SLOW), "database": hang}, fake_clock)
    thread, found = in_thread(health)
    fake_clock.wait_until_waiting()
    fake_clock.advance(LIMIT_SECONDS)
    thread.join(10)
    assert [each.code for each in found] == ["a.slow", "health.no_answer"]
    assert found[1].message.interpolate() == "The check of database gave no answer in time."  # type: ignore[union-attr]  # a text that is translated
    assert found[1].is_fatal


def test_a_check_that_hangs_gets_no_second_thread(fake_clock: FakeClock, never: Flag) -> None:
    runs: list[None] = []

    def hang() -> Sequence[Finding]:
        runs.append(None)
        never.wait(60)
        return ()

    health = HealthService({"database": hang}, fake_clock)
    for _call in range(3):
        thread, found = in_thread(health)
        fake_clock.wait_until_waiting()
        fake_clock.advance(LIMIT_SECONDS)
        thread.join(10)
        assert [each.code for each in found] == ["health.no_answer"]
    assert len(runs) == 1


def test_a_check_that_answers_at_last_is_heard_again(fake_clock: FakeClock) -> None:
    may_go = Flag()

    def slow() -> Sequence[Finding]:
        may_go.wait(60)
        return [SLOW]

    health = HealthService({"a": slow}, fake_clock)
    thread, found = in_thread(health)
    fake_clock.wait_until_waiting()
    may_go.set()
    thread.join(10)
    assert found == [SLOW]


def test_whoever_asks_without_end_costs_one_look_a_second(fake_clock: FakeClock) -> None:
    check = Counted(SLOW)
    health = HealthService({"a": check}, fake_clock)
    for _call in range(100):
        assert health.look() == [SLOW]
    assert check.runs == 1
    fake_clock.advance(FRESH_SECONDS)
    health.look()
    assert check.runs == 2


def test_a_check_that_raises_is_fatal_and_logged(
    fake_clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> Sequence[Finding]:
        raise OSError("/secret/path is gone")

    (found,) = HealthService({"disk": fail}, fake_clock).look()
    assert (found.code, found.is_fatal) == ("health.check_failed", True)
    assert "/secret/path" in caplog.text
    assert "/secret/path" not in str(found.message)


def test_a_machine_without_threads_still_answers(
    fake_clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*given: Any, **named: Any) -> Any:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("mailhub.telemetry.health.Thread", refuse)
    (found,) = HealthService({"a": Counted()}, fake_clock).look()
    assert found.code == "health.check_failed"
