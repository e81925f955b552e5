"""The client networks that a token may be bound to, in CIDR form."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network


def parse_network(text: str) -> Network:
    """A network (``192.0.2.0/24``, ``2001:db8::/32``) or one address. Raises ValueError."""
    if "%" in text:
        raise ValueError("a zone means something on one machine only")
    return ip_network(text)


def is_within(address: str, networks: Iterable[str]) -> bool:
    """True if a client's address lies in one of the networks; never for an address that is none (a local socket)."""
    client = _find_address(address)
    return client is not None and any(client in parse_network(network) for network in networks)


def are_within(networks: Iterable[str], others: Iterable[str]) -> bool:
    """True if each of the networks lies in one of the others."""
    bounds = [parse_network(other) for other in others]
    return all(any(_is_part(parse_network(network), bound) for bound in bounds) for network in networks)


def _is_part(network: Network, bound: Network) -> bool:
    if isinstance(network, IPv4Network) and isinstance(bound, IPv4Network):
        return network.subnet_of(bound)
    return isinstance(network, IPv6Network) and isinstance(bound, IPv6Network) and network.subnet_of(bound)


def _find_address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    # a server that listens on both sees IPv4 clients as ::ffff:192.0.2.1
    return getattr(address, "ipv4_mapped", None) or address
