"""Randomness as mailhub passes it in: ids, tokens, jitter."""

import base64
import random
import secrets
from typing import Protocol


class Entropy(Protocol):
    """A source of unguessable bytes and of jitter."""

    def token_bytes(self, count: int) -> bytes:
        """Unguessable bytes."""
        ...

    def uniform(self, low: float, high: float) -> float:
        """A number between the two; for jitter only."""
        ...


class SystemEntropy:
    """The operating system's own randomness."""

    def token_bytes(self, count: int) -> bytes:
        return secrets.token_bytes(count)

    def uniform(self, low: float, high: float) -> float:
        return random.SystemRandom().uniform(low, high)


def text_token(entropy: Entropy, count: int) -> str:
    """``count`` random bytes as text of ``A-Za-z0-9_-``."""
    return base64.urlsafe_b64encode(entropy.token_bytes(count)).rstrip(b"=").decode("ascii")


def new_id(entropy: Entropy) -> str:
    """An id of 22 characters that nobody can guess (128 bits); it never begins with a hyphen."""
    while (token := text_token(entropy, 16)).startswith("-"):
        continue
    return token
