"""From what was sent to the settings an account has afterwards: merged, whole, secrets apart (design decision 27).

Secrets are write-only: left out or ``{"is_set": true}`` keeps them, ``null`` or an empty text removes them. What does
not apply under the chosen settings goes: other settings back to their defaults, secrets for good.
"""

from collections.abc import Collection, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from mailhub.contract.texts import Text, _
from mailhub.errors import FieldError, Invalid
from mailhub.schema_walk import UNKNOWN, applies, is_secret, missing_value
from mailhub.strict_values import check_values, pointer_to, strict_values

from .addresses import AddressCheck

POINTER = "/settings"
KEPT = "********"
"""Stands for a stored secret where only its being there matters."""


@dataclass(frozen=True, slots=True)
class SettingsChange:
    """``values``: all settings but secrets. ``new_secrets``: given now, to be sealed. ``kept_secrets``: names of those
    that stay as they are stored. ``changed``: names of everything that is other than before. ``sends_as_user``: the
    connector's word for these settings, once it was asked."""

    values: dict[str, Any]
    new_secrets: dict[str, str] = field(repr=False)
    kept_secrets: frozenset[str]
    changed: frozenset[str]
    sends_as_user: bool = False

    def shown(self) -> dict[str, Any]:
        """The settings with something in the place of each secret, for rules that only ask whether it is there."""
        return {**self.values, **dict.fromkeys((*self.kept_secrets, *self.new_secrets), KEPT)}


def new_settings(schema: Any, given: Any, check_address: AddressCheck) -> SettingsChange:
    """The settings of a new account. Raises ``Invalid`` with every mistake, at ``/settings/...``."""
    values = strict_values(schema, given, pointer=POINTER)
    _check_addresses(schema, values, check_address)
    secrets = {name: values.pop(name) for name in _secrets_in(schema, values)}
    return SettingsChange(
        values, {name: value for name, value in secrets.items() if value}, frozenset(), frozenset()
    )


def changed_settings(
    schema: Any,
    given: Any,
    stored: Mapping[str, Any],
    secrets_set: Collection[str],
    check_address: AddressCheck,
) -> SettingsChange:
    """The settings of an account after a change of some. Raises ``Invalid`` with every mistake, at ``/settings/...``."""
    before = stored_settings(schema, stored)
    changes = strict_values(schema, given, partial=True, current=before, pointer=POINTER)
    _check_addresses(schema, changes, check_address)
    secrets = {name: changes.pop(name) for name in _secrets_in(schema, changes)}
    values = _only_what_applies(schema, {**before, **changes})
    appliable = {child.name for child in schema.children if applies(schema, child, values)}
    new = {name: value for name, value in secrets.items() if value and name in appliable}
    kept = frozenset(secrets_set) - secrets.keys() & appliable
    check_values(schema, {**values, **new}, pointer=POINTER, secrets_set=kept)
    gone = frozenset(secrets_set) - kept
    differing = {name for name in values.keys() | before.keys() if values.get(name) != before.get(name)}
    return SettingsChange(values, new, kept, frozenset(differing) | new.keys() | gone)


def stored_settings(schema: Any, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Stored settings that know every setting of today's schema, and none that it no longer has."""
    values: dict[str, Any] = {}
    for child in schema.children:
        value = stored.get(child.name, missing_value(child))
        if not is_secret(child) and value is not UNKNOWN:
            values[child.name] = deepcopy(value)
    return values


def secrets_needed_again(
    schema: Any, change: SettingsChange, stored: Mapping[str, Any]
) -> Iterator[FieldError]:
    """Kept secrets that were given for another server or user than the settings name now (``secret_bound_to``)."""
    before = stored_settings(schema, stored)
    for child in schema.children:
        bound_to = getattr(child, "secret_bound_to", ())
        if child.name in change.kept_secrets and any(
            change.values.get(name) != before.get(name) for name in bound_to
        ):
            yield FieldError(pointer_to(POINTER, child.name), "secret.needed_again", _AGAIN)


_AGAIN = _("The stored value was given for other settings. Enter it again.")


def _only_what_applies(schema: Any, values: dict[str, Any]) -> dict[str, Any]:
    """What does not apply goes back to its default; once more for what hung on that."""
    for _round in schema.children:
        before = dict(values)
        for child in schema.children:
            if child.name in values and not applies(schema, child, values):
                default = missing_value(child)
                del values[child.name]
                if default is not UNKNOWN:
                    values[child.name] = default
        if values == before:
            break
    return values


def _secrets_in(schema: Any, values: Mapping[str, Any]) -> list[str]:
    return [child.name for child in schema.children if is_secret(child) and child.name in values]


def _check_addresses(schema: Any, values: Mapping[str, Any], check_address: AddressCheck) -> None:
    """Settings with the hint ``address`` hold one; a list of allowed senders holds addresses and domains (SM10)."""
    errors = [
        FieldError(place, "address.invalid", problem)
        for place, text in _iter_addresses(schema, values)
        if (problem := check_address(text)) is not None
    ]
    errors += [
        FieldError(f"{POINTER}/allowed_senders/{number}", "address.invalid", problem)
        for number, text in enumerate(values.get("allowed_senders") or ())
        if (problem := _problem_of_allowed(text, check_address)) is not None
    ]
    if errors:
        raise Invalid(errors)


def _iter_addresses(schema: Any, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for child in schema.children:
        value = values.get(child.name)
        if getattr(child, "address", False) and isinstance(value, str) and value:
            yield pointer_to(POINTER, child.name), value


def _problem_of_allowed(text: str, check_address: AddressCheck) -> Text | None:
    """A domain is what makes an address behind any name."""
    local, at, domain = text.rpartition("@")
    return check_address(text if at and local else f"anybody@{domain}")
