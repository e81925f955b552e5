"""Checks a connector's settings schema when the plugin is loaded, so that a typing mistake shows at start.

Every door is generated from this schema (form, strict JSON pass, OpenAPI), so it may hold only what they all know.
"""

import re
from collections.abc import Iterator

import colander

from mailhub.contract.schema_hints import HINT_NAMES
from mailhub.contract.texts import plain

KNOWN_TYPES = (
    colander.Mapping,
    colander.Sequence,
    colander.String,
    colander.Integer,
    colander.Float,
    colander.Boolean,
    colander.Date,
    colander.DateTime,
)
_COLANDER = frozenset(
    {
        "_order",
        "after_bind",
        "bindings",
        "children",
        "default",
        "description",
        "insert_before",
        "missing",
        "missing_msg",
        "name",
        "preparer",
        "raw_title",
        "required_msg",
        "schema_type",
        "title",
        "typ",
        "validator",
        "widget",
    }
)
_NAME = re.compile(r"[a-z][a-z0-9_]*")
Path = tuple[str, ...]


def iter_nodes(schema: colander.SchemaNode, path: Path = ()) -> Iterator[tuple[Path, colander.SchemaNode]]:
    """All nodes beneath a schema, each with its path; a list's item is named ``*``."""
    is_list = isinstance(schema.typ, colander.Sequence)
    for child in schema.children:
        here = (*path, "*" if is_list else child.name)
        yield here, child
        yield from iter_nodes(child, here)


def iter_faults(schema: object) -> Iterator[str]:
    """What is wrong with a settings schema, a sentence each; nothing when it can be used."""
    if not isinstance(schema, colander.SchemaNode) or not isinstance(schema.typ, colander.Mapping):
        yield "the settings schema is not a colander mapping"
        return
    for path, node in iter_nodes(schema):
        place = ".".join(path)
        for fault in (
            *_faults_of_form(path, node),
            *_faults_of_hints(node),
            *_faults_of_visibility(schema, path),
        ):
            yield f"{place}: {fault}"


def _faults_of_form(path: Path, node: colander.SchemaNode) -> Iterator[str]:
    if path[-1] != "*" and not _NAME.fullmatch(node.name):
        yield "a setting's name is made of a-z, 0-9 and _"
    if type(node.typ) not in KNOWN_TYPES and not _describes_itself(node.typ):
        yield f"type {type(node.typ).__name__} has no place in a form and in OpenAPI"
    if isinstance(node.typ, colander.Sequence) and len(node.children) != 1:
        yield "a list has exactly one kind of item"
    if len(path) > 1 and getattr(node, "secret", False):
        yield "a secret stands by itself, not inside another setting"
    if node.widget is not None:
        yield "a widget does not belong here; give a hint"


def _describes_itself(typ: object) -> bool:
    """A type of one's own that says what JSON it takes is known to all doors."""
    return hasattr(typ, "from_json") and hasattr(typ, "json_schema")


def _faults_of_hints(node: colander.SchemaNode) -> Iterator[str]:
    for name in sorted(vars(node).keys() - _COLANDER - HINT_NAMES):
        yield f"unknown hint {name}"
    for value, _title in getattr(node, "choices", ()):
        yield from _faults_of_value(node, value, "choice")
    if hasattr(node, "example"):
        yield from _faults_of_value(node, node.example, "example")


def _faults_of_value(node: colander.SchemaNode, value: object, what: str) -> Iterator[str]:
    try:
        node.deserialize(value)
    except colander.Invalid as error:
        yield f"the {what} {value!r} is not valid: {'; '.join(plain(each) for each in error.messages())}"


def _faults_of_visibility(schema: colander.SchemaNode, path: Path) -> Iterator[str]:
    parent = schema
    for name in path[:-1]:
        parent = parent.children[0] if name == "*" else parent[name]
    node = parent.children[0] if path[-1] == "*" else parent[path[-1]]
    names = {sibling.name for sibling in parent.children}
    setting, _values = getattr(node, "visible_when", ("", ()))
    if setting and setting not in names:
        yield f"visible_when names {setting}, which is not beside it"
    for bound in getattr(node, "secret_bound_to", ()):
        if bound not in names:
            yield f"the secret is bound to {bound}, which is not beside it"
