"""From what fields hold to what the API would have read: the same strict pass over the same schema."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import colander

from mailhub.errors import FieldError, Invalid
from mailhub.strict_values import pointer_to, strict_values

from .widgets import KEPT, Wrong


class Settled:
    """What was read, with mistakes and kept secrets taken out of it and kept by their places."""

    def __init__(self, tree: Any) -> None:
        self.errors: list[FieldError] = []
        self.kept: set[str] = set()
        self.value = self._settle(tree, "")

    def _settle(self, value: Any, pointer: str) -> Any:
        if isinstance(value, Wrong):
            self.errors.append(FieldError(pointer, value.code, value.message))
            return value.raw
        if isinstance(value, dict):
            return dict(self._settled_children(value, pointer))
        if isinstance(value, list):
            return [self._settle(each, pointer_to(pointer, number)) for number, each in enumerate(value)]
        return value

    def _settled_children(self, values: Mapping[str, Any], pointer: str) -> Iterator[tuple[str, Any]]:
        for name, value in values.items():
            place = pointer_to(pointer, name)
            if value is KEPT:
                self.kept.add(place)
            else:
                yield name, self._settle(value, place)


def read_strictly(
    schema: Any,
    settled: Settled,
    value: Any,
    *,
    pointer: str = "",
    partial: bool = False,
    current: Mapping[str, Any] | None = None,
) -> Any:
    """What the API would read. Mistakes are added to ``settled``, unless the form knows better what is wrong there."""
    known = {error.pointer for error in settled.errors}
    try:
        return strict_values(
            schema if partial else without_kept(schema, settled.kept, pointer),
            value,
            partial=partial,
            current=current,
            pointer=pointer,
        )
    except Invalid as error:
        settled.errors += [each for each in error.errors if each.pointer not in known]
        return value if error.readable is None else error.readable


def without_kept(schema: Any, kept: Collection[str], pointer: str = "") -> Any:
    """The schema by which kept secrets are not missing."""
    if not any(place.startswith(f"{pointer}/") for place in kept):
        return schema
    schema = schema.clone()
    _excuse(schema, kept, pointer)
    return schema


def _excuse(node: Any, kept: Collection[str], pointer: str) -> None:
    for place, child in enumerate(node.children):
        name = str(place) if isinstance(node.typ, colander.Sequence) else child.name
        here = pointer_to(pointer, name)
        if here in kept:
            child.missing = colander.drop
        elif isinstance(node.typ, colander.Mapping):
            _excuse(child, kept, here)
