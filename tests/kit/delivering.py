"""A hub that delivers by a clock that the test moves, and ways to wait until it has nothing more to do now."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Condition
from typing import Any, TypeVar

from mailhub.accounts.model import Account, account_topic, accounts_of
from mailhub.contract.message import Address
from mailhub.delivery.runtime import LaneRuntime
from mailhub.delivery.worker import DeliveryWorker
from mailhub.messages.model import Message
from mailhub.store.root import HubRoot
from mailhub.store.shards import Shard
from mailhub.testing import FakeClock, FakeProvider
from tests.kit.hub import HubKit
from tests.unit.delivery.graph import Accept

T = TypeVar("T")
REAL_SECONDS = 20.0
LOOK_SECONDS = 0.005


@dataclass
class Act:
    """A write command made of a function."""

    function: Callable[[HubRoot, Shard], Any]
    note: str = "test"

    def check(self, root: HubRoot) -> None:
        """Nothing is in the way."""

    def apply(self, root: HubRoot, shard: Shard) -> Any:
        return self.function(root, shard)


@dataclass
class DeliveringKit:
    """``commits``: the topics of each commit since the hub was opened."""

    kit: HubKit
    clock: FakeClock
    commits: list[frozenset[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.kit.hub.writer.on_commit(self.commits.append)
        self._number = 0

    @classmethod
    def open(cls, folder: Path, *, clock: FakeClock | None = None, **values: Any) -> "DeliveringKit":
        used = clock or FakeClock()
        return cls(HubKit.open(folder, clock=used, **values), used)

    @property
    def provider(self) -> FakeProvider:
        return self.kit.provider

    @property
    def worker(self) -> DeliveryWorker:
        assert self.kit.hub.worker is not None
        return self.kit.hub.worker

    def start(self, only: str | None = None) -> None:
        self.kit.hub.start_delivery(only)

    def send(
        self,
        account_id: str = "sales",
        *,
        login: str = "ada",
        to: Iterable[str] = ("ada@example.com",),
        **values: Any,
    ) -> str:
        """A message that somebody has checked, in the lane that the hub chooses; its id."""
        self._number += 1
        owner_id = owner(login)
        with self.kit.hub.database.reading() as root:
            account = accounts_of(root).find(account_id)
            assert account is not None
            identity = owner_id if account.sends_as_user else ""
            lane = self.kit.hub.configs.lane_address(account, identity)
        return self.kit.hub.writer.execute(
            Accept(self._number, lane, owner_id, tuple(map(Address, to)), **values)
        )

    def send_many(self, count: int, account_id: str = "sales", **values: Any) -> list[str]:
        return [self.send(account_id, **values) for _number in range(count)]

    def status(self, message_id: str) -> str:
        return self.kit.status(message_id)

    def statuses(self, message_ids: Iterable[str]) -> list[str]:
        return sorted(map(self.status, message_ids))

    def message(self, message_id: str, function: Callable[[Message], T]) -> T:
        found: T = self.kit.read(message_id, function)
        return found

    def change_account(self, account_id: str, function: Callable[[Account], Any]) -> None:
        """Change an account or its state, and wake delivery, as a request does."""

        def change(root: HubRoot, shard: Shard) -> None:
            account = accounts_of(root).find(account_id)
            assert account is not None
            function(account)
            shard.wake(account_topic(account_id))

        self.kit.hub.writer.execute(Act(change))

    def set_account(self, account_id: str, **values: Any) -> None:
        """Give the account other settings of its own."""

        def change(account: Account) -> None:
            for name, value in values.items():
                setattr(account, name, value)
            account.revision += 1

        self.change_account(account_id, change)

    # -- waiting ---------------------------------------------------------------------------------------------------

    def settle(self, sending: int = 0) -> None:
        """Block until the worker has nothing to do before time goes on, but for so many sends that a gate holds up."""
        self._wait_for(lambda: is_quiet(self.worker, sending))

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        """Block until something in the worker is so; looked at whenever it has changed."""
        self._wait_for(is_so)

    def pass_seconds(self, seconds: float, sending: int = 0, step: float = 0.5) -> None:
        """Let time pass in small steps, and after each let everything happen that is due then."""
        left = seconds
        self.settle(sending)
        while left > 1e-9:
            # under the worker's lock, so that nobody computes a waiting time from before and waits from after
            with self.worker._changed:
                self.clock.advance(min(left, step))
            left -= step
            self.settle(sending)

    def pass_until(self, is_so: Callable[[], bool], step: float = 0.5) -> None:
        """Let time pass in small steps until something is so, whatever else goes on meanwhile."""
        for _try in range(1_000):
            with self.worker._changed:
                if is_so():
                    return
                self.clock.advance(step)
                self.worker._changed.wait(0.01)
        raise AssertionError(f"it does not come to be so: {_seen(self.worker)}")

    def _wait_for(self, is_so: Callable[[], bool]) -> None:
        """Not all that is looked at is told of, so it is looked at from time to time."""
        changed: Condition = self.worker._changed
        with changed:
            for _try in range(int(REAL_SECONDS / LOOK_SECONDS)):
                if is_so():
                    return
                changed.wait(LOOK_SECONDS)
        raise AssertionError(f"the worker does not come to rest: {_seen(self.worker)}")

    def close(self) -> None:
        self.kit.close()


def owner(login: str) -> str:
    """The id of somebody who sends."""
    return f"id-of-{login}"


def is_quiet(worker: DeliveryWorker, sending: int = 0) -> bool:
    """The dispatcher waits and nobody has told it anything, and so do its threads but for so many that send."""
    lanes = list(worker._lanes.values())
    again_at = worker._recorder.again_at
    is_stored = not worker._recorder.unrecorded or (
        again_at is not None and again_at > worker._clock.monotonic()
    )
    is_waiting = _waiting_on(worker._changed) == 1 and not worker._belonging.is_beating
    in_thread = sum(state.item is not None for lane in lanes for state in lane.sessions)
    return is_waiting and is_stored and in_thread == sending and all(map(_is_idle, lanes))


def _is_idle(lane: LaneRuntime) -> bool:
    idle = sum(state.item is None for state in lane.sessions)
    return not lane.is_busy and _waiting_on(lane.ready) == idle


def _waiting_on(condition: Any) -> int:
    """Threads that wait and have not been told to go on."""
    return len(condition._waiters)


def _seen(worker: DeliveryWorker) -> Any:
    return [
        (lane.id, lane.is_busy, lane.is_dirty, lane.wake_at, len(lane.queue), lane.sessions)
        for lane in worker._lanes.values()
    ], worker._recorder.unrecorded
