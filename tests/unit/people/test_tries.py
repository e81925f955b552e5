import pytest

from mailhub.errors import TooManyRequests
from mailhub.people import tries as module
from mailhub.people.tries import (
    FREE_TRIES,
    LONGEST_WAIT_SECONDS,
    NETWORK_PAUSE_SECONDS,
    NETWORK_TRIES,
    NetworkTries,
    PasswordTries,
    SignInTries,
)
from mailhub.testing.clock import FakeClock
from tests.unit.people.kit import NOW


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
def tries(clock: FakeClock) -> PasswordTries:
    return PasswordTries(clock)


def wait_of(tries: PasswordTries, address: str = "192.0.2.7", user: str = "ada") -> float:
    """Seconds that the next try must wait; 0 if it was counted."""
    try:
        tries.take(user, address)
    except TooManyRequests as refused:
        return refused.retry_after_seconds
    return 0.0


def fail(tries: PasswordTries, times: int, address: str = "192.0.2.7") -> None:
    for _time in range(times):
        tries.take("ada", address)


def test_the_waits_double_up_to_a_quarter_of_an_hour(tries: PasswordTries, clock: FakeClock) -> None:
    fail(tries, FREE_TRIES)
    waits = []
    for _time in range(13):
        waits.append(wait_of(tries))
        clock.advance(waits[-1])
        tries.take("ada", "192.0.2.7")

    assert waits == pytest.approx([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900])
    assert max(waits) <= LONGEST_WAIT_SECONDS


def test_who_waits_in_vain_does_not_wait_longer_for_it(tries: PasswordTries) -> None:
    fail(tries, FREE_TRIES)

    assert [wait_of(tries) for _time in range(50)] == [pytest.approx(1)] * 50


def test_an_hour_of_peace_is_forgiven(tries: PasswordTries, clock: FakeClock) -> None:
    fail(tries, FREE_TRIES)
    clock.advance(3_601)

    fail(tries, FREE_TRIES)


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        ("192.0.2.8", False),
        ("::ffff:192.0.2.7", True),
        ("2001:db8::7", False),
        ("", False),
        ("a socket", False),
    ],
)
def test_each_address_counts_for_itself(tries: PasswordTries, other: str, is_same: bool) -> None:
    fail(tries, FREE_TRIES)

    assert (wait_of(tries, other) > 0) is is_same


def test_a_subscriber_of_ipv6_is_one_network(tries: PasswordTries) -> None:
    for number in range(FREE_TRIES):
        tries.take("ada", f"2001:db8:0:1::{number:x}")

    assert wait_of(tries, "2001:db8:0:1:ffff::1") > 0
    assert wait_of(tries, "2001:db8:0:2::1") == 0


def test_nobody_else_waits(tries: PasswordTries) -> None:
    fail(tries, FREE_TRIES)

    assert wait_of(tries, user="bob") == 0


def test_very_many_guessers_take_no_more_memory_than_some(
    tries: PasswordTries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_KEPT", 10)
    for number in range(200):
        tries.take("ada", f"198.51.100.{number}")

    assert len(tries._records) == 10


# -- by network ----------------------------------------------------------------------------------------------------


def is_refused(tries: NetworkTries, address: str = "192.0.2.7") -> bool:
    try:
        tries.take(address)
    except TooManyRequests:
        return True
    return False


def test_a_network_has_some_tries_at_once_and_then_one_from_time_to_time(clock: FakeClock) -> None:
    tries = NetworkTries(clock)

    assert sum(not is_refused(tries) for _try in range(2 * NETWORK_TRIES)) == NETWORK_TRIES
    assert not is_refused(tries, "192.0.2.8")
    with pytest.raises(TooManyRequests) as refused:
        tries.take("192.0.2.7")
    assert refused.value.retry_after_seconds == pytest.approx(NETWORK_PAUSE_SECONDS)
    clock.advance(NETWORK_PAUSE_SECONDS)
    assert [is_refused(tries), is_refused(tries)] == [False, True]
    clock.advance(NETWORK_TRIES * NETWORK_PAUSE_SECONDS)
    assert sum(not is_refused(tries) for _try in range(2 * NETWORK_TRIES)) == NETWORK_TRIES


def test_a_try_that_was_none_is_given_back(clock: FakeClock) -> None:
    tries = NetworkTries(clock)
    for _try in range(2 * NETWORK_TRIES):
        tries.take("192.0.2.7")
        tries.give_back("192.0.2.7")
    tries.give_back("192.0.2.9")

    assert sum(not is_refused(tries) for _try in range(2 * NETWORK_TRIES)) == NETWORK_TRIES


def test_very_many_networks_take_no_more_memory_than_some(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_KEPT", 10)
    tries = NetworkTries(clock)
    for number in range(200):
        tries.take(f"198.51.100.{number}")

    assert len(tries._free_at) == 10


def test_who_waits_for_his_login_does_not_use_up_the_tries_of_his_network(clock: FakeClock) -> None:
    tries = SignInTries(clock)
    refused = 0
    for _try in range(10 * NETWORK_TRIES):
        try:
            tries.take("ada", "192.0.2.7")
        except TooManyRequests:
            refused += 1

    assert refused == 10 * NETWORK_TRIES - FREE_TRIES
    tries.take("bob", "192.0.2.7")
    tries.forget("bob", "192.0.2.7")
