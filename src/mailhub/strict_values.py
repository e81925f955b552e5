"""The strict pass: JSON values against a colander schema, nothing coerced, all mistakes at once.

colander alone takes "banana" for true, 3.7 for 3, and ignores what it does not know. Here a value must have exactly the
JSON type its node asks for; the node's own preparers and validators then see it as after ``deserialize``. Codes:
``schema.unknown_field``, ``schema.wrong_type``, ``schema.required``, ``settings.not_applicable``, a validator's own
(``mailhub.schema_errors``), else ``schema.invalid``.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import colander

from mailhub.contract.schema_hints import described_as
from mailhub.contract.texts import Text, _
from mailhub.errors import FieldError, Invalid
from mailhub.schema_errors import code_of
from mailhub.schema_types import WRONG_TYPE, Alternatives, check_texts, json_kind
from mailhub.schema_walk import (
    UNKNOWN,
    SettingsSchemas,
    applies,
    is_nullable,
    is_readonly,
    is_secret,
    missing_value,
)
from mailhub.strict_scalars import scalar_reader

MAX_ERRORS = 1000
_BAD = object()
_NEEDED = _("This is needed.")


def strict_values(
    schema: Any,
    value: Any,
    *,
    partial: bool = False,
    current: Mapping[str, Any] | None = None,
    pointer: str = "",
    settings_schemas: SettingsSchemas | None = None,
) -> Any:
    """The value that JSON ``value`` stands for. Raises ``Invalid`` with every mistake (at most 1,000), and with what of a
    mapping could be read (``Invalid.readable``).

    ``partial``: a mapping names only what is to change: nothing is required, no default filled in, nested mappings are
    whole; a secret given as ``{"is_set": ...}`` stays (is left out of the result), given as null is None; validators
    of the mapping itself are left to ``check_values`` on the merged values. ``current``: the stored values, which
    decide together with the new ones what applies. ``pointer``: where the value stands in what was sent.
    ``settings_schemas``: with it, nodes with the hint ``settings_of`` are checked too; their value stays as it is.
    """
    walk = _Walk(settings_schemas or {})
    result = walk.read(schema, value, pointer, partial=partial, current=current)
    walk.raise_errors(walk.readable)
    return result


def check_values(
    schema: Any, values: Mapping[str, Any], *, pointer: str = "", secrets_set: Collection[str] = ()
) -> None:
    """Run a mapping's own rules on merged values: what is required, what validators say, its own included.

    ``secrets_set``: secrets that are stored and not among the values. Raises ``Invalid`` with every mistake. Types are
    not looked at: the values have been read strictly before.
    """
    walk = _Walk({})
    walk.check(schema, values, pointer, secrets_set)
    walk.raise_errors()


def pointer_to(pointer: str, name: str | int) -> str:
    """The JSON Pointer (RFC 6901) one step further down."""
    return f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}"


class _Walk:
    """One pass; collects mistakes."""

    def __init__(self, settings_schemas: SettingsSchemas) -> None:
        self.errors: list[FieldError] = []
        self.readable: dict[str, Any] | None = None
        """What could be read of the mapping that was read last, which is the outermost."""
        self._settings_schemas = settings_schemas

    def raise_errors(self, readable: Mapping[str, Any] | None = None) -> None:
        if self.errors:
            raise Invalid(self.errors[:MAX_ERRORS], readable=readable)

    def read(
        self,
        node: Any,
        value: Any,
        pointer: str,
        *,
        partial: bool = False,
        current: Mapping[str, Any] | None = None,
    ) -> Any:
        """The Python value, or ``_BAD`` after its mistakes were noted."""
        if value is None:
            return self._null(node, pointer)
        before = len(self.errors)
        if isinstance(node.typ, colander.Mapping):
            result = self._mapping(node, value, pointer, partial, current)
        elif isinstance(node.typ, colander.Sequence):
            result = self._sequence(node, value, pointer)
        elif isinstance(node.typ, Alternatives):
            return self._alternative(node, value, pointer)
        else:
            result = self._scalar(node, value, pointer)
        if len(self.errors) > before:
            return _BAD
        return result if partial else self._validated(node, result, pointer)

    def check(self, node: Any, values: Mapping[str, Any], pointer: str, secrets_set: Collection[str]) -> None:
        for child in node.children:
            place, value = pointer_to(pointer, child.name), values.get(child.name)
            if not applies(node, child, values) or child.name in secrets_set:
                continue
            if value is not None:
                self._run_validators(child, value, place)
            elif child.required:
                self._refuse(place, "schema.required", _NEEDED)
        if not self.errors:
            self._run_validators(node, dict(values), pointer)

    def _refuse(self, pointer: str, code: str, message: Text) -> Any:
        self.errors.append(FieldError(pointer, code, message))
        return _BAD

    def _null(self, node: Any, pointer: str) -> Any:
        return None if is_nullable(node) else self._refuse(pointer, WRONG_TYPE, _("null is no value here."))

    def _scalar(self, node: Any, value: Any, pointer: str) -> Any:
        read = getattr(node.typ, "from_json", None) or scalar_reader(node.typ)
        return self._guarded(pointer, read, node, value)

    def _guarded(self, pointer: str, act: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return act(*arguments)
        except colander.Invalid as exc:
            self.errors.extend(_errors_of(exc, pointer))
            return _BAD

    def _validated(self, node: Any, value: Any, pointer: str) -> Any:
        if node.preparer is None and node.validator is None:
            return value
        for prepare in _listed(node.preparer):
            value = self._guarded(pointer, prepare, value)
            if value is _BAD:
                return _BAD
        return value if self._run_validators(node, value, pointer) else _BAD

    def _run_validators(self, node: Any, value: Any, pointer: str) -> bool:
        before = len(self.errors)
        for validator in validators_of(node):
            self._guarded(pointer, validator, node, value)
        return len(self.errors) == before

    def _sequence(self, node: Any, value: Any, pointer: str) -> Any:
        if not isinstance(value, list):
            return self._refuse(pointer, WRONG_TYPE, _("A list is needed here."))
        item = node.children[0]
        return [self.read(item, each, pointer_to(pointer, index)) for index, each in enumerate(value)]

    def _alternative(self, node: Any, value: Any, pointer: str) -> Any:
        fitting = [child for child in node.children if json_kind(child) is type(value)]
        if not fitting:
            return self._refuse(pointer, WRONG_TYPE, _("This type of value is not possible here."))
        result = self.read(fitting[0], value, pointer)
        return result if result is _BAD else self._validated(node, result, pointer)

    def _mapping(
        self, node: Any, value: Any, pointer: str, partial: bool, current: Mapping[str, Any] | None
    ) -> Any:
        if not isinstance(value, dict):
            return self._refuse(pointer, WRONG_TYPE, _("An object is needed here."))
        children = {child.name: child for child in node.children if not is_readonly(child)}
        known = {**(current or {}), **value} if partial or current else value
        result: dict[str, Any] = {}
        for name, child in children.items():
            place = pointer_to(pointer, name)
            is_applicable = self._applies(node, child, known, partial and current is None)
            if name in value:
                read = self._given(node, child, value, place, partial, is_applicable)
            else:
                read = UNKNOWN if partial else self._left_out(child, place, is_applicable)
            if read is not UNKNOWN and read is not _BAD:
                result[name] = read
        for name in value:
            if name not in children:
                self._refuse(
                    pointer_to(pointer, name), "schema.unknown_field", _("This field is not known here.")
                )
        self.readable = result if partial else _defaults(children) | result
        return result

    @staticmethod
    def _applies(node: Any, child: Any, known: Mapping[str, Any], is_blind: bool) -> bool:
        """``is_blind``: what was not given is not known, so defaults do not decide."""
        condition = getattr(child, "visible_when", None)
        if condition is None or (is_blind and condition[0] not in known):
            return True
        return applies(node, child, known)

    def _given(
        self, node: Any, child: Any, values: Mapping[str, Any], place: str, partial: bool, is_applicable: bool
    ) -> Any:
        value = values[child.name]
        if partial and is_secret(child):
            if _keeps(value):
                return UNKNOWN
            if value is None:
                return None
        if not is_applicable and value is not None:
            return self._refuse(
                place,
                "settings.not_applicable",
                _("This setting does not apply under the others that are chosen."),
            )
        if hasattr(child, "settings_of"):
            return self._connector_settings(child, value, values, place, partial)
        return self.read(child, value, place)

    def _left_out(self, child: Any, place: str, is_applicable: bool) -> Any:
        if child.required and is_applicable:
            self._refuse(place, "schema.required", _NEEDED)
        return missing_value(child)

    def _connector_settings(
        self, child: Any, value: Any, values: Mapping[str, Any], place: str, partial: bool
    ) -> Any:
        """Settings of a connector stay as they were sent; the subject that knows what is stored reads them again."""
        if value is None:
            return self._null(child, place)
        if not isinstance(value, dict):
            return self._refuse(place, WRONG_TYPE, _("An object is needed here."))
        self._guarded(place, check_texts, child, value)
        sibling, is_partial = child.settings_of
        connector = values.get(sibling)
        if isinstance(connector, str) and connector in self._settings_schemas:
            self.read(self._settings_schemas[connector](), value, place, partial=partial or is_partial)
        return value


def _defaults(children: Mapping[str, Any]) -> dict[str, Any]:
    values = ((name, missing_value(child)) for name, child in children.items())
    return {name: value for name, value in values if value is not UNKNOWN}


def validators_of(node: Any) -> Iterator[Any]:
    """A node's validators one by one, ``colander.All`` opened, a ``$`` in a pattern meaning the very end."""
    for validator in _listed(node.validator):
        parts = validator.validators if type(validator) is colander.All else [validator]
        for part in parts:
            yield part
            if isinstance(part, colander.Regex) and part.match_object.pattern.endswith("$"):
                yield _ends_without_newline


@described_as({})
def _ends_without_newline(node: Any, value: str) -> None:
    """Python's ``$`` also matches before a last line feed; JSON Schema's does not, and no header should."""
    if value.endswith("\n"):
        raise colander.Invalid(node, _("A line feed at the end is not allowed."))


def _listed(one_or_many: Any) -> list[Any]:
    if one_or_many is None:
        return []
    return list(one_or_many) if isinstance(one_or_many, (list, tuple)) else [one_or_many]


def _keeps(value: Any) -> bool:
    """``{"is_set": true}``, as secrets are read back (false: there is none, and none was given)."""
    return isinstance(value, dict) and list(value) == ["is_set"] and isinstance(value["is_set"], bool)


def _errors_of(exc: colander.Invalid, pointer: str) -> Iterator[FieldError]:
    """The mistakes in colander's tree, each with its place."""
    messages = [message for message in exc.messages() if message]
    if not messages and not exc.children:
        messages = [_("This value is not allowed.")]
    for message in messages:
        yield FieldError(pointer, code_of(exc), message)
    for child in exc.children:
        yield from _errors_of(child, pointer_to(pointer, child.pos if child.positional else child.node.name))
