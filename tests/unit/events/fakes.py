"""Shards of writers as the store makes them, one for each transaction."""

from datetime import UTC, datetime

from mailhub.store.shards import Shard, ShardState

START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


class Writer:
    """A writer number; ``at`` gives its shard for a transaction at this time. ``woken``: the topics of its commits."""

    def __init__(self, number: int = 1) -> None:
        self.number = number
        self.state = ShardState()
        self.woken: list[str] = []

    def at(self, now: datetime = START) -> Shard:
        return Shard(self.number, self.state, now, self.woken.append)
