"""The writer when nothing goes wrong, and when commands do."""

import logging
from concurrent.futures import Future
from datetime import UTC, datetime

import pytest

from mailhub.entropy import SystemEntropy
from mailhub.errors import OutcomeUnknown, StorageUnavailable, WrongState
from mailhub.store import writer as writer_module
from mailhub.store.database import Database
from mailhub.store.problems import CommandFailed
from mailhub.store.root import HubRoot
from mailhub.store.writer import Shard, Writer
from tests.unit.store.fakes import Broken, Faults, Gate, HastyClock, Put, grouped, running_writer, things


def test_a_command_is_stored_and_its_value_returned(
    writer: Writer, database: Database, clock: HastyClock
) -> None:
    assert writer.execute(Put("a", 1)) == int(clock.wall.timestamp() * 1_000_000)
    assert things(database) == {"a": 1}


def test_what_waits_is_committed_once(writer: Writer, faults: Faults) -> None:
    futures = grouped(writer, *(Put(f"n{number}") for number in range(50)))
    assert len({future.result(10) for future in futures}) == 50
    assert faults.log.count("vote") == 1 + 2, "claiming numbers, the gate, the group"


def test_a_group_is_no_larger_than_two_hundred(writer: Writer, faults: Faults) -> None:
    for future in grouped(writer, *(Put(f"n{number}") for number in range(201))):
        future.result(10)
    assert faults.log.count("vote") == 1 + 3


def test_a_transaction_is_described_by_its_commands(writer: Writer, database: Database) -> None:
    for future in grouped(writer, Put("a"), Put("b"), Put("c", note="accept")):
        future.result(10)
    descriptions = [each.description for each in database._db.storage.iterator()]
    assert descriptions[-1] == b"put x2, accept x1"


def test_a_refusal_goes_to_its_caller_alone(writer: Writer, database: Database, faults: Faults) -> None:
    writer.execute(Put("taken", 1))
    first, refused, second = grouped(writer, Put("a"), Put("taken", 2), Put("b"))
    assert isinstance(first.result(10), int)
    assert isinstance(second.result(10), int)
    with pytest.raises(WrongState):
        refused.result(10)
    assert things(database)["taken"] == 1
    assert faults.log.count("vote") == 1 + 1 + 2, "a refusal splits no group"


def test_a_later_command_of_a_group_sees_the_earlier_ones(writer: Writer, database: Database) -> None:
    first, second = grouped(writer, Put("same", 1), Put("same", 2))
    first.result(10)
    with pytest.raises(WrongState):
        second.result(10)
    assert things(database) == {"same": 1}


def test_nothing_is_committed_when_all_are_refused(writer: Writer, faults: Faults) -> None:
    writer.execute(Put("taken"))
    before = faults.log.count("vote")
    with pytest.raises(WrongState):
        writer.execute(Put("taken"))
    assert faults.log.count("vote") == before


@pytest.mark.parametrize(
    "error", [ValueError("bug"), KeyError("bug"), SystemExit(3), KeyboardInterrupt(), GeneratorExit()]
)
def test_only_the_guilty_gets_the_error(
    writer: Writer, database: Database, error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    first, guilty, second = grouped(writer, Put("a"), Broken(error), Put("b"))
    with pytest.raises(CommandFailed) as raised:
        guilty.result(10)
    assert raised.value.__cause__ is error
    assert isinstance(first.result(10), int)
    assert isinstance(second.result(10), int)
    assert set(things(database)) == {"a", "b"}
    assert any(record.exc_info and record.exc_info[1] is error for record in caplog.records)


def test_a_refusal_raised_too_late_is_a_broken_promise(writer: Writer) -> None:
    with pytest.raises(CommandFailed):
        writer.execute(Broken(WrongState("too late")))


def test_what_cannot_be_pickled_fails_alone(writer: Writer, database: Database) -> None:
    good, guilty = grouped(writer, Put("good"), Put("bad", lambda: None))
    with pytest.raises(CommandFailed):
        guilty.result(10)
    good.result(10)
    assert set(things(database)) == {"good"}


def test_nothing_phantom_remains_after_a_failure(writer: Writer, database: Database) -> None:
    with pytest.raises(CommandFailed):
        writer.execute(Broken(ValueError("bug")))

    class Look:
        note = "look"

        def check(self, root: HubRoot) -> None:
            """Nothing is in the way."""

        def apply(self, root: HubRoot, shard: Shard) -> list[str]:
            return list(root.things)

    assert writer.execute(Look()) == []


def test_listeners_are_woken_with_all_topics_before_callers_are_answered(writer: Writer) -> None:
    futures: list[Future[int]] = []
    seen: list[tuple[frozenset[str], list[bool]]] = []
    writer.on_commit(lambda topics: seen.append((topics, [future.done() for future in futures])))
    futures += grouped(writer, Put("a"), Put("b"))
    assert [future.result(10) for future in futures]
    assert seen[-1] == (frozenset({"put/a", "put/b"}), [False, False])


def test_a_listener_that_fails_harms_nobody(writer: Writer, caplog: pytest.LogCaptureFixture) -> None:
    woken: list[frozenset[str]] = []

    def fail(topics: frozenset[str]) -> None:
        raise ZeroDivisionError

    writer.on_commit(fail)
    writer.on_commit(woken.append)
    writer.execute(Put("a"))
    assert woken == [frozenset({"put/a"})]
    assert "Somebody who was to be woken failed" in caplog.text


def test_a_refused_or_failed_command_wakes_nobody(writer: Writer) -> None:
    writer.execute(Put("a"))
    woken: list[frozenset[str]] = []
    writer.on_commit(woken.append)
    with pytest.raises(WrongState):
        writer.execute(Put("a"))
    with pytest.raises(CommandFailed):
        writer.execute(Broken(ValueError()))
    assert woken == []


def test_a_timeout_in_the_middle_leaves_the_outcome_unknown(writer: Writer) -> None:
    gate = Gate()
    with pytest.raises(OutcomeUnknown):
        writer.execute(gate, timeout_seconds=0.05)
    gate.may_go.set()


def test_a_timeout_before_its_turn_means_that_nothing_was_done(writer: Writer, database: Database) -> None:
    gate = Gate()
    waiting = writer.submit(gate)
    assert gate.is_entered.wait(10)
    with pytest.raises(StorageUnavailable) as raised:
        writer.execute(Put("late"), timeout_seconds=0.05)
    assert not isinstance(raised.value, OutcomeUnknown)
    gate.may_go.set()
    waiting.result(10)
    writer.execute(Put("next"))
    assert set(things(database)) == {"next"}


def test_too_many_waiting_are_refused_at_once(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "MAX_WAITING", 2)
    gate = Gate()
    writer.submit(gate)
    assert gate.is_entered.wait(10)
    waiting = [writer.submit(Put("a")), writer.submit(Put("b"))]
    with pytest.raises(StorageUnavailable):
        writer.submit(Put("c"))
    gate.may_go.set()
    assert all(future.result(10) for future in waiting)


def test_a_command_cannot_wait_for_another_one(writer: Writer) -> None:
    class Nested:
        note = "nested"

        def check(self, root: HubRoot) -> None:
            writer.execute(Put("inner"))

        def apply(self, root: HubRoot, shard: Shard) -> None:
            raise AssertionError("not reached")

    with pytest.raises(CommandFailed):
        writer.execute(Nested())


def test_stopping_commits_what_waits_and_takes_nothing_new(database: Database, clock: HastyClock) -> None:
    with running_writer(database, clock) as writer:
        futures = grouped(writer, *(Put(f"n{number}") for number in range(300)))
        writer.stop(10)
        assert all(future.result(0) for future in futures)
        with pytest.raises(StorageUnavailable):
            writer.submit(Put("late"))
    assert not writer.health().alive
    assert len(things(database)) == 300


def test_a_writer_that_was_not_started_refuses(database: Database, clock: HastyClock) -> None:
    with pytest.raises(StorageUnavailable):
        Writer(database, clock, SystemEntropy()).submit(Put("a"))


def test_stopping_in_time_answers_those_who_still_wait(database: Database, clock: HastyClock) -> None:
    with running_writer(database, clock) as writer:
        gate = Gate()
        writer.submit(gate)
        assert gate.is_entered.wait(10)
        waiting = writer.submit(Put("waiting"))
        writer.stop(0.05)
        with pytest.raises(StorageUnavailable):
            waiting.result(0)
        gate.may_go.set()


def test_health_tells_the_last_commit_and_what_waits(writer: Writer, clock: HastyClock) -> None:
    assert writer.health().last_commit_at is None
    gate = Gate()
    writer.submit(gate)
    assert gate.is_entered.wait(10)
    clock.waited_seconds += 40
    future = writer.submit(Put("a"))
    health = writer.health()
    assert (health.alive, health.waiting, health.fault) == (True, 1, None)
    assert 40 <= health.busy_seconds < 80
    gate.may_go.set()
    future.result(10)
    assert writer.health().last_commit_at == datetime(2026, 11, 2, 8, tzinfo=UTC)


def test_one_time_holds_for_a_whole_group(writer: Writer) -> None:
    class Times:
        note = "times"

        def check(self, root: HubRoot) -> None:
            """Nothing is in the way."""

        def apply(self, root: HubRoot, shard: Shard) -> tuple[datetime, str, int, int]:
            return shard.now, shard.month, shard.number, shard.next_key()

    first, second = (future.result(10) for future in grouped(writer, Times(), Times()))
    assert first[:3] == second[:3] == (datetime(2026, 11, 2, 8, tzinfo=UTC), "2026-11", 1)
    assert second[3] == first[3] + 1


def test_the_quiet_writer_logs_nothing(writer: Writer, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "mailhub"):
        writer.execute(Put("a"))
    assert caplog.records == []
