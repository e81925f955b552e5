"""Scenarios as controls of a form name them: with the state in which they were shown, so that nobody's change is lost."""

from collections.abc import Iterable
from dataclasses import dataclass

from mailhub.contract.texts import _
from mailhub.errors import BadRequest

_GLUE = "~"
"""In no id, and as it is in an address."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A scenario in the state somebody saw it in."""

    scenario: str
    revision: str

    @property
    def token(self) -> str:
        return f"{self.scenario}{_GLUE}{self.revision}"

    @classmethod
    def read(cls, token: str) -> "Seen":
        """Raises ``BadRequest``."""
        return cls(*_parts(token, 2))


@dataclass(frozen=True, slots=True)
class Step:
    """An assignment that was just made. ``revision``: the scenario's after it; ``was``: its account before, "" for none."""

    scenario: str
    revision: str
    was: str

    @property
    def token(self) -> str:
        return _GLUE.join((self.scenario, self.revision, self.was))

    @classmethod
    def read(cls, token: str) -> "Step":
        """Raises ``BadRequest``."""
        return cls(*_parts(token, 3))


def _parts(token: str, count: int) -> list[str]:
    parts = token.split(_GLUE, count - 1)
    if len(parts) != count:
        raise BadRequest(_("The form cannot be read. Send it once more."))
    return parts


def read_all(tokens: Iterable[str]) -> list[Seen]:
    """Each scenario once. Raises ``BadRequest``."""
    return list({seen.scenario: seen for seen in map(Seen.read, tokens)}.values())
