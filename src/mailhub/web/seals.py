"""Texts that go through an address and come back: whoever makes up a link for somebody must not make them up too."""

import hashlib
import hmac
from typing import Final

_GLUE: Final = "~"
_SEAL_CHARACTERS: Final = 24


def sealed(text: str, key: bytes, whose: str) -> str:
    """The text with a seal, for this person alone."""
    return f"{text}{_GLUE}{_seal(text, key, whose)}"


def find_opened(sealed_text: str, key: bytes, whose: str) -> str | None:
    """The text; None where its seal is not ours, or for somebody else."""
    text, _glue, seal = sealed_text.rpartition(_GLUE)
    expected = _seal(text, key, whose)
    return text if hmac.compare_digest(seal.encode("utf-8", "surrogatepass"), expected.encode()) else None


def _seal(text: str, key: bytes, whose: str) -> str:
    told = f"{whose}\0{text}".encode("utf-8", "surrogatepass")
    return hmac.new(key, b"seal\0" + told, hashlib.sha256).hexdigest()[:_SEAL_CHARACTERS]
