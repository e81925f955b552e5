"""The hub's way out: names are resolved once, the address is judged, and connections go to that address (ASVS V1.3.6)."""

import ipaddress
import socket
from collections.abc import Callable, Sequence
from typing import Any

from mailhub.contract.connector import HostAddress
from mailhub.contract.errors import Misconfigured, Transient
from mailhub.contract.texts import _

Resolver = Callable[[str, int], Sequence[tuple[Any, ...]]]

METADATA = ipaddress.ip_address("169.254.169.254")


def _getaddrinfo(host: str, port: int) -> Sequence[tuple[Any, ...]]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


class SystemNetwork:
    """Implements ``mailhub.contract.Network`` by the operating system.

    ``allow_private_hosts``: whether private and loopback addresses may be connected to. The address of cloud metadata
    services never may.
    """

    def __init__(self, *, allow_private_hosts: bool, resolver: Resolver = _getaddrinfo) -> None:
        self._allow_private = allow_private_hosts
        self._resolver = resolver

    def resolve(self, host: str, port: int) -> Sequence[HostAddress]:
        try:
            found = self._resolver(host, port)
        except socket.gaierror as error:
            raise self._unknown(host, error) from error
        except (OSError, UnicodeError) as error:
            raise Transient(
                _("The name ${host} could not be looked up: ${error}", mapping={"host": host, "error": error})
            ) from error
        addresses = [HostAddress(family, sockaddr) for family, _type, _proto, _name, sockaddr in found]
        for address in addresses:
            self._judge(host, str(address))
        return addresses

    def connect(self, address: HostAddress, timeout_seconds: float) -> socket.socket:
        connection = socket.socket(address.family, socket.SOCK_STREAM)
        try:
            connection.settimeout(timeout_seconds)
            connection.connect(address.sockaddr)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except BaseException:
            connection.close()
            raise
        return connection

    def _unknown(self, host: str, error: socket.gaierror) -> Transient:
        return Transient(
            _(
                "The server ${host} is not known: check its name. (${error})",
                mapping={"host": host, "error": error.strerror or str(error)},
            ),
            code="network.unknown_host",
        )

    def _judge(self, host: str, text: str) -> None:
        address: Any = ipaddress.ip_address(text.partition("%")[0])
        address = getattr(address, "ipv4_mapped", None) or address
        is_forbidden = address == METADATA or address.is_multicast or address.is_unspecified
        is_private = not address.is_global
        if is_forbidden or (is_private and not self._allow_private):
            raise Misconfigured(
                _(
                    "The server ${host} is at ${address}, where mailhub may not connect to. An operator can allow private "
                    "addresses by mailhub.network.allow_private_hosts.",
                    mapping={"host": host, "address": text},
                ),
                code="network.address_not_allowed",
            )
