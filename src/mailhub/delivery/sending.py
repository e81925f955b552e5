"""A sending thread: one open session of a lane, one message after another (design decision 5)."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from mailhub.contract.connector import Connector, SendingSession
from mailhub.contract.message import OutgoingMessage
from mailhub.contract.outcome import SendOutcome

from .attempting import Judge, run_attempt
from .config import LaneConfig
from .context import HubSessionContext
from .outgoing import ClaimedMessage
from .reports import AttemptReport
from .runtime import LaneRuntime, SessionState

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SessionParts:
    """What a sending thread works with."""

    config: LaneConfig
    context: HubSessionContext
    judge: Judge
    next_item: Callable[[LaneRuntime, SessionState], ClaimedMessage | None]
    finished: Callable[[LaneRuntime, AttemptReport], None]


class SessionOnDemand(SendingSession):
    """Opens the connector's session with the first message, so that a failure to open it is that message's failure."""

    def __init__(self, connector: Connector, context: HubSessionContext) -> None:
        self._connector = connector
        self._context = context
        self._session: SendingSession | None = None

    def send(self, message: OutgoingMessage) -> SendOutcome:
        if self._session is None:
            self._session = self._connector.open_session(self._context)
        return self._session.send(message)

    def close(self) -> None:
        session, self._session = self._session, None
        if session is None:
            return
        try:
            session.close()
        except Exception:
            logger.exception("A connector raised while its session was closed")


def send_for_lane(lane: LaneRuntime, state: SessionState, parts: SessionParts) -> None:
    """Send what the lane has until there is nothing more, or the session must end."""
    with SessionOnDemand(parts.config.connector, parts.context) as session:
        while (item := parts.next_item(lane, state)) is not None:
            parts.finished(lane, run_attempt(session, item, parts.context, parts.judge))
