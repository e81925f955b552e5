"""The exact rate limit: in every window of 60 seconds at most ``limit`` attempts start (RL1-RL4)."""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from mailhub.delivery.permits import (
    AHEAD_AT_MOST_MICROSECONDS,
    GRAIN_MICROSECONDS,
    WINDOW_MICROSECONDS,
    Limit,
    Returns,
    available,
    next_return_at,
    with_return,
)

SECOND = 1_000_000
NOW = 1_800_000_000 * SECOND


@dataclass
class Simulation:
    """A limit and the attempts under it. ``starts``: the latest time at which each may have been seen by the provider."""

    limit: Limit = field(default_factory=lambda: Limit("key"))
    now: int = NOW
    out: list[int] = field(default_factory=list)
    seen: list[tuple[int, int]] = field(default_factory=list)

    def claim(self, wanted: int, limit: int) -> int:
        self.limit.set_limit(limit, self.now)
        free = self.limit.free(self.now, wanted)
        self.limit.take(free)
        self.out += [self.now] * free
        return free

    def reply(self) -> None:
        if self.out:
            started = self.out.pop(0)
            self.seen.append((started, self.now))
            self.limit.used([self.now], self.now)

    def hand_back(self) -> None:
        if self.out:
            self.out.pop()
            self.limit.hand_back(1)


STEPS = st.one_of(
    st.tuples(st.just("claim"), st.integers(1, 8)),
    st.tuples(st.just("pass"), st.integers(0, 40_000_000)),
    st.tuples(st.just("reply"), st.just(0)),
    st.tuples(st.just("hand_back"), st.just(0)),
    st.tuples(st.just("limit"), st.integers(1, 6)),
)


def run(steps: list[tuple[str, int]], limit: int) -> tuple[Simulation, int]:
    """Run the steps; returns the simulation and the highest limit that was in force."""
    simulation, highest = Simulation(), limit
    for step, value in steps:
        if step == "claim":
            simulation.claim(value, limit)
        elif step == "pass":
            simulation.now += value
        elif step == "limit":
            limit = value
            highest = max(highest, limit)
        else:
            getattr(simulation, step)()
    while simulation.out:
        simulation.reply()
    return simulation, highest


@settings(max_examples=200)
@given(st.lists(STEPS, max_size=60), st.integers(1, 6))
def test_no_window_of_60_seconds_sees_more_than_the_limit(steps: list[tuple[str, int]], limit: int) -> None:
    """Whenever between claim and reply the provider counts an attempt: earliest and latest are the extremes."""
    simulation, highest = run(steps, limit)
    for place in (0, 1):
        times = sorted(each[place] for each in simulation.seen)
        for number, first in enumerate(times[: max(0, len(times) - highest)]):
            assert times[number + highest] - first >= WINDOW_MICROSECONDS
    # a reply late and the next start early: the next one under the same permit is a window after the reply
    starts = sorted(start for start, _reply in simulation.seen)
    for _start, reply in simulation.seen:
        after = sum(reply < start < reply + WINDOW_MICROSECONDS for start in starts)
        assert after < highest


@given(st.lists(STEPS, max_size=60), st.integers(1, 6))
def test_a_minute_after_the_last_reply_all_permits_are_free(steps: list[tuple[str, int]], limit: int) -> None:
    simulation, _highest = run(steps, limit)
    simulation.now += WINDOW_MICROSECONDS + GRAIN_MICROSECONDS
    assert simulation.limit.taken == 0
    assert simulation.claim(5, 5) == 5


@given(st.integers(1, 60), st.integers(0, 60), st.lists(st.integers(-70_000_000, 70_000_000), max_size=60))
def test_the_next_free_time_is_the_first_at_which_one_is_free(
    limit: int, taken: int, times: list[int]
) -> None:
    returns: Returns = ()
    for offset in times:
        returns = with_return(returns, NOW + offset, 1, NOW)
    at = next_return_at(limit, taken, returns, NOW)
    if at is None:
        assert available(limit, taken, returns, NOW + 10 * WINDOW_MICROSECONDS) == 0
    else:
        assert available(limit, taken, returns, at) > 0
        assert at == NOW or available(limit, taken, returns, at - 1) == 0


def test_a_large_limit_stays_a_short_list() -> None:
    simulation = Simulation()
    for _number in range(3_000):
        assert simulation.claim(1, 3_000)
        simulation.now += 20_000
        simulation.reply()
    assert len(simulation.limit.returns) <= WINDOW_MICROSECONDS // GRAIN_MICROSECONDS + 1


def test_without_a_limit_nothing_is_counted_and_one_write_remembers_that_something_left() -> None:
    simulation = Simulation()
    assert simulation.claim(100, 0) == 100
    assert (simulation.limit.taken, simulation.limit.returns) == (0, ())
    assert simulation.limit.left_uncounted


def test_a_limit_after_no_limit_waits_out_what_nobody_counted() -> None:
    simulation = Simulation()
    simulation.claim(5, 0)
    assert simulation.claim(1, 3) == 0
    simulation.now += WINDOW_MICROSECONDS + GRAIN_MICROSECONDS
    assert simulation.claim(5, 3) == 3


def test_a_first_limit_is_free_at_once() -> None:
    assert Simulation().claim(5, 3) == 3


def test_a_lower_limit_counts_what_has_left_already() -> None:
    simulation = Simulation()
    simulation.claim(5, 5)
    for _number in range(5):
        simulation.reply()
    assert simulation.claim(5, 2) == 0
    assert simulation.claim(5, 6) == 1


def test_the_limit_is_off_and_on_again_within_a_window() -> None:
    simulation = Simulation()
    simulation.claim(3, 3)
    for _number in range(3):
        simulation.reply()
    simulation.claim(0, 0)
    assert simulation.claim(3, 3) == 0


def test_a_clock_that_is_set_back_holds_permits_no_longer_than_a_window() -> None:
    simulation = Simulation()
    simulation.claim(3, 3)
    for _number in range(3):
        simulation.reply()
    simulation.now -= 86_400 * SECOND
    assert simulation.claim(3, 3) == 0
    simulation.now += WINDOW_MICROSECONDS
    assert simulation.claim(3, 3) == 3


def test_a_permit_that_is_out_for_a_test_mail_stays_out() -> None:
    simulation = Simulation()
    simulation.claim(1, 1)
    simulation.limit.used([NOW + 60 * SECOND], NOW)
    simulation.now += WINDOW_MICROSECONDS
    assert simulation.claim(1, 1) == 0
    assert AHEAD_AT_MOST_MICROSECONDS > 2 * WINDOW_MICROSECONDS


def test_a_lane_that_comes_from_another_key_brings_its_last_minute() -> None:
    old, new = Simulation(), Simulation()
    old.claim(3, 3)
    old.reply()
    new.claim(0, 3)
    new.limit.take_from(old.limit, 2, NOW)
    assert (old.limit.taken, new.limit.taken) == (0, 2)
    assert new.claim(3, 3) == 0
    new.out = [NOW, NOW]
    new.reply()
    new.reply()
    new.now += WINDOW_MICROSECONDS + GRAIN_MICROSECONDS
    assert new.claim(3, 3) == 3


def test_a_lane_that_comes_from_no_limit_is_waited_out() -> None:
    old, new = Simulation(), Simulation()
    old.claim(3, 0)
    new.claim(0, 3)
    new.limit.take_from(old.limit, 0, NOW)
    assert new.claim(3, 3) == 0
    new.now += WINDOW_MICROSECONDS + GRAIN_MICROSECONDS
    assert new.claim(3, 3) == 3
