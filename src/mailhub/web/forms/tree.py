"""From a schema to deform's schema: the same shape, a widget at every node, chosen by hints and types.

The schema itself stays as it is. A type or a hint that no field is known for raises ``NoFieldForThis``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import colander

from mailhub.contract.schema_hints import HINT_NAMES
from mailhub.contract.texts import _
from mailhub.schema_types import Alternatives, json_kind
from mailhub.schema_walk import applies, is_nullable, is_readonly, is_secret

from .errors import NoFieldForThis
from .looks import PLAIN, Look, Looks
from .widgets import (
    AddressListWidget,
    AddressWidget,
    ChoiceWidget,
    DateWidget,
    FileWidget,
    FormWidget,
    JsonWidget,
    ListWidget,
    ManyWidget,
    MappingWidget,
    MomentWidget,
    NumberWidget,
    RichTextWidget,
    SecretWidget,
    SwitchWidget,
    TextWidget,
    choices_of,
)

ITEM = "*"
"""Stands in a path for every row of a list."""

_PLAIN_ATTRIBUTES = frozenset(vars(colander.SchemaNode(colander.String(), title="", missing=None))) | {
    "name",
    "default",
    "preparer",
    "validator",
    "description",
    "missing_msg",
    "required_msg",
    "insert_before",
}


class Shown(colander.SchemaType):
    """The type of every node that deform sees: what a control shows needs no conversion."""

    def serialize(self, node: Any, appstruct: Any) -> Any:
        return appstruct

    def deserialize(self, node: Any, cstruct: Any) -> Any:
        return cstruct

    def cstruct_children(self, node: Any, cstruct: Any) -> list[Any]:
        return [colander.null] * len(node.children)


@dataclass(frozen=True, slots=True)
class Making:
    """How the tree is made. ``settings``: the schema for the node with the hint ``settings_of``. ``fixed``: values of fields
    that are not the form's. ``left_out``: paths of other nodes that get no field. ``is_partial``: only changes are named,
    so a secret may be removed by null."""

    looks: Looks
    settings: Any
    fixed: Mapping[str, Any]
    left_out: frozenset[str]
    is_partial: bool

    def look(self, path: str) -> Look:
        return self.looks.get(path, PLAIN)

    def has_field(self, parent: Any, child: Any, path: str) -> bool:
        if is_readonly(child) or path in self.left_out or path in self.fixed:
            return False
        decides = getattr(child, "visible_when", ("",))[0]
        return "/" in path or decides not in self.fixed or applies(parent, child, self.fixed)


def deform_schema(node: Any, making: Making, path: str = "") -> Any:
    """The node for deform. Raises ``NoFieldForThis``."""
    _refuse_unknown_hints(node, path)
    extra = {}
    if hasattr(node, "settings_of"):
        extra = {"stands_for_settings": True}
        node, making = _settings(node, making, path)
    widget = _widget_for(node, making, path)
    children = []
    if isinstance(widget, MappingWidget):
        paths = [(child, f"{path}/{child.name}".removeprefix("/")) for child in node.children]
        children = [
            deform_schema(child, making, at) for child, at in paths if making.has_field(node, child, at)
        ]
    elif isinstance(widget, ListWidget):
        children = [deform_schema(node.children[0], making, f"{path}/{ITEM}".removeprefix("/"))]
    return colander.SchemaNode(Shown(), *children, name=node.name, widget=widget, **extra)


def _settings(node: Any, making: Making, path: str) -> tuple[Any, Making]:
    """The settings of the connector in the place of the node that stands for them."""
    if making.settings is None:
        raise NoFieldForThis(f"{path}: give the form the schema of the connector's settings")
    settings = making.settings.clone()
    settings.name, settings.title, settings.raw_title = node.name, node.title, node.title
    settings.missing = node.missing
    return settings, replace(making, is_partial=making.is_partial or node.settings_of[1])


def _widget_for(node: Any, making: Making, path: str) -> FormWidget:
    look, typ = making.look(path), node.typ
    if is_secret(node):
        return SecretWidget(node, look, may_be_null=making.is_partial)
    if isinstance(typ, colander.Mapping):
        if not node.children:
            raise NoFieldForThis(f"{path}: an object must name its fields")
        return MappingWidget(node, look)
    if isinstance(typ, colander.Sequence):
        return _list_widget(node, making, path)
    if isinstance(typ, Alternatives):
        return _alternatives(node, look, path)
    return _scalar_widget(node, look, path)


def _list_widget(node: Any, making: Making, path: str) -> FormWidget:
    look, item = making.look(path), node.children[0]
    _refuse_unknown_hints(item, path)
    choices = choices_of(node, look) or choices_of(item, look)
    if choices is not None:
        return ManyWidget(node, look, choices)
    if _is_address(item):
        return AddressListWidget(node, look)
    return ListWidget(node, look)


def _is_address(node: Any) -> bool:
    if isinstance(node.typ, Alternatives):
        return any(_is_address(child) for child in node.children)
    return bool(getattr(node, "address", False)) and isinstance(node.typ, colander.String)


def _alternatives(node: Any, look: Look, path: str) -> FormWidget:
    """An address, which may be written as a text; no other alternatives have a field."""
    if _is_address(node) and {json_kind(child) for child in node.children} == {str, dict}:
        return AddressWidget(node, look)
    raise NoFieldForThis(f"{path}: no field for these alternatives")


def _scalar_widget(node: Any, look: Look, path: str) -> FormWidget:
    choices = choices_of(node, look)
    if choices is None and isinstance(node.typ, colander.Boolean) and is_nullable(node):
        choices = ((True, _("Yes")), (False, _("No")))
    if choices is not None:
        return ChoiceWidget(node, look, choices)
    for typ, make in _BY_TYPE.items():
        if isinstance(node.typ, typ):
            return make(node, look)
    if not hasattr(node.typ, "from_json"):
        raise NoFieldForThis(f"{path}: no field for the type {type(node.typ).__name__}")
    is_text = hasattr(node.typ, "json_schema") and node.typ.json_schema(node).get("type") == "string"
    return TextWidget(node, look) if is_text else JsonWidget(node, look)


def _text_widget(node: Any, look: Look) -> FormWidget:
    for hint, widget in _BY_HINT.items():
        if getattr(node, hint, None):
            return widget(node, look)
    if hasattr(node, "file"):
        return FileWidget(node, look)
    return TextWidget(node, look)


_BY_HINT: Mapping[str, Callable[[Any, Look], FormWidget]] = MappingProxyType(
    {"address": AddressWidget, "rich_text": RichTextWidget}
)
_BY_TYPE: Mapping[type, Callable[[Any, Look], FormWidget]] = MappingProxyType(
    {
        colander.String: _text_widget,
        colander.Integer: NumberWidget,
        colander.Float: NumberWidget,
        colander.Boolean: SwitchWidget,
        colander.DateTime: MomentWidget,
        colander.Date: DateWidget,
    }
)


def _refuse_unknown_hints(node: Any, path: str) -> None:
    unknown = vars(node).keys() - _PLAIN_ATTRIBUTES - HINT_NAMES
    if unknown:
        raise NoFieldForThis(f"{path}: unknown hints {', '.join(sorted(unknown))}")
