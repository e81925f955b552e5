"""The record of the steps that a database has taken."""

from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import version
from typing import Any, NamedTuple

from BTrees.OOBTree import OOBTree
from persistent import Persistent

from mailhub.store.root import HubRoot

from .steps import Step


class Done(NamedTuple):
    """When a step was finished, and by which release; ``at`` is None where the database was made with it. Stored as a
    plain tuple."""

    release: str
    at: datetime | None


class EvolutionRecord(Persistent):
    """``hub.evolution``. ``done``: step name -> Done. ``places``: step name -> where a step that was begun goes on.
    ``lease``: (holder, until) of the process that runs steps now."""

    lease: tuple[str, datetime] | None = None

    def __init__(self) -> None:
        self.done = OOBTree()
        self.places = OOBTree()

    def find_done(self, name: str) -> Done | None:
        stored = self.done.get(name)
        return None if stored is None else Done(*stored)

    def finish(self, name: str, at: datetime | None) -> None:
        """Note that a step has been taken."""
        self.done[name] = tuple(Done(version("mailhub"), at))
        self.places.pop(name, None)

    def note_place(self, name: str, place: Any) -> None:
        """Note how far a step has come."""
        self.places[name] = place


def install_record(hub: HubRoot) -> None:
    """Make the record, once; a database from before it has taken no step."""
    if not hasattr(hub, "evolution"):
        hub.evolution = EvolutionRecord()


def record_of(hub: HubRoot) -> EvolutionRecord:
    record: EvolutionRecord = hub.evolution
    return record


def mark_all_done(hub: HubRoot, steps: Sequence[Step]) -> None:
    """For a database that was just made: it has the newest form."""
    for step in steps:
        record_of(hub).finish(step.name, None)


def pending_of(hub: HubRoot, steps: Sequence[Step]) -> list[Step]:
    """The steps still to be taken, in their order."""
    return [step for step in steps if record_of(hub).find_done(step.name) is None]
