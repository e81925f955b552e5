"""Who a message is from and to, as MAIL and RCPT say it (RFC 5321 4.1.1.2 and 4.1.1.3, RFC 6531)."""

import re
from dataclasses import dataclass
from typing import NamedTuple

import idna

from mailhub.contract import OutgoingMessage, Permanent, WireOptions

from .extensions import Extensions
from .texts import _

_LOCAL = re.compile(
    r"""[^\x00-\x20\x7f-\xa0"(),:;<>@\[\\\]\u2028\u2029\ud800-\udfff]+|"(?:[^\x00-\x1f"\\\x7f-\x9f\u2028\u2029\ud800-\udfff]|\\[\x20-\x7e])*\""""
)
_DOMAIN = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?|\[[A-Za-z0-9:.]+\]")


class AddressUnusable(Exception):
    """Not an address that may stand in an SMTP command."""


class Destination(NamedTuple):
    """One envelope recipient: its path as RCPT names it, and whether only SMTPUTF8 can carry it."""

    path: str
    needs_smtputf8: bool


@dataclass(frozen=True, slots=True)
class Envelope:
    """The MAIL command of a message on one connection, and the form of content that goes with it."""

    mail: bytes
    options: WireOptions
    has_parameters: bool


def path_of(address: str) -> str:
    """The address with its domain in ASCII and lower case. Raises AddressUnusable, above all for smuggled commands."""
    local, _at, domain = address.rpartition("@")
    if not _LOCAL.fullmatch(local):
        raise AddressUnusable(address)
    return f"{local}@{_ascii_domain(domain)}"


def _ascii_domain(domain: str) -> str:
    if not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError) as error:
            raise AddressUnusable(domain) from error
    if not _DOMAIN.fullmatch(domain):
        raise AddressUnusable(domain)
    return domain.lower()


def destination_of(address: str) -> Destination:
    """The recipient's path. Raises AddressUnusable."""
    path = path_of(address)
    return Destination(path, not path.isascii())


def sender_path(message: OutgoingMessage) -> str:
    """The path of MAIL FROM; empty for the null sender. Raises Permanent."""
    try:
        return path_of(message.envelope_from) if message.envelope_from else ""
    except AddressUnusable as error:
        raise Permanent(_("The sender's address cannot be used."), code="delivery.sender_refused") from error


def make_envelope(
    message: OutgoingMessage, sender: str, extensions: Extensions, *, any_needs_smtputf8: bool
) -> Envelope:
    """How this server gets the message. Raises Permanent when it cannot: too large, a sender it has no way to name."""
    needed = any_needs_smtputf8 or not sender.isascii() or message.mime.needs_smtputf8()
    options = WireOptions(eight_bit=extensions.eight_bit, smtputf8=needed and extensions.smtputf8)
    if not sender.isascii() and not options.smtputf8:
        raise Permanent(
            _("The server cannot take a sender with letters beyond ASCII before the @ (5.6.7, SMTPUTF8)."),
            code="delivery.smtputf8_missing",
        )
    parameters = _parameters(message, extensions, options)
    mail = f"MAIL FROM:<{sender}>{parameters}\r\n".encode()
    return Envelope(mail, options, bool(parameters))


def _parameters(message: OutgoingMessage, extensions: Extensions, options: WireOptions) -> str:
    parameters = ""
    if extensions.size:
        size = message.mime.size(options)
        if 0 < extensions.size_limit_bytes < size:
            raise _too_large(size, extensions.size_limit_bytes)
        parameters = f" SIZE={size}"
    if options.eight_bit:
        parameters += " BODY=8BITMIME"
    if options.smtputf8:
        parameters += " SMTPUTF8"
    return parameters


def _too_large(size: int, limit: int) -> Permanent:
    sentence = _(
        "The message has ${size} bytes, and the server takes ${limit}.",
        mapping={"size": size, "limit": limit},
    )
    return Permanent(sentence, code="delivery.too_large")
