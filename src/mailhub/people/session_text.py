"""What the cookie of a session holds: ``<id>.<secret>``. The hub keeps its SHA-256 digest only (V7.2.2, V7.2.3)."""

import re
from typing import Final

from mailhub.entropy import Entropy, text_token

_FORM: Final = re.compile(r"([A-Za-z0-9_-]{22})\.[A-Za-z0-9_-]{43}")


def new_session_text(id: str, entropy: Entropy) -> str:
    """A text that nobody can guess (256 bits), for the session of this id."""
    return f"{id}.{text_token(entropy, 32)}"


def find_session_id(text: str) -> str | None:
    """The id in a cookie's text; None for what is none."""
    match = _FORM.fullmatch(text)
    return None if match is None else match[1]
