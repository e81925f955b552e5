"""Signing in: the order of mechanisms, what goes over which connection, and what each refusal means."""

import base64
import hmac
import socket
from collections.abc import Sequence

import pytest

from mailhub.contract import (
    AuthenticationFailed,
    DeliveryError,
    HostAddress,
    Misconfigured,
    SendOutcome,
    Throttled,
    Transient,
)

from .scripted import DROP, SIGNED_IN, SILENCE, Context, Server, context_of, message, session_of, statuses

LOOPBACK = (HostAddress(socket.AF_INET, ("127.0.0.1", 25)),)
LOOPBACK_6 = (HostAddress(socket.AF_INET6, ("::1", 25, 0, 0)),)
CHALLENGE = b"<17.2026@mx.example.test>"
CRAM_CHALLENGE = "334 " + base64.b64encode(CHALLENGE).decode()
BAD = "535 5.7.8 Error: authentication failed"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


CRAM_ANSWER = encoded("ada " + hmac.new("pa55 wörd".encode(), CHALLENGE, "md5").hexdigest())
PLAIN_ANSWER = encoded("\0ada\0pa55 wörd")


def server(mechanisms: str, *script: tuple[str, Sequence[str]]) -> Server:
    answers = (
        ("AUTH CRAM-MD5", [CRAM_CHALLENGE]),
        (CRAM_ANSWER, ["235 2.7.0 ok"]),
        ("AUTH LOGIN", ["334 VXNlcm5hbWU6"]),
        (encoded("ada"), ["334 UGFzc3dvcmQ6"]),
        (encoded("pa55 wörd"), ["235 2.7.0 ok"]),
    )
    return Server(*script, *answers, extensions=("PIPELINING", f"AUTH {mechanisms}"))


def send(
    *servers: Server | OSError, addresses: Sequence[HostAddress] = LOOPBACK
) -> tuple[SendOutcome, Context]:
    context = context_of(*servers, addresses=addresses)
    return session_of(context, SIGNED_IN).send(message()), context


@pytest.mark.parametrize(
    ("mechanisms", "commands"),
    [
        ("LOGIN PLAIN CRAM-MD5", ["AUTH CRAM-MD5", CRAM_ANSWER]),
        ("LOGIN PLAIN", [f"AUTH PLAIN {PLAIN_ANSWER}"]),
        ("LOGIN XOAUTH2", ["AUTH LOGIN", encoded("ada"), encoded("pa55 wörd")]),
        ("plain digest-md5", [f"AUTH PLAIN {PLAIN_ANSWER}"]),
    ],
)
def test_the_safest_mechanism_that_is_offered_is_taken(mechanisms: str, commands: list[str]) -> None:
    mx = server(mechanisms)
    outcome, context = send(mx)
    assert mx.commands[1 : 1 + len(commands)] == commands
    assert statuses(outcome) == ["accepted"]
    assert [(step.name, step.outcome) for step in context.steps] == [
        ("connect", "ok"),
        ("authenticate", "ok"),
    ]


def test_the_old_way_of_writing_auth_is_understood() -> None:
    mx = Server(extensions=("AUTH=PLAIN",))
    assert statuses(send(mx)[0]) == ["accepted"]


def test_a_server_that_asks_again_gets_the_plain_answer_again() -> None:
    mx = server("PLAIN", ("AUTH PLAIN", ["334 "]), (PLAIN_ANSWER, ["235 ok"]))
    assert statuses(send(mx)[0]) == ["accepted"]


def test_cram_md5_on_a_server_with_hashed_passwords_leads_to_the_next_mechanism() -> None:
    mx = server("CRAM-MD5 PLAIN LOGIN", (CRAM_ANSWER, [BAD]))
    outcome, context = send(mx)
    assert statuses(outcome) == ["accepted"]
    assert context.steps[1].detail == "PLAIN"


def test_the_mechanism_that_worked_is_taken_first_on_the_next_connection() -> None:
    first = server("CRAM-MD5 PLAIN", (CRAM_ANSWER, [BAD]), ("MAIL", ["250 ok", DROP]))
    second = server("CRAM-MD5 PLAIN")
    context = context_of(first, second, addresses=LOOPBACK)
    session = session_of(context, SIGNED_IN)
    session.send(message())
    session.send(message())
    assert not any(each.startswith("AUTH CRAM-MD5") for each in second.commands)


def test_a_wrong_password_is_tried_by_one_more_mechanism_and_no_further() -> None:
    mx = server("CRAM-MD5 PLAIN LOGIN", (CRAM_ANSWER, [BAD]), ("AUTH PLAIN", [BAD]))
    with pytest.raises(AuthenticationFailed) as caught:
        send(mx)
    assert caught.value.reply == BAD
    assert "AUTH LOGIN" not in mx.commands


def test_a_mechanism_that_the_server_does_not_know_after_all_leads_to_the_next() -> None:
    mx = server("PLAIN LOGIN", ("AUTH PLAIN", ["504 5.5.4 unknown"]))
    assert statuses(send(mx)[0]) == ["accepted"]


def test_a_wrong_password_is_not_hidden_by_an_unknown_mechanism() -> None:
    mx = server("CRAM-MD5 PLAIN", (CRAM_ANSWER, [BAD]), ("AUTH PLAIN", ["504 5.5.4 unknown"]))
    with pytest.raises(AuthenticationFailed) as caught:
        send(mx)
    assert caught.value.reply == BAD


def test_a_server_that_hangs_up_after_a_wrong_password_said_so() -> None:
    mx = server("CRAM-MD5 PLAIN", (CRAM_ANSWER, [BAD]), ("AUTH PLAIN", [DROP]))
    with pytest.raises(AuthenticationFailed):
        send(mx)


def test_an_unreadable_challenge_is_cancelled() -> None:
    mx = server("CRAM-MD5 PLAIN", ("AUTH CRAM-MD5", ["334 not base64!"]), ("*", ["501 cancelled"]))
    assert statuses(send(mx)[0]) == ["accepted"]
    assert "*" in mx.commands


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (BAD, AuthenticationFailed),
        ("534 5.7.9 Application-specific password required", AuthenticationFailed),
        ("530 5.7.0 Authentication required", AuthenticationFailed),
        ("538 5.7.11 Encryption required", AuthenticationFailed),
        ("432 4.7.12 A password transition is needed", AuthenticationFailed),
        ("432 4.3.2 Concurrent connections limit exceeded", Throttled),
        ("454 4.7.0 Temporary authentication failure", Transient),
        ("421 4.7.0 too many errors", Transient),
        ("451 4.3.0 not now", Transient),
        (DROP, Transient),
        (SILENCE, Transient),
    ],
)
def test_what_a_refused_sign_in_means(answer: str, error: type[DeliveryError]) -> None:
    context = context_of(server("PLAIN", ("AUTH PLAIN", [answer])), addresses=LOOPBACK)
    with pytest.raises(error) as caught:
        session_of(context, SIGNED_IN).send(message())
    assert type(caught.value) is error
    assert context.steps[-1].name == "authenticate"
    assert context.steps[-1].error is caught.value
    assert context.network.sockets[0].is_closed


def test_a_tenant_without_smtp_auth_is_pointed_to_oauth_and_the_microsoft_connectors() -> None:
    mx = server(
        "LOGIN",
        ("AUTH LOGIN", ["535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled"]),
    )
    with pytest.raises(AuthenticationFailed) as caught:
        send(mx)
    assert "OAuth 2.0" in str(caught.value)
    assert "Microsoft 365" in str(caught.value)


@pytest.mark.parametrize("addresses", [LOOPBACK, LOOPBACK_6], ids=["ipv4", "ipv6"])
def test_without_tls_a_password_may_go_to_this_machine(addresses: Sequence[HostAddress]) -> None:
    assert statuses(send(server("PLAIN"), addresses=addresses)[0]) == ["accepted"]


@pytest.mark.parametrize("mechanisms", ["PLAIN LOGIN", "PLAIN", "LOGIN"])
def test_without_tls_a_password_never_goes_to_another_machine(mechanisms: str) -> None:
    mx = server(mechanisms)
    elsewhere = (HostAddress(socket.AF_INET, ("192.0.2.25", 25)),)
    with pytest.raises(Misconfigured) as caught:
        send(mx, addresses=elsewhere)
    assert caught.value.code == "account.password_without_tls"
    assert not any(each.startswith("AUTH") for each in mx.commands)


def test_without_tls_cram_md5_may_go_to_another_machine_and_nothing_else_after_it() -> None:
    mx = server("CRAM-MD5 PLAIN", (CRAM_ANSWER, [BAD]))
    with pytest.raises(AuthenticationFailed):
        send(mx, addresses=(HostAddress(socket.AF_INET, ("192.0.2.25", 25)),))
    assert not any(each.startswith("AUTH PLAIN") for each in mx.commands)


@pytest.mark.parametrize("extensions", [(), ("AUTH GSSAPI NTLM",)])
def test_a_server_that_offers_no_mechanism_of_ours_is_misconfigured(extensions: Sequence[str]) -> None:
    with pytest.raises(Misconfigured):
        send(Server(extensions=extensions))


def test_no_password_shows_in_a_representation() -> None:
    from mailhub_smtp.settings import SmtpAccount
    from mailhub_smtp.sign_in import Credentials

    shown = repr(SmtpAccount.from_settings(SIGNED_IN)) + repr(Credentials("ada", "pa55 wörd"))
    assert "pa55" not in shown


def test_a_server_that_repeats_the_password_is_not_quoted() -> None:
    words = f"AUTH PLAIN {PLAIN_ANSWER}: {encoded('pa55 wörd')} is pa55 wörd"
    with pytest.raises(AuthenticationFailed) as raised:
        send(server("PLAIN", (f"AUTH PLAIN {PLAIN_ANSWER}", [f"535 5.7.8 no {words}"])))
    assert raised.value.reply == "535 5.7.8 no AUTH PLAIN ********: ******** is ********"
