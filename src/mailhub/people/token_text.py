"""A token as its bearer has it: ``mh_<id>_<secret>``. The hub keeps its SHA-256 digest only (api.md, ASVS V9)."""

import hashlib
import hmac
import re
from typing import Final

from mailhub.entropy import Entropy, text_token

_FORM: Final = re.compile(r"mh_([A-Za-z0-9_-]{22})_[A-Za-z0-9_-]{43}")


def new_token_text(id: str, entropy: Entropy) -> str:
    """A text that nobody can guess (256 bits), for the token of this id."""
    return f"mh_{id}_{text_token(entropy, 32)}"


def find_token_id(text: str) -> str | None:
    """The id in a token's text; None for what is no token."""
    match = _FORM.fullmatch(text)
    return None if match is None else match[1]


def digest_of(text: str) -> bytes:
    """What is stored of a token: enough to know it, not enough to use it."""
    return hashlib.sha256(text.encode("ascii")).digest()


def is_text_of(text: str, digest: bytes) -> bool:
    """Compares in a time that tells nothing."""
    return hmac.compare_digest(digest_of(text), digest)
