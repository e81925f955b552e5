"""Numbers as people write them, by language."""

import re

_ENGLISH_GROUPS = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_BLANKS = re.compile("[\\s\u00a0\u202f']")
_WHOLE = re.compile(r"[+-]?[0-9]{1,30}")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,400}(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_COMMA_LANGUAGES = frozenset({"fr", "de", "es", "it", "nl", "pt"})


def read_number(text: str, locale: str) -> int | float | None:
    """The number, None when it is none. Blanks between digits do not count; French has a decimal comma.

    ``1,000`` is a thousand in English and one in French.
    """
    plain = _BLANKS.sub("", text)
    if locale.split("-", maxsplit=1)[0] in _COMMA_LANGUAGES:
        plain = plain.replace(",", ".")
    elif _ENGLISH_GROUPS.fullmatch(plain):
        plain = plain.replace(",", "")
    if _WHOLE.fullmatch(plain):
        return int(plain)
    return float(plain) if _DECIMAL.fullmatch(plain) else None


def show_number(value: float, locale: str) -> str:
    """The number to be edited: all its digits, none grouped."""
    text = repr(value).removesuffix(".0")
    return text.replace(".", ",") if locale.split("-", maxsplit=1)[0] in _COMMA_LANGUAGES else text
