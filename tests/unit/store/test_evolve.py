"""Steps from one form of the data to the next: each taken once, in parts, and gone on with after a kill."""

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mailhub.entropy import SystemEntropy
from mailhub.store.database import Database, ensure_root, open_database
from mailhub.store.evolve.engine import LEASE, Evolution
from mailhub.store.evolve.record import install_record, pending_of, record_of
from mailhub.store.evolve.steps import Place, Step
from mailhub.store.format import FORMAT, check_format
from mailhub.store.problems import DatabaseLocked, EvolvingAlready, FormatTooNew, UnsupportedStore
from mailhub.store.root import HubRoot
from tests.unit.store.fakes import HastyClock, file_database, install_things, things

COUNT = 25
BATCH = 10


class Killed(BaseException):
    """What ends a process at once."""


def upper(hub: HubRoot, place: Place) -> Place:
    """Converts names to capitals, ten at a time, and counts how often it has seen each."""
    names = [name for name in hub.things if place is None or name > place][:BATCH]
    for name in names:
        hub.things[name] = str(hub.things[name]).upper()
    return names[-1] if len(names) == BATCH else None


def forget_old(hub: HubRoot, _place: Place) -> Place:
    hub.things.pop("old", None)
    return None


CONVERT = Step(name="0002-upper", kind="convert", text="Capitals", run=upper)
CONTRACT = Step(name="0003-no-old", kind="contract", text="No old", run=forget_old, readable_from=FORMAT + 1)


@pytest.fixture
def filled(database: Database) -> Database:
    def fill(hub: HubRoot) -> None:
        hub.things.update({f"n{number:02}": "ada" for number in range(COUNT)})

    database.transact(fill, "fill")
    return database


def evolution(database: Database, clock: HastyClock, *steps: Step) -> Evolution:
    return Evolution(database, steps, clock, SystemEntropy())


def nothing(_step: Step, _number: int) -> None:
    """Nobody wants to know."""


def test_a_step_is_taken_in_parts_and_once(filled: Database, clock: HastyClock) -> None:
    told: list[tuple[str, int]] = []
    first = evolution(filled, clock, CONVERT)
    assert [state.state for state in first.states()] == ["pending"]
    assert first.run(lambda step, number: told.append((step.name, number))) == ["0002-upper"]
    assert told == [("0002-upper", 1), ("0002-upper", 2), ("0002-upper", 3)]
    assert set(things(filled).values()) == {"ADA"}
    state = first.states()[0]
    assert state.done is not None
    assert (state.state, state.done.at) == ("done", clock.wall)
    assert evolution(filled, clock, CONVERT).run(nothing) == []


@pytest.mark.parametrize("parts", [1, 2])
def test_a_step_goes_on_where_it_was_killed(filled: Database, clock: HastyClock, parts: int) -> None:
    def kill(_step: Step, number: int) -> None:
        if number == parts:
            raise Killed

    with pytest.raises(Killed):
        evolution(filled, clock, CONVERT).run(kill)
    again = evolution(filled, clock, CONVERT)
    assert [state.state for state in again.states()] == ["begun"]
    told: list[int] = []
    again.run(lambda _step, number: told.append(number))
    assert len(told) == 3 - parts
    assert set(things(filled).values()) == {"ADA"}


def test_a_step_that_fails_leaves_the_parts_before_it(filled: Database, clock: HastyClock) -> None:
    def failing(hub: HubRoot, place: Place) -> Place:
        if place is not None:
            raise RuntimeError("no")
        return upper(hub, place)

    step = Step(name="0002-upper", kind="convert", text="Capitals", run=failing)
    with pytest.raises(RuntimeError):
        evolution(filled, clock, step).run(nothing)
    assert sorted(things(filled).values()).count("ADA") == BATCH


def test_a_step_that_takes_something_away_shuts_older_code_out(filled: Database, clock: HastyClock) -> None:
    evolution(filled, clock, CONVERT, CONTRACT).run(nothing)
    with filled.reading() as hub, pytest.raises(FormatTooNew):
        check_format(hub, FORMAT)


def test_a_database_that_is_made_now_needs_no_step(tmp_path: Path, clock: HastyClock) -> None:
    database = open_database("", data_dir=tmp_path, clock=clock)
    ensure_root(database, [install_things], [CONVERT])
    with database.reading() as hub:
        assert pending_of(hub, [CONVERT, CONTRACT]) == [CONTRACT]
    ensure_root(database, [install_things], [CONVERT, CONTRACT])
    with database.reading() as hub:
        assert pending_of(hub, [CONVERT, CONTRACT]) == [CONTRACT]
    database.close()


def test_a_database_from_before_the_record_has_taken_no_step(filled: Database, clock: HastyClock) -> None:
    filled.transact(lambda hub: delattr(hub, "evolution"), "before")
    filled.transact(install_record, "after")
    assert [state.state for state in evolution(filled, clock, CONVERT).states()] == ["pending"]


def test_two_steps_of_one_name_are_refused(database: Database, clock: HastyClock) -> None:
    with pytest.raises(ValueError, match="one name"):
        evolution(database, clock, CONVERT, CONVERT)


# -- the lease ---------------------------------------------------------------------------------------------------


class Shared:
    """A database that other processes have open too."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.spec = type("Spec", (), {"is_exclusive": False, "has_own_clock": False})

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)


def test_one_process_at_a_time_takes_steps(filled: Database, clock: HastyClock) -> None:
    shared: Any = Shared(filled)
    other = evolution(shared, clock, CONVERT)

    def kill(_step: Step, _number: int) -> None:
        with pytest.raises(EvolvingAlready):
            other.run(nothing)
        raise Killed

    with pytest.raises(Killed):
        evolution(shared, clock, CONVERT).run(kill)
    clock.wall += LEASE + timedelta(seconds=1)
    assert other.run(nothing) == ["0002-upper"]


def test_who_lost_the_lease_stops(filled: Database, clock: HastyClock) -> None:
    shared: Any = Shared(filled)

    def lose(_step: Step, number: int) -> None:
        if number == 1:
            until = clock.wall + LEASE
            filled.transact(lambda hub: setattr(record_of(hub), "lease", ("another", until)), "lost")

    with pytest.raises(EvolvingAlready):
        evolution(shared, clock, CONVERT).run(lose)


# -- trying it ---------------------------------------------------------------------------------------------------


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".lock"
    }


def test_a_trial_sees_the_data_and_changes_no_byte(
    filled: Database, tmp_path: Path, clock: HastyClock
) -> None:
    filled.close()
    before = digests(tmp_path)
    trial = open_database("", data_dir=tmp_path, clock=clock, is_trial=True)
    evolution(trial, clock, CONVERT, CONTRACT).run(nothing)
    assert set(things(trial).values()) == {"ADA"}
    trial.close()
    assert digests(tmp_path) == before
    again = file_database(tmp_path, clock)
    assert set(things(again).values()) == {"ada"}
    again.close()


def test_during_a_trial_nobody_else_opens_the_database(
    filled: Database, tmp_path: Path, clock: HastyClock
) -> None:
    with pytest.raises(DatabaseLocked):
        open_database("", data_dir=tmp_path, clock=clock, is_trial=True)
    filled.close()
    trial = open_database("", data_dir=tmp_path, clock=clock, is_trial=True)
    with pytest.raises(DatabaseLocked):
        open_database("", data_dir=tmp_path, clock=clock)
    trial.close()


def test_a_database_in_memory_cannot_be_tried(tmp_path: Path, clock: HastyClock) -> None:
    with pytest.raises(UnsupportedStore):
        open_database("memory://", data_dir=tmp_path, clock=clock, is_trial=True)
