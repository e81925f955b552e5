"""A sending thread: one open session of a lane, one message after another (design decision 5)."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from mailhub.contract.connector import SendingSession

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
    finished: Callable[[LaneRuntime, SessionState, AttemptReport], None]


def send_for_lane(lane: LaneRuntime, state: SessionState, parts: SessionParts) -> None:
    """Send what the lane has until there is nothing more, or the session must end."""
    session: SendingSession | None = None
    try:
        while (item := parts.next_item(lane, state)) is not None:
            if session is None:
                session = parts.config.connector.open_session(parts.context)
            parts.finished(lane, state, run_attempt(session, item, parts.context, parts.judge))
    finally:
        if session is not None:
            _close(session)


def _close(session: SendingSession) -> None:
    try:
        session.close()
    except Exception:
        logger.exception("A connector raised while its session was closed")
