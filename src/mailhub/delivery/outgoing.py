"""From the stored message to what a connector gets: plain values that outlive the transaction they were read in."""

from dataclasses import dataclass
from typing import Any

from mailhub.contract.message import Address, Attachment, Content, OutgoingMessage
from mailhub.messages.model import Mailbox, Message, MessageContent
from mailhub.store.content import ContentReader

from .mime import MessageForm, MessageWriter


@dataclass(frozen=True, slots=True)
class ClaimedMessage:
    """One attempt that a worker has claimed, under the membership of this epoch."""

    lane_id: str
    due: int
    outgoing: OutgoingMessage
    attempts_forgiven: int = 0
    epoch: int = 0

    @property
    def counted_attempt(self) -> int:
        """The number of this attempt as the account's most attempts count it: from the last time somebody asked."""
        return self.outgoing.attempt - self.attempts_forgiven


def outgoing_message(message: Message) -> OutgoingMessage:
    """The message as its next attempt sends it. The caller's transaction may end afterwards."""
    content = message.content
    form = message_form(content)
    return OutgoingMessage(
        id=message.id,
        attempt=message.attempts,
        message_id=content.message_id,
        date=content.date,
        from_=form.from_,
        sender=form.sender,
        envelope_from=content.envelope_from,
        recipients=message.pending_recipients(),
        to=form.to,
        cc=form.cc,
        reply_to=form.reply_to,
        subject=content.subject,
        text=form.text,
        html=form.html,
        attachments=form.attachments,
        headers=form.headers,
        importance=content.importance,
        scenario=message.scenario,
        owner_id=message.owner_id,
        possible_duplicate=message.possible_duplicate,
        mime=MessageWriter(form),
    )


def message_form(content: MessageContent) -> MessageForm:
    """The headers and parts of a stored message, as the MIME writer wants them."""
    return MessageForm(
        from_=Address(*content.from_),
        sender=None if content.sender is None else Address(*content.sender),
        to=_addresses(content.to),
        cc=_addresses(content.cc),
        reply_to=_addresses(content.reply_to),
        subject=content.subject,
        text=_reader(content.text),
        html=_reader(content.html),
        attachments=tuple(
            Attachment(
                each.name, each.content_type, ContentReader.of(each.content), each.inline, each.content_id
            )
            for each in content.attachments
        ),
        headers=content.headers,
        importance=content.importance,
        date=content.date,
        message_id=content.message_id,
        boundary_seed=content.boundary_seed,
    )


def _addresses(mailboxes: tuple[Mailbox, ...]) -> tuple[Address, ...]:
    return tuple(Address(*each) for each in mailboxes)


def _reader(content: Any) -> Content | None:
    return None if content is None else ContentReader.of(content)
