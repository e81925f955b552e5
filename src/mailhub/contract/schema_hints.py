"""Hints that a pure colander schema gives to forms, to the API and to the OpenAPI document.

A hint is a keyword of the node::

    colander.SchemaNode(colander.String(), name="password", title=_("Password"), **secret(bound_to=("server", "user_name")))

Known hints: ``secret``, ``secret_bound_to``, ``unit``, ``multiline``, ``choices``, ``address``, ``file``, ``rich_text``,
``visible_when``, ``help``, ``placeholder``, ``example``, ``readonly``, ``nullable``, ``settings_of``. The hub's own
converter refuses unknown ones, so a typing mistake shows at start.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from .texts import Text

HINT_NAMES = frozenset(
    {
        "secret",
        "secret_bound_to",
        "unit",
        "multiline",
        "choices",
        "address",
        "file",
        "rich_text",
        "visible_when",
        "help",
        "placeholder",
        "example",
        "readonly",
        "nullable",
        "settings_of",
    }
)

Hint = dict[str, Any]
V = TypeVar("V", bound=Callable[..., None])


def secret(*, bound_to: Sequence[str] = ()) -> Hint:
    """A value that is stored encrypted and never read back.

    ``bound_to``: settings this secret was given for; when one of them changes, a check must be given it anew.
    """
    return {"secret": True, "secret_bound_to": tuple(bound_to)}


def unit(name: Text) -> Hint:
    """The unit of a number, shown beside the field (``per minute``, ``seconds``)."""
    return {"unit": name}


def multiline() -> Hint:
    """A text of several lines."""
    return {"multiline": True}


def choice(*values: tuple[str, Text]) -> Hint:
    """One of a few values, each with its title; give the node ``colander.OneOf`` over the same values."""
    return {"choices": tuple(values)}


def address() -> Hint:
    """An e-mail address."""
    return {"address": True}


def file(*content_types: str) -> Hint:
    """A file chosen by the person; the value is the id of an upload."""
    return {"file": tuple(content_types)}


def rich_text() -> Hint:
    """HTML that is written in an editor."""
    return {"rich_text": True}


def visible_when(setting: str, *values: object) -> Hint:
    """The node applies only while another node of the same mapping has one of these values.

    A value given although the node does not apply is refused with ``settings.not_applicable``.
    """
    return {"visible_when": (setting, tuple(values))}


def help_text(text: Text) -> Hint:
    """A sentence beneath the field."""
    return {"help": text}


def example(value: object) -> Hint:
    """A value that stands in the documentation; it must be valid."""
    return {"example": value}


def nullable() -> Hint:
    """``null`` is a value here; a node whose ``missing`` is None says so already."""
    return {"nullable": True}


def settings_of(sibling: str, *, partial: bool = False) -> Hint:
    """The node holds the settings of the connector that this sibling names; give it ``colander.Mapping()``.

    ``partial``: settings may be left out (they are stored already), and secrets may be kept.
    """
    return {"settings_of": (sibling, partial)}


def described_as(json_schema: Mapping[str, Any]) -> Callable[[V], V]:
    """Tell OpenAPI what a validator of one's own demands, as JSON Schema keywords; ``{}`` if they cannot say it::

        @described_as({"pattern": "^[a-z]+$"})
        def lower_case(node, value): ...

    A validator that is neither colander's nor described fails at start.
    """

    def attach(validator: V) -> V:
        setattr(validator, "json_schema", dict(json_schema))  # noqa: B010  # a function has no such attribute for mypy
        return validator

    return attach
