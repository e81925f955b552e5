"""Schemas with every type, validator and hint, and values that are nearly right for them."""

from typing import Any

import colander
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from mailhub.contract import schema_hints as hint
from mailhub.contract.sender import SenderSettings, UncertainSettings
from mailhub.schema_types import Alternatives, JsonObject, JsonValue, TextMap
from mailhub.schema_walk import is_readonly


class AddressFields(colander.MappingSchema):
    name = colander.SchemaNode(colander.String(allow_empty=True), missing=None)
    address = colander.SchemaNode(colander.String(), validator=colander.Length(max=6))


class AddressItem(colander.SchemaNode):
    schema_type = Alternatives
    text = colander.SchemaNode(colander.String(), validator=colander.Regex("^[ab@]+$"))
    fields = AddressFields()


class Addresses(colander.SequenceSchema):
    address = AddressItem()


class Words(colander.SequenceSchema):
    word = colander.SchemaNode(colander.String(), validator=colander.NoneOf(["b"]))


class Everything(colander.MappingSchema):
    text = colander.SchemaNode(colander.String(), validator=colander.Length(min=1, max=3))
    empty = colander.SchemaNode(colander.String(allow_empty=True), missing="")
    blank = colander.SchemaNode(colander.String(), missing="")
    pattern = colander.SchemaNode(
        colander.String(), missing=None, validator=colander.All(colander.Length(max=4), colander.Regex("a+"))
    )
    choice = colander.SchemaNode(colander.String(), missing="a", validator=colander.OneOf(["a", "b"]))
    maybe = colander.SchemaNode(colander.String(), missing=None, validator=colander.OneOf(["a", "b"]))
    whole = colander.SchemaNode(colander.Integer(), missing=3, validator=colander.Range(min=1, max=5))
    number = colander.SchemaNode(colander.Float(), missing=None, validator=colander.Range(max=2.5))
    flag = colander.SchemaNode(colander.Boolean(), missing=colander.drop)
    addresses = Addresses(missing=(), validator=colander.Length(max=2))
    words = Words(missing=(), validator=colander.ContainsOnly(["a", "b", "c"]))
    free = colander.SchemaNode(JsonObject(), missing={})
    any = colander.SchemaNode(JsonValue(), missing=None)
    map = colander.SchemaNode(TextMap(max_length=2), missing={})


class Conditional(colander.MappingSchema):
    kind = colander.SchemaNode(colander.String(), missing="a", validator=colander.OneOf(["a", "b"]))
    needed = colander.SchemaNode(colander.Integer(), **hint.visible_when("kind", "b"))
    secret = colander.SchemaNode(
        colander.String(), missing=None, **hint.secret(), **hint.visible_when("kind", "a")
    )


class Conditions(colander.MappingSchema):
    kind = colander.SchemaNode(colander.String(), validator=colander.OneOf(["a", "b"]))
    text = colander.SchemaNode(colander.String(), **hint.visible_when("kind", "b"))
    id = colander.SchemaNode(colander.String(), missing=None, readonly=True)


SAMPLES: dict[str, Any] = {
    "everything": Everything,
    "conditional": Conditional,
    "conditions": Conditions,
    "addresses": Addresses,
    "sender settings": SenderSettings,
    "uncertain settings": UncertainSettings,
}

MAPPINGS = [name for name in SAMPLES if name != "addresses"]

_TEXTS = st.sampled_from(["", "a", "b", "aa", "ab@", "aaaaa", "c"])
_ANYTHING = (
    st.none()
    | st.booleans()
    | st.integers(-2, 7)
    | st.sampled_from([0.5, 2.5, 2.75])
    | _TEXTS
    | st.lists(_TEXTS, max_size=3)
    | st.dictionaries(_TEXTS, _TEXTS, max_size=2)
)


def nearly_right(node: Any) -> SearchStrategy[Any]:
    """Values of which many fit the schema and many do not."""
    return _meant(node, is_strict=True) | _meant(node, is_strict=False) | _ANYTHING


def _meant(node: Any, *, is_strict: bool) -> SearchStrategy[Any]:
    """Values of the node's type; strict ones mostly fit its validators too."""
    meant = _typed(node, is_strict)
    return meant if is_strict else st.one_of(*[meant] * 4, _ANYTHING)


def _typed(node: Any, is_strict: bool) -> SearchStrategy[Any]:
    if isinstance(node.typ, colander.Mapping):
        return _fields(node, is_strict)
    if isinstance(node.typ, colander.Sequence):
        return st.lists(_meant(node.children[0], is_strict=is_strict), max_size=2 if is_strict else 3)
    if isinstance(node.typ, Alternatives):
        return st.one_of(*(_meant(child, is_strict=is_strict) for child in node.children))
    if isinstance(node.typ, (JsonObject, TextMap)):
        return st.dictionaries(_TEXTS, st.just("a") if is_strict else _TEXTS, max_size=2)
    if isinstance(node.typ, colander.String):
        return _text(node, is_strict)
    return _SCALARS.get(type(node.typ), _ANYTHING)


def _fields(node: Any, is_strict: bool) -> SearchStrategy[Any]:
    fields = {
        child.name: _meant(child, is_strict=is_strict) for child in node.children if not is_readonly(child)
    }
    needed = {name: fields[name] for name in fields if is_strict and node[name].required}
    optional = {name: fields[name] for name in fields if name not in needed}
    return st.fixed_dictionaries(needed, optional=optional if is_strict else {**optional, "x": _ANYTHING})


def _text(node: Any, is_strict: bool) -> SearchStrategy[str]:
    if isinstance(node.validator, colander.OneOf):
        choices = st.sampled_from(list(node.validator.choices))
        return choices if is_strict else choices | _TEXTS
    return st.sampled_from(["a", "aa"]) if is_strict else _TEXTS


_SCALARS: dict[type, SearchStrategy[Any]] = {
    colander.Integer: st.integers(1, 6),
    colander.Float: st.sampled_from([0.5, 2.5, 2.75]),
    colander.Boolean: st.booleans(),
}
