from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from mailhub.http.limiting import CallLimiter
from mailhub.testing.clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime(2026, 11, 24, tzinfo=UTC))


def test_so_many_calls_a_minute_and_then_no_more(clock: FakeClock) -> None:
    limiter = CallLimiter(clock, 3)

    assert [limiter.take("ada").is_exceeded for _call in range(5)] == [False, False, False, True, True]


def test_the_minute_begins_with_the_first_call(clock: FakeClock) -> None:
    limiter = CallLimiter(clock, 1)
    limiter.take("ada")

    clock.advance(59.9)
    assert limiter.take("ada").is_exceeded
    clock.advance(0.1)
    assert not limiter.take("ada").is_exceeded


def test_each_user_has_his_own_limit(clock: FakeClock) -> None:
    limiter = CallLimiter(clock, 1)
    limiter.take("ada")

    assert not limiter.take("bob").is_exceeded
    assert limiter.take("ada").is_exceeded


def test_a_call_that_the_hub_runs_again_counts_once(clock: FakeClock) -> None:
    limiter = CallLimiter(clock, 2)
    limiter.take("ada")
    limiter.take("ada", is_repeat=True)

    assert not limiter.take("ada").is_exceeded


def test_the_headers_count_down_and_never_below_nothing(clock: FakeClock) -> None:
    limiter = CallLimiter(clock, 2)

    seen = []
    for _call in range(4):
        seen.append(limiter.take("ada").headers())
        clock.advance(10.5)

    assert [(each["RateLimit-Remaining"], each["RateLimit-Reset"]) for each in seen] == [
        ("1", "60"),
        ("0", "50"),
        ("0", "39"),
        ("0", "29"),
    ]
    assert {each["RateLimit-Limit"] for each in seen} == {"2"}


def test_calls_at_the_same_time_are_all_counted(clock: FakeClock) -> None:
    limiter = CallLimiter(clock, 500)

    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda _call: limiter.take("ada").is_exceeded, range(600)))

    assert taken.count(True) == 100
