"""The storage's time, which all processes of a hub share though their clocks differ (design decision 20)."""

from datetime import UTC, datetime, timedelta

from persistent.TimeStamp import TimeStamp

from mailhub.contract.clock import Clock

PUSHED = timedelta(microseconds=100)
"""A transaction id closer than this to the one before was pushed up to stay above it: it is no clock reading."""


class StorageClock:
    """The process's clock corrected by what the transaction ids of its own commits say.

    A storage in the same process has the same clock and needs no correction (``measures=False``).
    """

    def __init__(self, clock: Clock, *, measures: bool) -> None:
        self._clock = clock
        self._measures = measures
        self._offset = timedelta(0)
        self._last_at: datetime | None = None

    def now(self) -> datetime:
        """Aware UTC time by the storage's clock, as well as it is known."""
        return self._clock.now() + self._offset

    @property
    def offset_seconds(self) -> float:
        """How far the storage's clock is ahead of ours."""
        return self._offset.total_seconds()

    def observe(self, tid: bytes, before: datetime, after: datetime) -> None:
        """Learn from a commit of our own that began and ended at these times by our clock.

        The storage made the id in between, which leaves the offset a range; it moves no further than into that.
        """
        if not self._measures or after < before:
            return
        at = datetime.fromtimestamp(TimeStamp(tid).timeTime(), UTC)
        is_pushed = self._last_at is not None and at - self._last_at < PUSHED
        self._last_at = at
        if not is_pushed:
            self._offset = min(max(self._offset, at - after), at - before)
        elif self._offset > at - before:
            # The storage's clock was set back and its ids creep until it has caught up. All they say is that it is
            # behind them: trusting our own clock is better than a time that stands still.
            self._offset = min(timedelta(0), at - before)
