"""The connector of one SMTP account."""

from collections.abc import Iterator
from typing import Final

from mailhub.contract import (
    Connector,
    OutgoingMessage,
    SendingSession,
    SendOutcome,
    SessionContext,
    Settings,
    Step,
)

from .check import Check
from .opening import Opener
from .session import USUAL_LIMITS, ReuseLimits, SmtpSession
from .settings import SmtpAccount
from .timeouts import PATIENT, Timeouts

CHECK_SECONDS: Final = 30.0
"""How long one step of a check may take: somebody is waiting for it."""


class SmtpConnector(Connector):
    """Sends through the server that the account's settings name."""

    def __init__(
        self, settings: Settings, *, timeouts: Timeouts = PATIENT, limits: ReuseLimits = USUAL_LIMITS
    ) -> None:
        self._account = SmtpAccount.from_settings(settings)
        self._timeouts = timeouts
        self._limits = limits

    def send(self, message: OutgoingMessage, context: SessionContext) -> SendOutcome:
        """Send one message over a connection of its own."""
        with self.open_session(context) as session:
            return session.send(message)

    def open_session(self, context: SessionContext) -> SendingSession:
        """A session that keeps its connection between messages."""
        return SmtpSession(Opener(self._account, context, self._timeouts), context, limits=self._limits)

    def check(self, message: OutgoingMessage | None, context: SessionContext) -> Iterator[Step]:
        """Resolve, connect, set TLS up, sign in and, with a message, send it."""
        opener = Opener(self._account, context, Timeouts.at_most(CHECK_SECONDS))
        return Check(opener, context).steps(message)
