"""The provider behind the fake connector: does what a test tells it and remembers what it got."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Condition, Event, Lock

from mailhub.contract.connector import SessionContext
from mailhub.contract.errors import AuthenticationFailed
from mailhub.contract.message import OutgoingMessage, WireOptions
from mailhub.contract.outcome import RecipientOutcome, RecipientStatus, SendOutcome
from mailhub.contract.texts import _

from .received import ReceivedMail

WIRE = WireOptions(eight_bit=True, smtputf8=True)
IN_MEMORY_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeDelivery(ReceivedMail):
    """One mail as the fake provider got it; ``recipients`` are those it accepted."""

    message_id: str
    attempt: int
    account_id: str
    sending_identity: str
    at: datetime


class Gate:
    """Holds senders up until the test releases them."""

    def __init__(self, timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds
        self._reached = Event()
        self._released = Event()

    def wait_until_reached(self) -> None:
        """Block until a sender stands at the gate. Raises AssertionError when none comes."""
        if not self._reached.wait(self._timeout_seconds):
            raise AssertionError("nobody sends")

    def release(self) -> None:
        """Let everybody pass, now and later."""
        self._released.set()

    def pass_through(self) -> None:
        self._reached.set()
        if not self._released.wait(self._timeout_seconds):
            raise AssertionError("the test did not release the gate")


@dataclass(eq=False, slots=True)
class _Rule:
    act: Callable[[], None]
    identity: str | None
    recipient: str | None
    is_after_hand_over: bool
    times_left: int | None

    def applies(self, context: SessionContext, message: OutgoingMessage, *, is_after_hand_over: bool) -> bool:
        return (
            self.is_after_hand_over == is_after_hand_over
            and self.times_left != 0
            and self.identity in (None, context.sending_identity)
            and (self.recipient is None or any(each.address == self.recipient for each in message.recipients))
        )


class FakeProvider:
    """Accepts everything until it is told otherwise. Used by the threads of all sessions at once.

    ``spool``: a folder for contents over 64 KB; without it all are kept in memory. ``takes_seconds``: how long an
    answer takes by the session's clock. ``timeout_seconds``: real time that waiting for it, or at a gate, may take.
    """

    def __init__(self, *, spool: Path | None = None, timeout_seconds: float = 10.0) -> None:
        self.takes_seconds = 0.0
        self.open_sessions = 0
        self._spool = spool
        self._timeout_seconds = timeout_seconds
        self._changed = Condition()
        self._numbers = Lock()
        self._number = 0
        self._received: list[FakeDelivery] = []
        self._answers: dict[str, RecipientOutcome] = {}
        self._dead: set[str] = set()
        self._rules: list[_Rule] = []

    # what a test tells it

    def refuse(self, address: str, code: str = "550", detail: str = "5.1.1 no such mailbox") -> None:
        """Refuse this recipient for good, until ``accept``."""
        self._answer(address, "refused", code, detail)

    def defer(self, address: str, code: str = "450", detail: str = "4.2.0 mailbox busy") -> None:
        """Put this recipient off, until ``accept``."""
        self._answer(address, "deferred", code, detail)

    def accept(self, address: str) -> None:
        """Take mail for this recipient (again)."""
        with self._changed:
            self._answers.pop(address, None)

    def fail(
        self,
        error: BaseException,
        *,
        identity: str | None = None,
        recipient: str | None = None,
        times: int | None = 1,
        after_hand_over: bool = False,
    ) -> None:
        """Raise this for the next ``times`` messages (None: for all) of an identity, or to a recipient, or any.

        ``after_hand_over``: when the mail may already have gone out; the fake did not take it then.
        """

        def act() -> None:
            raise error

        self._add(_Rule(act, identity, recipient, after_hand_over, times))

    def block(
        self, *, identity: str | None = None, recipient: str | None = None, after_hand_over: bool = False
    ) -> Gate:
        """Hold up all messages of an identity, or to a recipient, or any, until the gate is released."""
        gate = Gate(self._timeout_seconds)
        self._add(_Rule(gate.pass_through, identity, recipient, after_hand_over, None))
        return gate

    def kill_sign_in(self, identity: str = "") -> None:
        """From now on this sending identity's sign-in is refused ("": the account's own)."""
        with self._changed:
            self._dead.add(identity)

    def revive_sign_in(self, identity: str = "") -> None:
        with self._changed:
            self._dead.discard(identity)

    # what a test asks it

    @property
    def received(self) -> list[FakeDelivery]:
        """All mails so far, in the order of their arrival."""
        with self._changed:
            return list(self._received)

    def wait_for(self, count: int) -> list[FakeDelivery]:
        """Block until so many mails have come. Raises AssertionError when they do not."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._received) >= count, self._timeout_seconds):
                raise AssertionError(f"{len(self._received)} mails came, not {count}")
            return list(self._received)

    # what the fake connector does with it

    def session_opened(self, change: int) -> None:
        with self._changed:
            self.open_sessions += change

    def sign_in(self, context: SessionContext) -> None:
        """Raises ``AuthenticationFailed`` for a dead identity."""
        with self._changed:
            if context.sending_identity in self._dead:
                raise AuthenticationFailed(_("The sign-in has expired; sign in again."), reply="535 5.7.8")

    def take(self, message: OutgoingMessage, context: SessionContext) -> SendOutcome:
        """Take one message, as it was told to."""
        self._act(context, message, is_after_hand_over=False)
        answers = self._answers_for(message)
        accepted = tuple(each.address for each in answers if each.status == "accepted")
        if accepted:
            content = self._read(message)
            context.hand_over(message)
            self._act(context, message, is_after_hand_over=True)
            self._keep(message, context, accepted, content)
        self._take_time(context)
        return SendOutcome(answers, "250 taken by the fake", provider_id=f"fake-{message.id}")

    def find(self, message_id: str) -> FakeDelivery | None:
        """The mail made of this message, if it came."""
        return next((each for each in self.received if each.message_id == message_id), None)

    def _answer(self, address: str, status: RecipientStatus, code: str, detail: str) -> None:
        with self._changed:
            self._answers[address] = RecipientOutcome(address, status, code, detail)

    def _answers_for(self, message: OutgoingMessage) -> tuple[RecipientOutcome, ...]:
        with self._changed:
            return tuple(
                self._answers.get(each.address, RecipientOutcome(each.address, "accepted", "250"))
                for each in message.recipients
            )

    def _add(self, rule: _Rule) -> None:
        with self._changed:
            self._rules.append(rule)

    def _act(self, context: SessionContext, message: OutgoingMessage, *, is_after_hand_over: bool) -> None:
        with self._changed:
            rules = [
                rule
                for rule in self._rules
                if rule.applies(context, message, is_after_hand_over=is_after_hand_over)
            ]
            for rule in rules:
                if rule.times_left is not None:
                    rule.times_left -= 1
        for rule in rules:
            rule.act()

    def _read(self, message: OutgoingMessage) -> bytes | Path:
        if self._spool is None or message.mime.size(WIRE) <= IN_MEMORY_BYTES:
            return b"".join(message.mime.iter_bytes(WIRE))
        with self._numbers:
            self._number += 1
            path = self._spool / f"{self._number:06d}.eml"
        with path.open("wb") as file:
            file.writelines(message.mime.iter_bytes(WIRE))
        return path

    def _keep(
        self,
        message: OutgoingMessage,
        context: SessionContext,
        accepted: tuple[str, ...],
        content: bytes | Path,
    ) -> None:
        delivery = FakeDelivery(
            envelope_from=message.envelope_from,
            recipients=accepted,
            content=content,
            message_id=message.id,
            attempt=message.attempt,
            account_id=context.account_id,
            sending_identity=context.sending_identity,
            at=context.clock.now(),
        )
        with self._changed:
            self._received.append(delivery)
            self._changed.notify_all()

    def _take_time(self, context: SessionContext) -> None:
        ends_at = context.clock.monotonic() + self.takes_seconds
        waiting = Condition()
        with waiting:
            while (left := ends_at - context.clock.monotonic()) > 0:
                context.clock.wait(waiting, left)
