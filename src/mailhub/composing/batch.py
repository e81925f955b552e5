"""Many messages in one call: each judged by itself, the good ones taken in one transaction (api.md, ``/messages/batch``)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mailhub.answers import Answered
from mailhub.errors import HubError, StorageUnavailable
from mailhub.store.root import HubRoot
from mailhub.store.writer import Shard

from .draft_writes import CreateDraft
from .writes import AcceptMessage, ConfigurationChanged

Taking = AcceptMessage | CreateDraft
"""A command that takes one message."""

PresentProblem = Callable[[HubError], Mapping[str, Any]]
"""How a door tells of a refusal, status included."""


@dataclass(frozen=True, slots=True)
class BatchTaken:
    """What became of a batch: 200 with a result for each item, in order."""

    answer: Answered


class AcceptBatch:
    """Write command: take the messages of a batch. ``items``: a command, or why there is none.

    An item that is refused at this moment is answered so, and the others are taken: one commit, all good ones or none.
    ``may_be_asked_again``: refuse all of it by ``ConfigurationChanged`` where an item was checked against a configuration
    that has changed since; else that too is the item's own refusal.
    """

    note = "accept batch"

    def __init__(
        self,
        items: tuple[Taking | HubError, ...],
        present_problem: PresentProblem,
        *,
        may_be_asked_again: bool = False,
    ) -> None:
        self._items = items
        self._present_problem = present_problem
        self._may_be_asked_again = may_be_asked_again
        self._checked: list[Taking | HubError] = []

    def check(self, hub: HubRoot) -> None:
        """What it finds holds for ``apply``, which follows in the same transaction."""
        self._checked = [self._check(hub, item) for item in self._items]

    def _check(self, hub: HubRoot, item: Taking | HubError) -> Taking | HubError:
        if isinstance(item, HubError):
            return item
        try:
            item.check(hub)
        except HubError as refused:
            if self._may_be_asked_again and isinstance(refused, ConfigurationChanged):
                raise
            return refused
        return item

    def apply(self, hub: HubRoot, shard: Shard) -> BatchTaken:
        return BatchTaken(
            Answered(200, {"results": [self._take(hub, shard, item) for item in self._checked]})
        )

    def _take(self, hub: HubRoot, shard: Shard, item: Taking | HubError) -> dict[str, Any]:
        if isinstance(item, HubError):
            return self._refused(item)
        answer = item.apply(hub, shard).answer
        return {"status": answer.status, "message": answer.body, "problem": None}

    def _refused(self, refused: HubError) -> dict[str, Any]:
        problem = self._present_problem(refused)
        return {"status": problem["status"], "message": None, "problem": problem}


def is_for_one_item(refused: HubError) -> bool:
    """True for a refusal that concerns its item; a database that is gone concerns the whole call."""
    return not isinstance(refused, StorageUnavailable)
