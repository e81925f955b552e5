"""A check tells step by step how far a mail would come, and shows nothing of services that are no mail servers."""

from collections.abc import Generator, Iterable

import pytest

from mailhub.contract import (
    AuthenticationFailed,
    DeliveryError,
    Misconfigured,
    OutgoingMessage,
    Permanent,
    Settings,
    Step,
    Transient,
)
from mailhub_smtp.connector import SmtpConnector

from .scripted import ANONYMOUS, DROP, GARBAGE, SIGNED_IN, Context, Server, context_of, message

AUTH = ("AUTH CRAM-MD5 PLAIN",)


def check(
    server: Server | OSError, settings: Settings = ANONYMOUS, mail: OutgoingMessage | None = None
) -> tuple[list[Step], Context]:
    context = context_of(server)
    return list(SmtpConnector(settings).check(mail, context)), context


def named(steps: Iterable[Step]) -> list[tuple[str, str]]:
    return [(step.name, step.outcome) for step in steps]


def test_without_a_message_it_ends_after_signing_in() -> None:
    server = Server()
    steps, _ = check(server)
    assert named(steps) == [
        ("resolve", "ok"),
        ("connect", "ok"),
        ("tls", "skipped"),
        ("authenticate", "skipped"),
    ]
    assert server.commands == ["EHLO [192.0.2.9]", "QUIT"]


def test_with_a_message_it_sends_it() -> None:
    server = Server()
    steps, context = check(server, mail=message())
    assert named(steps)[-1] == ("send", "ok")
    assert steps[-1].detail == "250 2.0.0 Ok: queued as 1"
    assert context.handed_over == ["m1"]
    assert server.commands[-1] == "QUIT"


def test_steps_come_as_they_happen() -> None:
    context = context_of(Server())
    walk = SmtpConnector(ANONYMOUS).check(None, context)
    assert isinstance(walk, Generator)
    assert next(walk).name == "resolve"
    assert context.network.connected == []
    assert next(walk).name == "connect"
    walk.close()
    assert context.network.sockets[0].is_closed


@pytest.mark.parametrize(
    ("server", "settings", "name", "error"),
    [
        (TimeoutError(), ANONYMOUS, "connect", Transient),
        (Server(("GREETING", [GARBAGE])), ANONYMOUS, "connect", Transient),
        (Server(), {**ANONYMOUS, "security": "starttls"}, "tls", Misconfigured),
        (Server(extensions=("AUTH LOGIN",)), SIGNED_IN, "authenticate", Misconfigured),
        (
            Server(("AUTH", ["535 5.7.8 no"]), extensions=AUTH),
            SIGNED_IN,
            "authenticate",
            AuthenticationFailed,
        ),
        (Server(("RCPT", ["550 5.1.1 no"])), ANONYMOUS, "send", Permanent),
        (Server(("RCPT", ["450 4.1.1 no"])), ANONYMOUS, "send", Transient),
        (Server(("MAIL", ["550 5.1.1 no"])), ANONYMOUS, "send", Permanent),
        (Server(("GREETING", [DROP])), ANONYMOUS, "connect", Transient),
    ],
)
def test_the_first_failed_step_ends_the_walk(
    server: Server | OSError, settings: Settings, name: str, error: type[DeliveryError]
) -> None:
    steps, context = check(server, settings, message())
    assert (steps[-1].name, steps[-1].outcome) == (name, "failed")
    assert isinstance(steps[-1].error, error)
    assert all(step.outcome != "failed" for step in steps[:-1])
    assert all(each.is_closed for each in context.network.sockets)


@pytest.mark.parametrize(
    "greeting", ["220-secret\r\n554 secret", "421 secret", "554 5.7.1 secret", GARBAGE, "250 secret"]
)
def test_the_words_of_a_greeting_are_not_shown(greeting: str) -> None:
    steps, _ = check(Server(("GREETING", [greeting])))
    assert steps[-1].outcome == "failed"
    assert steps[-1].error is not None
    assert "secret" not in f"{steps[-1].detail} {steps[-1].error} {steps[-1].error.reply}"


def test_no_step_waits_longer_than_thirty_seconds() -> None:
    server = Server()
    check(server, mail=message())
    assert max(server.time_limits) == 30
