"""What goes wrong stays where it is: connectors, threads, storage, leases, shutdown (W10-W13)."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta
from pathlib import Path
from threading import Condition, Thread
from typing import Any

import pytest

from mailhub.contract import hookimpl
from mailhub.contract.connector import Connector, ConnectorType, SessionContext, Step
from mailhub.contract.message import OutgoingMessage
from mailhub.contract.outcome import RecipientOutcome, SendOutcome
from mailhub.delivery.claiming import ClaimMessages
from mailhub.delivery.journal import read_journals
from mailhub.delivery.membership import Heartbeat
from mailhub.delivery.model import delivery_of
from mailhub.delivery.recording import RecordAttempt
from mailhub.errors import OutcomeUnknown, StorageUnavailable
from mailhub.store.group import WriteCommand
from mailhub.testing import FakeClock, fake_connector_type
from tests.kit.delivering import Act, DeliveringKit

MakeKit = Callable[..., DeliveringKit]


@pytest.fixture
def open_kit(tmp_path: Path) -> Iterator[MakeKit]:
    """Opens hubs that are closed at the end."""
    opened: list[DeliveringKit] = []

    def open_one(**values: Any) -> DeliveringKit:
        made = DeliveringKit.open(tmp_path, **values)
        opened.append(made)
        return made

    yield open_one
    for made in opened:
        made.close()


@pytest.fixture
def kit(open_kit: MakeKit) -> DeliveringKit:
    """A hub that delivers, with an account ``sales``."""
    made = open_kit()
    made.kit.account("sales")
    made.start()
    return made


# -- connectors that break the rules -----------------------------------------------------------------------------------


class Odd(Connector):
    """Sends as the test says."""

    def __init__(self, plugin: "OddPlugin") -> None:
        self.plugin = plugin

    def send(self, message: OutgoingMessage, context: SessionContext) -> SendOutcome:
        self.plugin.sent.append((message.id, message.attempt))
        outcome: SendOutcome = self.plugin.behaviour(message, context)
        return outcome

    def check(self, message: OutgoingMessage | None, context: SessionContext) -> Iterator[Step]:
        yield Step("send", "ok")


class OddPlugin:
    """Brings the connector ``odd``."""

    plugin_name = "odd"

    def __init__(self) -> None:
        self.sent: list[tuple[str, int]] = []
        self.behaviour: Callable[[OutgoingMessage, SessionContext], Any] = lambda message, _context: (
            SendOutcome.accepted(message)
        )

    @hookimpl
    def mailhub_register_connectors(self) -> Sequence[ConnectorType]:
        return [fake_connector_type(id="odd", make=lambda _settings: Odd(self))]


@pytest.fixture
def odd() -> OddPlugin:
    return OddPlugin()


@pytest.fixture
def both(open_kit: MakeKit, odd: OddPlugin) -> DeliveringKit:
    """An account of the odd connector, and one of the well-behaved."""
    made = open_kit(plugins=[odd])
    made.kit.account("sales")
    made.kit.account("strange", connector="odd")
    made.start()
    return made


def sends(message: OutgoingMessage, context: SessionContext) -> SendOutcome:
    context.hand_over(message)
    return SendOutcome.accepted(message)


def exits(message: OutgoingMessage, context: SessionContext) -> None:
    raise SystemExit(1)


def exits_late(message: OutgoingMessage, context: SessionContext) -> None:
    context.hand_over(message)
    raise SystemExit(1)


def answers_for_others(message: OutgoingMessage, context: SessionContext) -> SendOutcome:
    context.hand_over(message)
    return SendOutcome((RecipientOutcome("somebody@example.com", "accepted"),))


def answers_nothing(message: OutgoingMessage, context: SessionContext) -> None:
    return None


@pytest.mark.parametrize(
    ("behaviour", "is_in_doubt"),
    [(exits, False), (exits_late, True), (answers_for_others, True), (answers_nothing, False)],
)
def test_a_connector_that_breaks_harms_only_its_own_mail(
    both: DeliveringKit, odd: OddPlugin, behaviour: Any, *, is_in_doubt: bool
) -> None:
    odd.behaviour = behaviour
    broken, whole = both.send("strange"), both.send("sales")
    both.settle()
    assert both.status(whole) == "sent"
    assert both.status(broken) == "queued"
    assert both.message(broken, lambda message: message.possible_duplicate) == is_in_doubt
    odd.behaviour = sends
    both.pass_seconds(75)
    assert both.status(broken) == "sent"


def test_without_a_hand_over_mail_is_sent_and_the_plugin_is_named(
    both: DeliveringKit, odd: OddPlugin
) -> None:
    message_id = both.send("strange")
    both.settle()
    assert both.status(message_id) == "sent"
    assert "hand_over" in str(
        [plugin for plugin in both.kit.user("ada").get("/plugins").json["items"] if plugin["name"] == "odd"]
    )


def test_a_hand_over_called_twice_is_one(both: DeliveringKit, odd: OddPlugin) -> None:
    def twice(message: OutgoingMessage, context: SessionContext) -> SendOutcome:
        context.hand_over(message)
        context.hand_over(message)
        return SendOutcome.accepted(message)

    odd.behaviour = twice
    message_id = both.send("strange")
    both.settle()
    assert both.status(message_id) == "sent"
    assert odd.sent == [(message_id, 1)]


def test_a_lane_that_hangs_does_not_stop_the_others(both: DeliveringKit) -> None:
    gate = both.provider.block(recipient="slow@example.com")
    hanging = both.send("sales", to=["slow@example.com"])
    gate.wait_until_reached()
    ids = both.send_many(5, "strange")
    both.settle(sending=1)
    assert both.statuses(ids) == ["sent"] * 5
    assert both.status(hanging) == "sending"
    gate.release()
    both.settle()
    assert both.status(hanging) == "sent"


def test_mail_waits_for_a_connector_that_is_not_installed_and_leaves_when_it_is_back(
    open_kit: MakeKit, odd: OddPlugin
) -> None:
    clock = FakeClock()
    with_it = open_kit(clock=clock, store_uri="file://", plugins=[odd])
    with_it.kit.account("strange", connector="odd")
    waiting = with_it.send("strange")
    expiring = with_it.send("strange", expires_at=_later(clock, 60))
    with_it.close()
    without = open_kit(clock=clock, store_uri="file://")
    without.start()
    without.pass_seconds(61)
    assert without.status(waiting) == "queued"
    assert without.status(expiring) == "failed"
    without.close()
    back = open_kit(clock=clock, store_uri="file://", plugins=[odd])
    back.start()
    back.settle()
    assert back.status(waiting) == "sent"


def _later(clock: FakeClock, seconds: float) -> datetime:
    return clock.now() + timedelta(seconds=seconds)


# -- concurrency and threads -------------------------------------------------------------------------------------------


class Counting:
    """How many sends run at a time, each waiting for the gate to be opened once per send."""

    def __init__(self) -> None:
        self.changed = Condition()
        self.running = 0
        self.most = 0
        self.passes = 0

    def send(self, message: OutgoingMessage, context: SessionContext) -> SendOutcome:
        context.hand_over(message)
        with self.changed:
            self.running += 1
            self.most = max(self.most, self.running)
            self.changed.notify_all()
            assert self.changed.wait_for(lambda: self.passes > 0, 20.0)
            self.passes -= 1
            self.running -= 1
            self.changed.notify_all()
        return SendOutcome.accepted(message)

    def wait_for_running(self, count: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: self.running == count, 20.0), self.running

    def let_pass(self, count: int = 1) -> None:
        with self.changed:
            self.passes += count
            self.changed.notify_all()


@pytest.fixture
def counting(odd: OddPlugin) -> Counting:
    made = Counting()
    odd.behaviour = made.send
    return made


@pytest.mark.parametrize("limit", [1, 3])
def test_no_more_are_sent_at_a_time_than_the_account_allows(
    open_kit: MakeKit, odd: OddPlugin, counting: Counting, limit: int
) -> None:
    kit = open_kit(plugins=[odd])
    kit.kit.account("strange", connector="odd", concurrency_limit=limit)
    kit.start()
    ids = kit.send_many(12, "strange")
    counting.wait_for_running(limit)
    kit.settle(sending=limit)
    counting.let_pass(12)
    kit.settle()
    assert kit.statuses(ids) == ["sent"] * 12
    assert counting.most == limit


def test_no_connector_takes_more_than_half_of_the_threads(
    open_kit: MakeKit, odd: OddPlugin, counting: Counting
) -> None:
    kit = open_kit(plugins=[odd], delivery_threads=6)
    for number in range(3):
        kit.kit.account(f"strange{number}", connector="odd", concurrency_limit=3)
    kit.kit.account("sales")
    kit.start()
    ids = [each for number in range(3) for each in kit.send_many(3, f"strange{number}")]
    counting.wait_for_running(3)
    kit.settle(sending=3)
    other = kit.send("sales")
    kit.settle(sending=3)
    assert kit.status(other) == "sent"
    counting.let_pass(9)
    kit.pass_seconds(12)
    assert kit.statuses(ids) == ["sent"] * 9
    assert counting.most == 3


def test_a_lane_in_line_gets_a_thread_though_the_others_never_run_dry(
    open_kit: MakeKit, odd: OddPlugin, counting: Counting
) -> None:
    kit = open_kit(plugins=[odd], delivery_threads=2)
    kit.kit.account("busy", connector="odd", concurrency_limit=1)
    kit.kit.account("patient", connector="odd", concurrency_limit=1)
    kit.start()
    kit.send_many(30, "busy")
    counting.wait_for_running(1)
    waiting = kit.send("patient")
    kit.settle(sending=1)
    for _number in range(12):  # a message a second
        counting.wait_for_running(1)
        kit.pass_seconds(1.0, sending=1)
        if odd.sent[-1][0] == waiting:
            break
        counting.let_pass()
        kit.wait_until(lambda: counting.passes == 0)
    assert odd.sent[-1][0] == waiting
    assert len(odd.sent) < 10
    counting.let_pass(30)
    kit.pass_until(lambda: len(odd.sent) == 31)
    kit.settle()


def test_a_server_that_is_silent_gets_no_second_thread(
    open_kit: MakeKit, odd: OddPlugin, counting: Counting
) -> None:
    kit = open_kit(plugins=[odd])
    kit.kit.account("strange", connector="odd", concurrency_limit=3)
    kit.start()
    ids = [kit.send("strange")]
    counting.wait_for_running(1)
    kit.pass_seconds(6, sending=1)
    ids += kit.send_many(3, "strange")
    kit.settle(sending=1)
    assert counting.running == 1
    counting.let_pass(4)
    kit.settle()
    assert kit.statuses(ids) == ["sent"] * 4


def test_an_idle_session_ends_after_a_while_and_at_once_when_another_lane_is_in_line(
    open_kit: MakeKit,
) -> None:
    kit = open_kit(delivery_threads=2)
    for account_id in ("one", "two"):
        kit.kit.account(account_id)
    kit.start()
    first = kit.send("one")
    kit.settle()
    assert kit.provider.open_sessions == 1
    second = kit.send("two")
    kit.pass_seconds(1.5)
    assert kit.statuses([first, second]) == ["sent", "sent"]
    kit.wait_until(lambda: kit.provider.open_sessions == 1)
    kit.pass_seconds(11)
    kit.wait_until(lambda: kit.provider.open_sessions == 0)


# -- a storage that fails ----------------------------------------------------------------------------------------------


class FailingWriter:
    """Stands between worker and writer, and lets commands of one kind fail as often as it is told."""

    def __init__(self, kit: DeliveringKit, kind: type[Any], times: int, *, is_stored: bool = False) -> None:
        self._submit = kit.kit.hub.writer.submit
        self._kind = kind
        self._is_stored = is_stored
        self.times = times
        kit.kit.hub.writer.submit = self.submit  # type: ignore[method-assign]

    def submit(self, command: WriteCommand[Any]) -> "Future[Any]":
        if not isinstance(command, self._kind) or self.times == 0:
            return self._submit(command)
        self.times -= 1
        if not self._is_stored:
            raise StorageUnavailable("The disk is full.")
        answered: Future[Any] = Future()
        self._submit(command).add_done_callback(
            lambda _done: answered.set_exception(OutcomeUnknown("The connection was lost."))
        )
        return answered


def test_what_was_sent_while_the_storage_failed_is_recorded_later(kit: DeliveringKit) -> None:
    writer = FailingWriter(kit, RecordAttempt, 3)
    message_id = kit.send()
    kit.settle()
    assert kit.status(message_id) == "sending"
    assert kit.worker.health().unrecorded == 1
    facts = read_journals(kit.kit.hub.data_dir / "journal", "")
    assert [set(each.answered) for each in facts.values()] == [{(message_id, 1)}]
    kit.pass_seconds(4)
    assert writer.times == 0
    assert kit.status(message_id) == "sent"
    assert len(kit.provider.received) == 1
    assert kit.worker.health().unrecorded == 0


def test_a_record_of_unknown_outcome_is_asked_for_again(kit: DeliveringKit) -> None:
    FailingWriter(kit, RecordAttempt, 1, is_stored=True)
    message_id = kit.send()
    kit.pass_seconds(2)
    assert kit.status(message_id) == "sent"
    assert len(kit.provider.received) == 1
    assert kit.worker.health().unrecorded == 0


def test_a_claim_of_unknown_outcome_is_not_lost(kit: DeliveringKit) -> None:
    """It was stored, and the worker never got the messages."""
    FailingWriter(kit, ClaimMessages, 1, is_stored=True)
    message_id = kit.send()
    kit.pass_seconds(2)
    assert kit.status(message_id) == "sent"
    assert not kit.message(message_id, lambda message: message.possible_duplicate)
    assert [mail.attempt for mail in kit.provider.received] == [1]


def test_a_claim_that_failed_is_tried_again(kit: DeliveringKit) -> None:
    FailingWriter(kit, ClaimMessages, 2)
    message_id = kit.send()
    kit.pass_seconds(3)
    assert kit.status(message_id) == "sent"


def test_a_database_that_cannot_be_read_makes_no_lane_forgotten(
    kit: DeliveringKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = kit.worker._database.reading
    failures = [StorageUnavailable("away"), StorageUnavailable("away")]

    def fails() -> Any:
        if failures:
            raise failures.pop()
        return reading()

    class Database:
        spec = kit.worker._database.spec

        def reading(self) -> Any:
            return fails()

    database = Database()
    monkeypatch.setattr(kit.worker, "_database", database)
    monkeypatch.setattr(kit.worker._server, "_database", database)
    kit.kit.account("new")
    message_id = kit.send("new")
    kit.pass_seconds(4)
    assert failures == []
    assert kit.status(message_id) == "sent"


# -- leases ------------------------------------------------------------------------------------------------------------


def test_without_heartbeats_nothing_leaves_and_with_the_next_it_does(kit: DeliveringKit) -> None:
    kit.send()
    kit.settle()
    FailingWriter(kit, Heartbeat, 3)
    kit.pass_seconds(29)
    message_id = kit.send()
    kit.settle()
    assert kit.status(message_id) == "queued"
    kit.pass_seconds(30)
    assert kit.status(message_id) == "sent"
    assert [entry.event for entry in kit.message(message_id, lambda message: message.history_entries())] == [
        "accepted",
        "sending",
        "sent",
    ]


@pytest.mark.parametrize("seconds", [86_400.0, -86_400.0])
def test_a_clock_that_is_set_stops_nothing_for_long(kit: DeliveringKit, seconds: float) -> None:
    kit.send()
    kit.settle()
    kit.clock.jump(seconds)
    message_id = kit.send()
    kit.pass_seconds(12)
    assert kit.status(message_id) == "sent"
    assert len(kit.provider.received) == 2


def test_a_lease_that_ends_before_the_final_step_hands_back(kit: DeliveringKit) -> None:
    gate = kit.provider.block(recipient="slow@example.com")
    message_id = kit.send(to=["slow@example.com"])
    gate.wait_until_reached()
    kit.settle(sending=1)
    kit.clock.suspend(3_600)
    gate.release()
    kit.pass_seconds(12)
    assert kit.status(message_id) == "sent"
    events = [entry.event for entry in kit.message(message_id, lambda message: message.history_entries())]
    assert events == ["accepted", "sending", "handed_back", "sending", "sent"]
    assert [mail.attempt for mail in kit.provider.received] == [1]


def test_a_worker_whose_membership_was_ended_comes_back_and_nothing_is_sent_twice(kit: DeliveringKit) -> None:
    kit.send()
    kit.settle()
    gate = kit.provider.block(recipient="slow@example.com")
    slow = kit.send(to=["slow@example.com"])
    gate.wait_until_reached()
    kit.settle(sending=1)
    old_epoch = kit.worker._belonging.epoch
    _end_all_memberships(kit)
    with kit.worker._changed:
        kit.clock.advance(10.5)
    waiting = kit.send()
    kit.wait_until(lambda: kit.worker._belonging.ended_at is not None)
    gate.release()
    kit.wait_until(lambda: kit.worker._belonging.ended_at is None)
    kit.pass_seconds(5)
    assert kit.worker._belonging.epoch > old_epoch
    assert kit.statuses([slow, waiting]) == ["sent", "sent"]
    assert len(kit.provider.received) == 3


def _end_all_memberships(kit: DeliveringKit) -> None:
    kit.kit.hub.writer.execute(Act(lambda root, _shard: delivery_of(root).membership.workers.clear()))


# -- the end -----------------------------------------------------------------------------------------------------------


def test_stopping_hands_back_what_has_not_begun_and_lets_end_what_has(open_kit: MakeKit) -> None:
    kit = open_kit()
    kit.kit.account("sales", concurrency_limit=1)
    kit.start()
    gate = kit.provider.block(recipient="slow@example.com")
    first = kit.send(to=["slow@example.com"])
    gate.wait_until_reached()
    others = kit.send_many(3)
    kit.settle(sending=1)
    stopping = kit.worker
    stopping._staff.is_stopping = True
    kit.wait_until(lambda: True)
    gate.release()
    stopping.stop()
    assert kit.status(first) == "sent"
    assert kit.statuses(others) == ["queued"] * 3
    assert {kit.message(each, lambda message: message.attempts) for each in others} == {0}
    assert list((kit.kit.hub.data_dir / "journal").glob("*.journal")) == []


def test_a_send_that_never_ends_does_not_keep_the_hub_from_stopping(open_kit: MakeKit) -> None:
    kit = open_kit(delivery_drain_seconds=5.0)
    kit.kit.account("sales")
    kit.start()
    gate = kit.provider.block(recipient="slow@example.com", after_hand_over=True)
    message_id = kit.send(to=["slow@example.com"])
    gate.wait_until_reached()
    thread = Thread(target=kit.worker.stop)
    thread.start()
    while thread.is_alive():
        kit.clock.advance(1.0)
        thread.join(0.01)
    assert kit.status(message_id) == "sending"
    (facts,) = read_journals(kit.kit.hub.data_dir / "journal", "").values()
    assert facts.started == {(message_id, 1)}
    gate.release()


# -- one message only --------------------------------------------------------------------------------------------------


def test_a_worker_for_one_message_delivers_that_one_and_no_other(open_kit: MakeKit) -> None:
    kit = open_kit()
    for account_id in ("sales", "service"):
        kit.kit.account(account_id)
    others = [*kit.send_many(3, "sales", priority="high"), kit.send("service")]
    wanted = kit.send("sales", priority="low")
    kit.start(only=wanted)
    kit.settle()
    later = [kit.send("sales"), kit.send("service")]
    kit.pass_seconds(5)
    assert kit.status(wanted) == "sent"
    assert kit.statuses([*others, *later]) == ["queued"] * 6
    assert set(kit.worker._lanes) == {"sales"}
    assert len(kit.provider.received) == 1


def test_a_worker_for_one_message_leaves_other_journals_and_claims_alone(open_kit: MakeKit) -> None:
    clock = FakeClock()
    died = open_kit(clock=clock, store_uri="file://", delivery_drain_seconds=0.0)
    for account_id in ("sales", "service"):
        died.kit.account(account_id)
    died.start()
    gate = died.provider.block(recipient="slow@example.com", after_hand_over=True)
    lost = died.send("service", to=["slow@example.com"])
    gate.wait_until_reached()
    wanted = died.send("sales", send_at=_later(clock, 5))
    died.settle(sending=1)
    died.close()
    clock.advance(10)
    journals = set((died.kit.hub.data_dir / "journal").glob("*.journal"))
    assert len(journals) == 1
    single = open_kit(clock=clock, store_uri="file://")
    single.start(only=wanted)
    single.settle()
    assert single.statuses([wanted, lost]) == ["sending", "sent"]
    single.close()
    assert set((died.kit.hub.data_dir / "journal").glob("*.journal")) == journals
    whole = open_kit(clock=clock, store_uri="file://")
    whole.start()
    whole.settle()
    assert whole.status(lost) == "sent"
    assert whole.message(lost, lambda message: message.possible_duplicate)
    assert not journals & set((died.kit.hub.data_dir / "journal").glob("*.journal"))
    gate.release()
