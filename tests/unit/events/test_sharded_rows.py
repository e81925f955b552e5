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
from mailhub.store.shards import Shard, ShardState
from tests.unit.events.fakes import START, Writer


def texts(rows: Iterable[KeyedRow]) -> list[Any]:
    return [row.row[0] for row in rows]


@pytest.fixture
def two_connections() -> Iterator[list[Any]]:
    database = ZODB.DB(None)
    with database.transaction() as connection:
        connection.root.rows = ShardedRows()
        connection.root.states = {1: ShardState(), 2: ShardState()}
    connections = [database.open(transaction.TransactionManager()) for _ in range(2)]
    yield connections
    for connection in connections:
        connection.transaction_manager.abort()
        connection.close()
    database.close()


def append(connection: Any, text: str, *, writer: int = 1) -> None:
    shard = Shard(writer, connection.root.states[writer], START, lambda topic: None)
    connection.root.rows.append(shard, (text,))


def commit(connection: Any) -> None:
    connection.transaction_manager.commit()


def begin(connection: Any) -> None:
    connection.transaction_manager.begin()


def test_writers_are_merged_in_order_of_time() -> None:
    rows, first, second = ShardedRows(), Writer(1), Writer(2)
    for writer, seconds in [(first, 0), (second, 1), (second, 2), (first, 3)]:
        rows.append(writer.at(START + timedelta(seconds=seconds)), (seconds,))

    assert texts(rows.iter_after({})) == [0, 1, 2, 3]
    assert texts(rows.iter_before(None)) == [3, 2, 1, 0]


def test_order_holds_over_the_turn_of_a_month() -> None:
    rows, writer = ShardedRows(), Writer()
    rows.append(writer.at(datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC)), ("october",))
    rows.append(writer.at(datetime(2026, 11, 1, tzinfo=UTC)), ("november",))

    assert rows.months() == ["2026-10", "2026-11"]
    assert texts(rows.iter_after({})) == ["october", "november"]


def test_a_month_can_be_dropped_and_readers_go_on() -> None:
    rows, writer = ShardedRows(), Writer()
    rows.append(writer.at(datetime(2026, 10, 31, tzinfo=UTC)), ("october",))
    rows.append(writer.at(), ("november",))

    rows.drop_month("2026-10")

    assert texts(rows.iter_after({})) == ["november"]


def test_a_reader_follows_a_writer_whose_clock_jumps_back() -> None:
    rows, writer = ShardedRows(), Writer()
    first = rows.append(writer.at(datetime(2030, 1, 1, tzinfo=UTC)), ("from the future",))
    rows.append(writer.at(), ("now",))

    assert texts(rows.iter_after({1: first})) == ["now"]


def test_the_last_keys_are_where_a_reader_stands_that_has_read_everything() -> None:
    rows = ShardedRows()
    for number in (1, 2):
        writer = Writer(number)
        rows.append(writer.at(datetime(2026, 10, 31, tzinfo=UTC)), ("october",))
        rows.append(writer.at(), ("november",))

    assert rows.last_keys().keys() == {1, 2}
    assert texts(rows.iter_after(rows.last_keys())) == []


@given(st.lists(st.integers(min_value=1, max_value=4), max_size=60), st.integers(min_value=1, max_value=7))
def test_pages_downwards_show_each_row_once(numbers: list[int], page: int) -> None:
    rows, writers = ShardedRows(), {number: Writer(number) for number in range(1, 5)}
    written = {(rows.append(writers[number].at(), ()), number) for number in numbers}

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
    append(fast, "first")
    commit(fast)
    begin(slow)
    append(slow, "slow")
    append(fast, "fast")
    commit(fast)

    with pytest.raises(ConflictError):
        commit(slow)


def test_two_writers_that_have_written_before_do_not_conflict(two_connections: list[Any]) -> None:
    for number, connection in enumerate(two_connections, start=1):
        begin(connection)
        append(connection, "first", writer=number)
        commit(connection)
    for connection in two_connections:
        begin(connection)
    for number, connection in enumerate(two_connections, start=1):
        append(connection, "second", writer=number)
    for connection in two_connections:
        commit(connection)

    begin(two_connections[0])
    assert sorted(texts(two_connections[0].root.rows.iter_after({}))) == [
        "first",
        "first",
        "second",
        "second",
    ]


@given(st.datetimes(min_value=EPOCH.replace(tzinfo=None), timezones=st.just(UTC)))
def test_times_are_kept_to_the_microsecond(at: datetime) -> None:
    assert from_microseconds(to_microseconds(at)) == at
