"""What holds a waiting message back, until when, and by which limit: what people are told beside ``waiting_for``."""

from dataclasses import dataclass
from datetime import datetime

from mailhub.accounts.model import Account
from mailhub.messages.model import Message
from mailhub.store.root import HubRoot

from .model import Lane
from .queue_figures import held_by, next_slot_at
from .queueing import instant
from .waiting import WaitingFor, waiting_for

_HELD = frozenset({"connector_missing", "paused_account"})


@dataclass(frozen=True, slots=True)
class Hold:
    """``until``: None where nobody can tell. ``rate_limit_per_minute``: of the account, where that is what holds it; 0
    for a server that asked to wait. ``code``: what the account or sign-in needs, as in ``QueueFigures.paused_reason``."""

    reason: WaitingFor
    until: datetime | None = None
    rate_limit_per_minute: int = 0
    code: str = ""


def hold_of(
    hub: HubRoot,
    message: Message,
    account: Account | None,
    lane: Lane | None,
    connector_is_loaded: bool,
    now: datetime,
) -> Hold | None:
    """As ``waiting_for``, with what is known beyond the reason."""
    reason = waiting_for(hub, message, account, lane, connector_is_loaded, now)
    if reason is None or account is None:
        return None
    if reason in ("retry", "schedule"):
        return Hold(reason, message.next_attempt_at)
    if reason == "rate_limit":
        slot = next_slot_at(hub, account, lane, now)
        asked = None if lane is None else _asked_until(lane, now)
        is_asked = asked is not None and slot == asked
        return Hold(reason, slot, 0 if is_asked else account.rate_limit_per_minute)
    if reason in _HELD:
        return Hold(reason, code=held_by(account, connector_is_loaded=connector_is_loaded) or "")
    attention = None if lane is None else lane.find_attention()
    return Hold(reason, code="" if attention is None else attention.code)


def _asked_until(lane: Lane, now: datetime) -> datetime | None:
    """Until when the server asked to wait; None when it did not, or not beyond now."""
    until = instant(lane.hold_until)
    return until if until > now else None
