"""SMTP AUTH with a user name and a password (RFC 4954): CRAM-MD5, PLAIN, LOGIN, the safest first."""

import base64
import binascii
import hmac
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from mailhub.contract import AuthenticationFailed, DeliveryError, Misconfigured, Transient

from .connection import Connection, Lost
from .reply import Reply
from .texts import _
from .verdicts import sign_in_refusal

MECHANISM_UNUSABLE = frozenset({500, 501, 502, 504})
"""Replies that refuse the mechanism or its form rather than the password."""
SHORTEST_CONCEALED = 4


class ChallengeUnreadable(Exception):
    """The server's challenge is not base64."""


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """A user name and its password. Has no repr, so that the password gets into no log."""

    user_name: str
    password: str


def sign_in(connection: Connection, credentials: Credentials, *, begin_with: str = "") -> str:
    """Sign in and say by which mechanism. Raises AuthenticationFailed, Misconfigured, Transient, Throttled.

    CRAM-MD5 needs a server that can read its stored password; one that cannot answers 535, so after that the next
    mechanism is tried, once. ``begin_with``: the mechanism that worked before, so that this does not count as a wrong
    password on every connection.
    """
    connection.conceal(*_secret_forms(credentials))
    refused: DeliveryError | None = None
    for name in sorted(usable_mechanisms(connection), key=lambda each: each != begin_with):
        reply = _attempt(connection, name, credentials, refused)
        if reply is None:
            continue
        if reply.is_success:
            return name
        is_unusable = reply.code in MECHANISM_UNUSABLE
        if refused is None or not is_unusable:
            refused = sign_in_refusal(reply)
        if connection.is_over or not (is_unusable or (name == "CRAM-MD5" and reply.code == 535)):
            break
    raise refused or AuthenticationFailed(_("The server refused every way to sign in."))


def _attempt(
    connection: Connection, name: str, credentials: Credentials, refused: DeliveryError | None
) -> Reply | None:
    try:
        return _MECHANISMS[name](connection, credentials)
    except ChallengeUnreadable:
        return None
    except Lost as lost:
        # some servers hang up after a wrong password: that refusal is the answer, not the silence after it
        raise refused or Transient(lost.reason) from lost


def usable_mechanisms(connection: Connection) -> Sequence[str]:
    """What the server offers and we may use here, in order. Raises Misconfigured when that is nothing."""
    offered = [name for name in _MECHANISMS if name in connection.extensions.mechanisms]
    if not offered:
        raise Misconfigured(
            _(
                "The server offers no sign-in with user name and password. Check security, port and authentication."
            ),
            code="account.no_mechanism",
        )
    if connection.is_secure or connection.is_loopback:
        return offered
    if "CRAM-MD5" in offered:
        return ["CRAM-MD5"]
    raise Misconfigured(
        _("The password is not sent to another machine without TLS. Choose STARTTLS or TLS."),
        code="account.password_without_tls",
    )


def _cram_md5(connection: Connection, credentials: Credentials) -> Reply:
    reply = connection.ask(b"AUTH CRAM-MD5", connection.timeouts.auth)
    if reply.code != 334:
        return reply
    digest = hmac.new(credentials.password.encode(), _challenge(connection, reply), "md5").hexdigest()
    return _answer(connection, f"{credentials.user_name} {digest}")


def _plain(connection: Connection, credentials: Credentials) -> Reply:
    response = _plain_response(credentials)
    reply = connection.ask(b"AUTH PLAIN " + response, connection.timeouts.auth)
    # a server without initial responses asks for it again
    return connection.ask(response, connection.timeouts.auth) if reply.code == 334 else reply


def _login(connection: Connection, credentials: Credentials) -> Reply:
    reply = connection.ask(b"AUTH LOGIN", connection.timeouts.auth)
    for answer in (credentials.user_name, credentials.password):
        if reply.code != 334:
            return reply
        reply = _answer(connection, answer)
    return reply


def _answer(connection: Connection, answer: str) -> Reply:
    return connection.ask(_base64(answer), connection.timeouts.auth)


def _plain_response(credentials: Credentials) -> bytes:
    return _base64(f"\0{credentials.user_name}\0{credentials.password}")


def _secret_forms(credentials: Credentials) -> Iterator[bytes]:
    """The password as it goes over the wire, and as it is; a very short one would only make gaps in every sentence."""
    yield _plain_response(credentials)
    yield _base64(credentials.password)
    if len(credentials.password) >= SHORTEST_CONCEALED:
        yield credentials.password.encode()


def _base64(text: str) -> bytes:
    return base64.b64encode(text.encode())


def _challenge(connection: Connection, reply: Reply) -> bytes:
    try:
        return base64.b64decode(reply.lines[0].strip(), validate=True)
    except binascii.Error as error:
        connection.ask(b"*", connection.timeouts.auth)
        raise ChallengeUnreadable from error


_MECHANISMS: dict[str, Callable[[Connection, Credentials], Reply]] = {
    "CRAM-MD5": _cram_md5,
    "PLAIN": _plain,
    "LOGIN": _login,
}
