"""Settings to be read: titles and values as the form has them, however deep they are; of secrets whether they are set."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mailhub.contract.texts import Text, _
from mailhub.schema_walk import is_secret

from .shared import own_first

Said = Callable[[Text], str]
"""A text in the reader's language."""


def settings_facts(schema: Any, stored: Mapping[str, Any], said: Said) -> Iterator[tuple[Text, str]]:
    """Of each setting that says something its title and its value; the connector's own come first."""
    for node in sorted(schema.children, key=lambda each: own_first(each.name)):
        if node.name in stored and (text := value_text(node, stored[node.name], said)):
            yield node.title, text


def value_text(node: Any, value: Any, said: Said) -> str:
    """A value as a reader of the form would say it; empty for none."""
    if is_secret(node):
        return said(_("Set") if value and value.get("is_set") else _("Not set"))
    match value:
        case None | "":
            return ""
        case list() | tuple():
            return _list_text(node, value, said)
        case dict() if node.children:
            return ", ".join(_parts(node, value, said))
    return _one_text(node, value, said)


def _list_text(node: Any, values: Any, said: Said) -> str:
    item = node.children[0]
    titles = dict(getattr(node, "choices", ()))
    texts = [said(titles[each]) if _is_in(titles, each) else value_text(item, each, said) for each in values]
    return ("; " if item.children else ", ").join(texts)


def _parts(node: Any, values: Mapping[str, Any], said: Said) -> Iterator[str]:
    for child in node.children:
        if text := value_text(child, values.get(child.name), said):
            yield f"{said(child.title)} {text}"


def _one_text(node: Any, value: Any, said: Said) -> str:
    titles = dict(getattr(node, "choices", ()))
    if _is_in(titles, value):
        return said(titles[value])
    text = plain_text(value, said)
    unit = getattr(node, "unit", "")
    return f"{text} {said(unit)}" if unit else text


def _is_in(titles: Mapping[Any, Text], value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and value in titles


def plain_text(value: Any, said: Said) -> str:
    """A value of which no schema is known, as while its connector is away."""
    match value:
        case bool():
            return said(_("Yes") if value else _("No"))
        case {"is_set": bool(is_set)}:
            return said(_("Set") if is_set else _("Not set"))
        case dict():
            return ", ".join(f"{name}: {plain_text(each, said)}" for name, each in value.items())
        case list() | tuple():
            return ", ".join(plain_text(each, said) for each in value)
    return said(value) if isinstance(value, str) else str(value).removesuffix(".0")
