"""What a business sees of its mail server: signing in, certificates, refusals, deferrals, delivered mail."""

import hashlib
from email.message import EmailMessage

import pytest

from mailhub.contract import (
    AuthenticationFailed,
    Misconfigured,
    Permanent,
    SendOutcome,
)
from mailhub.testing import make_attachment, make_message
from mailhub.testing.context import RecordingContext

from .conftest import HASHED_USER, MailServer

pytestmark = [
    pytest.mark.system("postfix", root=True),
    pytest.mark.system("dovecot-core", root=True),
    pytest.mark.enable_socket,
    pytest.mark.xdist_group("postfix"),
]


def statuses(outcome: SendOutcome) -> list[str]:
    return [each.status for each in outcome.recipients]


def mails_of(server: MailServer, message_id: str, count: int) -> list[EmailMessage]:
    return server.postfix.wait_for(count, lambda mail: mail["Message-ID"] == message_id)


def mechanism_of(context: RecordingContext) -> str:
    return next(str(step.detail) for step in context.steps if step.name == "authenticate")


@pytest.mark.parametrize("mechanism", ["plain", "login", "cram-md5"])
def test_starttls_and_each_way_of_signing_in(
    mail_server: MailServer, context: RecordingContext, mechanism: str
) -> None:
    message = make_message(id=f"starttls-{mechanism}", to=["ada@example.test"])
    assert statuses(mail_server.connector(mechanism).send(message, context)) == ["accepted"]
    assert mechanism_of(context) == mechanism.upper()
    (mail,) = mails_of(mail_server, message.message_id, 1)
    assert mail["Subject"] == "Invoice 1001"


def test_tls_from_the_start(mail_server: MailServer, context: RecordingContext) -> None:
    connector = mail_server.connector("tls", security="tls")
    assert statuses(connector.send(make_message(to=["ada@example.test"]), context)) == ["accepted"]


def test_a_hashed_password_is_tried_by_cram_md5_and_then_by_plain(
    mail_server: MailServer, context: RecordingContext
) -> None:
    connector = mail_server.connector("submission", user_name=HASHED_USER)
    assert statuses(connector.send(make_message(to=["ada@example.test"]), context)) == ["accepted"]
    assert mechanism_of(context) == "PLAIN"


@pytest.mark.parametrize("personality", ["plain", "login", "cram-md5", "submission"])
def test_a_wrong_password_is_a_failed_sign_in(
    mail_server: MailServer, context: RecordingContext, personality: str
) -> None:
    connector = mail_server.connector(personality, password="wrong")
    with pytest.raises(AuthenticationFailed) as failed:
        connector.send(make_message(to=["ada@example.test"]), context)
    assert failed.value.reply.startswith("535 5.7.8")
    assert context.handed_over == []


def test_a_certificate_of_another_host_is_refused(mail_server: MailServer, context: RecordingContext) -> None:
    with pytest.raises(Misconfigured) as refused:
        mail_server.connector("wrong-certificate").send(make_message(to=["ada@example.test"]), context)
    assert refused.value.code == "account.certificate_refused"


def test_a_certificate_of_an_unknown_authority_is_refused(
    mail_server: MailServer, context: RecordingContext
) -> None:
    with pytest.raises(Misconfigured) as refused:
        mail_server.connector("submission", ca_file=None).send(make_message(to=["ada@example.test"]), context)
    assert refused.value.code == "account.certificate_refused"


def test_starttls_is_required_where_it_is_chosen(mail_server: MailServer, context: RecordingContext) -> None:
    with pytest.raises(Misconfigured) as refused:
        mail_server.connector("without-tls").send(make_message(to=["ada@example.test"]), context)
    assert refused.value.code == "account.starttls_missing"


def test_a_server_that_wants_tls_first_concerns_the_account(
    mail_server: MailServer, context: RecordingContext
) -> None:
    connector = mail_server.connector(
        "submission", security="none", authentication="anonymous", user_name="", ca_file=None
    )
    with pytest.raises(AuthenticationFailed) as refused:
        connector.send(make_message(to=["ada@example.test"]), context)
    assert refused.value.reply == "530 5.7.0 Must issue a STARTTLS command first"


@pytest.mark.parametrize("personality", ["submission", "old"])
def test_each_recipient_has_its_own_answer(
    mail_server: MailServer, context: RecordingContext, personality: str
) -> None:
    to = ["ada@example.test", "perm@example.test", "temp@example.test"]
    message = make_message(id=f"each-{personality}", to=to)
    outcome = mail_server.connector(personality).send(message, context)
    assert statuses(outcome) == ["accepted", "refused", "deferred"]
    assert [each.code for each in outcome.recipients] == ["250", "550", "450"]
    assert "No such user" in outcome.recipients[1].detail
    (mail,) = mails_of(mail_server, message.message_id, 1)
    assert mail["Delivered-To"] == "ada@example.test"


def test_a_server_that_closes_in_the_middle_defers_the_rest(
    mail_server: MailServer, context: RecordingContext
) -> None:
    to = ["perm@example.test", "drop@example.test", "ada@example.test"]
    outcome = mail_server.connector("submission").send(make_message(to=to), context)
    assert statuses(outcome) == ["refused", "deferred", "deferred"]


def test_recipients_beyond_the_number_are_deferred_when_they_are_too_many_alone(
    mail_server: MailServer, context: RecordingContext
) -> None:
    outcome = mail_server.connector("submission").send(
        make_message(to=["ada@example.test", "many@example.test"]), context
    )
    assert statuses(outcome) == ["accepted", "deferred"]


def test_a_sender_that_may_not_be_used_fails_with_a_sentence(
    mail_server: MailServer, context: RecordingContext
) -> None:
    message = make_message(from_="sendas-denied@example.test", to=["ada@example.test"])
    with pytest.raises(Permanent) as refused:
        mail_server.connector("submission").send(message, context)
    assert refused.value.code == "delivery.sender_refused"


def test_a_message_above_the_limit_is_not_sent(mail_server: MailServer, context: RecordingContext) -> None:
    message = make_message(to=["ada@example.test"], attachments=[make_attachment(content=bytes(1_000_000))])
    with pytest.raises(Permanent) as refused:
        mail_server.connector("old").send(message, context)
    assert refused.value.code == "delivery.too_large"
    assert context.handed_over == []


def test_bcc_is_delivered_and_shown_to_nobody(mail_server: MailServer, context: RecordingContext) -> None:
    message = make_message(id="bcc", to=["ada@example.test"], bcc=["secret@example.test"])
    mail_server.connector("submission").send(message, context)
    mails = mails_of(mail_server, message.message_id, 2)
    by_recipient = {mail["Delivered-To"]: mail for mail in mails}
    assert set(by_recipient) == {"ada@example.test", "secret@example.test"}
    assert "secret" not in by_recipient["ada@example.test"].as_string()
    assert by_recipient["secret@example.test"]["Bcc"] is None


@pytest.mark.parametrize("personality", ["submission", "old"])
def test_hostile_content_arrives_as_it_is(
    mail_server: MailServer, context: RecordingContext, personality: str
) -> None:
    text = ".\r\n..\r\n.hidden\r\nMAIL FROM:<eve@evil.example>\r\n\r\nGrüße\r\n"
    attachment = make_attachment(
        "bytes.bin", bytes(range(256)) * 300 + b"\r\n.\r\nQUIT\r\n", "application/octet-stream"
    )
    message = make_message(
        id=f"hostile-{personality}", to=["ada@example.test"], text=text, attachments=[attachment]
    )
    assert statuses(mail_server.connector(personality).send(message, context)) == ["accepted"]
    (mail,) = mails_of(mail_server, message.message_id, 1)
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n").rstrip("\n") == text.replace("\r\n", "\n").rstrip("\n")
    (arrived,) = mail.iter_attachments()
    assert hashlib.sha256(arrived.get_content()).hexdigest() == attachment.content.sha256


def test_an_international_address_goes_by_smtputf8(
    mail_server: MailServer, context: RecordingContext
) -> None:
    message = make_message(id="smtputf8", to=["büro@bücher.example", "ada@example.test"])
    assert statuses(mail_server.connector("submission").send(message, context)) == ["accepted"] * 2
    mails_of(mail_server, message.message_id, 2)


def test_without_smtputf8_the_others_still_get_the_mail(
    mail_server: MailServer, context: RecordingContext
) -> None:
    message = make_message(id="no-smtputf8", to=["büro@bücher.example", "ada@example.test"])
    outcome = mail_server.connector("old").send(message, context)
    assert statuses(outcome) == ["refused", "accepted"]
    assert outcome.recipients[0].detail.startswith("5.6.7")
    mails_of(mail_server, message.message_id, 1)


def test_a_domain_beyond_ascii_needs_no_smtputf8(mail_server: MailServer, context: RecordingContext) -> None:
    outcome = mail_server.connector("old").send(make_message(to=["ada@bücher.example"]), context)
    assert statuses(outcome) == ["accepted"]


def test_250_recipients_get_the_same_mail_in_three_transactions(
    mail_server: MailServer, context: RecordingContext
) -> None:
    message = make_message(id="many", to=["ada@example.test"], bcc=[f"r{n}@example.test" for n in range(249)])
    with mail_server.connector("submission").open_session(context) as session:
        outcome = session.send(message)
    assert statuses(outcome) == ["accepted"] * 250
    assert len(context.handed_over) == 1
    mails = mails_of(mail_server, message.message_id, 250)
    assert len({mail["Delivered-To"] for mail in mails}) == 250


def test_one_connection_carries_many_messages(mail_server: MailServer, context: RecordingContext) -> None:
    with mail_server.connector("submission").open_session(context) as session:
        for number in range(20):
            session.send(make_message(id=f"kept-{number}", to=["ada@example.test"]))
    assert [step.name for step in context.steps] == ["connect", "authenticate"]


def test_a_check_walks_all_steps(mail_server: MailServer, context: RecordingContext) -> None:
    steps = list(mail_server.connector("submission").check(make_message(to=["ada@example.test"]), context))
    assert [(step.name, step.outcome) for step in steps] == [
        ("resolve", "ok"),
        ("connect", "ok"),
        ("tls", "ok"),
        ("authenticate", "ok"),
        ("send", "ok"),
    ]
