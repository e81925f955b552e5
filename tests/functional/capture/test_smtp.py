"""The SMTP side, over real sockets."""

import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from smtplib import SMTP, SMTPDataError, SMTPSenderRefused

import pytest

from mailhub.capture.folder import CapturedMail
from mailhub.capture.listening import CannotListen
from mailhub.capture.server import CaptureServer

pytestmark = pytest.mark.enable_socket

Send = Callable[..., None]


def only(server: CaptureServer) -> CapturedMail:
    [mail] = server.messages()
    return mail


def test_a_mail_is_kept_as_it_came_with_its_whole_envelope(server: CaptureServer, send: Send) -> None:
    content = b"To: bob@example.com\r\nSubject: x\r\n\r\n.leading dot\r\n..two\r\nend\r\n"

    send(content, "bob@example.com", "blind@example.com")

    mail = only(server)
    assert mail.content() == content
    assert mail.envelope is not None
    assert mail.envelope.mail_from == "ada@example.com"
    assert mail.envelope.recipients == ("bob@example.com", "blind@example.com")
    assert mail.envelope.size_bytes == len(content)
    assert mail.envelope.client.startswith("127.0.0.1 port ")
    assert mail.envelope.user_name is None
    assert not mail.envelope.is_encrypted


def test_it_offers_what_a_sender_may_want(server: CaptureServer) -> None:
    with SMTP(server.host, server.port) as client:
        client.ehlo("sender.example")

        assert client.esmtp_features["size"] == "12000000"
        assert {"8bitmime", "smtputf8", "pipelining"} <= set(client.esmtp_features)
        assert set(client.esmtp_features["auth"].split()) == {"PLAIN", "LOGIN"}


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_any_sign_in_will_do_and_no_password_is_kept(server: CaptureServer, mechanism: str) -> None:
    with SMTP(server.host, server.port) as client:
        client.ehlo("sender.example")
        client.user, client.password = "ada", "open sesame"
        client.auth(mechanism, getattr(client, f"auth_{mechanism.lower()}"))
        client.sendmail("ada@example.com", ["bob@example.com"], b"Subject: x\r\n\r\n")

    mail = only(server)
    assert mail.envelope is not None
    assert (mail.envelope.user_name, mail.envelope.mechanism) == ("ada", mechanism)
    assert mail.envelope.hello == "sender.example"
    assert all(b"open sesame" not in path.read_bytes() for path in server.folder.path.iterdir())


def test_a_bounce_has_no_sender(server: CaptureServer) -> None:
    with SMTP(server.host, server.port) as client:
        client.sendmail("", ["bob@example.com"], b"Subject: bounce\r\n\r\n")

    envelope = only(server).envelope
    assert envelope is not None
    assert envelope.mail_from == ""


def test_addresses_and_headers_may_be_in_utf8(server: CaptureServer) -> None:
    content = "Subject: Grüße\r\n\r\nBärbel\r\n".encode()
    with SMTP(server.host, server.port) as client:
        client.sendmail("jürgen@example.com", ["bärbel@example.com"], content, ["SMTPUTF8", "BODY=8BITMIME"])

    mail = only(server)
    assert mail.content() == content
    assert mail.envelope is not None
    assert mail.envelope.recipients == ("bärbel@example.com",)
    assert mail.envelope.smtputf8


def test_a_whole_transaction_may_come_in_one_packet(server: CaptureServer) -> None:
    with (
        socket.create_connection((server.host, server.port), timeout=10) as client,
        client.makefile("rb") as replies,
    ):
        assert replies.readline().startswith(b"220 ")
        client.sendall(
            b"HELO x\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\nSubject: x\r\n\r\n.\r\nQUIT\r\n"
        )
        codes = [line[:3] for line in replies]

    assert codes == [b"250", b"250", b"250", b"354", b"250", b"221"]
    assert len(server.messages()) == 1


def test_ten_megabytes_are_kept(server: CaptureServer, send: Send) -> None:
    content = b"Subject: big\r\n\r\n" + (b"x" * 70 + b"\r\n") * 140_000

    send(content)

    assert only(server).content() == content


def test_lines_that_are_too_long_are_kept_to_be_seen(server: CaptureServer, send: Send) -> None:
    content = b"Subject: long\r\n\r\n" + b"x" * 50_000 + b"\r\n"

    send(content)

    assert only(server).content() == content


def test_mail_over_the_size_limit_is_refused(tmp_path: Path) -> None:
    with (
        CaptureServer(tmp_path, max_message_bytes=10_000) as server,
        SMTP(server.host, server.port) as client,
    ):
        client.ehlo()
        with pytest.raises(SMTPSenderRefused, match="exceeds"):
            client.sendmail("a@example.com", ["b@example.com"], bytes(10_001))
        client.does_esmtp = False
        with pytest.raises(SMTPDataError, match="Too much"):
            client.sendmail("a@example.com", ["b@example.com"], b"x\r\n" * 4_000)

        assert server.messages() == []


def test_a_mail_that_cannot_be_kept_is_not_taken(
    server: CaptureServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object, **kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(server.folder, "add", full)
    with (
        SMTP(server.host, server.port) as client,
        pytest.raises(SMTPDataError, match="No space left") as refused,
    ):
        client.sendmail("a@example.com", ["b@example.com"], b"x")

    assert refused.value.smtp_code == 452


def test_many_senders_at_once_lose_nothing(server: CaptureServer, send: Send) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: send(b"Subject: %d\r\n\r\n" % n), range(40)))

    assert [mail.number for mail in server.messages()] == list(range(1, 41))
    assert {mail.content() for mail in server.messages()} == {b"Subject: %d\r\n\r\n" % n for n in range(40)}


def test_stopping_ends_open_connections(tmp_path: Path) -> None:
    server = CaptureServer(tmp_path).start()
    with socket.create_connection((server.host, server.port), timeout=10) as client:
        assert client.recv(100).startswith(b"220 ")
        started = time.monotonic()
        server.stop()
        assert client.recv(100) == b""

    assert time.monotonic() - started < 5
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((server.host, server.port), timeout=1)


def test_a_port_in_use_is_said_in_a_sentence(server: CaptureServer, tmp_path: Path) -> None:
    with pytest.raises(CannotListen, match=rf"127\.0\.0\.1:{server.port} is already in use.*--port"):
        CaptureServer(tmp_path, port=server.port)
    with pytest.raises(CannotListen, match="--http-port"):
        CaptureServer(tmp_path, http_port=server.http_port)


def test_a_host_that_is_not_ours_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CannotListen, match=r"192\.0\.2\.1:0"):
        CaptureServer(tmp_path, host="192.0.2.1")


def test_a_server_that_was_never_started_lets_go_of_its_ports(tmp_path: Path) -> None:
    server = CaptureServer(tmp_path)
    server.stop()

    with CaptureServer(tmp_path, port=server.port, http_port=server.http_port) as again:
        assert again.port == server.port
