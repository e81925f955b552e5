"""Sockets to listen on, bound before anything starts, so that a port in use is said at once and in a sentence."""

import errno
import ipaddress
import socket

from mailhub.contract.texts import Text, _, plain

_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


class CannotListen(Exception):
    """A port cannot be had; ``message`` says why and what to do."""

    def __init__(self, message: Text) -> None:
        super().__init__(plain(message))
        self.message = message


def listen(host: str, port: int, option: str) -> socket.socket:
    """A bound, listening TCP socket; port 0 takes any free one. ``option`` is what changes the port, for the sentence.

    Raises CannotListen.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _kind, _protocol, _name, address = found[0]
        return socket.create_server(address[:2], family=family, backlog=128)
    except OSError as error:
        raise CannotListen(_reason(error, f"{bracketed(host)}:{port}", option)) from error


def bracketed(host: str) -> str:
    """The host as it stands before ``:port`` (RFC 3986 section 3.2.2)."""
    return f"[{host}]" if ":" in host else host


def bound_port(listening: socket.socket) -> int:
    """The port a bound socket has."""
    port: int = listening.getsockname()[1]
    return port


def reachable_host(host: str) -> str:
    """The host to connect to from this machine when the program listens on ``host``."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)


def is_allowed_host(header: str, bound_host: str) -> bool:
    """May a browser call us by this Host header? Refusing foreign names stops DNS rebinding.

    Allowed are the names of the loopback and the host the program was told to listen on; when that is every address of
    the machine, any address written as numbers, because a rebound name is never one.
    """
    host = _host_of(header)
    if host in _LOOPBACK_NAMES or host == bound_host.lower():
        return True
    return _is_every_address(bound_host) and _is_numeric(host)


def _host_of(header: str) -> str:
    host = header.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if ":" in host else host


def _is_every_address(host: str) -> bool:
    return host == "" or (_is_numeric(host) and ipaddress.ip_address(host).is_unspecified)


def _is_numeric(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _reason(error: OSError, where: str, option: str) -> Text:
    values = {"where": where, "option": option, "error": error.strerror or str(error)}
    if error.errno == errno.EADDRINUSE:
        text = "${where} is already in use. Stop the other program, or choose another port with ${option}."
        return _(text, mapping=values)
    if error.errno == errno.EACCES:
        return _(
            "${where} may not be used by this user. Choose a port above 1023 with ${option}.", mapping=values
        )
    return _(
        "It is not possible to listen on ${where}: ${error}. Check --host and ${option}.", mapping=values
    )
