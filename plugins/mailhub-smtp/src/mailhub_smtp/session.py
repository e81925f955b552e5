"""A sending session: one message after another over a kept connection, each recipient with its own answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from mailhub.contract import DeliveryError, OutgoingMessage, SendingSession, SendOutcome, SessionContext
from mailhub.contract.texts import Text

from .answers import SMTPUTF8_MISSING, Answers
from .connection import Connection
from .envelope import Envelope, make_envelope, sender_path
from .extensions import Extensions
from .opening import Opener
from .steps import measured
from .transaction import Stale, Transaction

MAX_RECIPIENTS: Final = 100
"""RFC 5321 4.5.3.1.8: what every server must take in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReuseLimits:
    """How long a connection is kept: servers and firewalls drop old and busy ones in the middle of something."""

    max_transactions: int = 100
    max_age_seconds: float = 300.0


USUAL_LIMITS: Final = ReuseLimits()


class Attempt:
    """One attempt at one message. A message in several transactions is handed over once, before the first final dot."""

    def __init__(self, message: OutgoingMessage, context: SessionContext) -> None:
        self.message = message
        self.answers = Answers(message)
        self.is_forbidden = False
        self._context = context
        self._is_handed_over = False

    def hand_over(self) -> None:
        """Ask the hub; what it raises must reach it unchanged."""
        if self._is_handed_over:
            return
        self._is_handed_over = self.is_forbidden = True
        self._context.hand_over(self.message)
        self.is_forbidden = False


class SmtpSession(SendingSession):
    """Used by one thread; opens its connection with the first message and again whenever it is needed."""

    def __init__(
        self,
        opener: Opener,
        context: SessionContext,
        *,
        limits: ReuseLimits = USUAL_LIMITS,
        connection: Connection | None = None,
    ) -> None:
        self._opener = opener
        self._context = context
        self._limits = limits
        self._connection = connection

    def send(self, message: OutgoingMessage) -> SendOutcome:
        """See ``SendingSession.send``. Raises a classified error only when it holds for every recipient."""
        attempt = Attempt(message, self._context)
        try:
            ending = self._send_all(attempt)
        except DeliveryError as error:
            if attempt.is_forbidden:
                raise
            ending = error
        return attempt.answers.outcome(ending)

    def close(self) -> None:
        """Take leave of the server."""
        if self._connection is not None:
            self._connection.quit()
            self._connection = None

    def _send_all(self, attempt: Attempt) -> DeliveryError | None:
        sender = sender_path(attempt.message)
        waiting = list(attempt.answers.destinations)
        while waiting:
            batch, waiting = waiting[:MAX_RECIPIENTS], waiting[MAX_RECIPIENTS:]
            ending, overflow = self._send_batch(attempt, sender, batch)
            if ending is not None:
                return ending
            waiting = [*overflow, *waiting]
        return None

    def _send_batch(
        self, attempt: Attempt, sender: str, batch: Sequence[str]
    ) -> tuple[DeliveryError | None, Sequence[str]]:
        while True:
            connection = self._ready()
            is_reused = connection.use_count > 0
            connection.use_count += 1
            try:
                return _transact(connection, attempt, sender, batch)
            except Stale as stale:
                connection.close()
                # the server had let go of a kept connection: a new one, at once; that one is not reused
                if not is_reused:
                    return stale.error, ()

    def _ready(self) -> Connection:
        if self._connection is not None and self._is_worn(self._connection):
            self.close()
        if self._connection is None:
            self._tell("connect", self._connect)
            self._tell("authenticate", self._authenticate)
        assert self._connection is not None
        return self._connection

    def _is_worn(self, connection: Connection) -> bool:
        age = self._context.clock.monotonic() - connection.opened_at_seconds
        return (
            connection.is_over
            or connection.use_count >= self._limits.max_transactions
            or age >= self._limits.max_age_seconds
        )

    def _connect(self) -> Text:
        self._connection = self._opener.connect(self._opener.resolve())
        tls_version = self._opener.secure(self._connection)
        return (
            self._connection.peer_name
            if tls_version is None
            else f"{self._connection.peer_name}, {tls_version}"
        )

    def _authenticate(self) -> Text | None:
        assert self._connection is not None
        return self._opener.authenticate(self._connection)

    def _tell(self, name: str, work: Callable[[], Text | None]) -> None:
        step = measured(self._context.clock, name, work)
        if step.outcome != "skipped":
            self._context.report(step)
        if step.error is not None:
            self.close()
            raise step.error


def _transact(
    connection: Connection, attempt: Attempt, sender: str, batch: Sequence[str]
) -> tuple[DeliveryError | None, Sequence[str]]:
    answers, message = attempt.answers, attempt.message
    envelope = _envelope(attempt, sender, connection.extensions)
    paths = batch if envelope.options.smtputf8 else _without_smtputf8(answers, batch)
    if not paths:
        return None, ()
    transaction = Transaction(connection, envelope, paths, answers, attempt.hand_over)
    ending = transaction.run(message)
    if _parameters_unknown(transaction, envelope) and not connection.is_over:
        bare = _envelope(attempt, sender, Extensions(pipelining=connection.extensions.pipelining))
        transaction = Transaction(connection, bare, paths, answers, attempt.hand_over)
        ending = transaction.run(message)
    return ending, transaction.overflow


def _envelope(attempt: Attempt, sender: str, extensions: Extensions) -> Envelope:
    return make_envelope(
        attempt.message, sender, extensions, any_needs_smtputf8=attempt.answers.needs_smtputf8
    )


def _without_smtputf8(answers: Answers, batch: Sequence[str]) -> Sequence[str]:
    for path in batch:
        if answers.destinations[path].needs_smtputf8:
            answers.refuse(path, "delivery.smtputf8_missing", SMTPUTF8_MISSING)
    return [path for path in batch if not answers.destinations[path].needs_smtputf8]


def _parameters_unknown(transaction: Transaction, envelope: Envelope) -> bool:
    """555 (RFC 5321 4.1.1.11): the server does not know a parameter that it had offered itself."""
    reply = transaction.mail_reply
    return (
        reply is not None and reply.code == 555 and envelope.has_parameters and not envelope.options.smtputf8
    )
