"""A shard without a store."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


class FakeShard:
    """Keys begin at its time in microseconds and go up by one."""

    def __init__(self, number: int = 1, now: datetime = START) -> None:
        self.number = number
        self.woken: list[str] = []
        self.set_time(now)

    def set_time(self, now: datetime) -> None:
        self.now = now
        self._key = (now - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)

    @property
    def month(self) -> str:
        return f"{self.now:%Y-%m}"

    def next_key(self) -> int:
        self._key += 1
        return self._key

    def wake(self, topic: str) -> None:
        self.woken.append(topic)
