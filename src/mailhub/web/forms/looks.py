"""What a page may say about a field, where hints do not: order, groups, columns, choices that only it knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mailhub.contract.texts import Text


@dataclass(frozen=True, slots=True)
class Look:
    """How one field is shown; given to ``Form`` by the field's path (``"settings/port"``, ``"to"``, ``""`` for the whole).

    ``title``, ``help``: in the place of the schema's. ``columns``: of twelve, on wide screens (left out: all; for numbers
    and times half). ``autocomplete``, ``placeholder``, ``rows``, ``attributes``: of the control. ``choices``: values with
    titles, for a text that names something stored. ``as_radio``: whether one of them is chosen by radio buttons (left out:
    where they are few). ``order``: of a mapping, names of fields that come first. ``groups``: of a mapping, a title and the
    names below it; what no group names comes before them.
    """

    title: Text | None = None
    help: Text | None = None
    columns: int | None = None
    autocomplete: str | None = None
    placeholder: Text | None = None
    rows: int | None = None
    choices: Sequence[tuple[Any, Text]] | None = None
    as_radio: bool | None = None
    order: Sequence[str] = ()
    groups: Sequence[tuple[Text, Sequence[str]]] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)


PLAIN = Look()
Looks = Mapping[str, Look]
