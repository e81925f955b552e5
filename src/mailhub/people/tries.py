"""Slowing down who guesses a password, without locking out whose it is (V6.3.1)."""

from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from threading import Lock
from typing import Final

from mailhub.contract.clock import Clock
from mailhub.contract.texts import _
from mailhub.errors import TooManyRequests

FREE_TRIES: Final = 5
LONGEST_WAIT_SECONDS: Final = 900.0
FORGOTTEN_AFTER_SECONDS: Final = 3_600.0
MOST_KEPT: Final = 20_000

NETWORK_TRIES: Final = 50
NETWORK_PAUSE_SECONDS: Final = 10.0


@dataclass(slots=True)
class _Record:
    tries: int
    last_at: float

    @property
    def open_at(self) -> float:
        if self.tries < FREE_TRIES:
            return self.last_at
        return self.last_at + min(LONGEST_WAIT_SECONDS, 2.0 ** (self.tries - FREE_TRIES))


class PasswordTries:
    """Failed tries of this process, by whose password and from which network.

    After five in a row each further one waits, 1 s, 2 s, 4 s, up to 15 minutes. A stranger who guesses from elsewhere
    makes himself wait, not the user. In memory: a restart forgets, and several processes count each for themselves.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._records: OrderedDict[tuple[str, str], _Record] = OrderedDict()
        self._lock = Lock()

    def take(self, user: str, address: str) -> None:
        """Count a try, before it is known to be wrong, so that many at a time are counted too.

        Raises ``TooManyRequests`` with the time to wait; such a call is not counted.
        """
        key, now = (user, _network_of(address)), self._clock.monotonic()
        with self._lock:
            record = self._records.get(key)
            if record is None or now - record.last_at > FORGOTTEN_AFTER_SECONDS:
                record = _Record(0, now)
            elif now < record.open_at:
                raise _too_many(record.open_at - now)
            self._records[key] = _Record(record.tries + 1, now)
            self._records.move_to_end(key)
            if len(self._records) > MOST_KEPT:
                self._records.popitem(last=False)

    def forget(self, user: str, address: str) -> None:
        """The password was right."""
        with self._lock:
            self._records.pop((user, _network_of(address)), None)


class NetworkTries:
    """Failed tries of this process from each network, whatever logins they name.

    Fifty at once and one every ten seconds: who tries one password with everybody's login waits too, and a whole office
    behind one address can still sign in on Monday morning.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._free_at: OrderedDict[str, float] = OrderedDict()
        self._lock = Lock()

    def take(self, address: str) -> None:
        """Count a try, before it is known to be wrong. Raises ``TooManyRequests``; such a call is not counted."""
        network, now = _network_of(address), self._clock.monotonic()
        with self._lock:
            free_at = max(now, self._free_at.get(network, now)) + NETWORK_PAUSE_SECONDS
            wait = free_at - now - NETWORK_TRIES * NETWORK_PAUSE_SECONDS
            if wait > 0:
                raise _too_many(wait)
            self._free_at[network] = free_at
            self._free_at.move_to_end(network)
            if len(self._free_at) > MOST_KEPT:
                self._free_at.popitem(last=False)

    def give_back(self, address: str) -> None:
        """The try that was counted last was none, or its password was right."""
        network = _network_of(address)
        with self._lock:
            if network in self._free_at:
                self._free_at[network] -= NETWORK_PAUSE_SECONDS


class SignInTries:
    """The limits of a sign-in: by login and network, and by network alone."""

    def __init__(self, clock: Clock) -> None:
        self._by_login = PasswordTries(clock)
        self._by_network = NetworkTries(clock)

    def take(self, login: str, address: str) -> None:
        """Count a try, before it is known to be wrong. Raises ``TooManyRequests``; such a call is not counted."""
        self._by_network.take(address)
        try:
            self._by_login.take(login, address)
        except TooManyRequests:
            self._by_network.give_back(address)
            raise

    def forget(self, login: str, address: str) -> None:
        """The password was right. What this network tried with other logins stays counted."""
        self._by_login.forget(login, address)
        self._by_network.give_back(address)


def _too_many(seconds: float) -> TooManyRequests:
    return TooManyRequests(
        _("Too many wrong passwords. Wait before the next try."), retry_after_seconds=seconds
    )


def _network_of(address: str) -> str:
    """An IPv4 address, or the /64 that one subscriber has of IPv6; what is no address stands for itself."""
    try:
        client = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(client, IPv6Address) and client.ipv4_mapped is None:
        return str(ip_network((client, 64), strict=False))
    return str(getattr(client, "ipv4_mapped", None) or client)
