"""The hub's graph without a database or a writer: write commands are applied to it one by one, by several writers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from mailhub.accounts import model as accounts_model
from mailhub.accounts.model import Account, accounts_of
from mailhub.contract.message import Address
from mailhub.delivery import model as delivery_model
from mailhub.delivery.claiming import ClaimMessages, ClaimResult
from mailhub.delivery.journal import WorkerFacts
from mailhub.delivery.membership import Join
from mailhub.delivery.model import Claim, Lane, delivery_of, lane_id_of
from mailhub.delivery.outgoing import ClaimedMessage
from mailhub.delivery.permits import Limit
from mailhub.delivery.queueing import LaneAddress, enqueue, ensure_lane, microseconds
from mailhub.delivery.recording import RecordAttempt
from mailhub.delivery.recovery import TakeOver, UncertainTerms
from mailhub.delivery.reports import AttemptReport, Failure
from mailhub.delivery.telling import tell
from mailhub.events import rows
from mailhub.events.cursor import EventCursor
from mailhub.events.rows import Event, iter_events
from mailhub.messages import ids
from mailhub.messages import model as messages_model
from mailhub.messages.indexes import index_new
from mailhub.messages.model import HistoryEntry, Message, MessageContent, mailbox, messages_of
from mailhub.messages.transitions import note
from mailhub.store.content import store_content
from mailhub.store.root import HubRoot
from mailhub.store.shards import Shard, ShardState

R = TypeVar("R")
INSTALLERS = (rows.install, accounts_model.install, messages_model.install, delivery_model.install)
START = datetime(2026, 11, 2, 8, tzinfo=UTC)


@dataclass
class Member:
    """A worker as the graph knows it."""

    id: str
    epoch: int


class Graph:
    """``now`` is the storage's clock; tests move it by ``pass_seconds``."""

    def __init__(self) -> None:
        self.root = HubRoot()
        for install in INSTALLERS:
            install(self.root)
        self.now = START
        self.woken: set[str] = set()
        self._states: dict[int, ShardState] = {}
        self._accepted = 0
        self.member = self.join("worker")

    # -- commands --------------------------------------------------------------------------------------------------

    def shard(self, writer: int = 1) -> Shard:
        state = self._states.setdefault(writer, ShardState())
        return Shard(writer, state, self.now, self.woken.add)

    def run(self, command: Any, writer: int = 1) -> Any:
        """Check and apply, as the writer does; a refusal is raised."""
        command.check(self.root)
        return command.apply(self.root, self.shard(writer))

    def pass_seconds(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def join(self, worker_id: str, lease_seconds: float = 30.0, *, is_exclusive: bool = True) -> Member:
        return Member(worker_id, self.run(Join(worker_id, lease_seconds, is_exclusive)))

    # -- accounts and messages -------------------------------------------------------------------------------------

    def account(self, account_id: str = "sales", **values: Any) -> Account:
        account = Account(
            account_id,
            connector="fake",
            name=account_id,
            address=f"{account_id}@example.com",
            settings=values.pop("settings", {}),
            secrets={},
            created_at=self.now,
            **{"rate_limit_per_minute": 0, **values},
        )
        accounts_of(self.root).add(account)
        return account

    def accept(
        self,
        account_id: str = "sales",
        *,
        identity: str = "",
        to: Iterable[str] = ("ada@example.com",),
        owner: str = "owner",
        writer: int = 1,
        limit_key: str | None = None,
        **values: Any,
    ) -> str:
        """A message that is accepted by this writer, without the checks of a caller; its id."""
        self._accepted += 1
        lane = LaneAddress(account_id, identity, limit_key or own_key(account_id, identity))
        command = Accept(self._accepted, lane, owner, tuple(map(Address, to)), **values)
        return command.apply(self.root, self.shard(writer))

    def message(self, message_id: str) -> Message:
        message = messages_of(self.root).find(message_id)
        assert message is not None
        return message

    def history(self, message_id: str) -> list[HistoryEntry]:
        return self.message(message_id).history_entries()

    def lane(self, account_id: str = "sales", identity: str = "") -> Lane:
        lane = delivery_of(self.root).find_lane(lane_id_of(account_id, identity))
        assert lane is not None
        return lane

    def limit(self, key: str | None = None) -> Limit:
        return delivery_of(self.root).limit_of(key or own_key("sales"))

    def events(self, *names: str) -> list[Event]:
        found = iter_events(self.root, EventCursor({}), 100_000)
        return [event for event in found if not names or event.name in names]

    # -- what a worker does ----------------------------------------------------------------------------------------

    def take_over(
        self,
        account_id: str = "sales",
        *,
        identity: str = "",
        member: Member | None = None,
        limit_key: str | None = None,
        facts: WorkerFacts | None = None,
        terms: UncertainTerms | None = None,
        in_hand: Iterable[str] = (),
    ) -> int | None:
        who = member or self.member
        lane_id = lane_id_of(account_id, identity)
        settled: int | None = self.run(
            TakeOver(
                limit_key=limit_key or self.lane(account_id, identity).limit_key,
                lane_ids=(lane_id,),
                worker_id=who.id,
                epoch=who.epoch,
                facts=facts or {},
                terms={lane_id: terms or UncertainTerms()},
                in_hand=frozenset(in_hand),
            )
        )
        return settled

    def claim(
        self,
        count: int = 10,
        account_id: str = "sales",
        *,
        identity: str = "",
        rate_limit: int = 0,
        **values: Any,
    ) -> ClaimResult:
        lane = self.lane(account_id, identity)
        held = delivery_of(self.root).limit_of(lane.limit_key)
        if (held.worker, held.epoch) != (self.member.id, self.member.epoch):
            self.take_over(account_id, identity=identity, in_hand=lane.claims.keys())
        account = accounts_of(self.root).find(account_id)
        fields: dict[str, Any] = {
            "lane_id": lane.id,
            "worker_id": self.member.id,
            "epoch": self.member.epoch,
            "account_revision": 0 if account is None else account.revision,
            "limit_key": lane.limit_key,
            "rate_limit": rate_limit,
            "count": count,
        }
        result: ClaimResult = self.run(ClaimMessages(**{**fields, **values}))
        return result

    def claimed_ids(self, *args: Any, **values: Any) -> list[str]:
        return [each.outgoing.id for each in self.claim(*args, **values).claimed]

    def record(self, item: ClaimedMessage, verdict: Any = "done", **values: Any) -> bool:
        """End an attempt; ``done`` with every recipient accepted unless ``answers`` say otherwise."""
        return bool(self.run(RecordAttempt(self.report(item, verdict, **values), self.member.id)))

    def report(self, item: ClaimedMessage, verdict: Any = "done", **values: Any) -> AttemptReport:
        accepted = tuple((each.address, "accepted", "250", "ok") for each in item.outgoing.recipients)
        fields: dict[str, Any] = {
            "lane_id": item.lane_id,
            "message_id": item.outgoing.id,
            "attempt": item.outgoing.attempt,
            "epoch": item.epoch,
            "verdict": verdict,
            "answers": accepted if verdict == "done" else (),
            "reply": "250 ok" if verdict == "done" else "",
            "failure": None
            if verdict in ("done", "hand_back")
            else Failure("delivery.test", "It failed.", "451 no"),
            "replied_at": microseconds(self.now),
            "telemetry_prefix": "fake",
        }
        return AttemptReport(**{**fields, **values})

    def claims(self, account_id: str = "sales", identity: str = "") -> dict[str, Claim]:
        return {key: Claim(*value) for key, value in self.lane(account_id, identity).claims.items()}


def own_key(account_id: str, identity: str = "") -> str:
    return f"lane:{lane_id_of(account_id, identity)}"


@dataclass(frozen=True)
class Accept:
    """Write command: take a small message that somebody has checked. Returns its id."""

    number: int
    lane: LaneAddress
    owner_id: str
    to: tuple[Address, ...] = (Address("ada@example.com"),)
    priority: str = "normal"
    send_at: datetime | None = None
    expires_at: datetime | None = None
    note: str = "accept"

    def check(self, hub: HubRoot) -> None:
        """Nothing is in the way."""

    def apply(self, hub: HubRoot, shard: Shard) -> str:
        key = ids.make_key(shard.next_key(), shard.number)
        message = Message(
            ids.id_of(key, self.number.to_bytes(10, "big")),
            key,
            content=self._content(shard.now),
            scenario="default",
            account_id=self.lane.account_id,
            lane_id=self.lane.lane_id,
            owner_id=self.owner_id,
            caller_id=self.owner_id,
            partition="",
            priority=self.priority,
            created_at=ids.time_of(key),
            queued_at=ids.time_of(key),
            send_at=self.send_at,
            expires_at=self.expires_at,
        )
        messages_of(hub).shard_at(ids.month_of(key), shard.number).messages[key] = message
        note(shard, message, "accepted")
        index_new(hub, shard, message)
        ensure_lane(hub, self.lane)
        enqueue(hub, shard, message, max(shard.now, self.send_at or shard.now))
        tell(hub, shard, message, "message.queued")
        return message.id

    def _content(self, now: datetime) -> MessageContent:
        return MessageContent(
            from_=mailbox(Address(f"{self.lane.account_id}@example.com")),
            envelope_from=f"{self.lane.account_id}@example.com",
            to=tuple(map(mailbox, self.to)),
            subject=f"Invoice {self.number}",
            text=store_content(b"Hello"),
            date=now,
            message_id=f"<{self.number}@example.com>",
            boundary_seed="5e" * 16,
        )
