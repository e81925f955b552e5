"""Sessions that are over go, also those of people who never come back."""

from datetime import datetime
from functools import partial
from itertools import islice
from typing import Final

from mailhub.store.database import Database
from mailhub.store.root import HubRoot

from .model import sessions_of
from .service.sessions import SessionLimits

SWEEP_AT_MOST: Final = 1_000
"""Sessions that one commit takes away."""


def sweep_sessions(database: Database, now: datetime, limits: SessionLimits) -> int:
    """Remove the sessions that have ended; how many. Looks before it writes, and writes nothing to the main database."""
    swept = 0
    while ids := _dead(database, now, limits):
        swept += database.transact(partial(_remove, ids=ids, now=now, limits=limits), "sweep sessions")
    return swept


def _dead(database: Database, now: datetime, limits: SessionLimits) -> list[str]:
    with database.reading() as hub:
        dead = (each.id for each in sessions_of(hub).iter_all() if limits.ends_at(each) <= now)
        return list(islice(dead, SWEEP_AT_MOST))


def _remove(hub: HubRoot, ids: list[str], now: datetime, limits: SessionLimits) -> int:
    """Those that are still there and still dead: one of them may just have been used."""
    sessions = sessions_of(hub)
    dead = [each for each in map(sessions.find, ids) if each is not None and limits.ends_at(each) <= now]
    for session in dead:
        sessions.remove(session)
    return len(dead)
