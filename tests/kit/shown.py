"""Whether an answer is the one that a page shows, which leaves out what is another each time."""

import re
from collections.abc import Iterator
from typing import Any

ANYTHING = "..."
_TIMES = (
    re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"),
    re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT"),
)
"""RFC 3339, and as headers have it (RFC 9110, 5.6.7)."""
_LEFT_OUT = re.compile(r"(\.\.\.|\$[A-Z][A-Z0-9_]*)")
_MEASURED = frozenset({"duration_seconds"})


def differences(shown: Any, given: Any, names: dict[str, str], at: str = "") -> Iterator[str]:
    """What is not as it is shown. A name seen the first time is put into ``names`` with what was given there."""
    if shown == ANYTHING:
        return
    if isinstance(shown, str) and isinstance(given, str):
        if not is_text(shown, given, names):
            yield f"{at}: {given!r} is not {shown!r}"
    elif type(shown) is not type(given):
        yield f"{at}: {given!r} is not {shown!r}"
    elif isinstance(shown, dict):
        yield from _members(shown, given, names, at)
    elif isinstance(shown, list):
        yield from _items(shown, given, names, at)
    elif shown != given and at.rpartition("/")[2] not in _MEASURED:
        yield f"{at}: {given!r} is not {shown!r}"


def _members(shown: dict[str, Any], given: dict[str, Any], names: dict[str, str], at: str) -> Iterator[str]:
    for name, value in shown.items():
        if name in given:
            yield from differences(value, given[name], names, f"{at}/{name}")
        else:
            yield f"{at}/{name}: it is not there"


def _items(shown: list[Any], given: list[Any], names: dict[str, str], at: str) -> Iterator[str]:
    """``"..."`` at the end of a list stands for any number of further ones."""
    goes_on = shown[-1:] == [ANYTHING]
    shown = shown[:-1] if goes_on else shown
    if len(given) < len(shown) or (len(given) > len(shown) and not goes_on):
        yield f"{at}: {len(given)} instead of {len(shown)}"
        return
    for number, value in enumerate(shown):
        yield from differences(value, given[number], names, f"{at}/{number}")


def is_text(shown: str, given: str, names: dict[str, str]) -> bool:
    """Whether a text is the one shown: a time for a time, anything for ``...``, its value for a ``$NAME``."""
    for form in _TIMES:
        if form.fullmatch(shown):
            return form.fullmatch(given) is not None
    parts = _LEFT_OUT.split(shown)
    found = re.fullmatch("".join(_pattern(each, names) for each in parts), given, re.DOTALL)
    if found is not None:
        names.update(found.groupdict())
    return found is not None


def _pattern(part: str, names: dict[str, str]) -> str:
    if part == ANYTHING:
        return ".*"
    if not _LEFT_OUT.fullmatch(part):
        return re.escape(part)
    name = part[1:]
    return re.escape(names[name]) if name in names else rf"(?P<{name}>[A-Za-z0-9._~-]+)"
