"""What a step is: its name, what it does, and the function that does it in transactions of bounded size.

A change of what is stored takes three steps, of which each release brings what the one before can live with: *expand*
adds the new form beside the old one, *convert* fills it, *contract* takes the old one away. Between them the code reads
both forms.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mailhub.contract.texts import Text
from mailhub.store.root import HubRoot

Place = Any
"""How far a step has come: a plain value of its own, None at the beginning and at the end."""

Kind = Literal["expand", "convert", "contract"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """``name`` is kept for good and never used again. ``run`` does a part of it in one transaction, from a place, and
    returns the place where the next part goes on, or None when all is done; a part may be run twice. ``readable_from``:
    the lowest data format whose code can still read the data afterwards, for a step that takes something away."""

    name: str
    kind: Kind
    text: Text
    run: Callable[[HubRoot, Place], Place]
    readable_from: int | None = None


def require_distinct(steps: Sequence[Step]) -> None:
    """Raises ValueError for two steps of one name."""
    names = [step.name for step in steps]
    if len(set(names)) != len(names):
        raise ValueError(f"two steps have one name: {names}")
