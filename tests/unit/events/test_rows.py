from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.events.catalogue import CATALOGUE, Dimension, UnknownEvent
from mailhub.events.cursor import EventCursor
from mailhub.events.rows import (
    TOPIC,
    events_of,
    install,
    iter_events,
    newest_cursor,
    record_event,
)
from mailhub.store.root import HubRoot
from tests.unit.events.fakes import START, Writer

ABOUT: dict[str, Dimension] = {
    "message": "m1",
    "account": "a1",
    "connector": "smtp",
    "scenario": "default",
    "attempt": 1,
    "owner": "u1",
}
BEGINNING = EventCursor()


@pytest.fixture
def hub() -> HubRoot:
    return new_hub()


def new_hub() -> HubRoot:
    hub = HubRoot()
    install(hub)
    return hub


def record(hub: HubRoot, writer: Writer, message: str = "m1", now: datetime = START) -> None:
    record_event(hub, writer.at(now), "message.queued", **{**ABOUT, "message": message})


def messages(hub: HubRoot, cursor: EventCursor = BEGINNING, limit: int = 100) -> list[Dimension]:
    return [event.dimensions["message"] for event in iter_events(hub, cursor, limit)]


def read_all(hub: HubRoot, cursor: EventCursor) -> EventCursor:
    for event in iter_events(hub, cursor, 1_000):
        cursor = cursor.after(event)
    return cursor


def test_installing_twice_keeps_what_is_there(hub: HubRoot) -> None:
    record(hub, Writer())
    install(hub)

    assert messages(hub) == ["m1"]


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_event_of_the_catalogue_reads_back_as_it_was_recorded(hub: HubRoot, name: str) -> None:
    dimensions: dict[str, Dimension] = dict.fromkeys(CATALOGUE[name].dimensions, "x")

    record_event(hub, Writer().at(), name, **dimensions)

    (event,) = iter_events(hub, BEGINNING, 10)
    assert (event.name, event.at, dict(event.dimensions)) == (name, START, dimensions)


def test_an_event_without_a_catalogue_entry_is_refused_and_leaves_no_row(hub: HubRoot) -> None:
    with pytest.raises(UnknownEvent, match=r"message\.sendt"):
        record_event(hub, Writer().at(), "message.sendt", **ABOUT)
    assert messages(hub) == []


def test_a_dimension_without_an_entry_is_refused(hub: HubRoot) -> None:
    with pytest.raises(UnknownEvent, match="subject"):
        record_event(hub, Writer().at(), "message.sent", **ABOUT, subject="Invoice 1")


@pytest.mark.parametrize("missing", ABOUT)
def test_a_message_event_without_one_of_its_dimensions_is_refused(hub: HubRoot, missing: str) -> None:
    given = {name: value for name, value in ABOUT.items() if name != missing}

    with pytest.raises(UnknownEvent, match=missing):
        record_event(hub, Writer().at(), "message.sent", **given)


def test_a_servers_answer_is_kept_without_addresses(hub: HubRoot) -> None:
    record_event(
        hub,
        Writer().at(),
        "message.failed",
        **ABOUT,
        error_code="delivery.refused",
        reply="550 <ada@example.com> no",
    )

    (event,) = iter_events(hub, BEGINNING, 10)
    assert event.dimensions["reply"] == "550 <address> no"


def test_the_owner_does_not_leave_the_hub(hub: HubRoot) -> None:
    record_event(hub, Writer().at(), "message.sent", **ABOUT, duration_seconds=0.25)

    (event,) = iter_events(hub, BEGINNING, 10)
    assert event.leaving() == {
        "message": "m1",
        "account": "a1",
        "connector": "smtp",
        "scenario": "default",
        "attempt": 1,
        "duration_seconds": 0.25,
    }


def test_a_row_from_before_a_dimension_was_appended_is_read_with_none(hub: HubRoot) -> None:
    writer = Writer()
    events_of(hub).append(writer.at(), ("message.failed", 0, *ABOUT.values()))

    (event,) = iter_events(hub, BEGINNING, 10)
    assert event.dimensions["owner"] == "u1"
    assert event.dimensions["reply"] is None


def test_what_only_a_newer_release_knows_stops_no_reader(hub: HubRoot) -> None:
    writer = Writer()
    record(hub, writer, "before")
    for _row in range(3):
        events_of(hub).append(writer.at(), ("message.teleported", 0, "m2"))
    record(hub, writer, "after")
    place = next(events_of(hub).iter_before(None))
    events_of(hub).append(writer.at(), (*place.row, "a dimension that was appended later"))

    assert messages(hub, limit=3) == ["before", "after", "after"]


def test_readers_are_woken(hub: HubRoot) -> None:
    writer = Writer()
    record(hub, writer)

    assert writer.woken == [TOPIC]


def test_a_reader_goes_on_where_it_stopped(hub: HubRoot) -> None:
    writer = Writer()
    for number in range(5):
        record(hub, writer, f"m{number}")
    cursor = BEGINNING
    for event in iter_events(hub, cursor, 2):
        cursor = cursor.after(event)

    assert messages(hub, EventCursor.parse(str(cursor))) == ["m2", "m3", "m4"]


def test_an_older_event_that_a_slower_writer_commits_later_is_not_skipped(hub: HubRoot) -> None:
    fast, slow = Writer(1), Writer(2)
    record(hub, fast, "fast", START + timedelta(seconds=5))
    cursor = read_all(hub, BEGINNING)

    record(hub, slow, "slow")

    assert messages(hub, cursor) == ["slow"]


def test_a_late_writer_of_last_month_is_not_skipped(hub: HubRoot) -> None:
    fast, slow, october = Writer(1), Writer(2), START - timedelta(days=3)
    record(hub, slow, "october", october)
    record(hub, fast, "november")
    cursor = read_all(hub, BEGINNING)

    record(hub, slow, "october, late", october)

    assert messages(hub, cursor) == ["october, late"]


def test_the_newest_cursor_sees_only_what_comes(hub: HubRoot) -> None:
    writer = Writer()
    record(hub, writer, "old")
    cursor = newest_cursor(hub)
    record(hub, writer, "new")

    assert messages(hub, cursor) == ["new"]


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(-90, 90), st.integers(0, 3))))
def test_whoever_writes_when_and_however_one_reads_each_event_is_seen_once(
    steps: list[tuple[int, int, int]],
) -> None:
    hub, cursor = new_hub(), BEGINNING
    seen: list[Dimension] = []
    writers = {number: Writer(number) for number in (1, 2, 3)}
    for index, (number, days, limit) in enumerate(steps):
        now = START + timedelta(days=days)
        record(hub, writers[number], f"m{index}", now)
        for event in iter_events(hub, cursor, limit):
            seen.append(event.dimensions["message"])
            cursor = cursor.after(event)
    seen += messages(hub, cursor, 1_000)

    assert sorted(map(str, seen)) == sorted(f"m{number}" for number in range(len(steps)))
