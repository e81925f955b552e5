"""A reader of events: each at least once, its place kept seldom, nothing in its way for good."""

from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue
from threading import Event as Flag
from typing import Any

import pytest

from mailhub.errors import StorageUnavailable
from mailhub.events.rows import Event
from mailhub.store.database import Database
from mailhub.store.root import HubRoot
from mailhub.telemetry import model
from mailhub.telemetry.model import LOG, PLUGINS
from mailhub.telemetry.reading import BATCH, KEEP_SECONDS, PAUSE_SECONDS, TRIES
from tests.unit.telemetry.kit import Ears, Telemetry


def test_a_fresh_hub_is_read_from_its_beginning_and_on(telemetry: Telemetry) -> None:
    telemetry.happen("one", "two")
    ears = Ears()
    with telemetry.reading(ears):
        assert ears.next(2) == ["one", "two"]
        telemetry.happen("three")
        assert ears.next() == ["three"], "it is woken by the commit; no time passes"


def test_a_reader_goes_on_where_it_was_stopped(telemetry: Telemetry) -> None:
    first, second = Ears(), Ears()
    telemetry.happen("one")
    with telemetry.reading(first):
        first.next()
    telemetry.happen("two")
    with telemetry.reading(second):
        assert second.next() == ["two"]
    assert second.heard.empty()


def test_more_than_a_batch_comes_in_order(telemetry: Telemetry) -> None:
    messages = [f"m{number}" for number in range(2 * BATCH + 1)]
    telemetry.happen(*messages)
    ears = Ears()
    with telemetry.reading(ears):
        assert ears.next(len(messages)) == messages


def test_a_crash_before_the_place_is_kept_repeats_the_events(telemetry: Telemetry) -> None:
    telemetry.happen("one", "two")
    killed, successor = Ears(), Ears()
    telemetry.reader(killed).start()
    killed.next(2)
    telemetry.clock.wait_until_waiting()
    assert telemetry.kept_keys() == {}, "it is as if the process had been killed here"
    with telemetry.reading(successor):
        assert successor.next(2) == ["one", "two"]


def test_a_crash_while_an_event_is_told_repeats_it_and_nothing_that_was_told_before(
    telemetry: Telemetry,
) -> None:
    never = Flag()
    killed = Ears(lambda event: event.dimensions["message"] == "one" or never.wait(60))
    telemetry.reader(killed).start()
    telemetry.happen("one")
    killed.next()
    telemetry.clock.wait_until_waiting()
    telemetry.happen("two")
    killed.next()
    successor = Ears()
    with telemetry.reading(successor):
        assert successor.next() == ["two"]
    never.set()


def test_what_a_slower_writer_commits_late_is_not_lost(telemetry: Telemetry) -> None:
    ears = Ears()
    with telemetry.reading(ears):
        telemetry.happen("new")
        ears.next()
        telemetry.clock.jump(-3600)
        telemetry.happen_in_a_request("older")
        assert ears.next() == ["older"]
    assert len(telemetry.kept_keys()) == 2


def test_the_place_is_kept_once_a_second_at_most_and_never_without_need(telemetry: Telemetry) -> None:
    ears = Ears()
    with telemetry.reading(ears):
        for message in ("one", "two", "three"):
            telemetry.happen(message)
            ears.next()
        telemetry.clock.wait_until_waiting()
        assert telemetry.times_kept() == 0
        kept = wake_at_next_commit(telemetry)
        telemetry.clock.advance(KEEP_SECONDS)
        assert kept.wait(10)
        for _number in range(20):
            telemetry.clock.wait_until_waiting()
            telemetry.clock.advance(60)
        telemetry.clock.wait_until_waiting()
        assert telemetry.times_kept() == 1
    assert telemetry.times_kept() == 1, "there was nothing to keep at the end"


def test_the_place_is_kept_at_once_when_somebody_was_told(telemetry: Telemetry) -> None:
    ears = Ears(lambda event: True)
    with telemetry.reading(ears):
        telemetry.happen("one")
        ears.next()
        telemetry.clock.wait_until_waiting()
        assert telemetry.times_kept() == 1


def test_each_reader_has_a_place_of_its_own(telemetry: Telemetry) -> None:
    first, second = Ears(), Ears()
    telemetry.happen("one")
    with telemetry.reading(first, LOG):
        first.next()
    with telemetry.reading(second, PLUGINS):
        assert second.next() == ["one"]


def test_an_event_that_cannot_be_dealt_with_is_passed_over_after_some_tries(
    telemetry: Telemetry, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(event: Event) -> bool:
        if event.dimensions["message"] == "poison":
            raise ZeroDivisionError
        return False

    ears = Ears(refuse)
    with telemetry.reading(ears):
        telemetry.happen("poison", "good")
        for _try in range(TRIES - 1):
            assert ears.next() == ["poison"]
            telemetry.clock.wait_until_waiting()
            telemetry.clock.advance(PAUSE_SECONDS)
        assert ears.next(2) == ["poison", "good"]
    assert caplog.text.count("failed with message.queued") == TRIES


def test_a_storage_that_fails_a_handler_is_waited_for_however_long(telemetry: Telemetry) -> None:
    failures = 3 * TRIES
    left = [StorageUnavailable("gone")] * failures

    def need_storage(event: Event) -> bool:
        if left:
            raise left.pop()
        return False

    ears = Ears(need_storage)
    with telemetry.reading(ears):
        telemetry.happen("one")
        for _failure in range(failures):
            assert ears.next() == ["one"]
            telemetry.clock.wait_until_waiting()
            telemetry.clock.advance(PAUSE_SECONDS)
        assert ears.next() == ["one"]
        telemetry.clock.wait_until_waiting()
    assert ears.heard.empty()


class Outage:
    """A database that cannot be read for a while."""

    def __init__(self, database: Database, error: Exception, times: int) -> None:
        self._database = database
        self._errors = [error] * times
        self.asked: Queue[None] = Queue()

    @contextmanager
    def reading(self) -> Iterator[HubRoot]:
        self.asked.put(None)
        if self._errors:
            raise self._errors.pop()
        with self._database.reading() as hub:
            yield hub


@pytest.mark.parametrize("error", [StorageUnavailable("gone"), ZeroDivisionError()])
def test_a_reader_outlives_what_keeps_it_from_reading(
    telemetry: Telemetry, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    telemetry.happen("one")
    ears = Ears()
    outage: Any = Outage(telemetry.database, error, 3)
    with telemetry.reading(ears, database=outage) as reader:
        for _failure in range(3):
            outage.asked.get(timeout=10)
            telemetry.clock.wait_until_waiting()
            assert reader.is_in_trouble
            telemetry.clock.advance(PAUSE_SECONDS)
        assert ears.next() == ["one"]
    assert caplog.text.count("cannot read") == 1, "an outage is told once"


def test_a_place_that_cannot_be_kept_is_kept_later(telemetry: Telemetry) -> None:
    class Stubborn:
        """A writer that takes nothing."""

        is_open = False

        def __init__(self) -> None:
            self.on_commit = telemetry.writer.on_commit

        def execute(self, command: Any, timeout_seconds: float) -> Any:
            if not self.is_open:
                raise StorageUnavailable("gone")
            return telemetry.writer.execute(command, timeout_seconds)

    ears, stubborn = Ears(lambda event: True), Stubborn()
    telemetry.happen("one")
    with telemetry.reading(ears, writer=stubborn) as reader:
        ears.next()
        telemetry.clock.wait_until_waiting()
        assert reader.is_in_trouble
        assert telemetry.times_kept() == 0
        stubborn.is_open = True
        kept = wake_at_next_commit(telemetry)
        telemetry.clock.advance(KEEP_SECONDS)
        assert kept.wait(10)
    assert telemetry.times_kept() == 1
    assert ears.heard.empty(), "what was dealt with is not read again while the process lives"


def test_the_last_events_are_read_before_the_end(telemetry: Telemetry) -> None:
    may_go, ears = Flag(), Ears()
    ears.act = lambda event: may_go.wait(30) and False
    reader = telemetry.reader(ears)
    reader.start()
    telemetry.happen("one")
    ears.next()
    telemetry.happen("two")
    may_go.set()
    reader.stop()
    assert ears.next() == ["two"]
    assert not reader.is_alive
    assert telemetry.kept_keys() != {}


def test_a_handler_that_hangs_does_not_hold_up_the_end(
    telemetry: Telemetry, caplog: pytest.LogCaptureFixture
) -> None:
    never, ears = Flag(), Ears()
    ears.act = lambda event: never.wait(60)
    reader = telemetry.reader(ears)
    reader.start()
    telemetry.happen("one")
    ears.next()
    reader.stop(0.0)
    assert "left behind" in caplog.text
    assert telemetry.kept_keys() == {}, "it comes again at the next start"
    never.set()


def test_a_reader_that_was_never_started_can_be_stopped(telemetry: Telemetry) -> None:
    reader = telemetry.reader(Ears())
    reader.stop()
    assert not reader.is_alive


def test_a_reader_new_to_an_older_hub_is_not_told_of_years(telemetry: Telemetry) -> None:
    telemetry.happen("old")

    def forget(hub: HubRoot) -> None:
        del hub.readers
        model.install(hub)

    telemetry.database.transact(forget, "as if it had been made by an older release")
    ears = Ears()
    with telemetry.reading(ears):
        telemetry.happen("new")
        assert ears.next() == ["new"]


def wake_at_next_commit(telemetry: Telemetry) -> Flag:
    """Set when the writer has committed once more."""
    flag = Flag()
    telemetry.writer.on_commit(lambda topics: flag.set())
    return flag
