"""A hub with nothing but messages, which any number of writers put there."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from mailhub.contract.policy import KindsAnswer, PolicyEvaluator, PolicyType, RecordRef, Viewer
from mailhub.messages import ids, model
from mailhub.messages.indexes import index_new, partition_of
from mailhub.messages.model import Message, MessageContent, Related, messages_of
from mailhub.messages.transitions import move
from mailhub.people import model as people_model
from mailhub.people.identity import Identity
from mailhub.people.permissions import Permission
from mailhub.store.root import HubRoot
from mailhub.store.shards import Shard, ShardState
from mailhub.testing.clock import START, FakeClock
from mailhub.testing.entropy import FakeEntropy
from mailhub.visibility.service import MessageFilters, MessageReader

BOB = Identity(user_id="bob", login="bob", permissions=frozenset(Permission))
EVE = Identity(user_id="eve", login="eve", permissions=frozenset(Permission))
STEPS = {
    "draft": (),
    "queued": (),
    "sending": ("sending",),
    "sent": ("sending", "sent"),
    "failed": ("sending", "failed"),
    "in_doubt": ("sending", "in_doubt"),
    "cancelled": ("cancelled",),
}


class Policies:
    """The policies of a plugin host."""

    def __init__(self, evaluator: PolicyEvaluator | None = None) -> None:
        self._evaluator = evaluator

    def find_policy(self, _id: str) -> PolicyType | None:
        if self._evaluator is None:
            return None
        evaluator = self._evaluator
        return PolicyType(id="own", title="", description="", make=lambda: evaluator)


class Evaluator(PolicyEvaluator):
    """Answers what the test says; an exception is raised."""

    def __init__(self, kinds: Any = "none", records: Any = False) -> None:
        self.asked: list[frozenset[str]] = []
        self._kinds, self._records = kinds, records

    def kinds(self, viewer: Viewer, kinds: frozenset[str]) -> KindsAnswer:
        self.asked.append(kinds)
        if isinstance(self._kinds, Exception):
            raise self._kinds
        answer: KindsAnswer = self._kinds
        return answer

    def records(self, viewer: Viewer, records: Sequence[RecordRef]) -> bool:
        if isinstance(self._records, Exception):
            raise self._records
        answer: bool = self._records
        return answer


class MailKit:
    """Messages as writers of several processes store them."""

    def __init__(self, start: datetime = START) -> None:
        self.hub = HubRoot()
        model.install(self.hub)
        people_model.install(self.hub)
        self.clock = FakeClock(start)
        self._entropy = FakeEntropy()
        self._states: dict[int, ShardState] = {}

    def shard(self, writer: int = 1) -> Shard:
        state = self._states.setdefault(writer, ShardState())
        return Shard(writer, state, self.clock.now(), lambda topic: None)

    def put(
        self,
        status: str = "queued",
        *,
        owner: str = "bob",
        account: str = "sales",
        scenario: str = "default",
        related: Sequence[Related] = (),
        subject: str = "",
        to: Sequence[tuple[str, str]] = (),
        tags: Sequence[str] = (),
        writer: int = 1,
        changed_by: int | None = None,
        seconds: float = 1.0,
    ) -> str:
        """A message accepted now by a writer, brought to a status by ``changed_by``; then time passes. Returns its id."""
        shard = self.shard(writer)
        key = ids.make_key(shard.next_key(), shard.number)
        message = Message(
            ids.id_of(key, ids.random_part(self._entropy)),
            key,
            content=MessageContent(
                related=tuple((r.kind, r.id, r.title, r.url, r.relation) for r in related),
                subject=subject,
                to=tuple(to),
                tags=tuple(tags),
            ),
            scenario=scenario,
            account_id=account,
            lane_id=account,
            owner_id=owner,
            caller_id=owner,
            partition=partition_of(list(related)),
            created_at=ids.time_of(key),
            status="draft" if status == "draft" else "queued",
        )
        messages_of(self.hub).shard_at(ids.month_of(key), shard.number).messages[key] = message
        index_new(self.hub, shard, message)
        for event in STEPS[status]:
            move(self.hub, self.shard(changed_by or writer), message, event)
        self.clock.advance(seconds)
        return message.id

    def move(self, message_id: str, *events: str, writer: int = 1) -> None:
        for event in events:
            move(self.hub, self.shard(writer), self.find(message_id), event)

    def find(self, message_id: str) -> Message:
        message = messages_of(self.hub).find(message_id)
        assert message is not None
        return message

    def later(self, days: float) -> None:
        self.clock.advance(timedelta(days=days).total_seconds())

    def reader(self, identity: Identity = BOB, evaluator: PolicyEvaluator | None = None) -> MessageReader:
        host: Any = Policies(evaluator)
        return MessageReader(self.hub, identity, host, self.clock)

    def ids(self, identity: Identity = BOB, limit: int = 50, **filters: Any) -> list[str]:
        """All of a list, page by page."""
        found: list[str] = []
        below = None
        while True:
            page = self.reader(identity).list_messages(MessageFilters(**filters), limit, below)
            found += [each.id for each in page.messages]
            below = page.next_below
            if below is None:
                return found
