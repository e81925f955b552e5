"""What people do to a message that waits or has ended: cancel it, try it again (RT8, RT9)."""

from dataclasses import dataclass
from datetime import datetime

from mailhub.accounts.model import accounts_of
from mailhub.answers import Answered
from mailhub.contract.texts import _
from mailhub.errors import NOT_FOUND, NotFound, WrongState
from mailhub.messages.model import Message, Outcome, RecipientState, messages_of
from mailhub.messages.presenting import present_message
from mailhub.messages.states import next_status
from mailhub.messages.transitions import move
from mailhub.store.read_current import rely_on
from mailhub.store.root import HubRoot
from mailhub.store.writer import Shard

from .model import delivery_of
from .queueing import enqueue
from .telling import tell
from .waiting import waiting_for


@dataclass(frozen=True, slots=True)
class CancelMessage:
    """Write command: take a waiting message back. Returns nothing.

    Refused with ``message.not_found`` and ``message.wrong_state``.
    """

    message_id: str
    owner_id: str
    note: str = "cancel"

    def check(self, hub: HubRoot) -> None:
        next_status("cancelled", get_owned(hub, self.message_id, self.owner_id).status)

    def apply(self, hub: HubRoot, shard: Shard) -> None:
        message = get_owned(hub, self.message_id, self.owner_id)
        message.next_attempt_at = None
        move(hub, shard, message, "cancelled")
        tell(hub, shard, message, "message.cancelled")


@dataclass(frozen=True, slots=True)
class Changed:
    """A message that was changed: what is answered to who did it."""

    answer: Answered


@dataclass(frozen=True, slots=True)
class RetryMessage:
    """Write command: try a message now that failed, was cancelled, or waits; its attempts are counted anew. Returns
    ``Changed``.

    Recipients that accepted it before do not get it again. ``now``: by the hub's clock. Refused with
    ``message.not_found``, ``message.wrong_state``, ``message.expired``, ``account.not_found``.
    """

    message_id: str
    owner_id: str
    now: datetime
    connector_is_loaded: bool = True
    note: str = "retry"

    def check(self, hub: HubRoot) -> None:
        message = get_owned(hub, self.message_id, self.owner_id)
        next_status("retried", message.status)
        check_can_leave(hub, message, self.now)

    def apply(self, hub: HubRoot, shard: Shard) -> Changed:
        message = get_owned(hub, self.message_id, self.owner_id)
        message.attempts_forgiven = message.attempts
        message.error = None
        message.outcomes = _asked_again(message)
        move(hub, shard, message, "retried", possible_duplicate=message.possible_duplicate)
        enqueue(hub, shard, message, shard.now)
        tell(hub, shard, message, "message.queued")
        return Changed(answer_of(hub, shard, message, connector_is_loaded=self.connector_is_loaded))


def check_can_leave(hub: HubRoot, message: Message, now: datetime) -> None:
    """Raises ``WrongState`` with ``message.expired`` or ``account.not_found`` for a message that cannot be queued again."""
    if message.expires_at is not None and message.expires_at <= now:
        raise WrongState(
            _(
                "The message expired at ${time}. Send a new one.",
                mapping={"time": message.expires_at.isoformat()},
            ),
            code="message.expired",
        )
    account = accounts_of(hub).find(message.account_id)
    if account is None or account.state.is_closing:
        raise WrongState(
            _("The account of this message was deleted. Send the message anew by another account."),
            code="account.not_found",
        )
    rely_on(account)
    rely_on(account.state)


def answer_of(hub: HubRoot, shard: Shard, message: Message, *, connector_is_loaded: bool) -> Answered:
    """A message as it is after what was done to it."""
    lane = delivery_of(hub).find_lane(message.lane_id)
    account = accounts_of(hub).find(message.account_id)
    keeps = waiting_for(hub, message, account, lane, connector_is_loaded, shard.now)
    return Answered(200, present_message(message, keeps))


def _asked_again(message: Message) -> tuple[Outcome, ...] | None:
    """A message that failed has no recipient left to try; whoever did not accept it is asked again."""
    if message.status != "failed" or message.outcomes is None:
        return message.outcomes
    asked = RecipientState()
    pending = (asked.outcome, asked.code, asked.detail)
    return tuple(each if each[0] == "accepted" else pending for each in message.outcomes)


def get_owned(hub: HubRoot, message_id: str, owner_id: str) -> Message:
    """The message, if it still belongs to whom it belonged to when the caller was allowed to see it."""
    message = messages_of(hub).find(message_id)
    if message is None or message.owner_id != owner_id:
        raise NotFound(NOT_FOUND, code="message.not_found")
    return message
