"""The SMTP server for tests says what it was told, and keeps what it takes byte for byte."""

import smtplib
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailhub.testing.smtp_server import SmtpServer

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def client(smtp_server: SmtpServer) -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP(smtp_server.host, smtp_server.port) as client:
        yield client


def test_a_mail_is_kept_as_it_was_sent(smtp_server: SmtpServer, client: smtplib.SMTP) -> None:
    content = "Subject: x\r\n\r\n.\r\n..two dots\r\numlaut ü\r\n".encode()
    client.sendmail("a@example.com", ["b@example.com", "c@example.com"], content, ["BODY=8BITMIME"])
    [mail] = smtp_server.received
    assert (mail.envelope_from, mail.recipients) == ("a@example.com", ("b@example.com", "c@example.com"))
    assert mail.read() == content
    assert isinstance(mail.content, Path)


def test_a_recipient_can_be_refused(smtp_server: SmtpServer, client: smtplib.SMTP) -> None:
    smtp_server.answer_recipient("b@example.com", "550 5.1.1 no such mailbox")
    refused = client.sendmail("a@example.com", ["b@example.com", "c@example.com"], "Subject: x\r\n\r\n")
    assert refused == {"b@example.com": (550, b"5.1.1 no such mailbox")}
    assert [mail.recipients for mail in smtp_server.received] == [("c@example.com",)]


def test_a_message_can_be_refused_once(smtp_server: SmtpServer, client: smtplib.SMTP) -> None:
    smtp_server.answer_message("451 4.3.0 try again")
    with pytest.raises(smtplib.SMTPDataError, match="try again"):
        client.sendmail("a@example.com", ["b@example.com"], "Subject: x\r\n\r\n")
    assert smtp_server.received == []
    assert list(smtp_server.folder.iterdir()) == []
    client.sendmail("a@example.com", ["b@example.com"], "Subject: x\r\n\r\n")
    assert len(smtp_server.wait_for(1)) == 1


def test_what_ends_without_the_final_dot_is_not_taken(smtp_server: SmtpServer) -> None:
    client = smtplib.SMTP(smtp_server.host, smtp_server.port)
    client.ehlo()
    client.mail("a@example.com")
    client.rcpt("b@example.com")
    client.docmd("DATA")
    client.send("Subject: x\r\n\r\nhalf a ma")
    client.close()
    with smtplib.SMTP(smtp_server.host, smtp_server.port) as later:
        later.sendmail("a@example.com", ["c@example.com"], "Subject: y\r\n\r\n")
    assert [mail.recipients for mail in smtp_server.received] == [("c@example.com",)]


def test_users_must_sign_in(tmp_path: Path) -> None:
    with SmtpServer(tmp_path, users={"ada": "open sesame"}) as server:
        with smtplib.SMTP(server.host, server.port) as client:
            with pytest.raises(smtplib.SMTPSenderRefused):
                client.sendmail("a@example.com", ["b@example.com"], "Subject: x\r\n\r\n")
            with pytest.raises(smtplib.SMTPAuthenticationError):
                client.login("ada", "wrong")
        with smtplib.SMTP(server.host, server.port) as client:
            client.login("ada", "open sesame")
            client.sendmail("a@example.com", ["b@example.com"], "Subject: x\r\n\r\n")
        assert len(server.received) == 1


def test_who_waits_for_mail_that_does_not_come_is_told(smtp_server: SmtpServer) -> None:
    with pytest.raises(AssertionError, match="0 mails came, not 1"):
        smtp_server.wait_for(1, timeout_seconds=0)
