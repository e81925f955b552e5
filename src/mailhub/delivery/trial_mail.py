"""The test mail: what it says, and the message that is made of it (TM3). It is sent and never stored."""

import hashlib
import io
from dataclasses import dataclass
from html import escape
from typing import BinaryIO

import idna

from mailhub.bodies.plain_text import text_of_html
from mailhub.contract.clock import Clock
from mailhub.contract.message import Address, OutgoingMessage, Recipient
from mailhub.contract.texts import _, plain
from mailhub.entropy import Entropy, new_id, text_token

from .mime import MessageForm, MessageWriter


@dataclass(frozen=True, slots=True)
class TrialMail:
    """Who sends it to whom. ``facts``: title and value of what the body tells of the account."""

    from_: Address
    sender: Address | None
    envelope_from: str
    to: Address
    facts: tuple[tuple[str, str], ...]
    html: str | None = None
    """Another body, a plugin's."""


class _Text:
    """Implements ``mailhub.contract.Content`` over a text in memory."""

    def __init__(self, text: str) -> None:
        self._content = text.encode("utf-8")
        self.size = len(self._content)
        self.sha256 = hashlib.sha256(self._content).hexdigest()

    def open(self) -> BinaryIO:
        return io.BytesIO(self._content)


def make_trial_mail(mail: TrialMail, clock: Clock, entropy: Entropy) -> OutgoingMessage:
    """The message as a connector gets it."""
    html = mail.html or _body(mail.facts)
    domain = idna.encode(mail.from_.address.rpartition("@")[2], uts46=True).decode("ascii")
    form = MessageForm(
        from_=mail.from_,
        sender=mail.sender,
        to=(mail.to,),
        subject=plain(_("Test mail from mailhub")),
        text=_Text(text_of_html(html)),
        html=_Text(html),
        date=clock.now().replace(microsecond=0),
        message_id=f"<{text_token(entropy, 18)}@{domain}>",
        boundary_seed=text_token(entropy, 16),
    )
    return OutgoingMessage(
        id=new_id(entropy),
        attempt=1,
        message_id=form.message_id,
        date=form.date,
        from_=form.from_,
        sender=form.sender,
        envelope_from=mail.envelope_from,
        recipients=(Recipient(mail.to.address, "to", mail.to.name),),
        to=form.to,
        subject=form.subject,
        text=form.text,
        html=form.html,
        mime=MessageWriter(form),
    )


def _body(facts: tuple[tuple[str, str], ...]) -> str:
    rows = "".join(f"<tr><th>{escape(title)}</th><td>{escape(value)}</td></tr>" for title, value in facts)
    title = plain(_("This is a test mail."))
    sentence = plain(_("That you can read it shows that this account can send."))
    return (
        f'<!DOCTYPE html><html lang="en"><body><h1>{escape(title)}</h1><p>{escape(sentence)}</p>'
        f"<table>{rows}</table></body></html>"
    )
