"""Walk the way a mail takes, step by step, for somebody who waits to see where it ends."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from mailhub.contract import (
    DeliveryError,
    HostAddress,
    OutgoingMessage,
    Permanent,
    RecipientOutcome,
    SessionContext,
    Step,
    Transient,
    Uncertain,
)
from mailhub.contract.texts import Text

from .connection import Connection
from .opening import Opener
from .session import SmtpSession
from .steps import measured
from .texts import _

CHECK_STEPS = ("resolve", "connect", "tls", "authenticate", "send")


class Check:
    """One walk. Says of a server's greeting only its class, so that it is no way to look at other services."""

    def __init__(self, opener: Opener, context: SessionContext) -> None:
        self._opener = opener
        self._context = context
        self._addresses: Sequence[HostAddress] = ()
        self._connection: Connection | None = None

    def steps(self, message: OutgoingMessage | None) -> Iterator[Step]:
        """See ``Connector.check``."""
        try:
            for name, work in self._works(message):
                step = measured(self._context.clock, name, work)
                yield step
                if step.error is not None:
                    return
        finally:
            if self._connection is not None:
                self._connection.quit()

    def _works(self, message: OutgoingMessage | None) -> Iterator[tuple[str, Callable[[], Text | None]]]:
        yield "resolve", self._resolve
        yield "connect", self._connect
        yield "tls", lambda: self._opener.secure(self._opened)
        yield "authenticate", lambda: self._opener.authenticate(self._opened)
        if message is not None:
            yield "send", partial(self._send, message)

    @property
    def _opened(self) -> Connection:
        assert self._connection is not None
        return self._connection

    def _resolve(self) -> Text:
        self._addresses = self._opener.resolve()
        return ", ".join(map(str, self._addresses))

    def _connect(self) -> Text:
        self._connection = self._opener.connect(self._addresses)
        return self._connection.peer_name

    def _send(self, message: OutgoingMessage) -> Text:
        with SmtpSession(self._opener, self._context, connection=self._opened) as session:
            outcome = session.send(message)
        for each in outcome.recipients:
            if each.status != "accepted":
                raise _error_of(each)
        return outcome.reply


def _error_of(outcome: RecipientOutcome) -> DeliveryError:
    reply = f"{outcome.code} {outcome.detail}".strip()
    kinds: dict[str, type[DeliveryError]] = {
        "refused": Permanent,
        "deferred": Transient,
        "uncertain": Uncertain,
    }
    sentence = _(
        "${address} was not accepted: ${reply}", mapping={"address": outcome.address, "reply": reply}
    )
    return kinds[outcome.status](sentence, reply=reply)
