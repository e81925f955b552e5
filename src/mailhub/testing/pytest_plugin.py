"""The pytest plugin that comes with mailhub: fixtures for whoever tests a plugin. Turn it off by ``-p no:mailhub``.

Everything is imported when it is first used, so that measuring coverage of mailhub itself stays right.
"""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .clock import FakeClock
    from .entropy import FakeEntropy


@pytest.fixture
def fake_clock() -> "FakeClock":
    """A clock that stands still until the test moves it."""
    from .clock import FakeClock

    return FakeClock()


@pytest.fixture
def fake_entropy() -> "FakeEntropy":
    """Randomness that is the same in every run."""
    from .entropy import FakeEntropy

    return FakeEntropy()
