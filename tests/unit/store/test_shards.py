"""Writer numbers, keys and the shards of requests."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import transaction
from hypothesis import given
from hypothesis import strategies as st

from mailhub.entropy import SystemEntropy
from mailhub.store.database import Database
from mailhub.store.problems import WriterNumberTaken
from mailhub.store.root import HubRoot, get_hub
from mailhub.store.shards import MAX_WRITERS, Shard, Shards, ShardState, shards_of
from mailhub.store.writer import Writer
from tests.unit.store.fakes import HastyClock, file_database, running_writer

START = datetime(2026, 11, 2, 8, tzinfo=UTC)


def ignore(topic: str) -> None:
    """Nobody listens."""


class Keys:
    """A command that takes keys."""

    note = "keys"

    def __init__(self, count: int = 1) -> None:
        self.count = count

    def check(self, root: HubRoot) -> None:
        """Nothing is in the way."""

    def apply(self, root: HubRoot, shard: Shard) -> list[int]:
        return [shard.next_key() for _number in range(self.count)]


@given(st.lists(st.tuples(st.integers(-100_000, 100_000), st.integers(0, 5)), max_size=20))
def test_keys_rise_whatever_the_clock_does(steps: list[tuple[int, int]]) -> None:
    state, now, keys = ShardState(), START, []
    for seconds, count in steps:
        now += timedelta(seconds=seconds)
        shard = Shard(1, state, now, ignore)
        keys += [shard.next_key() for _number in range(count)]
    assert keys == sorted(set(keys))


def test_a_key_is_the_time_in_microseconds_and_fits_beside_a_writer_number() -> None:
    now = datetime(2026, 11, 2, 8, 0, 0, 123456, tzinfo=UTC)
    key = Shard(1, ShardState(), now, ignore).next_key()
    assert datetime.fromtimestamp(key // 1_000_000, UTC) == now.replace(microsecond=0)
    assert key % 1_000_000 == 123456
    assert key * MAX_WRITERS < 1 << 63


def test_keys_rise_over_a_restart_with_a_clock_that_was_set_back(tmp_path: Path) -> None:
    clock = HastyClock()
    database = file_database(tmp_path, clock)
    with running_writer(database, clock) as writer:
        before = writer.execute(Keys(3))
    database.close()
    clock.move(-86_400)
    database = file_database(tmp_path, clock)
    with running_writer(database, clock) as writer:
        after = writer.execute(Keys(2))
    database.close()
    assert [*before, *after] == list(range(before[0], before[0] + 5))


def test_the_month_is_that_of_now() -> None:
    shard = Shard(1, ShardState(), datetime(2027, 1, 31, 23, 59, tzinfo=UTC), ignore)
    assert shard.month == "2027-01"


# -- numbers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [0, -1, MAX_WRITERS])
def test_numbers_have_twelve_bits(number: int) -> None:
    with pytest.raises(ValueError, match="writer number"):
        Shards().claim(number, "me", is_holder_dead=False)


def test_a_number_held_by_somebody_living_is_refused() -> None:
    shards = Shards()
    shards.claim(1, "first", is_holder_dead=False)
    shards.claim(1, "first", is_holder_dead=False)
    with pytest.raises(WriterNumberTaken):
        shards.claim(1, "second", is_holder_dead=False)


def test_a_dead_holder_is_succeeded_with_its_keys() -> None:
    shards = Shards()
    shards.claim(1, "first", is_holder_dead=False)
    shards.get(1).last_key = 99
    shards.claim(1, "second", is_holder_dead=True)
    assert (shards.get(1).holder, shards.get(1).last_key) == ("second", 99)


def test_a_number_is_given_back_by_its_holder_alone() -> None:
    shards = Shards()
    shards.claim(1, "first", is_holder_dead=False)
    shards.release(1, "second")
    assert shards.get(1).holder == "first"
    shards.release(1, "first")
    shards.claim(1, "second", is_holder_dead=False)


def test_an_embedded_writer_takes_over_at_once_and_gives_back_at_the_end(
    database: Database, clock: HastyClock
) -> None:
    database.transact(lambda hub: shards_of(hub).claim(1, "dead", is_holder_dead=False), "a crash")
    with running_writer(database, clock) as writer:
        with database.reading() as hub:
            holders = {shards_of(hub).get(number).holder for number in (1, 2)}
        assert holders == {writer._holder}
    with database.reading() as hub:
        assert {shards_of(hub).get(number).holder for number in (1, 2)} == {""}


def test_another_number_may_be_given(database: Database, clock: HastyClock) -> None:
    writer = Writer(database, clock, SystemEntropy(), number=7)
    assert (writer.number, writer.request_number) == (7, 8)


# -- requests ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def request_of(database: Database) -> Any:
    """Run a function as a request does: its own manager, its own connection."""

    def run(function: Callable[[HubRoot], Any], *, commits: bool = True) -> Any:
        manager = transaction.TransactionManager(explicit=True)
        connection = database.open_for(manager)
        manager.begin()
        result = function(get_hub(connection))
        if commits:
            manager.commit()
        else:
            manager.abort()
        connection.close()
        return result

    return run


def test_requests_write_by_the_second_number(writer: Writer, request_of: Any) -> None:
    number, first = request_of(
        lambda hub: (
            writer.shard_for_transactions(hub).number,
            Keys().apply(hub, writer.shard_for_transactions(hub)),
        )
    )
    (second,) = request_of(lambda hub: Keys().apply(hub, writer.shard_for_transactions(hub)))
    assert number == 2
    assert second == first[0] + 1


def test_two_shards_of_one_request_share_their_keys(writer: Writer, request_of: Any) -> None:
    def take(hub: HubRoot) -> list[int]:
        one, other = writer.shard_for_transactions(hub), writer.shard_for_transactions(hub)
        return [one.next_key(), other.next_key(), one.next_key()]

    keys = request_of(take)
    assert keys == sorted(set(keys))


def test_a_request_wakes_after_its_commit_only(writer: Writer, request_of: Any) -> None:
    woken: list[frozenset[str]] = []
    writer.on_commit(woken.append)

    def wake(hub: HubRoot) -> None:
        shard = writer.shard_for_transactions(hub)
        shard.next_key()
        shard.wake("a")
        shard.wake("b")
        assert woken == []

    request_of(wake)
    assert woken == [frozenset({"a", "b"})]
    woken.clear()
    request_of(wake, commits=False)
    assert woken == []
