"""Real threads, real time, a real file: many messages over several lanes while everything fails at random."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from threading import Event, Lock

import pytest

from mailhub.contract.connector import Connector, SendingSession, SessionContext, Step
from mailhub.contract.errors import Permanent, Throttled, Transient, Uncertain
from mailhub.contract.message import Address, OutgoingMessage
from mailhub.contract.outcome import RecipientOutcome, RecipientStatus, SendOutcome
from mailhub.delivery.model import delivery_of
from mailhub.delivery.queueing import LaneAddress
from mailhub.delivery.retry import RetrySchedule
from mailhub.delivery.worker import WorkerSettings
from mailhub.messages.indexes import counted
from mailhub.messages.model import messages_of
from tests.functional.test_delivery_faults import OddPlugin
from tests.kit.hub import HubKit
from tests.unit.delivery.graph import Accept, own_key

MESSAGES = 2_000
LANES = 5
LIMIT_SECONDS = 60.0
UNENDED = ("queued", "sending")
SEED = 20261102
ANSWERS: tuple[RecipientStatus, ...] = ("accepted", "deferred", "refused")


class Unreliable(SendingSession):
    """Takes mail as it likes; ``accepted`` counts what it took, by message and recipient."""

    def __init__(self, provider: "UnreliableProvider", context: SessionContext) -> None:
        self._provider = provider
        self._context = context

    def send(self, message: OutgoingMessage) -> SendOutcome:
        return self._provider.take(message, self._context)


class UnreliableProvider:
    def __init__(self) -> None:
        self._random = Random(SEED)
        self._lock = Lock()
        self.accepted: Counter[tuple[str, str]] = Counter()

    def take(self, message: OutgoingMessage, context: SessionContext) -> SendOutcome:
        with self._lock:
            chance = self._random.random()
        if chance < 0.05:
            raise Transient("busy")
        if chance < 0.06:
            raise RuntimeError("a bug of the connector")
        if chance < 0.065:
            raise Throttled("slower", retry_after_seconds=0.001)
        if chance < 0.09:
            raise Permanent("never")
        context.hand_over(message)
        if chance < 0.11:
            raise Uncertain("lost")
        return SendOutcome(tuple(self._answer(message, each.address) for each in message.recipients))

    def _answer(self, message: OutgoingMessage, address: str) -> RecipientOutcome:
        with self._lock:
            (status,) = self._random.choices(ANSWERS, [0.9, 0.08, 0.02])
            if status == "accepted":
                self.accepted[(message.id, address)] += 1
        return RecipientOutcome(address, status, "250")


class UnreliableConnector(Connector):
    def __init__(self, provider: UnreliableProvider) -> None:
        self._provider = provider

    def open_session(self, context: SessionContext) -> SendingSession:
        return Unreliable(self._provider, context)

    def send(self, message: OutgoingMessage, context: SessionContext) -> SendOutcome:
        return self._provider.take(message, context)

    def check(self, message: OutgoingMessage | None, context: SessionContext) -> Iterator[Step]:
        yield Step("send", "ok")


@pytest.fixture
def provider() -> UnreliableProvider:
    return UnreliableProvider()


@pytest.fixture
def kit(tmp_path: Path, provider: UnreliableProvider, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubKit]:
    odd = OddPlugin()
    monkeypatch.setattr(
        "tests.functional.test_delivery_faults.Odd", lambda _plugin: UnreliableConnector(provider)
    )
    made = HubKit.open(tmp_path, plugins=[odd], store_uri="file://", retry_first_seconds=1.0)
    for number in range(LANES):
        made.account(f"lane{number}", connector="odd", concurrency_limit=number % 3 + 1, max_attempts=20)
    yield made
    made.close()


def start_worker(kit: HubKit) -> None:
    """A worker that tries again at once."""
    hub = kit.hub
    hub.start_delivery()
    assert hub.worker is not None
    settings: WorkerSettings = hub.worker._settings
    hub.worker._settings = replace(settings, schedule=RetrySchedule(0.01, 0.05))


def waiting(kit: HubKit) -> int:
    """How many messages have not come to an end, by the counters."""
    with kit.hub.database.reading() as root:
        names = [("account", f"lane{each}", status, "") for each in range(LANES) for status in UNENDED]
        return sum(counted(root, name, name) for name in names)


def test_every_message_ends_once_and_the_counts_are_exact(kit: HubKit, provider: UnreliableProvider) -> None:
    kit.user("ada")
    start_worker(kit)
    owner, random = kit.user_id("ada"), Random(SEED)
    futures = []
    for number in range(MESSAGES):
        account_id = f"lane{number % LANES}"
        lane = LaneAddress(account_id, "", own_key(account_id))
        to = tuple(Address(f"r{each}@example.com") for each in range(random.choice([1, 1, 3])))
        command = Accept(number, lane, owner, to)
        futures.append(kit.hub.writer.submit(command))
    ids = [future.result(30) for future in futures]
    wait_until_all_ended(kit)
    check_ends(kit, provider, ids)


def wait_until_all_ended(kit: HubKit) -> None:
    worker, never = kit.hub.worker, Event()
    assert worker is not None
    ends_at = kit.hub.clock.monotonic() + LIMIT_SECONDS
    while waiting(kit) or worker.health().unrecorded:
        assert kit.hub.clock.monotonic() < ends_at, f"{waiting(kit)} messages did not come to an end"
        never.wait(0.1)


def check_ends(kit: HubKit, provider: UnreliableProvider, ids: list[str]) -> None:
    statuses: Counter[str] = Counter()
    with kit.hub.database.reading() as root:
        for message_id in ids:
            message = messages_of(root).find(message_id)
            assert message is not None
            statuses[message.status] += 1
            for recipient, state in message.recipient_states():
                taken = provider.accepted[(message_id, recipient.address)]
                assert taken == (state.outcome == "accepted"), message.history
        for status in (*UNENDED, "failed", "in_doubt"):
            names = [("account", f"lane{each}", status, "") for each in range(LANES)]
            assert sum(counted(root, name, name) for name in names) == statuses[status]
        assert not any(len(lane.claims) for lane in delivery_of(root).lanes.values())
    assert statuses["sent"] + statuses["failed"] + statuses["in_doubt"] == MESSAGES
    assert statuses["sent"] > 0.9 * MESSAGES
