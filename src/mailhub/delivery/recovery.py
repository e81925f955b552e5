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
    """Write command: become the holder of a limit key and settle every claim of earlier holders.

    ``lane_ids``: the lanes that belong to the key now. ``facts``: what the journals of this machine know, by worker; of
    another worker's attempts nothing is known. Returns how many claims were settled, or None while another live worker
    holds the key. Refused with ``MembershipEnded``.
    """

    limit_key: str
    lane_ids: tuple[str, ...]
    worker_id: str
    epoch: int
    facts: WorkerFacts
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
                settle(hub, shard, lane, claim, self._report(hub, shard, lane, message_id, claim))
                settled += 1
        if lane.limit_key != self.limit_key:
            lane.limit_key = self.limit_key
        return settled

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
