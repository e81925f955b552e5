"""Ids of messages: in order of time, unique over writers, not to be guessed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.messages import ids
from mailhub.testing.entropy import FakeEntropy

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
MICROSECONDS = int(AT.timestamp()) * 1_000_000
KEYS = st.builds(
    ids.make_key,
    st.integers(int(datetime(2020, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000, MICROSECONDS * 2),
    st.integers(1, 4095),
)


@given(key=KEYS, random=st.binary(min_size=ids.RANDOM_BYTES, max_size=ids.RANDOM_BYTES))
def test_an_id_leads_to_its_key_and_fits_into_a_url(key: int, random: bytes) -> None:
    message_id = ids.id_of(key, random)

    assert ids.find_key(message_id) == key
    assert message_id.replace("-", "").replace("_", "").isalnum()
    assert message_id[0].isalpha()


@pytest.mark.parametrize(
    "text", ["", "x", "A" * 23, "A" * 25, "=" * 24, "A" * 23 + "!", "ä" * 24, "____" * 6]
)
def test_what_is_no_id_leads_nowhere(text: str) -> None:
    assert ids.find_key(text) is None


def test_keys_are_in_order_of_time_whoever_writes() -> None:
    keys = [ids.make_key(MICROSECONDS + step, writer) for step in range(3) for writer in (1, 2, 4095)]

    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)
    assert [ids.writer_of(key) for key in keys[:3]] == [1, 2, 4095]
    assert ids.time_of(keys[3]) == AT + timedelta(microseconds=1)


def test_a_time_bounds_the_keys_at_and_after_it() -> None:
    bound = ids.first_key_at(AT)

    assert ids.make_key(MICROSECONDS - 1, 4095) < bound <= ids.make_key(MICROSECONDS, 0)
    assert ids.first_key_at(datetime(1999, 1, 1, tzinfo=UTC)) == 0


def test_months_are_those_of_utc() -> None:
    last = int(datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC).timestamp()) * 1_000_000

    assert ids.month_of(ids.make_key(last, 1)) == "2026-11"
    assert ids.month_of(ids.make_key(last + 1_000_000, 1)) == "2026-12"


def test_ids_of_the_same_moment_differ_by_eighty_random_bits() -> None:
    entropy = FakeEntropy()

    assert ids.random_part(entropy) != ids.random_part(entropy)
    assert len(ids.random_part(entropy)) == 10
