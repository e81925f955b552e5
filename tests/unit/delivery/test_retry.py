"""What happens after an attempt that did not succeed (RT3, RT5)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.contract.errors import (
    AuthenticationFailed,
    DeliveryError,
    Misconfigured,
    Permanent,
    Throttled,
    Transient,
    Uncertain,
)
from mailhub.delivery.retry import HINT_CAP_SECONDS, THROTTLE_FLOOR_SECONDS, Decision, RetrySchedule, decide

SCHEDULE = RetrySchedule()


def decided(
    error: DeliveryError, *, attempt: int = 1, max_attempts: int = 10, chance: float = 0.0
) -> Decision:
    return decide(error, attempt=attempt, max_attempts=max_attempts, schedule=SCHEDULE, chance=chance)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Transient("later"), "retry"),
        (DeliveryError("unclassified"), "retry"),
        (Throttled("slower"), "throttle"),
        (Permanent("never"), "fail"),
        (AuthenticationFailed("who"), "stop_account"),
        (Misconfigured("what"), "stop_account"),
        (Uncertain("maybe"), "uncertain"),
    ],
)
@pytest.mark.parametrize("attempt", [1, 10, 30])
def test_the_class_of_the_error_decides(error: DeliveryError, kind: str, attempt: int) -> None:
    expected = "fail" if kind == "retry" and attempt >= 10 else kind
    assert decided(error, attempt=attempt).kind == expected


def test_the_delay_doubles_from_a_minute_to_an_hour() -> None:
    delays = [
        decided(Transient("x"), attempt=attempt, max_attempts=20).delay_seconds for attempt in range(1, 10)
    ]
    assert delays == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


@given(st.integers(1, 10_000), st.floats(-1, 1))
def test_the_jitter_is_a_fifth_at_most(attempt: int, chance: float) -> None:
    plain = SCHEDULE.delay_seconds(attempt, 0.0)
    assert 0.8 * plain <= SCHEDULE.delay_seconds(attempt, chance) <= 1.2 * plain
    assert plain <= 3600


def test_a_servers_hint_is_obeyed_when_it_is_longer() -> None:
    assert decided(Transient("x", retry_after_seconds=300)).delay_seconds == 300
    assert decided(Transient("x", retry_after_seconds=5)).delay_seconds == 60


def test_a_throttled_lane_waits_as_long_as_it_is_told() -> None:
    assert decided(Throttled("x", retry_after_seconds=7)).delay_seconds == 7
    assert decided(Throttled("x")).delay_seconds == 60


@pytest.mark.parametrize("hint", [float("nan"), float("inf"), -float("inf"), -5, 0, 1e300, "soon", None])
@pytest.mark.parametrize("kind", [Transient, Throttled])
def test_a_hint_that_makes_no_sense_stops_nothing_and_hurries_nothing(
    kind: type[DeliveryError], hint: float
) -> None:
    delay = decided(kind("x", retry_after_seconds=hint)).delay_seconds
    assert THROTTLE_FLOOR_SECONDS <= delay <= HINT_CAP_SECONDS


def test_a_throttle_of_no_time_is_no_busy_loop() -> None:
    assert decided(Throttled("x", retry_after_seconds=0.0001)).delay_seconds == THROTTLE_FLOOR_SECONDS
