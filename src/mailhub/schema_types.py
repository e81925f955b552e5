"""Types that JSON has and colander has not. Pure, for every schema of the hub.

A type of one's own works everywhere (strict API, OpenAPI) when it has two methods: ``from_json(node, value)``, which
gives the Python value or raises ``colander.Invalid``, and ``json_schema(node)``, which describes what it takes.
"""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import colander

from mailhub.contract.texts import _
from mailhub.schema_errors import coded_invalid

WRONG_TYPE = "schema.wrong_type"
UNFIT_TEXT = _("A text must not hold NUL or half a character.")
_UNFIT = re.compile("[\0\ud800-\udfff]")


class _PlainJson(colander.SchemaType):
    """Base: the value is JSON before and after."""

    def serialize(self, node: Any, appstruct: Any) -> Any:
        return appstruct

    def deserialize(self, node: Any, cstruct: Any) -> Any:
        return cstruct if cstruct is colander.null else self.from_json(node, cstruct)

    def from_json(self, node: Any, value: Any) -> Any:
        raise NotImplementedError


class JsonObject(_PlainJson):
    """Any JSON object: what the hub keeps for others and does not look into (``metadata``, data of a layout)."""

    def from_json(self, node: Any, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise coded_invalid(node, _("An object is needed here."), WRONG_TYPE)
        check_texts(node, value)
        return value

    def json_schema(self, node: Any) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": True}


class AsSent(_PlainJson):
    """An object that is only described here and read later, each by itself (items of a batch)."""

    def __init__(self, described: dict[str, Any]) -> None:
        self._described = described

    def from_json(self, node: Any, value: Any) -> Any:
        return value

    def json_schema(self, node: Any) -> dict[str, Any]:
        return self._described


class JsonValue(_PlainJson):
    """Any JSON value but null (which the node allows or not)."""

    def from_json(self, node: Any, value: Any) -> Any:
        check_texts(node, value)
        return value

    def json_schema(self, node: Any) -> dict[str, Any]:
        return {"type": ["string", "number", "boolean", "array", "object"]}


class TextMap(_PlainJson):
    """An object whose values are all texts (``headers``). ``max_length`` bounds each value."""

    def __init__(self, max_length: int = 10_000) -> None:
        self.max_length = max_length

    def from_json(self, node: Any, value: Any) -> dict[str, str]:
        if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
            raise coded_invalid(node, _("An object whose values are texts is needed here."), WRONG_TYPE)
        check_texts(node, value)
        if any(len(text) > self.max_length for text in value.values()):
            raise colander.Invalid(node, _("Longer than ${max}.", mapping={"max": self.max_length}))
        return value

    def json_schema(self, node: Any) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": {"type": "string", "maxLength": self.max_length}}


class Alternatives(_PlainJson):
    """One of the node's children, told apart by their JSON type: ``"ada@example.com"`` or ``{"name", "address"}``.

    Where it is read, the children must have different JSON types. The strict pass and OpenAPI treat it themselves.
    """


def json_kind(node: Any) -> type:
    """The Python type that a JSON value for this node is parsed to."""
    return next((kind for typ, kind in _KINDS.items() if isinstance(node.typ, typ)), str)


_KINDS: Mapping[type, type] = MappingProxyType(
    {
        colander.Mapping: dict,
        JsonObject: dict,
        TextMap: dict,
        colander.Sequence: list,
        colander.Integer: int,
        colander.Float: float,
        colander.Boolean: bool,
    }
)


def unfit_text(text: str) -> bool:
    """Whether a text holds NUL or half a surrogate pair, which no store, header or log can take."""
    return _UNFIT.search(text) is not None


def check_texts(node: Any, value: Any) -> None:
    """Raises ``colander.Invalid`` for an unfit text anywhere in a JSON value."""
    if any(unfit_text(text) for text in _iter_texts(value)):
        raise colander.Invalid(node, UNFIT_TEXT)


def _iter_texts(value: Any) -> Iterator[str]:
    """All texts in a JSON value, names included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from _iter_texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _iter_texts(each)
