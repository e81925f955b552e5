from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import transaction
import ZODB
from hypothesis import given
from hypothesis import strategies as st
from ZODB.POSException import ConflictError

from mailhub.events.sharded_rows import EPOCH, KeyedRow, ShardedRows, from_microseconds, to_microseconds
from tests.unit.events.fakes import START, FakeShard


def texts(rows: Iterable[KeyedRow]) -> list[Any]:
    return [row.row[0] for row in rows]


@pytest.fixture
def database() -> Iterator[Any]:
    database = ZODB.DB(None)
    with database.transaction() as connection:
        connection.root.rows = ShardedRows()
    yield database
    database.close()


@pytest.fixture
def two_connections(database: Any) -> Iterator[list[Any]]:
    managers = [transaction.TransactionManager() for _ in range(2)]
    connections = [database.open(manager) for manager in managers]
    yield connections
    for manager, connection in zip(managers, connections, strict=True):
        manager.abort()
        connection.close()


class LateShard(FakeShard):
    """A shard whose next key was taken long ago."""

    def __init__(self, key: int) -> None:
        super().__init__()
        self._late = key

    def next_key(self) -> int:
        return self._late


def test_writers_are_merged_in_order_of_time() -> None:
    rows, first, second = ShardedRows(), FakeShard(1), FakeShard(2)
    for shard, seconds in [(first, 0), (second, 1), (second, 2), (first, 3)]:
        shard.set_time(START + timedelta(seconds=seconds))
        rows.append(shard, (seconds,))

    assert texts(rows.iter_after({})) == [0, 1, 2, 3]
    assert texts(rows.iter_before(None)) == [3, 2, 1, 0]


def test_order_holds_over_the_turn_of_a_month() -> None:
    rows, shard = ShardedRows(), FakeShard(now=datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC))
    rows.append(shard, ("october",))
    shard.set_time(datetime(2026, 11, 1, tzinfo=UTC))
    rows.append(shard, ("november",))

    assert rows.months() == ["2026-10", "2026-11"]
    assert texts(rows.iter_after({})) == ["october", "november"]


def test_a_month_can_be_dropped_and_readers_go_on() -> None:
    rows, shard = ShardedRows(), FakeShard(now=datetime(2026, 10, 31, tzinfo=UTC))
    rows.append(shard, ("october",))
    shard.set_time(START)
    rows.append(shard, ("november",))

    rows.drop_month("2026-10")

    assert texts(rows.iter_after({})) == ["november"]


def test_keys_of_a_writer_grow_although_the_clock_jumps_back() -> None:
    rows, shard = ShardedRows(), FakeShard(now=datetime(2030, 1, 1, tzinfo=UTC))
    first = rows.append(shard, ("from the future",))
    shard.set_time(START)

    assert rows.append(shard, ("now",)) > first
    assert texts(rows.iter_after({1: first})) == ["now"]


@given(st.lists(st.integers(min_value=1, max_value=4), max_size=60), st.integers(min_value=1, max_value=7))
def test_pages_downwards_show_each_row_once(writers: list[int], page: int) -> None:
    rows, shards = ShardedRows(), {number: FakeShard(number) for number in range(1, 5)}
    written = {(rows.append(shards[writer], ()), writer) for writer in writers}

    seen: list[tuple[int, int]] = []
    place: tuple[int, int] | None = None
    while found := [
        (row.key, row.writer) for row, _ in zip(rows.iter_before(place), range(page), strict=False)
    ]:
        seen += found
        place = found[-1]

    assert seen == sorted(written, reverse=True)


def test_two_transactions_of_one_writer_conflict_so_that_no_reader_skips_a_row(
    two_connections: list[Any],
) -> None:
    """Else the later key could be committed, and read, before the earlier one."""
    slow, fast = two_connections
    shard = FakeShard()
    for connection in two_connections:
        connection.root.rows.append(shard, ("first",))
    fast.transaction_manager.commit()
    with pytest.raises(ConflictError):
        slow.transaction_manager.commit()
    slow.transaction_manager.abort()

    for connection in two_connections:
        connection.transaction_manager.begin()
        connection.root.rows.append(shard, (connection is slow,))
    fast.transaction_manager.commit()
    with pytest.raises(ConflictError):
        slow.transaction_manager.commit()


def test_a_key_taken_before_another_transaction_committed_still_comes_after_it(
    two_connections: list[Any],
) -> None:
    slow, fast = two_connections
    shard = FakeShard()
    early = shard.next_key()
    fast.root.rows.append(shard, ("fast",))
    fast.transaction_manager.commit()
    slow.transaction_manager.begin()

    slow.root.rows.append(LateShard(early), ("slow",))
    slow.transaction_manager.commit()

    fast.transaction_manager.begin()
    assert texts(fast.root.rows.iter_after({})) == ["fast", "slow"]


def test_two_writers_that_have_written_before_do_not_conflict(two_connections: list[Any]) -> None:
    shards = [FakeShard(1), FakeShard(2)]
    for connection, shard in zip(two_connections, shards, strict=True):
        connection.transaction_manager.begin()
        connection.root.rows.append(shard, ())
        connection.transaction_manager.commit()
    for connection in two_connections:
        connection.transaction_manager.begin()

    for connection, shard in zip(two_connections, shards, strict=True):
        connection.root.rows.append(shard, ())
    for connection in two_connections:
        connection.transaction_manager.commit()


@given(st.datetimes(min_value=EPOCH.replace(tzinfo=None), timezones=st.just(UTC)))
def test_times_are_kept_to_the_microsecond(at: datetime) -> None:
    assert from_microseconds(to_microseconds(at)) == at
