"""Checks what a plugin's ``register_`` hooks returned, before any of it is used."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import colander

from mailhub.contract.body import RendererType
from mailhub.contract.connector import Capabilities, ConnectorType, Preset
from mailhub.contract.policy import PolicyType
from mailhub.contract.scenario import ScenarioSpec
from mailhub.contract.texts import Text, _

from .report import PluginProblem
from .settings_schema import iter_faults

T = TypeVar("T")

ID = re.compile(r"[a-z][a-z0-9-]{0,62}")
SchemaCheck = Callable[[colander.SchemaNode], object]
"""A further check of a settings schema, for instance the OpenAPI converter; raises when it cannot use it."""


def checked(kind: type[T], returned: Iterable[Any] | None, check_schema: SchemaCheck | None) -> tuple[T, ...]:
    """The descriptors of one kind that a hook returned. Raises ``PluginProblem`` for the first that cannot be used."""
    descriptors = tuple(_of_kind(kind, each) for each in returned or ())
    for descriptor in descriptors:
        try:
            _check(descriptor, check_schema)
        except PluginProblem as problem:
            raise _at(descriptor, problem.message) from problem
    return descriptors


def _of_kind(kind: type[T], value: object) -> T:
    if not isinstance(value, kind):
        raise PluginProblem(
            _(
                "A hook returned ${found} where ${expected} belongs.",
                mapping={"found": type(value).__name__, "expected": kind.__name__},
            )
        )
    return value


def _at(descriptor: object, message: Text) -> PluginProblem:
    mapping = {
        "kind": type(descriptor).__name__,
        "id": str(getattr(descriptor, "id", "")),
        "reason": message,
    }
    return PluginProblem(_("${kind} ${id}: ${reason}", mapping=mapping))


def _check(descriptor: object, check_schema: SchemaCheck | None) -> None:
    match descriptor:
        case ConnectorType():
            _check_named(descriptor.id, descriptor.title, descriptor.description)
            _check_callable(descriptor, "make", "settings_schema", "sends_as_user", "limit_key", "notices")
            _check_connector(descriptor)
            _check_settings_schema(descriptor, check_schema)
        case PolicyType() | RendererType():
            _check_named(descriptor.id, descriptor.title, descriptor.description)
            _check_callable(descriptor, "make")
        case ScenarioSpec():
            _check_named(descriptor.id, descriptor.title)


def _check_named(id: object, *texts: object) -> None:
    if not isinstance(id, str) or not ID.fullmatch(id):
        raise PluginProblem(_("An id is up to 63 of a-z, 0-9 and -, and begins with a letter."))
    if not all(isinstance(text, str) and text.strip() for text in texts):
        raise PluginProblem(_("Title and description are texts and not empty."))


def _check_callable(descriptor: object, *names: str) -> None:
    for name in names:
        if not callable(getattr(descriptor, name)):
            raise PluginProblem(_("${name} must be a function.", mapping={"name": name}))


def _check_connector(connector: ConnectorType) -> None:
    if not isinstance(connector.logo, bytes):
        raise PluginProblem(_("The logo must be the bytes of an SVG or PNG picture."))
    if not isinstance(connector.capabilities, Capabilities):
        raise PluginProblem(_("The capabilities must be Capabilities."))
    if not all(isinstance(each, Preset) for each in connector.presets):
        raise PluginProblem(_("Each preset must be a Preset."))
    if not _are_names(connector.check_steps) or not connector.check_steps:
        raise PluginProblem(_("check_steps must name at least one step."))
    if connector.default_on_uncertain not in ("resend", "hold"):
        raise PluginProblem(_("default_on_uncertain must be resend or hold."))
    if not _is_count(connector.default_rate_limit_per_minute) or type(connector.sort_order) is not int:
        raise PluginProblem(_("A rate limit is a whole number from 0, a sort order a whole number."))


def _are_names(names: Sequence[str]) -> bool:
    return isinstance(names, tuple) and all(isinstance(each, str) and each for each in names)


def _is_count(number: object) -> bool:
    return type(number) is int and number >= 0


def _check_settings_schema(connector: ConnectorType, check_schema: SchemaCheck | None) -> None:
    schema = connector.settings_schema()
    for fault in iter_faults(schema):
        raise PluginProblem(_("The settings schema cannot be used: ${fault}", mapping={"fault": fault}))
    if check_schema is not None:
        check_schema(schema)
