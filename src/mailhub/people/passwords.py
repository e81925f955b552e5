"""Passwords: hashing, the rules a new one must keep, and those the hub makes up (ASVS V6.2, V11.4.2).

Anything of 8 to 1,024 characters is a password, spaces and every script included, but not what everybody else uses too.
Nothing is cut off and nothing trimmed. Passwords are compared in Unicode's form NFC, so that an accent typed on one
machine is the same on another (RFC 8265).
"""

import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Final

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

from mailhub.contract.texts import Text, _
from mailhub.entropy import Entropy

SHORTEST: Final = 8
LONGEST: Final = 1_024
CONCURRENT_VERIFICATIONS: Final = 4

_ALPHABET: Final = "abcdefghijkmnpqrstuvwxyz23456789"
"""32 signs of which no two look alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HashProfile:
    """What one argon2id hash costs; stored in each hash, so that it can be raised later."""

    memory_kib: int
    time_cost: int
    parallelism: int


OWASP_PROFILE: Final = HashProfile(memory_kib=46 * 1_024, time_cost=1, parallelism=1)
CHEAPEST_PROFILE: Final = HashProfile(memory_kib=8, time_cost=1, parallelism=1)
"""For tests; protects nothing."""


class PasswordHasher:
    """Hashes and verifies. At most four at a time, in all threads: each takes the profile's memory."""

    def __init__(self, profile: HashProfile, entropy: Entropy) -> None:
        self._entropy = entropy
        self._turn = BoundedSemaphore(CONCURRENT_VERIFICATIONS)
        self._argon2 = argon2.PasswordHasher(
            time_cost=profile.time_cost, memory_cost=profile.memory_kib, parallelism=profile.parallelism
        )
        self._nobodys_hash = self.hash(entropy.token_bytes(16).hex())

    def hash(self, password: str) -> str:
        """The hash to store, with its salt and parameters."""
        with self._turn:
            return self._argon2.hash(_bytes_of(password), salt=self._entropy.token_bytes(16))

    def verify(self, password: str, stored: str | None) -> bool:
        """True if the stored hash was made from this password.

        With None, for a user who is not there or has no password, it takes the same time and is False (V6.3.8).
        """
        with self._turn:
            try:
                self._argon2.verify(stored or self._nobodys_hash, _bytes_of(password))
            except (VerificationError, InvalidHashError):
                return False
        return stored is not None

    def is_outdated(self, stored: str) -> bool:
        """True if the hash was made with other parameters than today's."""
        return self._argon2.check_needs_rehash(stored)


def _bytes_of(password: str) -> bytes:
    # a lone surrogate, which only JSON can bring, must not become a way to raise an error
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


class PasswordRules:
    """What a password that a person chooses must keep. ``common``: passwords in lower case that are too well known."""

    def __init__(self, common: Collection[str]) -> None:
        self._common = frozenset(common)

    def find_problem(self, password: str, *, login: str) -> Text | None:
        """The first rule it breaks, as a sentence; None when it breaks none."""
        return next(self._iter_problems(password, login), None)

    def _iter_problems(self, password: str, login: str) -> Iterator[Text]:
        if len(password) < SHORTEST:
            yield _("Use at least ${count} characters.", mapping={"count": SHORTEST})
        if len(password) > LONGEST:
            yield _("Use at most ${count} characters.", mapping={"count": LONGEST})
        if any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in password):
            yield _("A password cannot hold control characters.")
        if password.casefold() in self._common:
            yield _("Many people use this password. Choose another one.")
        if password.casefold() == login.casefold():
            yield _("The password must not be the login. Choose another one.")


def common_passwords() -> frozenset[str]:
    """The passwords that everybody tries first: 30,000 in lower case, from zxcvbn's lists (MIT licence).

    Reading them takes about 50 ms: ask once, at start.
    """
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(each for each in FREQUENCY_LISTS["passwords"] if len(each) >= SHORTEST)


def one_time_password(entropy: Entropy) -> str:
    """A password for the first sign-in: four groups of five signs, 100 bits."""
    signs = [_ALPHABET[byte % len(_ALPHABET)] for byte in entropy.token_bytes(20)]
    return "-".join("".join(signs[start : start + 5]) for start in range(0, 20, 5))
