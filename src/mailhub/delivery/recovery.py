"""Taking over the lanes of a limit key from a worker that is gone, and settling what it had claimed (W4-W7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mailhub.accounts.model import accounts_of
from mailhub.contract.connector import OnUncertain
from mailhub.contract.texts import _, plain
from mailhub.messages.model import messages_of
from mailhub.store.root import HubRoot
from mailhub.store.writer import Shard

from .journal import JournalFacts, WorkerFacts
from .membership import MembershipEnded
from .model import Claim, Lane, delivery_of
from .queueing import microseconds
from .recording import settle
from .reports import AttemptReport, Failure


@dataclass(frozen=True, slots=True)
class UncertainTerms:
    """What an account wants done with an attempt of unknown outcome."""

    on_uncertain: OnUncertain = "resend"
    max_attempts: int = 10


@dataclass(frozen=True, slots=True)
class TakeOver:
    """Write command: become the holder of a limit key and settle every claim that nobody works at any more.

    These are the claims of earlier holders, and those of this worker that it does not know of (``in_hand``: the messages
    it has), since it never learnt what came of its claim. ``lane_ids``: the lanes that belong to the key now. ``facts``:
    what the journals of this machine know, by worker; of another worker's attempts nothing is known. Returns how many
    claims were settled, or None while another live worker holds the key. Refused with ``MembershipEnded``.
    """

    limit_key: str
    lane_ids: tuple[str, ...]
    worker_id: str
    epoch: int
    facts: WorkerFacts
    terms: Mapping[str, UncertainTerms]
    in_hand: frozenset[str] = frozenset()
    note: str = "take over lanes"

    def check(self, hub: HubRoot) -> None:
        worker = delivery_of(hub).membership.workers.get(self.worker_id)
        if worker is None or worker.epoch != self.epoch:
            raise MembershipEnded

    def apply(self, hub: HubRoot, shard: Shard) -> int | None:
        delivery = delivery_of(hub)
        limit = delivery.limit_of(self.limit_key)
        now = microseconds(shard.now)
        is_other = (limit.worker, limit.epoch) != (self.worker_id, self.epoch)
        if is_other and delivery.membership.is_live(limit.worker, limit.epoch, now):
            return None
        if is_other:
            limit.worker, limit.epoch = self.worker_id, self.epoch
        lanes = [lane for lane in map(delivery.find_lane, self.lane_ids) if lane is not None]
        return sum(self._settle_lane(hub, shard, lane) for lane in lanes)

    def _settle_lane(self, hub: HubRoot, shard: Shard, lane: Lane) -> int:
        """Settle what nobody works at, then let the lane follow its limit key."""
        left = [(each, Claim(*stored)) for each, stored in lane.claims.items()]
        left = [(message_id, claim) for message_id, claim in left if not self._is_in_hand(message_id, claim)]
        for message_id, claim in left:
            settle(hub, shard, lane, claim, self._report(hub, shard, lane, message_id, claim))
        if lane.limit_key != self.limit_key:
            self._change_key(hub, shard, lane)
        return len(left)

    def _is_in_hand(self, message_id: str, claim: Claim) -> bool:
        return (claim.worker, claim.epoch) == (self.worker_id, self.epoch) and message_id in self.in_hand

    def _change_key(self, hub: HubRoot, shard: Shard, lane: Lane) -> None:
        """What left under the old key in the last minute, or is leaving, counts under the new one."""
        delivery = delivery_of(hub)
        old_key, lane.limit_key = lane.limit_key, self.limit_key
        old = delivery.find_limit(old_key)
        if old is None:
            return
        moving = {each: Claim(*stored) for each, stored in lane.claims.items()}
        moving = {each: claim for each, claim in moving.items() if claim.permit_of == old_key}
        delivery.limit_of(self.limit_key).take_from(old, len(moving), microseconds(shard.now))
        for message_id, claim in moving.items():
            moved = Claim(claim.attempt, claim.worker, claim.epoch, self.limit_key, claim.due)
            lane.claims[message_id] = tuple(moved)

    def _report(self, hub: HubRoot, shard: Shard, lane: Lane, message_id: str, claim: Claim) -> AttemptReport:
        key = (message_id, claim.attempt)
        facts = self.facts.get(claim.worker, JournalFacts())
        if key in facts.answered:
            return facts.answered[key]
        if facts.is_complete and key not in facts.started:
            return self._ended(hub, shard, lane, message_id, claim, "hand_back")
        return self._ended(hub, shard, lane, message_id, claim, "uncertain")

    def _ended(
        self,
        hub: HubRoot,
        shard: Shard,
        lane: Lane,
        message_id: str,
        claim: Claim,
        verdict: Literal["hand_back", "uncertain"],
    ) -> AttemptReport:
        terms = self.terms.get(lane.id, UncertainTerms())
        message = messages_of(hub).find(message_id)
        forgiven = 0 if message is None else message.attempts_forgiven
        text = _("The hub stopped before the server's answer was known.")
        return AttemptReport(
            lane_id=lane.id,
            message_id=message_id,
            attempt=claim.attempt,
            epoch=claim.epoch,
            verdict=verdict,
            failure=Failure("delivery.uncertain", plain(text)) if verdict == "uncertain" else None,
            on_uncertain=terms.on_uncertain,
            has_attempts_left=claim.attempt - forgiven < terms.max_attempts,
            # the latest possible end: whatever was on the wire ended with its process
            replied_at=microseconds(shard.now),
        )


def terms_of(hub: HubRoot, lane: Lane) -> UncertainTerms:
    """The terms of a lane's account, as far as they are on record."""
    return terms_of_account(hub, lane.account_id)


def terms_of_account(hub: HubRoot, account_id: str) -> UncertainTerms:
    """The terms of an account, without asking its connector, which may be away."""
    account = accounts_of(hub).find(account_id)
    if account is None:
        return UncertainTerms()
    return UncertainTerms(
        account.settings.get("on_uncertain", account.default_on_uncertain), account.max_attempts
    )
