"""The steps that a database takes from one release to the next, in their order; ``mailhub evolve`` takes them.

A step stands here for good, also when its work is done everywhere: a database may come from any release. Its name is its
number and what it does. See docs/how-to/maintain.md for how to write one.
"""

from typing import Final

from mailhub.contract.texts import _
from mailhub.store.evolve.steps import Place, Step
from mailhub.store.root import HubRoot


def _begin_record(_hub: HubRoot, _place: Place) -> Place:
    """There is nothing to change: what is noted is that the record is kept from here on."""
    return None


STEPS: Final = (
    Step(
        name="0001-record-of-steps",
        kind="expand",
        text=_("Keep a record of the steps that this database has taken"),
        run=_begin_record,
    ),
)
