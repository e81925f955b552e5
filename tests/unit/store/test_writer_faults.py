"""The writer when the storage fails: conflicts, full disks, commits whose outcome has to be looked up."""

import errno
import threading
from pathlib import Path
from typing import Any

import pytest
from ZODB.POSException import ConflictError, StorageError

from mailhub.errors import OutcomeUnknown, StorageUnavailable
from mailhub.store.database import Database
from mailhub.store.problems import CommandFailed
from mailhub.store.read_current import rely_on
from mailhub.store.root import HubRoot
from mailhub.store.shards import shards_of
from mailhub.store.writer import Shard, Writer
from tests.unit.store.fakes import (
    Faults,
    Gate,
    HastyClock,
    Put,
    file_database,
    grouped,
    running_writer,
    things,
)


def full() -> OSError:
    return OSError(errno.ENOSPC, "No space left on device")


def damaged() -> OSError:
    return OSError(errno.EIO, "Input/output error")


def wait_until_well(writer: Writer) -> None:
    """Let the idle writer find out by itself that the storage works again."""
    for _attempt in range(2000):
        if writer.health().fault is None:
            return
        threading.Event().wait(0.005)
    raise AssertionError(writer.health())


# -- conflicts ---------------------------------------------------------------------------------------------------------


def test_a_conflict_is_tried_again(writer: Writer, faults: Faults, database: Database) -> None:
    faults.add("store", *(ConflictError() for _number in range(7)))
    writer.execute(Put("a", 1))
    assert things(database) == {"a": 1}


def test_a_conflict_that_never_ends_means_that_nothing_was_done(
    writer: Writer, faults: Faults, database: Database
) -> None:
    faults.add("store", *(ConflictError() for _number in range(8)))
    with pytest.raises(StorageUnavailable) as raised:
        writer.execute(Put("a", 1))
    assert not isinstance(raised.value, OutcomeUnknown)
    assert things(database) == {}
    assert writer.health().fault is None


def test_a_group_in_conflict_is_tried_again_as_a_group(writer: Writer, faults: Faults) -> None:
    gate = Gate()
    writer.submit(gate)
    assert gate.is_entered.wait(10)
    futures = [writer.submit(Put(f"n{number}")) for number in range(50)]
    gate.may_go.set()
    writer.execute(Put("after the gate"))
    faults.add("store", ConflictError())
    assert all(future.result(10) for future in futures)
    assert faults.log.count("finish") <= 5


def test_a_command_meets_changes_made_by_others(writer: Writer, database: Database) -> None:
    """A real conflict: the command has read a record that another transaction changes before it commits."""
    gate = Gate()

    class Slow:
        note = "slow"
        seen: list[int]

        def __init__(self) -> None:
            self.seen = []

        def check(self, root: HubRoot) -> None:
            self.seen.append(root.things["number"])

        def apply(self, root: HubRoot, shard: Shard) -> int:
            gate.is_entered.set()
            assert gate.may_go.wait(10)
            root.things["number"] = self.seen[-1] + 1
            return self.seen[-1]

    database.transact(lambda root: root.things.update({"number": 1}), "begin")
    future = writer.submit(Slow())
    assert gate.is_entered.wait(10)
    database.transact(lambda root: root.things.update({"number": 10}), "another")
    gate.may_go.set()
    assert future.result(10) == 10
    assert things(database) == {"number": 11}


def test_relying_on_what_another_changes_is_a_conflict(writer: Writer, database: Database) -> None:
    gate = Gate()

    class Cautious:
        note = "cautious"

        def check(self, root: HubRoot) -> None:
            rely_on(root.things)
            if "closed" in root.things:
                raise StorageUnavailable("closed")

        def apply(self, root: HubRoot, shard: Shard) -> None:
            gate.is_entered.set()
            assert gate.may_go.wait(10)
            root.queued = True

    future = writer.submit(Cautious())
    assert gate.is_entered.wait(10)
    database.transact(lambda root: root.things.update({"closed": True}), "close")
    gate.may_go.set()
    with pytest.raises(StorageUnavailable, match="closed"):
        future.result(10)
    with database.reading() as hub:
        assert not hasattr(hub, "queued")


# -- the storage refuses -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["store", "vote"])
@pytest.mark.parametrize("make_error", [full, damaged, lambda: StorageError("gone")])
def test_a_failing_storage_is_told_and_survived(
    writer: Writer, faults: Faults, database: Database, place: str, make_error: Any
) -> None:
    faults.add(place, make_error())
    with pytest.raises(StorageUnavailable) as raised:
        writer.execute(Put("a"))
    assert not isinstance(raised.value, OutcomeUnknown)
    wait_until_well(writer)
    writer.execute(Put("b"))
    assert set(things(database)) == {"b"}


def test_a_full_disk_shows_in_health_until_there_is_room(writer: Writer, faults: Faults) -> None:
    faults.add("vote", *(full() for _number in range(4)))
    with pytest.raises(StorageUnavailable):
        writer.execute(Put("a"))
    assert "No space left" in str(writer.health().fault)
    wait_until_well(writer)
    assert writer.health().alive


def test_on_a_full_disk_only_the_commands_that_do_not_fit_fail(
    writer: Writer, faults: Faults, database: Database
) -> None:
    gate = Gate()
    held = writer.submit(gate)
    assert gate.is_entered.wait(10)
    futures = [writer.submit(Put(name)) for name in "abc"]

    votes = iter([None, full(), full(), None, None])  # the gate, the group, then a, b and c

    class Votes(list[BaseException]):
        def __bool__(self) -> bool:
            self[:] = [error for error in [next(votes, None)] if error is not None]
            return len(self) > 0

    faults.waiting["vote"] = Votes()
    gate.may_go.set()
    held.result(10)
    with pytest.raises(StorageUnavailable):
        futures[0].result(10)
    assert futures[1].result(10)
    assert futures[2].result(10)
    assert set(things(database)) == {"b", "c"}


def test_a_batch_is_given_up_when_the_storage_keeps_failing(writer: Writer, faults: Faults) -> None:
    gate = Gate()
    held = writer.submit(gate)
    assert gate.is_entered.wait(10)
    futures = [writer.submit(Put(f"n{number}")) for number in range(100)]
    faults.log.clear()
    faults.waiting["store"] = [full() for _number in range(6)]
    gate.may_go.set()
    with pytest.raises(StorageUnavailable):
        held.result(10)
    for future in futures:
        with pytest.raises(StorageUnavailable):
            future.result(10)
    wait_until_well(writer)
    assert faults.log.count("vote") <= 2, "the probes"


# -- the outcome has to be looked up -----------------------------------------------------------------------------------


def test_a_commit_that_failed_after_it_was_durable_is_answered_as_committed(
    writer: Writer, faults: Faults, database: Database
) -> None:
    runs: list[int] = []

    class Counted(Put):
        def apply(self, root: HubRoot, shard: Shard) -> int:
            runs.append(1)
            return super().apply(root, shard)

    woken: list[frozenset[str]] = []
    writer.on_commit(woken.append)
    faults.add("finished", RuntimeError("connection lost"))
    assert isinstance(writer.execute(Counted("a", 1)), int)
    assert things(database) == {"a": 1}
    assert len(runs) == 1
    assert woken == [frozenset({"put/a"})]


def test_a_commit_that_failed_before_it_was_durable_is_run_again(
    writer: Writer, faults: Faults, database: Database
) -> None:
    faults.add("finish", RuntimeError("connection lost"))
    futures = grouped(writer, Put("a", 1), Put("b", 2))
    assert all(future.result(10) for future in futures)
    assert things(database) == {"a": 1, "b": 2}


def test_a_group_that_fails_while_finishing_twice_is_looked_for_each_time(
    writer: Writer, faults: Faults, database: Database
) -> None:
    gate = Gate()
    held = writer.submit(gate)
    assert gate.is_entered.wait(10)
    futures = [writer.submit(Put("a", 1)), writer.submit(Put("b", 2))]
    votes = faults.log.count("vote")
    faults.add("finish", *(RuntimeError("connection lost") for _number in range(5)))
    faults.add("finished", *(RuntimeError("connection lost") for _number in range(2)))
    gate.may_go.set()
    held.result(10)
    assert all(future.result(10) for future in futures)
    assert things(database) == {"a": 1, "b": 2}
    assert faults.log.count("vote") - votes == 7, "five that failed, the gate and the group"


def test_commands_are_taken_while_the_first_connection_is_made(
    writer: Writer, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_connecting, may_go, real = threading.Event(), threading.Event(), database.open_for

    def slow(manager: Any) -> Any:
        is_connecting.set()
        assert may_go.wait(10)
        return real(manager)

    monkeypatch.setattr(database, "open_for", slow)
    first = writer.submit(Put("a"))
    assert is_connecting.wait(10)
    second = writer.submit(Put("b"))
    may_go.set()
    assert first.result(10)
    assert second.result(10)


def test_a_storage_that_closed_itself_is_opened_again_and_looked_into(
    writer: Writer, faults: Faults, database: Database
) -> None:
    """A failing fsync: FileStorage closes itself, and what it wrote may or may not be there."""
    faults.add("sync", damaged())
    assert isinstance(writer.execute(Put("a", 1)), int)
    assert faults.log.count("open") == 1
    assert things(database) == {"a": 1}
    writer.execute(Put("b", 2))
    assert things(database) == {"a": 1, "b": 2}


def test_while_nobody_can_tell_the_outcome_is_unknown(
    writer: Writer, faults: Faults, database: Database
) -> None:
    faults.add("sync", damaged())
    faults.add("open", *(damaged() for _number in range(12)))
    with pytest.raises(OutcomeUnknown):
        writer.execute(Put("a", 1))
    assert "Input/output error" in str(writer.health().fault)
    with pytest.raises(StorageUnavailable) as raised:
        writer.execute(Put("c"), timeout_seconds=10)
    assert not isinstance(raised.value, OutcomeUnknown)
    wait_until_well(writer)
    writer.execute(Put("d"))
    assert "d" in things(database)
    assert "c" not in things(database)


def test_commands_that_waited_while_the_storage_went_are_told(writer: Writer, faults: Faults) -> None:
    gate = Gate()
    held = writer.submit(gate)
    assert gate.is_entered.wait(10)
    futures = [writer.submit(Put(f"n{number}")) for number in range(450)]
    faults.add("sync", damaged())
    faults.add("open", *(damaged() for _number in range(8)))
    gate.may_go.set()
    with pytest.raises(OutcomeUnknown):
        held.result(10)
    for future in futures:
        with pytest.raises(StorageUnavailable):
            future.result(10)
    wait_until_well(writer)


def test_a_doubt_is_not_forgotten_over_a_later_failure(writer: Writer, faults: Faults) -> None:
    faults.add("finish", RuntimeError("connection lost"))

    class SecondTime(Put):
        runs = 0

        def apply(self, root: HubRoot, shard: Shard) -> int:
            self.runs += 1
            if self.runs == 2:
                raise ValueError
            return super().apply(root, shard)

    with pytest.raises(OutcomeUnknown):
        writer.execute(SecondTime("a"))


def test_an_old_commit_that_arrives_late_is_found_and_not_run_twice(
    writer: Writer, database: Database, faults: Faults
) -> None:
    """The look finds nothing, then the doubtful commit lands after all: the second run must meet it."""
    gate = Gate()

    class LandsLate(Put):
        runs = 0

        def apply(self, root: HubRoot, shard: Shard) -> int:
            self.runs += 1
            if self.runs == 2:
                gate.is_entered.set()
                assert gate.may_go.wait(10)
            return super().apply(root, shard)

    command = LandsLate("a", 1)
    faults.add("finish", RuntimeError("connection lost"))
    future = writer.submit(command)
    assert gate.is_entered.wait(10)

    def land(root: HubRoot) -> None:
        state = shards_of(root).get(1)
        committer = writer._committer
        state.last_group = f"{committer._session}-{committer._groups - 1}"
        root.things["a"] = "landed"

    database.transact(land, "the late one")
    gate.may_go.set()
    assert isinstance(future.result(10), int)
    assert things(database) == {"a": "landed"}
    assert command.runs == 2


# -- around it ---------------------------------------------------------------------------------------------------------


def test_a_writer_whose_number_was_taken_over_stores_nothing(writer: Writer, database: Database) -> None:
    database.transact(lambda root: shards_of(root).claim(1, "successor", is_holder_dead=True), "take over")
    with pytest.raises(StorageUnavailable):
        writer.execute(Put("a"))
    assert things(database) == {}
    assert "took over" in str(writer.health().fault)


def test_the_thread_survives_its_own_mistakes(
    writer: Writer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(writer._committer, "run", lambda commands: 1 / 0)
        with pytest.raises(OutcomeUnknown):
            writer.execute(Put("a"))
    assert "The writer made a mistake" in caplog.text
    writer.execute(Put("b"))


def test_what_others_broke_is_opened_again_without_a_caller_noticing(
    writer: Writer, database: Database, faults: Faults
) -> None:
    writer.execute(Put("a"))
    faults.add("sync", damaged())
    with pytest.raises(OutcomeUnknown):
        database.transact(lambda root: root.things.update({"other": 1}), "other")
    writer.execute(Put("b"))
    assert {"a", "b"} <= set(things(database))


def test_a_broken_check_fails_alone(writer: Writer, database: Database) -> None:
    class BrokenCheck(Put):
        def check(self, root: HubRoot) -> None:
            raise ZeroDivisionError

    good, guilty = grouped(writer, Put("good"), BrokenCheck("bad"))
    with pytest.raises(CommandFailed):
        guilty.result(10)
    assert good.result(10)
    assert set(things(database)) == {"good"}


def test_everything_committed_is_there_after_a_restart(
    tmp_path: Path, clock: HastyClock, faults: Faults
) -> None:
    database = file_database(tmp_path, clock, faults)
    with running_writer(database, clock) as writer:
        for future in grouped(writer, *(Put(f"n{number}", number) for number in range(100))):
            future.result(10)
    database.close()
    again = file_database(tmp_path, clock)
    assert things(again) == {f"n{number}": number for number in range(100)}
    again.close()
