"""What is known about each recipient of one attempt, and what follows for the message."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from mailhub.contract import (
    DeliveryError,
    OutgoingMessage,
    Permanent,
    RecipientOutcome,
    SendOutcome,
    Uncertain,
)
from mailhub.contract.outcome import RecipientStatus
from mailhub.contract.texts import plain

from .envelope import AddressUnusable, Destination, destination_of
from .reply import Reply
from .texts import _
from .verdicts import longest_hint, retry_hint, too_many_recipients

SMTPUTF8_MISSING: Final = plain(
    _("5.6.7 The server cannot take an address with letters beyond ASCII before the @ (SMTPUTF8).")
)
ADDRESS_UNUSABLE: Final = plain(_("5.1.3 The address cannot be used in an envelope."))
NOT_TRIED: Final = plain(_("The connection was lost before this recipient's turn."))


class Answer(NamedTuple):
    """The answer for one recipient: what ``RecipientOutcome`` says, without the address."""

    status: RecipientStatus
    code: str
    detail: str


class Answers:
    """Collects one answer per recipient. Recipients that are one and the same mailbox share it."""

    def __init__(self, message: OutgoingMessage) -> None:
        self.destinations: dict[str, Destination] = {}
        self.reply = ""
        self._message = message
        self._paths: list[str] = []
        self._answers: dict[str, Answer] = {}
        self._hints: list[float | None] = []
        self._has_own = False
        for recipient in message.recipients:
            self._paths.append(self._path_of(recipient.address))

    @property
    def needs_smtputf8(self) -> bool:
        """True when a recipient has an address that only SMTPUTF8 can carry."""
        return any(each.needs_smtputf8 for each in self.destinations.values())

    def accept(self, paths: Iterable[str], reply: Reply) -> None:
        """The server took the message for these recipients."""
        code, text = str(reply.code), reply.text
        self.reply = f"{code} {text}".rstrip()
        answer = Answer("accepted", code, text)
        for path in paths:
            self._settle(path, answer)

    def refuse(self, path: str, code: str, detail: str) -> None:
        """This recipient will never get it."""
        self._settle(path, Answer("refused", code, detail))

    def by_reply(self, path: str, reply: Reply) -> None:
        """The server's own answer for this recipient: refused by 5yz, else deferred."""
        if reply.is_permanent and not too_many_recipients(reply):
            self.refuse(path, str(reply.code), reply.text)
        else:
            self._hints.append(retry_hint(reply))
            self._settle(path, Answer("deferred", str(reply.code), reply.text))

    def by_error(self, paths: Iterable[str], error: DeliveryError) -> None:
        """These recipients share the message's fate."""
        self._hints.append(error.retry_after_seconds)
        answer = Answer(_status_of(error), error.code, error.reply or plain(error.message))
        for path in paths:
            self._answers[path] = answer

    def outcome(self, ending: DeliveryError | None = None) -> SendOutcome:
        """The answers of all. Raises ``ending`` when that is all there is to say."""
        if ending is not None:
            self._end_with(ending)
        recipients = tuple(
            RecipientOutcome(recipient.address, *self._answers[path])
            for recipient, path in zip(self._message.recipients, self._paths, strict=True)
        )
        return SendOutcome(recipients, self.reply, retry_after_seconds=longest_hint(self._hints))

    def _end_with(self, ending: DeliveryError) -> None:
        unanswered = [path for path in self._paths if path not in self._answers]
        if isinstance(ending, Uncertain):
            # only those of the lost transaction may have got it; the rest were never named to the server
            for path in unanswered:
                self._settle(path, Answer("deferred", "delivery.transient", NOT_TRIED))
        else:
            self.by_error(unanswered, ending)
        if not self._has_own:
            raise ending

    def _settle(self, path: str, answer: Answer) -> None:
        self._answers[path] = answer
        self._has_own = True

    def _path_of(self, address: str) -> str:
        try:
            destination = destination_of(address)
        except AddressUnusable:
            self.refuse(address, "address.invalid", ADDRESS_UNUSABLE)
            return address
        self.destinations[destination.path] = destination
        return destination.path


def _status_of(error: DeliveryError) -> RecipientStatus:
    if isinstance(error, Permanent):
        return "refused"
    return "uncertain" if isinstance(error, Uncertain) else "deferred"
