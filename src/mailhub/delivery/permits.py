"""The exact rate limit: a limit of n is n permits, and each comes back 60 seconds after the attempt's reply (RL1-RL4).

Counting at the start would let a slow provider see more than n in a minute; counting from the reply never does. The state
is small and plain: how many permits are out, and when the used ones come back. Times are microseconds since 1970 by the
storage's clock, return times rounded up to 50 ms so that a large limit stays a short list.
"""

from collections.abc import Iterable

from persistent import Persistent

WINDOW_MICROSECONDS = 60_000_000
GRAIN_MICROSECONDS = 50_000
AHEAD_AT_MOST_MICROSECONDS = 3 * WINDOW_MICROSECONDS
"""No permit is out for longer: a window, and before it a test mail that waits for its server's last word."""

Returns = tuple[tuple[int, int], ...]
"""(time, how many permits come back then), oldest first."""


def available(limit: int, taken: int, returns: Returns, now: int) -> int:
    """How many permits are free at this time."""
    return max(0, limit - taken - sum(count for at, count in returns if at > now))


def next_return_at(limit: int, taken: int, returns: Returns, now: int) -> int | None:
    """When the next permit is free: now, a time, or None when only a reply can tell (all are out)."""
    if available(limit, taken, returns, now) > 0:
        return now
    pending = [(at, count) for at, count in returns if at > now]
    outstanding = taken + sum(count for _at, count in pending)
    for at, count in pending:
        outstanding -= count
        if outstanding < limit:
            return at
    return None


def with_return(returns: Returns, at: int, count: int, now: int) -> Returns:
    """The return times with ``count`` permits more, those of the past left out."""
    rounded = -(-at // GRAIN_MICROSECONDS) * GRAIN_MICROSECONDS
    times = {time: number for time, number in returns if time > now}
    times[rounded] = times.get(rounded, 0) + count
    return tuple(sorted(times.items()))


def with_clock_set_back(returns: Returns, now: int) -> Returns:
    """The return times as they can be: one too far ahead only says that the clock was set back since."""
    if not returns or returns[-1][0] <= now + AHEAD_AT_MOST_MICROSECONDS:
        return returns
    times: dict[int, int] = {}
    for at, count in returns:
        possible = min(at, now + WINDOW_MICROSECONDS)
        times[possible] = times.get(possible, 0) + count
    return tuple(sorted(times.items()))


class Limit(Persistent):
    """The permits of a limit key: an account's lane, a mailbox, or a group of accounts.

    ``limit`` is the last value in force; 0 means none, and nothing is counted. ``left_uncounted``: something left while no
    limit was in force. ``worker`` and ``epoch`` name who holds the lanes of this key (membership).
    """

    limit = 0
    taken = 0
    returns: Returns = ()
    left_uncounted = False
    worker = ""
    epoch = 0

    def __init__(self, key: str) -> None:
        self.key = key

    def set_limit(self, limit: int, now: int) -> None:
        """Put another limit into force. After "no limit" nobody knows what left in the last minute: wait it out."""
        returns = with_clock_set_back(self.returns, now)
        if returns is not self.returns:
            self.returns = returns
        if limit == self.limit:
            return
        if self.limit == 0 and self.left_uncounted:
            self.returns = with_return((), now + WINDOW_MICROSECONDS, limit, now)
            self.left_uncounted = False
        self.limit = limit

    def free(self, now: int, wanted: int) -> int:
        """How many of the wanted permits are free."""
        return (
            wanted if self.limit == 0 else min(wanted, available(self.limit, self.taken, self.returns, now))
        )

    def take(self, count: int) -> None:
        """Take permits that ``free`` said are there."""
        if self.limit:
            self.taken += count
        elif not self.left_uncounted:
            self.left_uncounted = True

    def hand_back(self, count: int) -> None:
        """Return permits of attempts that never started."""
        if self.taken:
            self.taken = max(0, self.taken - count)

    def used(self, replied_at: Iterable[int], now: int) -> None:
        """Permits of attempts that got their reply at these times: they come back a window later."""
        for at in replied_at:
            if not self.taken:
                return
            self.taken -= 1
            self.returns = with_return(self.returns, at + WINDOW_MICROSECONDS, 1, now)

    def take_from(self, other: "Limit", out: int, now: int) -> None:
        """A lane comes here from another key, ``out`` of its attempts not answered: what left under that key counts."""
        other.taken = max(0, other.taken - out)
        self.taken += out
        for at, count in other.returns:
            if at > now:
                self.returns = with_return(self.returns, at, count, now)
        if other.left_uncounted and self.limit:
            self.returns = with_return((), now + WINDOW_MICROSECONDS, self.limit, now)
        elif other.left_uncounted:
            self.left_uncounted = True

    def next_free_at(self, now: int) -> int | None:
        return now if self.limit == 0 else next_return_at(self.limit, self.taken, self.returns, now)
