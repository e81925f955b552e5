"""Why a waiting message has not left (``waiting_for``), answered from what is at hand: no list is walked."""

from datetime import datetime
from typing import Literal

from mailhub.accounts.model import Account
from mailhub.messages.model import Message
from mailhub.store.root import HubRoot

from .model import Lane, delivery_of
from .permits import available
from .queueing import microseconds

WaitingFor = Literal[
    "rate_limit", "concurrency", "paused_account", "connector_missing", "sign_in", "retry", "schedule"
]


def waiting_for(
    hub: HubRoot,
    message: Message,
    account: Account | None,
    lane: Lane | None,
    connector_is_loaded: bool,
    now: datetime,
) -> WaitingFor | None:
    """What holds a queued message back; None when nothing does, and for messages that do not wait.

    ``account`` and ``lane`` are the message's own; no lane: nothing has ever been tried there. ``now``: by the storage's
    clock.
    """
    if message.status != "queued" or account is None:
        return None
    if not connector_is_loaded:
        return "connector_missing"
    if account.state.is_blocked():
        return "paused_account"
    if lane is not None and lane.attention is not None:
        return "sign_in"
    if message.next_attempt_at is not None and message.next_attempt_at > now:
        return "retry" if message.attempts else "schedule"
    return None if lane is None else _held_by_limits(hub, account, lane, microseconds(now))


def _held_by_limits(hub: HubRoot, account: Account, lane: Lane, now: int) -> WaitingFor | None:
    """A server's own "slow down" counts as a rate limit."""
    if lane.hold_until > now:
        return "rate_limit"
    limit = delivery_of(hub).find_limit(lane.limit_key)
    if limit is not None and limit.limit and not available(limit.limit, limit.taken, limit.returns, now):
        return "rate_limit"
    return "concurrency" if len(lane.claims) >= account.concurrency_limit else None
