"""What became of one attempt, recipient by recipient."""

from dataclasses import dataclass
from typing import Literal

from .message import OutgoingMessage

RecipientStatus = Literal["accepted", "refused", "deferred", "uncertain"]


@dataclass(frozen=True, slots=True)
class RecipientOutcome:
    """The answer for one envelope recipient.

    ``code`` is the server's reply code or a stable ``area.reason``; ``detail`` its text. ``deferred`` recipients are
    tried again with the next attempt; ``uncertain`` ones (the connection was lost at their final step, while others had got
    their answer) as the account's ``on_uncertain`` says; the others never.
    """

    address: str
    status: RecipientStatus
    code: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SendOutcome:
    """The answers of one attempt. Every recipient of the message has exactly one.

    ``reply``: the server's answer to the message as a whole. ``provider_id``: the provider's name for it, if any.
    ``retry_after_seconds``: a hint for the deferred recipients.
    """

    recipients: tuple[RecipientOutcome, ...]
    reply: str = ""
    provider_id: str | None = None
    retry_after_seconds: float | None = None

    @classmethod
    def accepted(
        cls, message: OutgoingMessage, reply: str = "", *, provider_id: str | None = None
    ) -> "SendOutcome":
        """All recipients of the message were accepted."""
        outcomes = tuple(
            RecipientOutcome(each.address, "accepted", detail=reply) for each in message.recipients
        )
        return cls(outcomes, reply, provider_id)

    def with_status(self, status: RecipientStatus) -> tuple[RecipientOutcome, ...]:
        """The recipients that got this status."""
        return tuple(each for each in self.recipients if each.status == status)
