"""Ways out that lead nowhere, or only as far as this machine."""

import ipaddress
import socket
from collections.abc import Callable, Mapping, Sequence

from mailhub.contract.connector import HostAddress
from mailhub.contract.errors import Misconfigured, Transient
from mailhub.contract.texts import _

Accept = Callable[[HostAddress, socket.socket], None]


class FakeNetwork:
    """Implements ``mailhub.contract.Network`` without any network.

    ``hosts``: names and their addresses; a name that is not there cannot be resolved. ``accept``: is given the server's
    end of each connection; without it every connection is refused. ``resolved`` and ``connected`` say what was asked.
    """

    def __init__(
        self, hosts: Mapping[str, Sequence[str]] | None = None, accept: Accept | None = None
    ) -> None:
        self._hosts = dict(hosts or {})
        self._accept = accept
        self.resolved: list[tuple[str, int]] = []
        self.connected: list[HostAddress] = []

    def resolve(self, host: str, port: int) -> Sequence[HostAddress]:
        self.resolved.append((host, port))
        if host not in self._hosts:
            raise Transient(_("The server ${host} cannot be found.", mapping={"host": host}))
        return [host_address(each, port) for each in self._hosts[host]]

    def connect(self, address: HostAddress, timeout_seconds: float) -> socket.socket:
        self.connected.append(address)
        if self._accept is None:
            raise ConnectionRefusedError(f"nobody listens at {address}")
        ours, theirs = socket.socketpair()
        ours.settimeout(timeout_seconds)
        self._accept(address, theirs)
        return ours


class LoopbackNetwork:
    """Implements ``mailhub.contract.Network`` with real sockets to this machine and to no other.

    ``names``: further names for addresses of this machine (``{"mail.example": "127.0.0.1"}``).
    """

    def __init__(self, names: Mapping[str, str] | None = None) -> None:
        self._names = {"localhost": "127.0.0.1", **(names or {})}

    def resolve(self, host: str, port: int) -> Sequence[HostAddress]:
        try:
            address = ipaddress.ip_address(self._names.get(host, host))
        except ValueError:
            raise Transient(_("The server ${host} cannot be found.", mapping={"host": host})) from None
        if not address.is_loopback:
            raise Misconfigured(_("${host} is not this machine.", mapping={"host": host}))
        return [host_address(str(address), port)]

    def connect(self, address: HostAddress, timeout_seconds: float) -> socket.socket:
        return socket.create_connection(address.sockaddr[:2], timeout_seconds)


def host_address(address: str, port: int) -> HostAddress:
    """A socket address of an IPv4 or IPv6 address in text."""
    if ipaddress.ip_address(address).version == 6:
        return HostAddress(socket.AF_INET6, (address, port, 0, 0))
    return HostAddress(socket.AF_INET, (address, port))
