"""What the writer needs to know of a message. There is no Bcc here, so none can reach the wire."""

from dataclasses import dataclass
from datetime import datetime

from mailhub.contract.message import Address, Attachment, Content, Importance

SEED_LENGTH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageForm:
    """The visible message, fixed when it was accepted: the same form always gives the same bytes.

    ``date``: aware. ``message_id``: with its angle brackets. ``text`` and ``html``: UTF-8.

    ``boundary_seed``: 128 random bits drawn when the message is accepted or copied, as text of at least 16
    characters; never shown to whoever writes the content before it is fixed. The boundaries are a hash of it, so
    nobody can write a body or attach a message that holds one.
    """

    from_: Address
    message_id: str
    date: datetime
    boundary_seed: str
    sender: Address | None = None
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    subject: str = ""
    text: Content | None = None
    html: Content | None = None
    attachments: tuple[Attachment, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    importance: Importance = "normal"

    def __post_init__(self) -> None:
        if self.date.tzinfo is None:
            raise ValueError("the date of a message must be aware")
        if len(self.boundary_seed) < SEED_LENGTH:
            raise ValueError("the boundary seed must hold 128 random bits")
