"""TLS over a real pair of sockets: required means required, and the certificate has to be right."""

import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from io import BufferedRWPair
from threading import Thread
from typing import Any

import pytest

from mailhub.contract import DeliveryError, HostAddress, Misconfigured, Transient
from mailhub.testing.certificates import Authority, Issued
from mailhub_smtp.settings import SmtpAccount
from mailhub_smtp.tls import tls_context

from .scripted import Context, Server, context_of, message, session_of, statuses

Script = Callable[[socket.socket], None]
Playing = Callable[[Script], Context]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@dataclass
class PairNetwork:
    """Gives one end of a pair of sockets; a thread plays the script at the other end."""

    script: Script
    threads: list[Thread] = field(default_factory=list)

    def resolve(self, host: str, port: int) -> Sequence[HostAddress]:
        return [HostAddress(socket.AF_INET, ("127.0.0.1", port))]

    def connect(self, address: HostAddress, timeout_seconds: float) -> socket.socket:
        ours, theirs = socket.socketpair()
        thread = Thread(target=self._play, args=(theirs,))
        thread.start()
        self.threads.append(thread)
        return ours

    def _play(self, theirs: socket.socket) -> None:
        with theirs:
            theirs.settimeout(10)
            self.script(theirs)


@pytest.fixture
def playing() -> Iterator[Playing]:
    networks: list[PairNetwork] = []

    def play(script: Script) -> Context:
        networks.append(PairNetwork(script))
        return Context(networks[-1])

    yield play
    for network in networks:
        for thread in network.threads:
            thread.join(10)
            assert not thread.is_alive()


def line(stream: BufferedRWPair) -> str:
    return stream.readline().decode().rstrip("\r\n")


def say(stream: BufferedRWPair, text: str) -> None:
    stream.write(text.encode() + b"\r\n")
    stream.flush()


def secured(sock: socket.socket, issued: Issued, newest: ssl.TLSVersion | None = None) -> ssl.SSLSocket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.certificate, issued.key)
    if newest:
        context.maximum_version = newest
    return context.wrap_socket(sock, server_side=True)


def mail(stream: BufferedRWPair, commands: list[str]) -> None:
    """Answer until QUIT or the end."""
    while command := line(stream):
        commands.append(command)
        say(stream, {"DATA": "354 go", "QUIT": "221 bye"}.get(command, "250 ok"))
        if command == "DATA":
            while line(stream) != ".":
                pass
            say(stream, "250 queued")
        if command == "QUIT":
            return


def starttls(issued: Issued, commands: list[str], answer: str = "220 go", extra: bytes = b"") -> Script:
    def script(sock: socket.socket) -> None:
        stream = sock.makefile("rwb")
        say(stream, "220 mx")
        line(stream)
        say(stream, "250-mx\r\n250-PIPELINING\r\n250-AUTH PLAIN\r\n250 STARTTLS")
        if line(stream) != "STARTTLS":
            return
        stream.write(answer.encode() + b"\r\n" + extra)
        stream.flush()
        try:
            with secured(sock, issued) as tls:
                mail(tls.makefile("rwb"), commands)
        except OSError:
            commands.append("broken off")

    return script


def settings(authority: Authority, **more: Any) -> dict[str, Any]:
    usual = {"server": "mx.example.test", "security": "starttls", "authentication": "anonymous"}
    return {**usual, "ca_file": str(authority.ca_file), **more}


def test_starttls_with_the_right_certificate_sends_and_says_hello_again(
    authority: Authority, playing: Playing
) -> None:
    commands: list[str] = []
    context = playing(starttls(authority.issue("mx.example.test"), commands))
    with session_of(context, settings(authority)) as session:
        assert statuses(session.send(message())) == ["accepted"]
    assert commands[0].startswith("EHLO ")
    # what was offered before TLS is forgotten
    assert commands[1] == "MAIL FROM:<hub@example.com>"
    assert str(context.steps[0].detail).endswith("TLSv1.3")


def test_the_authority_may_be_given_as_text(authority: Authority, playing: Playing) -> None:
    context = playing(starttls(authority.issue("mx.example.test"), []))
    with session_of(context, settings(authority, ca_file=authority.ca_file.read_text())) as session:
        assert statuses(session.send(message())) == ["accepted"]


def test_an_international_server_name_is_checked_in_its_ascii_form(
    authority: Authority, playing: Playing
) -> None:
    context = playing(starttls(authority.issue("xn--bcher-kva.example"), []))
    with session_of(context, settings(authority, server="bücher.example")) as session:
        assert statuses(session.send(message())) == ["accepted"]


@pytest.mark.parametrize(
    ("host", "days"), [("wrong.example", 30), ("mx.example.test", -1)], ids=["wrong-name", "expired"]
)
def test_a_wrong_certificate_stops_the_account(
    authority: Authority, playing: Playing, host: str, days: int
) -> None:
    commands: list[str] = []
    context = playing(starttls(authority.issue(host, valid_days=days), commands))
    with session_of(context, settings(authority)) as session, pytest.raises(Misconfigured) as caught:
        session.send(message())
    assert caught.value.code == "account.certificate_refused"
    assert commands in ([], ["broken off"])


def test_an_unknown_authority_stops_the_account(authority: Authority, playing: Playing) -> None:
    context = playing(starttls(authority.issue("mx.example.test"), []))
    with session_of(context, settings(authority, ca_file="")) as session, pytest.raises(Misconfigured):
        session.send(message())


def test_a_certificate_need_not_be_verified_in_a_sandbox(authority: Authority, playing: Playing) -> None:
    context = playing(starttls(authority.issue("wrong.example"), []))
    with session_of(context, settings(authority, verify_certificate=False)) as session:
        assert statuses(session.send(message())) == ["accepted"]


def test_bytes_after_the_answer_to_starttls_are_an_attack(authority: Authority, playing: Playing) -> None:
    commands: list[str] = []
    context = playing(
        starttls(authority.issue("mx.example.test"), commands, extra=b"250-mx\r\n250 AUTH PLAIN\r\n")
    )
    with session_of(context, settings(authority)) as session, pytest.raises(Transient) as caught:
        session.send(message())
    assert caught.value.code == "tls.injected"
    assert commands in ([], ["broken off"])


def test_tls_from_the_start(authority: Authority, playing: Playing) -> None:
    commands: list[str] = []
    issued = authority.issue("mx.example.test")

    def script(sock: socket.socket) -> None:
        with secured(sock, issued) as tls:
            stream = tls.makefile("rwb")
            say(stream, "220 mx")
            mail(stream, commands)

    with session_of(playing(script), settings(authority, security="tls")) as session:
        assert statuses(session.send(message())) == ["accepted"]
    assert "STARTTLS" not in commands


def test_old_tls_is_refused(authority: Authority) -> None:
    context = tls_context(SmtpAccount.from_settings(settings(authority)))
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_tls_on_a_plain_port_is_said_to_be_that(authority: Authority, playing: Playing) -> None:
    def script(sock: socket.socket) -> None:
        sock.sendall(b"220 mx.example.test ESMTP\r\n")
        sock.recv(1000)

    with (
        session_of(playing(script), settings(authority, security="tls")) as session,
        pytest.raises(Misconfigured) as caught,
    ):
        session.send(message())
    assert caught.value.code == "account.tls_not_possible"


def test_a_handshake_that_breaks_off_is_transient(authority: Authority, playing: Playing) -> None:
    def script(sock: socket.socket) -> None:
        sock.recv(1)

    with (
        session_of(playing(script), settings(authority, security="tls")) as session,
        pytest.raises(Transient),
    ):
        session.send(message())


@pytest.mark.parametrize(
    "ca_file", ["/nowhere/ca.pem", "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----", "/dev/null"]
)
def test_an_unreadable_authority_is_misconfigured_and_tells_nothing_about_files(
    authority: Authority, ca_file: str
) -> None:
    with pytest.raises(Misconfigured) as caught:
        tls_context(SmtpAccount.from_settings(settings(authority, ca_file=ca_file)))
    assert "nowhere" not in str(caught.value)


@pytest.mark.parametrize(
    ("server", "error"),
    [
        (Server(), Misconfigured),
        (Server(("STARTTLS", ["502 5.5.1 no"]), extensions=("STARTTLS",)), Misconfigured),
        (Server(("STARTTLS", ["454 4.7.0 TLS not available"]), extensions=("STARTTLS",)), Transient),
        (Server(("STARTTLS", ["<drop>"]), extensions=("STARTTLS",)), Transient),
        (Server(("STARTTLS", ["<silence>"]), extensions=("STARTTLS",)), Transient),
    ],
    ids=["not-offered", "refused", "not-now", "lost", "silent"],
)
def test_starttls_never_falls_back_to_plain_text(server: Server, error: type[DeliveryError]) -> None:
    context = context_of(server)
    with (
        session_of(
            context, {"server": "mx", "security": "starttls", "authentication": "anonymous"}
        ) as session,
        pytest.raises(error),
    ):
        session.send(message())
    assert not any(each.startswith(("MAIL", "AUTH")) for each in server.commands)
    assert context.steps[0].outcome == "failed"
