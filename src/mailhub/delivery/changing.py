"""What people do to a message that waits or has ended: cancel it, try it again (RT8, RT9)."""

from dataclasses import dataclass
from datetime import datetime

from mailhub.accounts.model import accounts_of
from mailhub.contract.texts import _
from mailhub.errors import NOT_FOUND, NotFound, WrongState
from mailhub.messages.model import Message, Outcome, RecipientState, messages_of
from mailhub.messages.states import next_status
from mailhub.messages.transitions import move
from mailhub.store.read_current import rely_on
from mailhub.store.root import HubRoot
from mailhub.store.writer import Shard

from .queueing import enqueue
from .telling import tell


@dataclass(frozen=True, slots=True)
class CancelMessage:
    """Write command: take a waiting message back. Returns nothing.

    Refused with ``message.not_found`` and ``message.wrong_state``.
    """

    message_id: str
    owner_id: str
    note: str = "cancel"

    def check(self, hub: HubRoot) -> None:
        next_status("cancelled", _owned(hub, self.message_id, self.owner_id).status)

    def apply(self, hub: HubRoot, shard: Shard) -> None:
        message = _owned(hub, self.message_id, self.owner_id)
        message.next_attempt_at = None
        move(hub, shard, message, "cancelled")
        tell(hub, shard, message, "message.cancelled")


@dataclass(frozen=True, slots=True)
class RetryMessage:
    """Write command: try a message now that failed, was cancelled, or waits; its attempts are counted anew. Returns nothing.

    Recipients that accepted it before do not get it again. ``now``: by the hub's clock. Refused with
    ``message.not_found``, ``message.wrong_state``, ``message.expired``, ``account.not_found``.
    """

    message_id: str
    owner_id: str
    now: datetime
    note: str = "retry"

    def check(self, hub: HubRoot) -> None:
        message = _owned(hub, self.message_id, self.owner_id)
        next_status("retried", message.status)
        if message.expires_at is not None and message.expires_at <= self.now:
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

    def apply(self, hub: HubRoot, shard: Shard) -> None:
        message = _owned(hub, self.message_id, self.owner_id)
        message.attempts_forgiven = message.attempts
        message.error = None
        message.outcomes = _asked_again(message)
        move(hub, shard, message, "retried", possible_duplicate=message.possible_duplicate)
        enqueue(hub, shard, message, shard.now)
        tell(hub, shard, message, "message.queued")


def _asked_again(message: Message) -> tuple[Outcome, ...] | None:
    """A message that failed has no recipient left to try; whoever did not accept it is asked again."""
    if message.status != "failed" or message.outcomes is None:
        return message.outcomes
    asked = RecipientState()
    pending = (asked.outcome, asked.code, asked.detail)
    return tuple(each if each[0] == "accepted" else pending for each in message.outcomes)


def _owned(hub: HubRoot, message_id: str, owner_id: str) -> Message:
    """The message, if it still belongs to whom it belonged to when the caller was allowed to see it."""
    message = messages_of(hub).find(message_id)
    if message is None or message.owner_id != owner_id:
        raise NotFound(NOT_FOUND, code="message.not_found")
    return message
