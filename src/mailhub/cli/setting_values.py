"""A connector's settings as arguments, made what its schema asks for."""

import getpass
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from mailhub.contract.texts import Text, _

from .exits import WRONG_USE, CommandEnded
from .files import read_secret

Schema = dict[str, Any]

YES = frozenset({"true", "yes", "on", "1"})
NO = frozenset({"false", "no", "off", "0"})


@dataclass(frozen=True, slots=True)
class SecretSources:
    """Which secret settings to ask for (or read from standard input, a line each), and which are in files."""

    asked: Sequence[str]
    files: Sequence[str]

    def read(self) -> dict[str, str]:
        """Raises ``CommandEnded``."""
        found = {key: read_secret(name) for key, name in map(_pair, self.files)}
        return found | {key: _ask(key) for key in self.asked}


def settings_of(schema: Schema, assignments: Iterable[str], secrets: SecretSources) -> dict[str, Any]:
    """The settings for the API, which judges them. Raises ``CommandEnded``.

    A value that cannot be what its schema asks for is left a text, which the API refuses with its place and a reason.
    """
    properties = schema.get("properties", {})
    given: dict[str, list[str]] = {}
    for key, value in map(_pair, assignments):
        if properties.get(key, {}).get("writeOnly"):
            raise CommandEnded(_secret_in_view(key), WRONG_USE)
        given.setdefault(key, []).append(value)
    typed = {key: _typed(key, properties.get(key, {}), values) for key, values in given.items()}
    return typed | secrets.read()


def _pair(text: str) -> tuple[str, str]:
    key, found, value = text.partition("=")
    if not key or not found:
        raise CommandEnded(_('"${text}" has not the form KEY=VALUE.', mapping={"text": text}), WRONG_USE)
    return key, value


def _secret_in_view(key: str) -> Text:
    return _(
        "${key} is a secret, and others could see it among the arguments. Use --secret ${key} or --secret-file ${key}=FILE.",
        mapping={"key": key},
    )


def _ask(key: str) -> str:
    if sys.stdin.isatty():
        return getpass.getpass(f"{key}: ")
    return sys.stdin.readline().removesuffix("\n").removesuffix("\r")


def _typed(key: str, schema: Schema, values: Sequence[str]) -> Any:
    kinds = schema.get("type", "string")
    allowed = {kinds} if isinstance(kinds, str) else set(kinds)
    if "array" in allowed:
        return _list(schema, values)
    if len(values) > 1:
        raise CommandEnded(_("${key} is given twice.", mapping={"key": key}), WRONG_USE)
    return _one(allowed, values[0])


def _list(schema: Schema, values: Sequence[str]) -> Any:
    """Each value is an item, or the only one is the whole list as JSON."""
    if len(values) == 1 and values[0].startswith("["):
        return _json(values[0])
    kinds = schema.get("items", {}).get("type", "string")
    return [_one({kinds} if isinstance(kinds, str) else set(kinds), value) for value in values]


def _one(allowed: set[str], value: str) -> Any:
    if "boolean" in allowed and value.casefold() in YES | NO:
        return value.casefold() in YES
    if "null" in allowed and not value:
        return None
    if allowed & {"integer", "number", "object"} and "string" not in allowed:
        return _json(value)
    return value


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
