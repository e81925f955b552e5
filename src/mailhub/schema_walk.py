"""Reading a colander schema and the hints on its nodes."""

import copy
from collections.abc import Callable, Collection, Mapping
from typing import Any

import colander

SettingsSchemas = Mapping[str, Callable[[], colander.SchemaNode]]
"""The settings schema of each connector."""

UNKNOWN = object()
"""The value of a setting that is neither given nor known."""


def is_secret(node: Any) -> bool:
    return bool(getattr(node, "secret", False))


def is_readonly(node: Any) -> bool:
    return bool(getattr(node, "readonly", False))


def is_nullable(node: Any) -> bool:
    """``null`` is a value: ``missing`` is None, or the hint ``nullable``."""
    return node.missing is None or bool(getattr(node, "nullable", False))


def secrets_of(schema: Any) -> tuple[str, ...]:
    """The names of a mapping's secret settings."""
    return tuple(child.name for child in schema.children if is_secret(child))


def may_be_empty(node: Any) -> bool:
    """An empty text is a value: the type allows it, or it is the default, which can be read and so must be writable."""
    return bool(getattr(node.typ, "allow_empty", False)) or node.missing == ""


def missing_value(node: Any) -> Any:
    """What stands for a value that was left out: a copy of ``missing``, or ``UNKNOWN`` without one."""
    if node.missing is colander.required or node.missing is colander.drop:
        return UNKNOWN
    return list(node.missing) if isinstance(node.missing, tuple) else copy.deepcopy(node.missing)


def applies(schema: Any, child: Any, values: Mapping[str, Any]) -> bool:
    """Whether a setting applies under the others (hint ``visible_when``), theirs being ``values`` or else defaults.

    True when the other's value is not known.
    """
    condition = getattr(child, "visible_when", None)
    if condition is None:
        return True
    name, wanted = condition
    value = values[name] if name in values else missing_value(schema[name])
    return value is UNKNOWN or value in wanted


def present_settings(schema: Any, stored: Mapping[str, Any], secrets_set: Collection[str]) -> dict[str, Any]:
    """Settings as they are read back: defaults filled in, secrets as ``{"is_set": ...}``, what does not apply left out."""
    shown: dict[str, Any] = {}
    for child in schema.children:
        if not applies(schema, child, stored):
            continue
        if is_secret(child):
            shown[child.name] = {"is_set": child.name in secrets_set}
        elif (value := stored.get(child.name, missing_value(child))) is not UNKNOWN:
            shown[child.name] = value
    return shown
