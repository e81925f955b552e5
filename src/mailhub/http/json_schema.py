"""JSON Schema (2020-12) out of colander schemas: exactly what the strict pass takes, and what replies hold.

One class serves three uses. ``request``: what may be sent (read-only nodes left out, secrets write-only). ``partial``:
the same where only changes are named. ``reply``: what is read back: every node is there unless its ``missing`` is
``colander.drop`` or it may not apply; secrets are ``{"is_set": bool}``.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal

import colander

from mailhub.contract.schema_hints import HINT_NAMES
from mailhub.contract.texts import TranslationString, plain
from mailhub.schema_types import Alternatives
from mailhub.schema_walk import SettingsSchemas, is_nullable, is_readonly, is_secret, may_be_empty
from mailhub.strict_scalars import MAX_INTEGER

from .validator_schemas import Undescribed, constraints_of

Use = Literal["request", "partial", "reply"]
Keywords = dict[str, Any]

IS_SET: Mapping[str, Any] = MappingProxyType(
    {
        "type": "object",
        "properties": {"is_set": {"type": "boolean"}},
        "required": ["is_set"],
        "additionalProperties": False,
    }
)

_PLAIN_ATTRIBUTES = frozenset(vars(colander.SchemaNode(colander.String(), title="", missing=None))) | {
    "name",
    "default",
    "preparer",
    "validator",
    "description",
    "missing_msg",
    "insert_before",
}
_SHOWN_HINTS = (
    "unit",
    "multiline",
    "choices",
    "address",
    "file",
    "rich_text",
    "placeholder",
    "visible_when",
    "secret_bound_to",
)


def json_schema_of(schema: Any, use: Use = "request") -> Keywords:
    """The JSON Schema of a schema that holds no other connector's settings (``GET /connectors``).

    Raises ``Undescribed`` for a type, validator or hint that nothing describes.
    """
    return JsonSchemas({}).of(schema, use)


class JsonSchemas:
    """Makes JSON Schemas and collects those with a name, for one set of connectors."""

    def __init__(self, settings_schemas: SettingsSchemas) -> None:
        self.components: dict[str, Keywords] = {}
        self._settings_schemas = settings_schemas
        self._owners: dict[str, Any] = {}

    def reference(self, factory: Callable[[], Any], use: Use) -> Keywords:
        """A reference to the component of this schema, made on first use. The component's name is the factory's."""
        name = _component_name(factory, use)
        if self._owners.setdefault(name, factory) is not factory:
            raise Undescribed(f"two schemas are named {name}")
        if name not in self.components:
            self.components[name] = self._titled_variants(factory(), use, name)
        return {"$ref": f"#/components/schemas/{name}"}

    def of(self, node: Any, use: Use) -> Keywords:
        """The JSON Schema of a node, with all beneath it."""
        _refuse_unknown_hints(node)
        if is_secret(node) and use == "reply":
            return {**_annotations(node), **IS_SET}
        schema = self._typed(node, use)
        for constraint in constraints_of(node):
            if use != "reply" or "enum" in constraint:
                schema = _joined(schema, constraint)
        if is_nullable(node):
            schema = or_null(schema)
        if is_secret(node):
            schema = {**schema, "writeOnly": True}
        return {**_annotations(node), **schema}

    def _typed(self, node: Any, use: Use) -> Keywords:
        if isinstance(node.typ, colander.Mapping):
            return self._mapping(node, use)
        if isinstance(node.typ, colander.Sequence):
            return {"type": "array", "items": self.of(node.children[0], _whole(use))}
        if isinstance(node.typ, Alternatives):
            return {"anyOf": [self.of(child, _whole(use)) for child in node.children]}
        if hasattr(node.typ, "json_schema"):
            return dict(node.typ.json_schema(node))
        converter = _SCALARS.get(type(node.typ))
        if converter is None:
            raise Undescribed(f"node {node.name!r}: nothing describes the type {type(node.typ).__name__}")
        schema = converter(node)
        return (
            schema
            if use != "reply"
            else {name: schema[name] for name in ("type", "format") if name in schema}
        )

    def _mapping(self, node: Any, use: Use) -> Keywords:
        if not node.children or node.typ.unknown == "preserve":
            raise Undescribed(f"node {node.name!r}: an object must name its fields (or be a JsonObject)")
        children = [child for child in node.children if use == "reply" or not is_readonly(child)]
        schema: Keywords = {
            "type": "object",
            "properties": {child.name: self._property(child, use) for child in children},
        }
        if required := [child.name for child in children if _is_required(child, use)]:
            schema["required"] = required
        if use != "reply":
            schema["additionalProperties"] = False
        conditions = [_condition(node, child, use) for child in children if _is_conditional(child)]
        if use != "reply" and conditions:
            schema["allOf"] = conditions
        return schema

    def _property(self, child: Any, use: Use) -> Keywords:
        if hasattr(child, "settings_of"):
            _refuse_unknown_hints(child)
            return {**_annotations(child), **self._any_settings(child, use)}
        schema = self.of(child, _whole(use))
        if use == "partial" and is_secret(child):
            return {**_annotations(child), "anyOf": [or_null(schema), dict(IS_SET)]}
        return schema

    def _any_settings(self, child: Any, use: Use) -> Keywords:
        """Settings of some connector; which one, the component's variants say."""
        schemas = [self._settings_of(connector, child, use) for connector in sorted(self._settings_schemas)]
        schema: Keywords = {"anyOf": schemas} if schemas else {"type": "object", "additionalProperties": True}
        return or_null(schema) if is_nullable(child) else schema

    def _settings_of(self, connector: str, child: Any, use: Use) -> Keywords:
        use = "partial" if use == "request" and child.settings_of[1] else use
        name = f"Settings.{connector}{_SUFFIXES[use]}"
        if name not in self.components:
            self.components[name] = self.of(self._settings_schemas[connector](), use)
        return {"$ref": f"#/components/schemas/{name}"}

    def _titled_variants(self, node: Any, use: Use, name: str) -> Keywords:
        """A component; one with settings beside the connector's name becomes ``oneOf`` its connectors' variants."""
        schema = self.of(node, use)
        for child in node.children:
            sibling = getattr(child, "settings_of", ("",))[0]
            if sibling in schema.get("properties", {}) and self._settings_schemas:
                return self._variants(schema, child, sibling, use, name)
        return schema

    def _variants(self, schema: Keywords, child: Any, sibling: str, use: Use, name: str) -> Keywords:
        references: dict[str, str] = {}
        for connector in sorted(self._settings_schemas):
            settings = self._settings_of(connector, child, use)
            variant = _narrowed(schema, {sibling: {"const": connector}, child.name: settings})
            references[connector] = self._add(f"{name}.{connector}", variant)
        one_of = [{"$ref": reference} for reference in references.values()]
        if use == "reply":
            one_of.append({"$ref": self._missing_connector(schema, child, sibling, name)})
        return {"oneOf": one_of, "discriminator": {"propertyName": sibling, "mapping": references}}

    def _missing_connector(self, schema: Keywords, child: Any, sibling: str, name: str) -> str:
        """An account stays readable while its connector is not installed."""
        others = {"type": "string", "not": {"enum": sorted(self._settings_schemas)}}
        any_settings = {"type": "object", "additionalProperties": True}
        return self._add(f"{name}.missing", _narrowed(schema, {sibling: others, child.name: any_settings}))

    def _add(self, name: str, schema: Keywords) -> str:
        self.components[name] = schema
        return f"#/components/schemas/{name}"


_SUFFIXES: Mapping[str, str] = MappingProxyType({"request": "", "partial": "Changes", "reply": "Reply"})


def _component_name(factory: Any, use: Use) -> str:
    name: str = factory.__name__
    return name if name.endswith(_SUFFIXES[use]) else name + _SUFFIXES[use]


def _whole(use: Use) -> Use:
    """What is below the fields that a PATCH names is given whole."""
    return "request" if use == "partial" else use


def _narrowed(schema: Keywords, properties: Mapping[str, Keywords]) -> Keywords:
    return {**schema, "properties": {**schema["properties"], **properties}}


def or_null(schema: Keywords) -> Keywords:
    """The schema, or null."""
    if isinstance(schema.get("type"), str) and not {"enum", "allOf", "anyOf", "const"} & schema.keys():
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def _joined(schema: Keywords, constraint: Keywords) -> Keywords:
    """Both at once; a keyword that is there already is asked for beside it. ``minLength`` takes the larger."""
    if schema.keys() & constraint.keys() <= {"minLength", "minimum", "maximum"}:
        bounds = {
            name: (min if name == "maximum" else max)(schema[name], constraint[name])
            for name in schema.keys() & constraint.keys()
        }
        return {**schema, **constraint, **bounds}
    return {**schema, "allOf": [*schema.get("allOf", []), constraint]}


def _is_required(child: Any, use: Use) -> bool:
    if use == "reply":
        return child.missing is not colander.drop and not _is_conditional(child)
    return use == "request" and child.missing is colander.required and not _is_conditional(child)


def _is_conditional(child: Any) -> bool:
    return hasattr(child, "visible_when")


def _condition(node: Any, child: Any, use: Use) -> Keywords:
    """``visible_when``: where it does not hold, nothing but null may be given; where it holds, what is needed is.

    A change tells whether it holds only if it names the other field.
    """
    name, values = child.visible_when
    if use == "partial":
        fails = {"required": [name], "properties": {name: {"not": {"enum": list(values)}}}}
        return {"if": fails, "then": _not_applicable(child, use)}
    holds: Keywords = {"properties": {name: {"enum": list(values)}}}
    if node[name].missing not in values:
        holds["required"] = [name]
    needed = {"then": {"required": [child.name]}} if child.missing is colander.required else {}
    return {"if": holds, **needed, "else": _not_applicable(child, use)}


def _not_applicable(child: Any, use: Use) -> Keywords:
    """Null is no value, where it is allowed; neither is keeping a secret."""
    if use == "partial" and is_secret(child):
        return {"properties": {child.name: {"anyOf": [{"type": "null"}, dict(IS_SET)]}}}
    return {"properties": {child.name: {"type": "null"} if is_nullable(child) else False}}


def _annotations(node: Any) -> Keywords:
    texts = (node.description, getattr(node, "help", ""))
    hints = {name: _plain_value(getattr(node, name)) for name in _SHOWN_HINTS if hasattr(node, name)}
    annotations = {
        "title": plain(node.title) if "raw_title" in vars(node) else "",
        "description": " ".join(plain(text) for text in texts if text),
        "examples": [node.example] if hasattr(node, "example") else [],
        "x-hints": hints,
    }
    found = {name: value for name, value in annotations.items() if value}
    return {**found, **_default(node)}


def _default(node: Any) -> Keywords:
    is_plain = isinstance(node.missing, (str, int, float, bool, list, dict, tuple))
    return {"default": _plain_value(node.missing)} if is_plain else {}


def _plain_value(value: Any) -> Any:
    """As JSON has it: texts in English, tuples as lists."""
    if isinstance(value, TranslationString):
        return plain(value)
    if isinstance(value, (tuple, list, frozenset)):
        return [_plain_value(each) for each in value]
    return value


def _refuse_unknown_hints(node: Any) -> None:
    unknown = vars(node).keys() - _PLAIN_ATTRIBUTES - HINT_NAMES
    if unknown:
        raise Undescribed(f"node {node.name!r}: unknown hints {', '.join(sorted(unknown))}")


def _text(node: Any) -> Keywords:
    return {"type": "string"} if may_be_empty(node) else {"type": "string", "minLength": 1}


_SCALARS: Mapping[type, Callable[[Any], Keywords]] = MappingProxyType(
    {
        colander.String: _text,
        colander.Integer: lambda _node: {"type": "integer", "minimum": -MAX_INTEGER, "maximum": MAX_INTEGER},
        colander.Float: lambda _node: {"type": "number"},
        colander.Boolean: lambda _node: {"type": "boolean"},
        colander.DateTime: lambda _node: {"type": "string", "format": "date-time"},
        colander.Date: lambda _node: {"type": "string", "format": "date"},
    }
)
