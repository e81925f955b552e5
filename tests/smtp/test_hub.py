"""A whole hub in front of a real mail server: what its users see of what the server says."""

from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest

from tests.worker.hub_process import HubProcess

from .conftest import PASSWORD, MailServer

pytestmark = [
    pytest.mark.system("postfix", root=True),
    pytest.mark.system("dovecot-core", root=True),
    pytest.mark.enable_socket,
    pytest.mark.xdist_group("postfix"),
]

TRACE = ("X-Original-To", "Delivered-To", "Return-Path", "Received")
"""Written by the server, for each recipient."""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    folder = tmp_path_factory.mktemp("hub")
    with HubProcess(folder / "var", retry_first_seconds=0.05, log_level="warning") as hub:
        hub.set_up()
        hub.start()
        yield hub
        assert hub.stop() == 0


def add_account(hub: HubProcess, address: str = "sales@example.test", **settings: Any) -> str:
    return hub.add_account(connector="smtp", name="Sales", address=address, settings=settings)


def needs_attention(hub: HubProcess, account: str) -> dict[str, Any]:
    """What an account needs attention for, as soon as it does."""
    answer: dict[str, Any] = hub.wait_until(
        f"/accounts/{account}", lambda found: found["state"] == "needs_attention"
    )["attention"]
    return answer


def assert_it_waits_untried(hub: HubProcess, message_id: str) -> None:
    message = hub.get(f"/messages/{message_id}")
    assert (message["status"], message["waiting_for"]) == ("queued", "paused_account")
    assert (message["attempts"], message["sent_at"]) == (0, None)


def arrived(server: MailServer, message: dict[str, Any], count: int = 1) -> list[EmailMessage]:
    return server.postfix.wait_for(count, lambda mail: mail["Message-ID"] == message["message_id"])


def outcomes(message: dict[str, Any]) -> dict[str, str]:
    return {each["address"]: each["outcome"] for each in message["recipients"]}


def steps(answer: dict[str, Any]) -> list[tuple[str, str]]:
    return [(step["name"], step["outcome"]) for step in answer["steps"]]


@pytest.mark.parametrize("mechanism", ["plain", "login", "cram-md5"])
def test_a_mail_arrives_by_starttls_and_each_way_of_signing_in(
    mail_server: MailServer, hub: HubProcess, mechanism: str
) -> None:
    account = add_account(hub, **mail_server.settings(mechanism))

    message = hub.wait_for_end(hub.send(account=account, to=["ada@example.test"]))

    assert (message["status"], message["attempts"], message["error"]) == ("sent", 1, None)
    assert outcomes(message) == {"ada@example.test": "accepted"}
    history = hub.history(message["id"])
    assert [(entry["event"], entry["status"]) for entry in history] == [
        ("accepted", "queued"),
        ("sending", "sending"),
        ("sent", "sent"),
    ]
    assert history[-1]["detail"].startswith("250 2.0.0 Ok: queued as ")
    (mail,) = arrived(mail_server, message)
    assert (mail["From"], mail["Subject"]) == ("sales@example.test", "Invoice 1001")


@pytest.mark.parametrize(
    ("personality", "settings"),
    [("wrong-certificate", {}), ("submission", {"ca_file": None})],
    ids=["another-host", "unknown-authority"],
)
def test_behind_a_wrong_certificate_nothing_is_sent_and_the_mail_waits(
    mail_server: MailServer, hub: HubProcess, personality: str, settings: dict[str, Any]
) -> None:
    account = add_account(hub, **mail_server.settings(personality, **settings))

    message_id = hub.send(account=account, to=["ada@example.test"])

    assert needs_attention(hub, account)["code"] == "account.certificate_refused"
    assert_it_waits_untried(hub, message_id)
    last = hub.history(message_id)[-1]
    assert (last["event"], last["code"]) == ("account_stopped", "account.certificate_refused")
    assert "certificate is not accepted" in last["detail"]


def test_behind_a_wrong_password_mail_waits_until_it_is_corrected(
    mail_server: MailServer, hub: HubProcess
) -> None:
    account = add_account(hub, **mail_server.settings("plain", password="wrong"))
    message_id = hub.send(account=account, to=["ada@example.test"])

    attention = needs_attention(hub, account)
    assert attention["code"] == "account.authentication_failed"
    assert "535 5.7.8" in attention["message"]
    assert_it_waits_untried(hub, message_id)
    assert hub.get(f"/accounts/{account}/queue")["waiting"] == 1

    revision = hub.get(f"/accounts/{account}")["revision"]
    correct = {"settings": {"password": PASSWORD}}
    changed = hub.call("PATCH", f"/accounts/{account}", correct, revision=revision)

    assert (changed.status, changed.body["state"], changed.body["attention"]) == (200, "ready", None)
    message = hub.wait_for_end(message_id)
    assert (message["status"], message["attempts"]) == ("sent", 1)
    arrived(mail_server, message)


def test_a_test_mail_tells_each_step_and_arrives(mail_server: MailServer, hub: HubProcess) -> None:
    account = add_account(hub, **mail_server.settings("submission"))

    answer = hub.call("POST", f"/accounts/{account}/test", {"to": "tester@example.test"})

    assert (answer.status, answer.body["outcome"], answer.body["error"]) == (200, "sent", None)
    names = ("resolve", "connect", "tls", "authenticate", "send")
    assert steps(answer.body) == [(name, "ok") for name in names]
    assert answer.body["steps"][-1]["detail"].startswith("250 2.0.0 Ok: queued as ")
    (mail,) = mail_server.postfix.wait_for(1, lambda mail: mail["Delivered-To"] == "tester@example.test")
    assert mail["From"] == "sales@example.test"


def test_a_test_mail_with_a_wrong_password_says_where_it_ended(
    mail_server: MailServer, hub: HubProcess
) -> None:
    account = add_account(hub, **mail_server.settings("submission", password="wrong"))

    answer = hub.call("POST", f"/accounts/{account}/test", {"to": "ada@example.test"}).body

    assert (answer["outcome"], answer["error"]["code"]) == ("failed", "account.authentication_failed")
    assert steps(answer)[-2:] == [("authenticate", "failed"), ("send", "skipped")]


def test_unsaved_settings_are_checked_as_far_as_the_sign_in(mail_server: MailServer, hub: HubProcess) -> None:
    body = {"connector": "smtp", "settings": mail_server.settings("submission")}

    answer = hub.call("POST", "/accounts/check", body)

    assert (answer.status, answer.body["outcome"]) == (200, "ok")
    assert steps(answer.body)[-2:] == [("authenticate", "ok"), ("send", "skipped")]


def test_unsaved_settings_with_a_wrong_certificate_end_at_tls(
    mail_server: MailServer, hub: HubProcess
) -> None:
    body = {"connector": "smtp", "settings": mail_server.settings("wrong-certificate")}

    answer = hub.call("POST", "/accounts/check", body).body

    assert (answer["outcome"], answer["error"]["code"]) == ("failed", "account.certificate_refused")
    assert steps(answer)[-3:] == [("tls", "failed"), ("authenticate", "skipped"), ("send", "skipped")]


def test_a_recipient_that_is_refused_makes_the_message_partly_sent(
    mail_server: MailServer, hub: HubProcess
) -> None:
    account = add_account(hub, **mail_server.settings("submission"))
    to = ["ada@example.test", "perm@example.test", "bob@example.test"]

    message = hub.wait_for_end(hub.send(account=account, to=to))

    assert (message["status"], message["partial"], message["attempts"]) == ("sent", True, 1)
    assert outcomes(message) == dict(zip(to, ["accepted", "refused", "accepted"], strict=True))
    refused = message["recipients"][1]
    assert (refused["code"], "No such user" in refused["detail"]) == ("550", True)
    mails = arrived(mail_server, message, 2)
    assert {mail["Delivered-To"] for mail in mails} == {"ada@example.test", "bob@example.test"}


def test_a_recipient_that_is_put_off_is_tried_again_and_the_others_are_not(
    mail_server: MailServer, hub: HubProcess
) -> None:
    account = add_account(hub, "grey-one@example.test", **mail_server.settings("submission"))
    to = ["ada@example.test", "grey@example.test"]

    message = hub.wait_for_end(hub.send(account=account, to=to))

    assert (message["status"], message["partial"], message["attempts"]) == ("sent", False, 2)
    assert set(outcomes(message).values()) == {"accepted"}
    mails = arrived(mail_server, message, 2)
    assert sorted(mail["Delivered-To"] for mail in mails) == to


def test_a_message_that_is_put_off_is_tried_again_and_sent(mail_server: MailServer, hub: HubProcess) -> None:
    account = add_account(hub, "grey-two@example.test", **mail_server.settings("submission"))

    message = hub.wait_for_end(hub.send(account=account, to=["grey@example.test"]))

    assert (message["status"], message["attempts"], message["error"]) == ("sent", 2, None)
    history = hub.history(message["id"])
    assert [(entry["event"], entry["attempt"]) for entry in history[1:]] == [
        ("sending", 1),
        ("retry_scheduled", 1),
        ("sending", 2),
        ("sent", 2),
    ]
    assert "4.2.0" in history[2]["detail"]
    assert "Greylisted" in history[2]["detail"]
    arrived(mail_server, message)


def test_a_sender_that_the_account_may_not_use_fails_with_a_sentence(
    mail_server: MailServer, hub: HubProcess
) -> None:
    account = add_account(hub, "sendas-denied@example.test", **mail_server.settings("submission"))

    message = hub.wait_for_end(hub.send(account=account, to=["ada@example.test"]))

    assert (message["status"], message["attempts"]) == ("failed", 1)
    assert message["error"]["code"] == "delivery.sender_refused"
    assert "does not let this account send as that address" in message["error"]["message"]
    assert "550 5.7.60" in hub.history(message["id"])[-1]["detail"]


def test_a_message_above_the_servers_limit_fails(mail_server: MailServer, hub: HubProcess) -> None:
    account = add_account(hub, **mail_server.settings("old"))
    attachment = {"name": "plan.bin", "upload": hub.upload(bytes(1_000_000))}

    message = hub.wait_for_end(hub.send(account=account, to=["ada@example.test"], attachments=[attachment]))

    assert (message["status"], message["attempts"]) == ("failed", 1)
    assert message["error"]["code"] == "delivery.too_large"


def test_bcc_is_in_the_envelope_and_nowhere_else(mail_server: MailServer, hub: HubProcess) -> None:
    account = add_account(hub, **mail_server.settings("submission"))
    hidden = ["secret@example.test", "hush@example.test"]

    message = hub.wait_for_end(
        hub.send(account=account, to=["ada@example.test"], cc=["cy@example.test"], bcc=hidden)
    )

    assert set(outcomes(message).values()) == {"accepted"}
    mails = arrived(mail_server, message, 4)
    everybody = {"ada@example.test", "cy@example.test", *hidden}
    assert {mail["X-Original-To"] for mail in mails} == everybody
    assert {mail["Delivered-To"] for mail in mails} == everybody
    for mail in mails:
        for name in TRACE:
            del mail[name]
    for content in (hub.raw(message["id"]), *(mail.as_bytes() for mail in mails)):
        shown = content.lower()
        assert b"cy@example.test" in shown
        assert not any(word in shown for word in (b"bcc:", b"secret@", b"hush@"))
