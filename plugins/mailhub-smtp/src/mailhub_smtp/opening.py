"""From an account to a connection that takes mail: resolve, connect, secure, sign in."""

import socket
import ssl
from collections.abc import Sequence

import idna

from mailhub.contract import (
    DeliveryError,
    HostAddress,
    Misconfigured,
    SessionContext,
    Transient,
)
from mailhub.contract.texts import Text

from .connection import Connection, Lost
from .extensions import Extensions
from .settings import SmtpAccount
from .sign_in import Credentials, sign_in
from .texts import _
from .timeouts import Timeouts
from .tls import handshake_failure, tls_context
from .verdicts import refusal


class Opener:
    """Opens connections for one sending session and remembers what it learnt: silent addresses, the mechanism."""

    def __init__(self, account: SmtpAccount, context: SessionContext, timeouts: Timeouts) -> None:
        self.account = account
        self._context = context
        self._timeouts = timeouts
        self._silent: set[HostAddress] = set()
        self._mechanism = ""
        self._tls: ssl.SSLContext | None = None

    def resolve(self) -> Sequence[HostAddress]:
        """The server's addresses, those that did not answer last time at the end. Raises Transient, Misconfigured."""
        found = self._context.network.resolve(self._host(), self.account.port)
        if not found:
            raise Transient(
                _("The server ${server} has no address.", mapping={"server": self.account.server})
            )
        return sorted(found, key=lambda each: each in self._silent)

    def connect(self, addresses: Sequence[HostAddress]) -> Connection:
        """A connection to the first address that answers. Raises the last one's error, Transient or Throttled."""
        failed: DeliveryError | None = None
        for address in addresses:
            try:
                connection = self._connect(address)
            except DeliveryError as error:
                self._silent.add(address)
                failed = error
            else:
                self._silent.discard(address)
                return connection
        raise failed or Transient(_("The server has no address."))

    def secure(self, connection: Connection) -> Text | None:
        """Set TLS up as the account demands; None without TLS. Raises Misconfigured, Transient. Never falls back."""
        if self.account.security == "none":
            return None
        if self.account.security == "starttls":
            self._ask_for_tls(connection)
        self._shake_hands(connection)
        if self.account.security == "tls":
            self._greet(connection)
        self._introduce(connection)
        return connection.tls_version

    def authenticate(self, connection: Connection) -> Text | None:
        """Sign in; None where the account does not. Raises AuthenticationFailed, Misconfigured, Transient, Throttled."""
        if self.account.authentication == "anonymous":
            return None
        if self.account.authentication != "basic":
            raise Misconfigured(_("This version of the SMTP connector cannot sign in this way yet."))
        credentials = Credentials(self.account.user_name, self.account.password)
        self._mechanism = sign_in(connection, credentials, begin_with=self._mechanism)
        return self._mechanism

    def _host(self) -> str:
        if self.account.server.isascii():
            return self.account.server
        try:
            return idna.encode(self.account.server, uts46=True).decode("ascii")
        except idna.IDNAError as error:
            raise Misconfigured(_("The server's name is not a domain name.")) from error

    def _connect(self, address: HostAddress) -> Connection:
        try:
            sock = self._context.network.connect(address, self._timeouts.connect)
        except OSError as error:
            raise self._unreachable(error) from error
        connection = Connection(sock, address, self._context.clock, self._timeouts)
        if self.account.security != "tls":
            try:
                self._greet(connection)
                self._introduce(connection)
            except DeliveryError:
                connection.quit()
                raise
        return connection

    def _unreachable(self, error: OSError) -> Transient:
        place = {"server": self.account.server, "port": self.account.port}
        if isinstance(error, TimeoutError):
            return Transient(_("${server} does not answer on port ${port}.", mapping=place))
        if isinstance(error, ConnectionRefusedError):
            return Transient(_("No server listens on port ${port} of ${server}.", mapping=place))
        if isinstance(error, socket.gaierror):
            return Transient(_("The server ${server} is not known.", mapping=place))
        return Transient(_("${server} cannot be reached on port ${port}.", mapping=place))

    def _greet(self, connection: Connection) -> None:
        try:
            reply = connection.reply(self._timeouts.greeting)
        except Lost as lost:
            raise Transient(lost.reason) from lost
        if reply.code != 220:
            raise refusal(reply, is_greeting=True)

    def _introduce(self, connection: Connection) -> None:
        name = (self._context.hello_name or connection.own_name).encode("ascii")
        try:
            reply = connection.ask(b"EHLO " + name, self._timeouts.ehlo)
            if reply.is_success:
                connection.extensions = Extensions.from_reply(reply)
                return
            if reply.is_permanent:
                reply = connection.ask(b"HELO " + name, self._timeouts.ehlo)
        except Lost as lost:
            raise Transient(lost.reason) from lost
        if not reply.is_success:
            raise refusal(reply, is_greeting=True)

    def _ask_for_tls(self, connection: Connection) -> None:
        if not connection.extensions.starttls:
            raise Misconfigured(
                _(
                    "The server does not offer STARTTLS, and nothing is sent without it. Check server and port."
                ),
                code="account.starttls_missing",
            )
        try:
            reply = connection.ask(b"STARTTLS", self._timeouts.starttls)
        except Lost as lost:
            raise Transient(lost.reason) from lost
        if reply.is_permanent:
            sentence = _("The server refuses STARTTLS: ${reply}", mapping={"reply": str(reply)})
            raise Misconfigured(sentence, code="account.starttls_missing", reply=str(reply))
        if reply.code != 220:
            raise refusal(reply)
        if connection.has_unread:
            self._context.log.warning(
                "bytes after the answer to STARTTLS: somebody may be writing into the connection"
            )
            raise Transient(
                _("Somebody may be writing into the connection to the server; it was closed."),
                code="tls.injected",
            )

    def _shake_hands(self, connection: Connection) -> None:
        if self._tls is None:
            self._tls = tls_context(self.account)
        try:
            connection.start_tls(self._tls, self._host())
        except OSError as error:
            connection.is_over = True
            raise handshake_failure(error) from error
