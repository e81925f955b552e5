"""View policies: who may see which mail. Two steps, so that a list need not ask about every record (VP1-VP5)."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from .texts import Text

KindsAnswer = Literal["all", "none", "some"]


@dataclass(frozen=True, slots=True)
class RecordRef:
    """A record of the business application that a message belongs to."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Viewer:
    """The person who looks, as far as a policy may know."""

    user_id: str
    kind: str


class PolicyEvaluator(ABC):
    """Decides about other people's mail. A person's own mail is visible under every policy and is never asked about."""

    @abstractmethod
    def kinds(self, viewer: Viewer, kinds: frozenset[str]) -> KindsAnswer:
        """May the viewer see mail related to records of exactly these kinds (users left out)?

        ``all``: every such mail; ``none``: no such mail; ``some``: ask ``records`` for each. Called once per set of
        kinds and list. An exception counts as ``none``.
        """

    def records(self, viewer: Viewer, records: Sequence[RecordRef]) -> bool:
        """May the viewer see mail related to exactly these records? Asked only after ``some``; errors count as no."""
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyType:
    """Describes a view policy. Returned by ``mailhub_register_policies``."""

    id: str
    title: Text
    description: Text
    make: Callable[[], PolicyEvaluator]
    sort_order: int = 100
