"""Runs the steps that a database has not taken yet: each part in a transaction of its own, one process at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from mailhub.contract.clock import Clock
from mailhub.contract.texts import _
from mailhub.entropy import Entropy, new_id
from mailhub.store.clock import StorageClock
from mailhub.store.database import Database
from mailhub.store.format import raise_readable_from
from mailhub.store.problems import EvolvingAlready
from mailhub.store.root import HubRoot

from .record import Done, record_of
from .steps import Step, require_distinct

LEASE = timedelta(seconds=60)

Tell = Callable[[Step, int], None]
"""Called after each transaction of a step with the number of transactions that it has taken."""


@dataclass(frozen=True, slots=True)
class StepState:
    """A step and what has become of it. ``begun``: a part of it was done, and the rest waits."""

    step: Step
    state: Literal["done", "begun", "pending"]
    done: Done | None


class Evolution:
    """The steps of one database. Safe to break off at any moment and to run again."""

    def __init__(self, database: Database, steps: Sequence[Step], clock: Clock, entropy: Entropy) -> None:
        require_distinct(steps)
        self._database = database
        self._steps = tuple(steps)
        self._clock = StorageClock(clock, measures=database.spec.has_own_clock)
        self._holder = new_id(entropy)

    def states(self) -> list[StepState]:
        """All steps, in their order."""
        with self._database.reading() as hub:
            return [_state_of(hub, step) for step in self._steps]

    def run(self, tell: Tell) -> list[str]:
        """Take every step that was not taken; their names.

        Raises ``EvolvingAlready`` when another process does so now, StorageUnavailable, and whatever a step raises.
        """
        self._database.transact(self._take_lease, "evolve: begin")
        pending = [state.step for state in self.states() if state.state != "done"]
        for step in pending:
            self._take(step, tell)
        self._database.transact(self._release_lease, "evolve: end")
        return [step.name for step in pending]

    def _take(self, step: Step, tell: Tell) -> None:
        number, is_finished = 0, False
        while not is_finished:
            is_finished = self._database.transact(lambda hub: self._part(hub, step), f"evolve: {step.name}")
            number += 1
            tell(step, number)

    def _part(self, hub: HubRoot, step: Step) -> bool:
        """One transaction: a part of the work, and the note of it. True when it was the last."""
        self._keep_lease(hub)
        record = record_of(hub)
        place = step.run(hub, record.places.get(step.name))
        if place is not None:
            record.note_place(step.name, place)
            return False
        record.finish(step.name, self._now())
        if step.readable_from is not None:
            raise_readable_from(hub, step.readable_from)
        return True

    # -- the lease -----------------------------------------------------------------------------------------------

    def _now(self) -> datetime:
        return self._clock.now()

    def _take_lease(self, hub: HubRoot) -> None:
        """Who has the database alone knows that whoever held the lease is dead."""
        lease = record_of(hub).lease
        if lease is not None and not self._database.spec.is_exclusive:
            holder, until = lease
            if holder != self._holder and until > self._now():
                raise _taken()
        record_of(hub).lease = (self._holder, self._now() + LEASE)

    def _keep_lease(self, hub: HubRoot) -> None:
        lease = record_of(hub).lease
        if lease is None or lease[0] != self._holder:
            raise _taken()
        record_of(hub).lease = (self._holder, self._now() + LEASE)

    def _release_lease(self, hub: HubRoot) -> None:
        lease = record_of(hub).lease
        if lease is not None and lease[0] == self._holder:
            record_of(hub).lease = None


def _state_of(hub: HubRoot, step: Step) -> StepState:
    record = record_of(hub)
    done = record.find_done(step.name)
    if done is not None:
        return StepState(step, "done", done)
    return StepState(step, "begun" if step.name in record.places else "pending", None)


def _taken() -> EvolvingAlready:
    return EvolvingAlready(_("Another process is bringing these data up to date."))
