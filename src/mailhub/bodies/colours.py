"""Colours that mail programs do not know (M2)."""

import re

_OPAQUE = re.compile(
    r"\brgba\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*1(?:\.0*)?\s*\)", re.IGNORECASE
)


def with_plain_colours(html: str) -> str:
    """The HTML with ``rgba(r, g, b, 1)`` as ``rgb(r, g, b)``; what is not opaque stays."""
    return _OPAQUE.sub(r"rgb(\1, \2, \3)", html)
