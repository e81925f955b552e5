"""Whatever happens in whatever order: counters and indexes agree with the messages, and no message is lost or doubled."""

from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mailhub.accounts.model import accounts_of
from mailhub.delivery.changing import CancelMessage, RetryMessage
from mailhub.delivery.journal import JournalFacts
from mailhub.delivery.model import Claim, Lane, delivery_of
from mailhub.delivery.outgoing import ClaimedMessage
from mailhub.delivery.recovery import UncertainTerms
from mailhub.errors import WrongState
from mailhub.messages import ids
from mailhub.messages.indexes import (
    account_facet,
    account_group_facet,
    group_facet,
    owner_facet,
    partition_facet,
    sent_day,
)
from mailhub.messages.model import Message, messages_of
from mailhub.messages.states import GROUPS, next_status
from tests.unit.delivery.graph import Graph

LANES = (("sales", ""), ("sales", "ann"), ("service", ""))
VERDICTS = (
    "done",
    "done",
    "retry",
    "throttle",
    "fail",
    "uncertain",
    "hand_back",
    "stop_account",
    "hold",
    "part",
)


class Lives:
    """A hub to which random things happen; ``accepted`` counts what a provider took, by message and recipient."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.graph = Graph()
        self.graph.account("sales")
        self.graph.account("service")
        self.ids: list[str] = []
        self.in_hand: list[ClaimedMessage] = []
        self.accepted: Counter[tuple[str, str]] = Counter()
        self.rate_limit = self.random.choice([0, 0, 2, 5])

    def accept(self) -> None:
        account_id, identity = self.random.choice(LANES)
        delay = self.random.choice([None, None, 30, 90])
        values: dict[str, Any] = {}
        if delay is not None:
            values["send_at"] = self.graph.now.replace(microsecond=0)
        if self.random.random() < 0.2:
            values["expires_at"] = self.graph.now.replace(
                year=self.graph.now.year + self.random.choice([0, 1])
            )
        self.ids.append(
            self.graph.accept(
                account_id,
                identity=identity,
                owner=self.random.choice(["ann", "bob"]),
                writer=self.random.choice([1, 2, 3]),
                priority=self.random.choice(["high", "normal", "low"]),
                to=("a@example.com", "b@example.com"),
                **values,
            )
        )

    def claim(self) -> None:
        account_id, identity = self.random.choice(LANES)
        if delivery_of(self.graph.root).find_lane(f"{account_id}~{identity}" if identity else account_id):
            result = self.graph.claim(
                self.random.choice([0, 1, 3]), account_id, identity=identity, rate_limit=self.rate_limit
            )
            self.in_hand += result.claimed

    def record(self) -> None:
        if not self.in_hand:
            return
        item = self.in_hand.pop(self.random.randrange(len(self.in_hand)))
        verdict = self.random.choice(VERDICTS)
        answers = tuple((each.address, "accepted", "250", "ok") for each in item.outgoing.recipients)
        values: dict[str, Any] = {"delay_seconds": self.random.choice([0.0, 30.0, 60.0])}
        if verdict == "part":
            answers = (*answers[:-1], (answers[-1][0], "deferred", "450", "later"))
            verdict = "retry"
        elif verdict == "hold":
            verdict = "uncertain"
            values["on_uncertain"] = "hold"
            answers = ()
        elif verdict != "done":
            answers = ()
        taken = [address for address, outcome, *_rest in answers if outcome == "accepted"]
        if self.graph.record(item, verdict, answers=answers, **values):
            self.accepted.update((item.outgoing.id, address) for address in taken)

    def cancel(self) -> None:
        self._act(CancelMessage)

    def retry(self) -> None:
        self._act(lambda message_id, owner: RetryMessage(message_id, owner, self.graph.now))

    def _act(self, command: Any) -> None:
        if self.ids:
            message_id = self.random.choice(self.ids)
            try:
                self.graph.run(command(message_id, self.graph.message(message_id).owner_id))
            except WrongState:
                return

    def restart(self) -> None:
        """The worker dies; its journal knows some of it."""
        old, self.graph.member = self.graph.member, self.graph.join(f"worker-{self.random.random()}")
        started = {
            (each.outgoing.id, each.outgoing.attempt) for each in self.in_hand if self.random.random() < 0.5
        }
        facts = {old.id: JournalFacts(is_complete=self.random.random() < 0.8, started=started)}
        terms = UncertainTerms(self.random.choice(["resend", "hold"]))
        for lane in list(delivery_of(self.graph.root).lanes.values()):
            self.graph.take_over(lane.account_id, identity=lane.sending_identity, facts=facts, terms=terms)

    def forget(self) -> None:
        """The worker never learns what one of its claims brought."""
        if self.in_hand:
            lost = self.in_hand.pop()
            lane = delivery_of(self.graph.root).find_lane(lost.lane_id)
            assert lane is not None
            in_hand = [each.outgoing.id for each in self.in_hand]
            facts = {self.graph.member.id: JournalFacts(is_complete=True)}
            self.graph.take_over(
                lane.account_id, identity=lane.sending_identity, in_hand=in_hand, facts=facts
            )

    def release(self) -> None:
        for account in accounts_of(self.graph.root):
            account.state.attention = None
        for lane in delivery_of(self.graph.root).lanes.values():
            lane.attention = None

    def time(self) -> None:
        self.graph.pass_seconds(self.random.choice([0.0, 1.0, 45.0, 100_000.0]))

    # -- what must hold --------------------------------------------------------------------------------------------

    def check(self) -> None:
        for message in self._messages():
            self._check_life(message)
            self._check_facets(message)
        self._check_counters()
        self._check_permits()
        assert all(count == 1 for count in self.accepted.values())

    def _messages(self) -> Iterator[Message]:
        yield from map(self.graph.message, self.ids)

    def _check_life(self, message: Message) -> None:
        status: str | None = None
        for entry in message.history_entries():
            status = next_status(entry.event, status)
            assert entry.status == status
        assert message.status == status
        lane = delivery_of(self.graph.root).find_lane(message.lane_id)
        assert lane is not None
        places = self._places(lane, message)
        assert places == (1 if message.status == "queued" else 0)
        assert (message.id in lane.claims) == (message.status == "sending")
        if message.status == "sending":
            assert Claim(*lane.claims[message.id]).attempt == message.attempts
        for recipient, state in message.recipient_states():
            if self.accepted[(message.id, recipient.address)]:
                assert state.outcome == "accepted"

    def _places(self, lane: Lane, message: Message) -> int:
        """In how many places a lane would find it: exactly one while it waits."""
        found = [key for (_priority, _due, key), (each, _expires) in lane.due.items() if each == message.id]
        for writer, inbox in delivery_of(self.graph.root).inboxes.items():
            entries = inbox.lanes.get(lane.id, {})
            after = lane.cursors.get(writer, -1)
            found += [key for key, entry in entries.items() if key > after and entry[2] == message.id]
        return found.count(message.queue_key) if message.status == "queued" else 0

    def _check_facets(self, message: Message) -> None:
        group = GROUPS[message.status]
        lasting = [owner_facet(message.owner_id), account_facet(message.account_id), partition_facet("")]
        month = ids.month_of(message.key)
        own = messages_of(self.graph.root).find_shard(month, ids.writer_of(message.key))
        assert own is not None
        assert all(message.key in own.created.find(facet) for facet in lasting)
        if group != "sent":
            for facet in (
                group_facet(message.owner_id, group),
                account_group_facet(message.account_id, group),
            ):
                assert self._holds(month, facet, message.key)
        else:
            assert self._sent_keys(message) == 1

    def _holds(self, month: str, facet: str, key: int) -> bool:
        shards = messages_of(self.graph.root).iter_shards(month)
        return any(key in (shard.created.find(facet) or ()) for shard in shards)

    def _sent_keys(self, message: Message) -> int:
        assert message.sent_at is not None
        shards = messages_of(self.graph.root).iter_shards(message.sent_at.strftime("%Y-%m"))
        return sum(list(shard.sent_ids.values()).count(message.id) for shard in shards)

    def _check_counters(self) -> None:
        expected: Counter[tuple[str, ...]] = Counter()
        for message in self._messages():
            day = sent_day(message.sent_at) if message.status == "sent" else ""
            place = (message.owner_id, message.partition, message.scenario, message.account_id)
            expected["owner", *place, message.status, day] += 1
            expected["account", message.account_id, message.status, day] += 1
            if message.lane_id != message.account_id:
                expected["lane", message.lane_id, message.status, day] += 1
        counted: Counter[tuple[str, ...]] = Counter()
        for counters in messages_of(self.graph.root).counters.values():
            counted.update(dict(counters.items()))
        assert +counted == expected
        assert all(value >= 0 for value in counted.values())

    def _check_permits(self) -> None:
        out: Counter[str] = Counter()
        for lane in delivery_of(self.graph.root).lanes.values():
            out.update(claim.permit_of for claim in (Claim(*each) for each in lane.claims.values()))
        for limit in delivery_of(self.graph.root).limits.values():
            assert limit.taken == out[limit.key]
            assert not limit.limit or limit.taken <= limit.limit


STEPS = (
    "accept",
    "accept",
    "accept",
    "claim",
    "claim",
    "record",
    "record",
    "record",
    "cancel",
    "retry",
    "time",
)
RARE = ("restart", "forget", "release")


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32),
    st.lists(st.sampled_from(STEPS) | st.sampled_from(RARE), min_size=10, max_size=80),
)
def test_messages_indexes_counters_and_permits_agree(seed: int, steps: list[str]) -> None:
    lives = Lives(seed)
    for step in steps:
        getattr(lives, step)()
    lives.check()


def test_they_agree_after_every_step_of_long_lives() -> None:
    for seed in range(3):
        lives = Lives(seed)
        for number in range(300):
            getattr(lives, lives.random.choice(STEPS if number % 7 else RARE))()
            if number % 5 == 0:
                lives.check()
        assert {each.status for each in lives._messages()} >= {"sent", "failed"}
