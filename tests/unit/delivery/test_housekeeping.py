"""Trimming inboxes: what every cursor has passed goes, and nothing else; expired uploads go; nothing is written idly."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from threading import Event as Flag
from typing import Any, TypeVar

import pytest

from mailhub.delivery import housekeeping, model
from mailhub.delivery.housekeeping import (
    BUSY_SECONDS,
    IDLE_SECONDS,
    SWEEP_SECONDS,
    Housekeeper,
    TrimInbox,
    iter_passed,
    trim,
)
from mailhub.delivery.model import InboxEntry, Lane, delivery_of, lane_topic
from mailhub.delivery.queueing import next_queue_key
from mailhub.entropy import SystemEntropy
from mailhub.errors import StorageUnavailable
from mailhub.messages import ids
from mailhub.messages import model as messages_model
from mailhub.messages.model import Message, messages_of
from mailhub.store.database import Database, ensure_root, open_database
from mailhub.store.root import HubRoot
from mailhub.store.writer import Shard, Writer
from mailhub.testing.clock import FakeClock
from mailhub.uploads import model as uploads_model
from mailhub.uploads.model import Upload, uploads_of
from mailhub.uploads.sweeping import SWEEP_AT_MOST

T = TypeVar("T")
DAY = timedelta(hours=24)


@dataclass
class Run:
    """Write command: a function of the hub and the shard."""

    function: Callable[[HubRoot, Shard], Any]
    note: str = "run"

    def check(self, root: HubRoot) -> None:
        """Nothing is in the way."""

    def apply(self, root: HubRoot, shard: Shard) -> Any:
        return self.function(root, shard)


def put(hub: HubRoot, shard: Shard, lane_id: str, count: int = 1) -> list[int]:
    """Queue messages that nobody knows any more; the keys of their entries."""
    keys = [next_queue_key(shard) for _number in range(count)]
    for key in keys:
        delivery_of(hub).inbox_of(shard.number).add(lane_id, key, InboxEntry(1, 0, "nobody"))
    shard.wake(lane_topic(lane_id))
    return keys


def putting(lane_id: str, count: int) -> Callable[[HubRoot, Shard], list[int]]:
    return lambda hub, shard: put(hub, shard, lane_id, count)


class House:
    """A database with lanes in it, its writer, and the housekeeper that the test starts."""

    def __init__(self, database: Database, clock: FakeClock) -> None:
        self.database = database
        self.clock = clock
        self.writer = Writer(database, clock, SystemEntropy())
        self.keeper = Housekeeper(database=database, writer=self.writer, clock=clock, unused_uploads=DAY)

    def write(self, function: Callable[[HubRoot, Shard], T]) -> T:
        """By the writer thread's number."""
        result: T = self.writer.execute(Run(function))
        return result

    def request(self, function: Callable[[HubRoot, Shard], T]) -> T:
        """By the number of requests' transactions."""
        return self.database.transact(
            lambda hub: function(hub, self.writer.shard_for_transactions(hub)), "request"
        )

    def add_lane(self, lane_id: str, **cursors: int) -> None:
        def add(hub: HubRoot, _shard: Shard) -> None:
            lane = delivery_of(hub).lanes[lane_id] = Lane(lane_id, lane_id, "", f"lane:{lane_id}")
            lane.cursors = {int(writer[1:]): key for writer, key in cursors.items()}

        self.write(add)

    def pass_over(self, lane_id: str, writer: int, key: int) -> None:
        """Move a lane's cursor, as a claim does."""

        def move(hub: HubRoot, _shard: Shard) -> None:
            lane = delivery_of(hub).lanes[lane_id]
            lane.cursors = {**lane.cursors, writer: key}

        self.write(move)

    def remove_lane(self, lane_id: str) -> None:
        self.write(lambda hub, _shard: delivery_of(hub).lanes.pop(lane_id))

    def entries(self, lane_id: str, writer: int = 1) -> list[int] | None:
        """The keys in a lane's inbox of this writer; None when there is no tree."""
        with self.database.reading() as hub:
            inbox = delivery_of(hub).inboxes.get(writer)
            tree = None if inbox is None else inbox.lanes.get(lane_id)
            return None if tree is None else list(tree)

    def notes(self) -> list[str]:
        """What each transaction was about."""
        return [each.description.decode() for each in self.database._db.storage.changes.iterator()]

    def settle(self) -> None:
        """Until the housekeeper has done what is due and waits."""
        pause = Flag()
        for _look in range(10_000):
            self.clock.wait_until_waiting()
            if min(self.keeper._trim_at, self.keeper._sweep_at) > self.clock.monotonic():
                return
            pause.wait(0.001)
        raise AssertionError("the housekeeper has not done what is due")

    def let_pass(self, seconds: float) -> None:
        """Time passes; what was due then has been done at the end."""
        self.settle()
        self.clock.advance(seconds)
        self.settle()


@pytest.fixture
def house(tmp_path: Path, fake_clock: FakeClock) -> Iterator[House]:
    database = open_database("memory://", data_dir=tmp_path, clock=fake_clock)
    ensure_root(database, [uploads_model.install, messages_model.install, model.install])
    made = House(database, fake_clock)
    made.writer.start()
    yield made
    made.keeper.stop()
    made.writer.stop(10.0)
    database.close()


# -- what may go ----------------------------------------------------------------------------------------------------


def test_entries_at_and_below_the_cursor_go_and_those_above_stay(house: House) -> None:
    house.add_lane("a")
    keys = house.write(lambda hub, shard: put(hub, shard, "a", 5))
    house.pass_over("a", 1, keys[2])
    assert house.writer.execute(TrimInbox()) == 3
    assert house.entries("a") == keys[3:]


def test_a_new_lane_without_a_cursor_keeps_all(house: House) -> None:
    house.add_lane("a")
    keys = house.write(lambda hub, shard: put(hub, shard, "a", 5))
    assert house.writer.execute(TrimInbox()) == 0
    assert house.entries("a") == keys


def test_the_cursor_of_another_writers_inbox_says_nothing(house: House) -> None:
    house.add_lane("a")
    mine = house.write(lambda hub, shard: put(hub, shard, "a", 2))
    theirs = house.request(lambda hub, shard: put(hub, shard, "a", 2))
    house.pass_over("a", 2, theirs[-1])
    assert house.writer.execute(TrimInbox()) == 0
    assert house.entries("a") == mine
    assert house.request(lambda hub, shard: trim(hub, shard.number)) == 2
    assert house.entries("a", 2) == []


def test_a_lane_that_is_behind_keeps_its_own_entries_only(house: House) -> None:
    house.add_lane("ahead")
    house.add_lane("behind")
    passed = house.write(lambda hub, shard: put(hub, shard, "ahead", 2))
    kept = house.write(lambda hub, shard: put(hub, shard, "behind", 2))
    house.pass_over("ahead", 1, kept[-1])
    assert house.writer.execute(TrimInbox()) == len(passed)
    assert (house.entries("ahead"), house.entries("behind")) == ([], kept)


def test_one_command_takes_a_bounded_number(house: House) -> None:
    house.add_lane("a")
    keys = house.write(lambda hub, shard: put(hub, shard, "a", 10))
    house.pass_over("a", 1, keys[-1])
    assert house.writer.execute(TrimInbox(4)) == 4
    assert house.entries("a") == keys[4:], "the oldest first"


@pytest.mark.parametrize("seed", range(20))
def test_nothing_above_any_cursor_ever_goes(house: House, seed: int) -> None:
    random = Random(seed)
    lanes = ["a", "b", "c"]
    there: dict[str, list[int]] = {lane: [] for lane in lanes}
    cursors: dict[str, int] = dict.fromkeys(lanes, -1)
    for lane in lanes:
        house.add_lane(lane)
    for _step in range(30):
        lane = random.choice(lanes)
        if random.random() < 0.5:
            there[lane] += house.write(putting(lane, random.randint(1, 90)))  # a bucket holds 60
        elif random.random() < 0.5 and there[lane]:
            cursors[lane] = max(cursors[lane], random.choice(there[lane]))
            house.pass_over(lane, 1, cursors[lane])
        else:
            house.writer.execute(TrimInbox(random.choice((7, 60, 1000))))
        for each in lanes:
            left = [key for key in house.entries(each) or [] if key > cursors[each]]
            assert left == [key for key in there[each] if key > cursors[each]]
    while house.writer.execute(TrimInbox()):
        pass
    for each in lanes:
        assert (house.entries(each) or []) == [key for key in there[each] if key > cursors[each]]


# -- lanes that are gone --------------------------------------------------------------------------------------------


def test_of_a_deleted_lane_nothing_is_left(house: House) -> None:
    house.add_lane("a")
    house.write(lambda hub, shard: put(hub, shard, "a", 3))
    house.remove_lane("a")
    house.writer.execute(TrimInbox())
    assert house.entries("a") is None


def add_message(hub: HubRoot, shard: Shard, lane_id: str, status: str) -> int:
    """A message with its entry in a lane's inbox; the entry's key."""
    key = ids.make_key(shard.next_key(), shard.number)
    (entry_key,) = put(hub, shard, lane_id)
    message = Message(ids.id_of(key, bytes(10)), key, lane_id=lane_id, status=status, queue_key=entry_key)
    messages_of(hub).shard_at(ids.month_of(key), shard.number).messages[key] = message
    delivery_of(hub).inbox_of(shard.number).add(lane_id, entry_key, InboxEntry(1, 0, message.id))
    return entry_key


def test_an_entry_by_which_a_message_waits_stays_even_if_its_lane_is_gone(house: House) -> None:
    waits = house.write(lambda hub, shard: add_message(hub, shard, "a", "queued"))
    for _turn in range(2):
        house.writer.execute(TrimInbox())
        assert house.entries("a") == [waits]
    with house.database.reading() as hub:
        assert list(iter_passed(hub, 1)) == [], "and nothing is to be done about it again and again"


@pytest.mark.parametrize("status", ["cancelled", "sent", "failed", "sending"])
def test_an_entry_whose_message_does_not_wait_goes_with_its_lane(house: House, status: str) -> None:
    house.write(lambda hub, shard: add_message(hub, shard, "a", status))
    house.writer.execute(TrimInbox())
    assert house.entries("a") is None


def test_an_entry_of_a_message_that_moved_goes_with_its_lane(house: House) -> None:
    def move(hub: HubRoot, shard: Shard) -> None:
        key = add_message(hub, shard, "a", "queued")
        (entry,) = delivery_of(hub).inboxes[shard.number].lanes["a"].values()
        message = messages_of(hub).find(InboxEntry(*entry).message_id)
        assert message is not None
        assert message.queue_key == key
        message.lane_id = "b"

    house.write(move)
    house.writer.execute(TrimInbox())
    assert house.entries("a") is None


# -- the housekeeper ------------------------------------------------------------------------------------------------


def test_both_inboxes_of_a_process_are_trimmed_after_a_busy_time(house: House) -> None:
    house.add_lane("a")
    house.keeper.start()
    house.settle()
    mine = house.write(lambda hub, shard: put(hub, shard, "a", 3))
    theirs = house.request(lambda hub, shard: put(hub, shard, "a", 3))
    house.pass_over("a", 1, mine[1])
    house.pass_over("a", 2, theirs[1])
    house.let_pass(BUSY_SECONDS)
    assert (house.entries("a"), house.entries("a", 2)) == (mine[2:], theirs[2:])


def test_what_was_left_at_the_last_end_is_trimmed_at_the_start(house: House) -> None:
    house.add_lane("a")
    keys = house.write(lambda hub, shard: put(hub, shard, "a", 2_500))
    house.pass_over("a", 1, keys[-1])
    house.keeper.start()
    house.settle()
    assert house.entries("a") == []
    assert house.notes().count("trim inbox x1") == 3


def test_what_could_not_go_at_once_goes_later_though_nothing_new_came(house: House) -> None:
    house.add_lane("a")
    house.keeper.start()
    house.settle()
    keys = house.write(lambda hub, shard: put(hub, shard, "a"))
    house.let_pass(BUSY_SECONDS)
    assert house.entries("a") == keys
    house.pass_over("a", 1, keys[0])
    house.let_pass(IDLE_SECONDS)
    assert house.entries("a") == []


def test_an_idle_housekeeper_writes_nothing(house: House) -> None:
    house.add_lane("a", w1=1)
    house.keeper.start()
    house.settle()
    before = house.notes()
    for _turn in range(30):
        house.let_pass(IDLE_SECONDS)
    assert house.notes() == before


def test_a_request_that_queues_while_its_inbox_is_trimmed_loses_nothing(house: House) -> None:
    """The trim takes a deleted lane's tree away; a request that came in between puts its entry into that tree."""
    house.request(lambda hub, shard: put(hub, shard, "a"))
    house.request(lambda hub, shard: trim(hub, shard.number, 1))
    assert house.entries("a", 2) == [], "an empty tree, so that the two change different records"
    new: list[int] = []

    def trim_slowly(hub: HubRoot) -> int:
        done = house.keeper._trim_for_requests(hub)
        if not new:
            new.extend(house.request(waiting_entry))
        return done

    def waiting_entry(hub: HubRoot, shard: Shard) -> list[int]:
        return [add_message(hub, shard, "a", "queued")]

    house.database.transact(trim_slowly, "trim inbox")
    assert house.entries("a", 2) == new


def test_expired_uploads_go_every_hour_in_batches(house: House) -> None:
    def add(hub: HubRoot, _shard: Shard) -> None:
        for number in range(SWEEP_AT_MOST + 1):
            upload_id = f"u{number}"
            content: Any = None
            uploads_of(hub).by_id[upload_id] = Upload(upload_id, "ada", content, house.clock.now())

    house.keeper.start()
    house.settle()
    house.write(add)
    for _hour in range(23):
        house.let_pass(SWEEP_SECONDS)
    assert count_uploads(house) == SWEEP_AT_MOST + 1
    house.let_pass(SWEEP_SECONDS)
    assert count_uploads(house) == 0
    assert house.notes().count("expire uploads") == 2


def count_uploads(house: House) -> int:
    with house.database.reading() as hub:
        return len(uploads_of(hub).by_id)


@pytest.mark.parametrize("error", [StorageUnavailable("gone"), ZeroDivisionError()])
def test_a_job_that_fails_is_done_the_next_time(
    house: House, error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*given: Any) -> int:
        raise error

    with monkeypatch.context() as broken:
        broken.setattr(housekeeping, "sweep_expired", fail)
        house.keeper.start()
        house.settle()
    assert "Housekeeping" in caplog.text
    house.write(lambda hub, _shard: uploads_of(hub).by_id.update({"u": old_upload(house)}))
    house.let_pass(SWEEP_SECONDS)
    assert count_uploads(house) == 0


def old_upload(house: House) -> Upload:
    content: Any = None
    return Upload("u", "ada", content, house.clock.now() - 2 * DAY)


def test_it_ends_when_it_is_told_to(house: House) -> None:
    house.keeper.start()
    house.settle()
    house.keeper.stop()
    assert house.keeper._thread is not None
    assert not house.keeper._thread.is_alive()
