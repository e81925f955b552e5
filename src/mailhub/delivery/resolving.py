"""What a person says of a message whose outcome nobody knew (W6)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mailhub.contract.texts import _, plain
from mailhub.messages.model import Message, Outcome
from mailhub.messages.states import next_status
from mailhub.messages.transitions import move
from mailhub.store.root import HubRoot
from mailhub.store.writer import Shard

from .changing import Changed, answer_of, check_can_leave, get_owned
from .queueing import enqueue
from .telling import tell

Resolution = Literal["sent", "resend", "failed"]
_OPEN = ("pending", "deferred")
_CODE = "delivery.resolved"


@dataclass(frozen=True, slots=True)
class ResolveMessage:
    """Write command: end the doubt about a message. Returns ``Changed``.

    ``sent``: whoever has not answered has it. ``failed``: he has it not; the message is sent all the same, in part, when
    another one has it (api.md). ``resend``: he is asked again, under the same Message-ID. ``by``: login of who says so.
    Refused with ``message.not_found``, ``message.wrong_state``; ``resend`` also as a retry is.
    """

    message_id: str
    owner_id: str
    outcome: Resolution
    by: str
    now: datetime
    connector_is_loaded: bool = True
    note: str = "resolve"

    def check(self, hub: HubRoot) -> None:
        message = get_owned(hub, self.message_id, self.owner_id)
        next_status(f"resolved_{self.outcome}", message.status)
        if self.outcome == "resend":
            check_can_leave(hub, message, self.now)

    def apply(self, hub: HubRoot, shard: Shard) -> Changed:
        message = get_owned(hub, self.message_id, self.owner_id)
        if self.outcome == "resend":
            self._resend(hub, shard, message)
        else:
            self._end(hub, shard, message)
        return Changed(answer_of(hub, shard, message, connector_is_loaded=self.connector_is_loaded))

    def _resend(self, hub: HubRoot, shard: Shard, message: Message) -> None:
        message.attempts_forgiven = message.attempts
        message.error = None
        self._move(hub, shard, message, "resolved_resend")
        enqueue(hub, shard, message, shard.now)
        tell(hub, shard, message, "message.queued")

    def _end(self, hub: HubRoot, shard: Shard, message: Message) -> None:
        has_it = self.outcome == "sent"
        message.outcomes = _closed(message, "accepted" if has_it else "refused")
        accepted = sum(each[0] == "accepted" for each in message.outcomes)
        if accepted:
            message.is_partial = accepted < len(message.outcomes)
            message.error = None
            self._move(hub, shard, message, "resolved_sent")
            tell(
                hub,
                shard,
                message,
                "message.sent",
                is_partial=message.is_partial,
                possible_duplicate=message.possible_duplicate,
            )
        else:
            code, words, _retryable = message.error or (_CODE, plain(_("It was not sent.")), False)
            message.error = (code, words, False)
            self._move(hub, shard, message, "resolved_failed", code=code)
            tell(hub, shard, message, "message.failed", error_code=code)

    def _move(self, hub: HubRoot, shard: Shard, message: Message, event: str, *, code: str = "") -> None:
        said = plain(_("${user} said so.", mapping={"user": self.by}))
        move(
            hub,
            shard,
            message,
            event,
            code=code,
            detail=said,
            possible_duplicate=message.possible_duplicate,
        )


def _closed(message: Message, outcome: str) -> tuple[Outcome, ...]:
    """The answers, with this one for those who have not given any."""
    return tuple(
        (outcome, _CODE, "") if state.outcome in _OPEN else (state.outcome, state.code, state.detail)
        for _recipient, state in message.recipient_states()
    )
