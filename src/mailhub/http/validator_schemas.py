"""colander's validators as JSON Schema keywords. One that cannot be said in them is an error, never left out."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import colander

from mailhub.strict_values import validators_of

Keywords = dict[str, Any]


class Undescribed(Exception):
    """A schema says something that JSON Schema is not told: an unknown type, validator or hint. Stops the start."""


def constraints_of(node: Any) -> list[Keywords]:
    """What a node's validators demand, as one set of keywords each."""
    return [_keywords(validator, node) for validator in validators_of(node)]


def _keywords(validator: Any, node: Any) -> Keywords:
    described = getattr(validator, "json_schema", None)
    if isinstance(described, Mapping):
        return dict(described)
    converter = _CONVERTERS.get(type(validator))
    if converter is None:
        raise Undescribed(f"node {node.name!r}: nothing describes the validator {validator!r}")
    return converter(validator, node)


def _range(validator: Any, node: Any) -> Keywords:
    if not isinstance(node.typ, colander.Number):
        raise Undescribed(f"node {node.name!r}: Range is for numbers")
    bounds = {"minimum": validator.min, "maximum": validator.max}
    return {name: bound for name, bound in bounds.items() if bound is not None}


def _length(validator: Any, node: Any) -> Keywords:
    if isinstance(node.typ, colander.String):
        names = ("minLength", "maxLength")
    elif isinstance(node.typ, colander.Sequence):
        names = ("minItems", "maxItems")
    else:
        raise Undescribed(f"node {node.name!r}: Length is for texts and lists")
    bounds = zip(names, (validator.min, validator.max), strict=True)
    return {name: bound for name, bound in bounds if bound is not None}


def _pattern(validator: Any, node: Any) -> Keywords:
    pattern = validator.match_object
    if pattern.flags & ~_UNICODE:
        raise Undescribed(f"node {node.name!r}: a pattern with flags has no JSON Schema")
    source: str = pattern.pattern
    return {"pattern": source if source.startswith("^") else f"^(?:{source})"}


_UNICODE = 32  # re.UNICODE, which every text pattern has

_CONVERTERS: Mapping[type, Callable[[Any, Any], Keywords]] = MappingProxyType(
    {
        colander.Range: _range,
        colander.Length: _length,
        colander.Regex: _pattern,
        colander.Email: lambda validator, node: {"format": "email", **_pattern(validator, node)},
        colander.OneOf: lambda validator, _node: {"enum": list(validator.choices)},
        colander.NoneOf: lambda validator, _node: {"not": {"enum": list(validator.forbidden)}},
        colander.ContainsOnly: lambda validator, _node: {"items": {"enum": list(validator.choices)}},
    }
)
