"""A hub that delivers nothing by itself, whose messages a test puts into the state it wants."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from mailhub.accounts.model import Account, accounts_of
from mailhub.delivery.claiming import ClaimMessages, ClaimResult
from mailhub.delivery.membership import Join
from mailhub.delivery.model import Claim, Lane, delivery_of, lane_id_of
from mailhub.delivery.queueing import microseconds
from mailhub.delivery.recording import RecordAttempt
from mailhub.delivery.reports import AttemptReport
from mailhub.messages.model import Message, messages_of
from mailhub.store.root import HubRoot
from mailhub.store.writer import Shard
from mailhub.testing import FakeClock
from tests.kit.hub import Api
from tests.unit.accounts.service.kit import AccountsKit, open_kit


@dataclass(frozen=True)
class Act:
    """A write command made of a function."""

    function: Callable[[HubRoot, Shard], Any]
    note: str = "test"

    def check(self, root: HubRoot) -> None:
        return None

    def apply(self, root: HubRoot, shard: Shard) -> Any:
        return self.function(root, shard)


class DeliveryKit:
    """Time stands still until the test moves it. ``api``: calls as a user with all permissions."""

    def __init__(self, folder: Path, *plugins: object, **settings: Any) -> None:
        self.clock = FakeClock()
        self.kit: AccountsKit = open_kit(folder, *plugins, clock=self.clock, **settings)
        self.api: Api = self.kit.user("ada")
        self._epoch: int | None = None

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def close(self) -> None:
        self.kit.close()

    def send(self, account_id: str, api: Api | None = None, **values: Any) -> str:
        """A message that waits in this account; its id."""
        message_id: str = (api or self.api).send(202, account=account_id, **values).json["id"]
        return message_id

    def write(self, function: Callable[[HubRoot, Shard], Any]) -> Any:
        return self.kit.hub.writer.execute(Act(function))

    def account(self, account_id: str, function: Callable[[Account], Any]) -> Any:
        return self.kit.stored(account_id, function)

    def exists(self, account_id: str) -> bool:
        return self.kit.look(lambda root: accounts_of(root).find(account_id) is not None)

    def message(self, message_id: str, function: Callable[[Message], Any]) -> Any:
        return self.kit.read(message_id, function)

    def status(self, message_id: str) -> str:
        return self.kit.status(message_id)

    def claim(
        self, account_id: str, *, identity: str = "", count: int = 10, rate_limit: int = 0
    ) -> ClaimResult:
        """Claim as a worker does: ``count`` messages of the lane of this identity."""
        if self._epoch is None:
            self._epoch = self.kit.hub.writer.execute(Join("worker", 600.0, True))
        epoch, lane_id = self._epoch, lane_id_of(account_id, identity)

        def hold(root: HubRoot, shard: Shard) -> str:
            lane = delivery_of(root).find_lane(lane_id)
            assert lane is not None
            limit = delivery_of(root).limit_of(lane.limit_key)
            limit.worker, limit.epoch = "worker", epoch
            return lane.limit_key

        limit_key = self.write(hold)
        revision = self.account(account_id, lambda account: account.revision)
        command = ClaimMessages(lane_id, "worker", epoch, revision, limit_key, rate_limit, count)
        result: ClaimResult = self.kit.hub.writer.execute(command)
        return result

    def record(self, account_id: str, message_id: str, verdict: Any = "done", identity: str = "") -> None:
        """End the attempt at a claimed message."""
        epoch, lane_id = self._epoch, lane_id_of(account_id, identity)
        assert epoch is not None
        attempt = self.message(message_id, lambda message: message.attempts)
        accepted = self.message(
            message_id,
            lambda message: tuple(
                (recipient.address, "accepted", "250", "ok")
                for recipient, _state in message.recipient_states()
            ),
        )
        report = AttemptReport(
            lane_id=lane_id,
            message_id=message_id,
            attempt=attempt,
            epoch=epoch,
            verdict=verdict,
            answers=accepted if verdict == "done" else (),
            delay_seconds=60.0,
            replied_at=microseconds(self.now),
        )
        assert self.kit.hub.writer.execute(RecordAttempt(report, "worker"))

    def lane(self, account_id: str, identity: str = "") -> Callable[[Callable[[Lane], Any]], Any]:
        def look(function: Callable[[Lane], Any]) -> Any:
            def found(root: HubRoot) -> Any:
                lane = delivery_of(root).find_lane(lane_id_of(account_id, identity))
                assert lane is not None
                return function(lane)

            return self.kit.look(found)

        return look

    def change_lane(
        self, account_id: str, function: Callable[[Lane, Shard], Any], identity: str = ""
    ) -> None:
        def change(root: HubRoot, shard: Shard) -> None:
            lane = delivery_of(root).find_lane(lane_id_of(account_id, identity))
            assert lane is not None
            function(lane, shard)

        self.write(change)

    def stop_lane(self, account_id: str, identity: str = "") -> None:
        """A person's sign-in was refused."""

        def stop(lane: Lane, shard: Shard) -> None:
            lane.attention = ("account.authentication_failed", "Refused.", shard.now, "Sign in.")

        self.change_lane(account_id, stop, identity)

    def in_seconds(self, seconds: float) -> datetime:
        return self.now + timedelta(seconds=seconds)


def claim_of(lane: Lane, message_id: str) -> Claim:
    return Claim(*lane.claims[message_id])


def find_message(root: HubRoot, message_id: str) -> Message:
    message = messages_of(root).find(message_id)
    assert message is not None
    return message


@contextmanager
def opened(folder: Path, **settings: Any) -> Iterator[DeliveryKit]:
    made = DeliveryKit(folder, **settings)
    try:
        yield made
    finally:
        made.close()
