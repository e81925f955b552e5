"""Taking over the lanes of a limit key from a worker that is gone, and settling what it had claimed (W4-W7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mailhub.contract.connector import OnUncertain
from mailhub.contract.texts import _, plain
from mailhub.store.root import HubRoot
from mailhub.store.writer import Shard

from .journal import JournalFacts
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
    """Write command: become the holder of a limit key and settle every claim of earlier holders.

    ``lane_ids``: the lanes that belong to the key now. ``facts``: what the local journal knows. Returns how many claims
    were settled, or None while another live worker holds the key. Refused with ``MembershipEnded``.
    """

    limit_key: str
    lane_ids: tuple[str, ...]
    worker_id: str
    epoch: int
    facts: JournalFacts
    terms: Mapping[str, UncertainTerms]
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
        """Settle what others had claimed, then let the lane follow its limit key."""
        settled = 0
        for message_id, stored in list(lane.claims.items()):
            claim = Claim(*stored)
            if (claim.worker, claim.epoch) != (self.worker_id, self.epoch):
                settle(hub, shard, lane, claim, self._report(shard, lane, message_id, claim))
                settled += 1
        if lane.limit_key != self.limit_key:
            lane.limit_key = self.limit_key
        return settled

    def _report(self, shard: Shard, lane: Lane, message_id: str, claim: Claim) -> AttemptReport:
        key = (message_id, claim.attempt)
        if key in self.facts.answered:
            return self.facts.answered[key]
        if self.facts.is_complete and key not in self.facts.started:
            return self._ended(shard, lane, message_id, claim, "hand_back")
        return self._ended(shard, lane, message_id, claim, "uncertain")

    def _ended(
        self,
        shard: Shard,
        lane: Lane,
        message_id: str,
        claim: Claim,
        verdict: Literal["hand_back", "uncertain"],
    ) -> AttemptReport:
        terms = self.terms.get(lane.id, UncertainTerms())
        text = _("The hub stopped before the server's answer was known.")
        return AttemptReport(
            lane_id=lane.id,
            message_id=message_id,
            attempt=claim.attempt,
            verdict=verdict,
            failure=Failure("delivery.uncertain", plain(text)) if verdict == "uncertain" else None,
            on_uncertain=terms.on_uncertain,
            has_attempts_left=claim.attempt < terms.max_attempts,
            # the latest possible end: whatever was on the wire ended with its process
            replied_at=microseconds(shard.now),
        )
