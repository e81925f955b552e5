"""Randomness that a test can foresee."""

import random


class FakeEntropy:
    """Implements ``mailhub.entropy.Entropy``: the same seed gives the same bytes, numbers and ids in every run."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)

    def token_bytes(self, count: int) -> bytes:
        return self._random.randbytes(count)

    def uniform(self, low: float, high: float) -> float:
        return self._random.uniform(low, high)
