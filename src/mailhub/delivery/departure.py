"""When a message that is handed in now may leave, as far as account, lane and limit tell."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mailhub.accounts.model import Account
from mailhub.store.root import HubRoot

from .model import Lane, delivery_of
from .queue_figures import held_by, next_slot_at
from .queueing import LaneAddress


@dataclass(frozen=True, slots=True)
class Departure:
    """``at``: None when nobody can tell. ``held_by``: what stops the whole lane, as in ``QueueFigures.paused_reason``.
    ``waits_for``: what ``at`` is so late for."""

    at: datetime | None
    held_by: str | None = None
    waits_for: Literal["schedule", "rate_limit"] | None = None


def departure(
    hub: HubRoot,
    account: Account,
    address: LaneAddress,
    connector_is_loaded: bool,
    now: datetime,
    send_at: datetime | None = None,
) -> Departure:
    """``address``: the lane the message goes to, which may not be there yet. ``send_at``: not before."""
    stored = delivery_of(hub).find_lane(address.lane_id)
    held = held_by(account, connector_is_loaded=connector_is_loaded)
    if held is None and stored is not None and stored.attention is not None:
        held = "sign_in"
    if held is not None:
        return Departure(None, held)
    lane = stored or Lane(address.lane_id, address.account_id, address.sending_identity, address.limit_key)
    slot = next_slot_at(hub, account, lane, now)
    if slot is None:
        return Departure(None, waits_for="rate_limit")
    if send_at is not None and send_at > max(slot, now):
        return Departure(send_at, waits_for="schedule")
    return Departure(slot, waits_for="rate_limit" if slot > now else None)
