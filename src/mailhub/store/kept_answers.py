"""Answers that are kept for a day under the caller's Idempotency-Key (api.md; design decision 17).

Records lie in trees per hour and hash shard that all writers share on purpose: the same key in two transactions is a
conflict, the later one runs again, finds the record and replays it. Whole trees are dropped by time, so that nothing grows.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from BTrees.IOBTree import IOBTree
from BTrees.OOBTree import OOBTree
from persistent import Persistent

from .database import Database
from .root import HubRoot

KEPT_FOR = timedelta(hours=24)
SHARDS = 16
SEAM = timedelta(minutes=1)
"""After the full hour, records go into the tree of the hour before as well: two transactions that straddle the hour meet."""


class KeptAnswer(NamedTuple):
    """Stored as a plain tuple. ``body``: the bytes that were answered; None for an answer that holds a secret."""

    body_digest: bytes
    status: int
    body: bytes | None
    location: str | None
    kept_at: datetime


class KeptAnswers(Persistent):
    """Hour (``2026-11-24T18``) to shard to key digest to KeptAnswer."""

    def __init__(self) -> None:
        self.hours = OOBTree()

    def find(self, key: bytes, now: datetime) -> KeptAnswer | None:
        """The answer kept under this key in the last 24 hours."""
        for shards in self.hours.values(min=_hour(now - KEPT_FOR)):
            found = shards.get(key[0] % SHARDS, {}).get(key)
            if found is not None and (answer := KeptAnswer(*found)).kept_at > now - KEPT_FOR:
                return answer
        return None

    def keep(self, key: bytes, answer: KeptAnswer) -> None:
        """Keep an answer that ``find`` has not found in this transaction."""
        hours = [_hour(answer.kept_at)]
        if answer.kept_at - SEAM < _start_of_hour(answer.kept_at):
            hours.append(_hour(answer.kept_at - SEAM))
        for hour in hours:
            self._shard(hour, key[0] % SHARDS)[key] = tuple(answer)

    def drop_before(self, now: datetime) -> int:
        """Drop the trees that hold nothing younger than 24 hours; how many."""
        over = self.outdated(now)
        for hour in over:
            del self.hours[hour]
        return len(over)

    def outdated(self, now: datetime) -> list[str]:
        """The hours whose trees hold nothing younger than 24 hours."""
        return list(self.hours.keys(max=_hour(now - KEPT_FOR), excludemax=True))

    def _shard(self, hour: str, number: int) -> Any:
        if hour not in self.hours:
            self.hours[hour] = IOBTree()
        shards = self.hours[hour]
        if number not in shards:
            shards[number] = OOBTree()
        return shards[number]


def drop_old_answers(database: Database, now: datetime) -> None:
    """Drop what has been kept long enough; writes nothing where there is nothing to drop."""
    with database.reading() as hub:
        is_needed = bool(kept_answers_of(hub).outdated(now))
    if is_needed:
        database.transact(lambda hub: kept_answers_of(hub).drop_before(now), "drop kept answers")


def digest(*parts: bytes) -> bytes:
    """One digest of several parts, none of which can run into the next."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8, "big") + part)
    return whole.digest()


def install(hub: HubRoot) -> None:
    """Make the folder of kept answers once."""
    if not hasattr(hub, "kept_answers"):
        hub.kept_answers = KeptAnswers()


def kept_answers_of(hub: HubRoot) -> KeptAnswers:
    kept: KeptAnswers = hub.kept_answers
    return kept


def _hour(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H")


def _start_of_hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
