"""Many messages in one call: each judged by itself, the good ones taken in one transaction (api.md, ``/messages/batch``)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mailhub.answers import Answered
from mailhub.errors import HubError, StorageUnavailable
from mailhub.store.root import HubRoot
from mailhub.store.writer import Shard

from .draft_writes import CreateDraft
from .writes import AcceptMessage

Taking = AcceptMessage | CreateDraft
"""A command that takes one message."""

PresentProblem = Callable[[HubError], Mapping[str, Any]]
"""How a door tells of a refusal, status included."""


@dataclass(frozen=True, slots=True)
class BatchTaken:
    """What became of a batch: 200 with a result for each item, in order."""

    answer: Answered


@dataclass(frozen=True, slots=True)
class AcceptBatch:
    """Write command: take the messages of a batch. ``items``: a command, or why there is none.

    An item that is refused at this moment is answered so, and the others are taken: one commit, all good ones or none.
    """

    items: tuple[Taking | HubError, ...]
    present_problem: PresentProblem
    note: str = "accept batch"

    def check(self, hub: HubRoot) -> None:
        return None

    def apply(self, hub: HubRoot, shard: Shard) -> BatchTaken:
        return BatchTaken(Answered(200, {"results": [self._take(hub, shard, item) for item in self.items]}))

    def _take(self, hub: HubRoot, shard: Shard, item: Taking | HubError) -> dict[str, Any]:
        if isinstance(item, HubError):
            return self._refused(item)
        try:
            item.check(hub)
        except HubError as refused:
            return self._refused(refused)
        answer = item.apply(hub, shard).answer
        return {"status": answer.status, "message": answer.body, "problem": None}

    def _refused(self, refused: HubError) -> dict[str, Any]:
        problem = self.present_problem(refused)
        return {"status": problem["status"], "message": None, "problem": problem}


def is_for_one_item(refused: HubError) -> bool:
    """True for a refusal that concerns its item; a database that is gone concerns the whole call."""
    return not isinstance(refused, StorageUnavailable)
