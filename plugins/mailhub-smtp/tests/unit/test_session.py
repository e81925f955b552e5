"""Every row of the table of replies, on the way to an outcome per recipient."""

from collections.abc import Sequence
from typing import Any

import pytest

from mailhub.contract import (
    AuthenticationFailed,
    DeliveryError,
    HostAddress,
    Misconfigured,
    Permanent,
    SendOutcome,
    Throttled,
    Transient,
    Uncertain,
)
from mailhub_smtp.session import ReuseLimits

from .scripted import (
    ADDRESS,
    ANONYMOUS,
    DROP,
    GARBAGE,
    SILENCE,
    Context,
    Mime,
    Server,
    context_of,
    message,
    session_of,
    statuses,
)

PLAIN_EXTENSIONS = ("8BITMIME", "SIZE 1000000")
both_ways = pytest.mark.parametrize(
    "extensions", [("PIPELINING", "8BITMIME"), ("8BITMIME",)], ids=["pipelined", "stepwise"]
)


def send(
    *servers: Server | OSError, to: Sequence[str] = ("ada@example.test",), **keywords: Any
) -> tuple[SendOutcome, Context]:
    context = context_of(*servers)
    return session_of(context).send(message(*to, **keywords)), context


def test_a_message_leaves_in_two_packets_when_the_server_takes_pipelining() -> None:
    server = Server()
    outcome, context = send(server, to=("ada@example.test", "bob@example.test"))
    assert server.packets[1:] == [
        (
            b"MAIL FROM:<hub@example.com> SIZE=25 BODY=8BITMIME\r\n"
            b"RCPT TO:<ada@example.test>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\n"
        ),
        b"Subject: hello\r\n\r\nhello\r\n.\r\n",
    ]
    assert statuses(outcome) == ["accepted", "accepted"]
    assert outcome.reply == "250 2.0.0 Ok: queued as 1"
    assert context.handed_over == ["m1"]


def test_without_pipelining_each_command_waits_for_its_answer() -> None:
    server = Server(extensions=PLAIN_EXTENSIONS)
    send(server)
    assert server.packets[1:4] == [
        b"MAIL FROM:<hub@example.com> SIZE=25 BODY=8BITMIME\r\n",
        b"RCPT TO:<ada@example.test>\r\n",
        b"DATA\r\n",
    ]


def test_it_introduces_itself_by_its_own_end_of_the_connection() -> None:
    server = Server()
    send(server)
    assert server.commands[0] == "EHLO [192.0.2.9]"


def test_it_introduces_itself_by_the_name_that_the_hub_was_given() -> None:
    server = Server(("EHLO", ["502 5.5.2 unknown"]))
    context = context_of(server, hello_name="mail.example.com")
    session_of(context).send(message())
    assert server.commands[:2] == ["EHLO mail.example.com", "HELO mail.example.com"]


# connect, greeting, EHLO


@pytest.mark.parametrize("error", [ConnectionRefusedError(), TimeoutError(), OSError("no route")])
def test_no_connection_is_transient(error: OSError) -> None:
    with pytest.raises(Transient):
        send(error)


@pytest.mark.parametrize(
    "greeting", ["421 4.3.2 not now", "450 busy", "554 go away", "250 what", DROP, SILENCE, GARBAGE]
)
def test_a_greeting_that_is_none_is_transient(greeting: str) -> None:
    with pytest.raises(Transient) as caught:
        send(Server(("GREETING", [greeting])))
    assert "secret" not in str(caught.value)
    assert "go away" not in str(caught.value) + caught.value.reply


def test_a_server_that_knows_no_ehlo_is_greeted_by_helo() -> None:
    server = Server(("EHLO", ["502 5.5.2 unknown"]))
    outcome, _ = send(server)
    assert server.commands[:3] == ["EHLO [192.0.2.9]", "HELO [192.0.2.9]", "MAIL FROM:<hub@example.com>"]
    assert statuses(outcome) == ["accepted"]


@pytest.mark.parametrize("answer", ["421 4.3.2 no", "450 no", "550 no", DROP, SILENCE])
def test_a_refused_ehlo_is_transient(answer: str) -> None:
    with pytest.raises(Transient):
        send(Server(("EHLO", [answer]), ("HELO", [answer])))


OTHER = HostAddress(ADDRESS.family, ("192.0.2.26", 587))


def test_the_next_address_is_tried_and_the_silent_one_comes_last_from_then_on() -> None:
    context = context_of(TimeoutError(), Server(("DOT", ["250 ok"])), Server(), addresses=(ADDRESS, OTHER))
    with session_of(context, limits=ReuseLimits(max_transactions=1)) as session:
        session.send(message())
        session.send(message())
    assert context.network.connected == [ADDRESS, OTHER, OTHER]


def test_a_busy_greeting_leads_to_the_next_address() -> None:
    context = context_of(Server(("GREETING", ["421 busy"])), Server(), addresses=(ADDRESS, OTHER))
    assert statuses(session_of(context).send(message())) == ["accepted"]


# MAIL


@both_ways
@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        ("451 4.3.0 not now", Transient, "delivery.transient"),
        ("550 5.7.1 not you", Permanent, "delivery.refused"),
        ("552 too much", Permanent, "delivery.too_large"),
        ("552 5.3.4 Message size exceeds fixed limit", Permanent, "delivery.too_large"),
        (
            "550 5.7.60 Client does not have permissions to send as this sender",
            Permanent,
            "delivery.sender_refused",
        ),
        (
            "530 5.7.0 Must issue a STARTTLS command first",
            AuthenticationFailed,
            "account.authentication_failed",
        ),
        ("550 5.2.251 blocked", Misconfigured, "account.blocked_by_server"),
        ("421 4.3.2 closing", Transient, "delivery.transient"),
        (DROP, Transient, "delivery.transient"),
        (SILENCE, Transient, "delivery.transient"),
        (GARBAGE, Transient, "delivery.transient"),
        ("354 what", Transient, "delivery.transient"),
    ],
)
def test_the_answer_to_mail_decides_for_the_message(
    extensions: Sequence[str], answer: str, error: type[DeliveryError], code: str
) -> None:
    server = Server(("MAIL", [answer]), extensions=extensions)
    with pytest.raises(error) as caught:
        send(server)
    assert caught.value.code == code
    assert server.received == []


def test_an_unknown_parameter_is_left_out_once() -> None:
    server = Server(("MAIL FROM:<hub@example.com> ", ["555 5.5.4 unsupported"]))
    mime = Mime()
    outcome, _ = send(server, mime=mime)
    assert statuses(outcome) == ["accepted"]
    assert server.received[0].mail == "MAIL FROM:<hub@example.com>"
    assert not mime.options[-1].eight_bit


def test_unsupported_parameters_twice_fail_the_message() -> None:
    server = Server(("MAIL", ["555 5.5.4 unsupported"]))
    with pytest.raises(Permanent):
        send(server)
    assert sum(each.startswith("MAIL") for each in server.commands) == 2


# RCPT


@both_ways
@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ("550 5.1.1 No such user", "refused"),
        ("552 5.2.2 Mailbox full", "refused"),
        ("450 4.2.1 Mailbox busy", "deferred"),
        ("452 4.2.2 Mailbox full", "deferred"),
        ("599 strange", "refused"),
        ("251 will forward", "accepted"),
    ],
)
def test_one_recipients_answer_does_not_touch_the_others(
    extensions: Sequence[str], answer: str, status: str
) -> None:
    server = Server(("RCPT TO:<bob", [answer]), extensions=extensions)
    outcome, _ = send(server, to=("ada@example.test", "bob@example.test", "cy@example.test"))
    assert statuses(outcome) == ["accepted", status, "accepted"]
    assert outcome.recipients[1].code == (answer[:3] if status != "accepted" else "250")
    if status != "accepted":
        assert outcome.recipients[1].detail == answer[4:]
        assert server.received[0].rcpts == ["RCPT TO:<ada@example.test>", "RCPT TO:<cy@example.test>"]


@both_ways
def test_nothing_is_sent_when_no_recipient_is_taken(extensions: Sequence[str]) -> None:
    server = Server(("RCPT", ["550 5.1.1 No such user"]), extensions=extensions)
    outcome, context = send(server)
    assert statuses(outcome) == ["refused"]
    assert context.handed_over == []
    assert server.received == []


def test_data_that_is_taken_without_a_recipient_gets_a_lone_dot() -> None:
    server = Server(("RCPT", ["550 5.1.1 No such user"]), ("DATA", ["354 Go on"]))
    outcome, context = send(server)
    assert statuses(outcome) == ["refused"]
    assert server.packets[-1] == b".\r\n"
    assert context.handed_over == []


@both_ways
def test_a_connection_goes_on_after_a_message_without_recipients(extensions: Sequence[str]) -> None:
    server = Server(("RCPT TO:<bob", ["550 5.1.1 No such user"]), extensions=extensions)
    context = context_of(server)
    session = session_of(context)
    session.send(message("bob@example.test"))
    assert statuses(session.send(message("ada@example.test"))) == ["accepted"]
    assert "RSET" in server.commands


@both_ways
@pytest.mark.parametrize("answer", ["421 4.3.2 closing", DROP, SILENCE, GARBAGE])
def test_a_connection_lost_at_rcpt_defers_who_has_no_final_answer(
    extensions: Sequence[str], answer: str
) -> None:
    server = Server(
        ("RCPT TO:<bob", ["550 5.1.1 No such user"]), ("RCPT TO:<cy", [answer]), extensions=extensions
    )
    outcome, context = send(server, to=("ada@example.test", "bob@example.test", "cy@example.test"))
    assert statuses(outcome) == ["deferred", "refused", "deferred"]
    assert context.handed_over == []


def test_a_sign_in_wanted_at_rcpt_concerns_the_account() -> None:
    with pytest.raises(AuthenticationFailed):
        send(Server(("RCPT", ["530 5.7.57 Client was not authenticated"])))


@both_ways
def test_a_sender_refused_at_rcpt_concerns_all(extensions: Sequence[str]) -> None:
    server = Server(
        ("RCPT", ["550 5.7.60 Client does not have permissions to send as"]), extensions=extensions
    )
    with pytest.raises(Permanent) as caught:
        send(server, to=("ada@example.test", "bob@example.test"))
    assert caught.value.code == "delivery.sender_refused"


# DATA


@both_ways
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("451 4.3.0 not now", Transient),
        ("554 5.7.1 no", Permanent),
        ("421 bye", Transient),
        ("250 what", Transient),
        (DROP, Transient),
        (SILENCE, Transient),
    ],
)
def test_the_answer_to_data_decides_for_all_accepted_recipients(
    extensions: Sequence[str], answer: str, error: type[DeliveryError]
) -> None:
    context = context_of(Server(("DATA", [answer]), extensions=extensions))
    with pytest.raises(error):
        session_of(context).send(message("ada@example.test", "bob@example.test"))
    assert context.handed_over == []


def test_a_refused_recipient_keeps_its_answer_when_data_is_deferred() -> None:
    server = Server(("RCPT TO:<bob", ["550 5.1.1 no"]), ("DATA", ["451 4.3.0 not now"]))
    outcome, _ = send(server, to=("ada@example.test", "bob@example.test"))
    assert statuses(outcome) == ["deferred", "refused"]


# the final dot


@both_ways
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("451 4.3.0 not now", Transient),
        ("421 4.3.2 closing", Transient),
        ("554 5.6.0 no", Permanent),
        (DROP, Uncertain),
        (SILENCE, Uncertain),
        (GARBAGE, Uncertain),
        ("354 what", Uncertain),
    ],
)
def test_the_answer_to_the_final_dot(
    extensions: Sequence[str], answer: str, error: type[DeliveryError]
) -> None:
    server = Server(("DOT", [answer]), extensions=extensions)
    context = context_of(server)
    with pytest.raises(error):
        session_of(context).send(message())
    assert context.handed_over == ["m1"]


def test_uncertain_recipients_beside_refused_ones_have_a_status_of_their_own() -> None:
    server = Server(("RCPT TO:<bob", ["550 5.1.1 no"]), ("DOT", [DROP]))
    outcome, _ = send(server, to=("ada@example.test", "bob@example.test"))
    assert statuses(outcome) == ["uncertain", "refused"]
    assert outcome.recipients[0].code == "delivery.uncertain"


def test_the_final_dot_gets_ten_minutes_and_the_envelope_five() -> None:
    server = Server()
    send(server)
    assert server.time_limits == [300.0, 180.0, 600.0]


def test_a_dot_that_never_left_is_not_uncertain() -> None:
    context = context_of(Server())

    def break_pipe() -> None:
        context.network.sockets[0].server.is_closed = True

    context.on_hand_over = break_pipe
    with pytest.raises(Transient):
        session_of(context).send(message())


def test_a_server_that_refuses_in_the_middle_of_the_content_is_heard() -> None:
    server = Server()
    context = context_of(server)

    def refuse() -> None:
        server.is_closed = True
        server.out = b"552 5.3.4 too large\r\n"

    context.on_hand_over = refuse
    with pytest.raises(Permanent) as caught:
        session_of(context).send(message())
    assert caught.value.code == "delivery.too_large"


# the hand-over


def test_the_hand_over_comes_before_the_last_byte_of_the_content() -> None:
    server = Server()
    context = context_of(server)
    seen = []
    context.on_hand_over = lambda: seen.append(b"".join(server.packets))
    session_of(context).send(message(mime=Mime(b"x" * 200_000 + b"\r\n")))
    assert seen[0].endswith(b"x\r\n")
    assert server.packets[-1] == b".\r\n"
    assert len(server.received[0].content) == 200_002


def test_a_refused_hand_over_closes_the_connection_without_the_dot_and_reaches_the_hub() -> None:
    server = Server()
    context = context_of(server)
    refusal = Transient("the lease is over")

    def refuse() -> None:
        raise refusal

    context.on_hand_over = refuse
    with pytest.raises(Transient) as caught:
        session_of(context).send(message())
    assert caught.value is refusal
    assert context.network.sockets[0].is_closed
    assert not any(b"\r\n.\r\n" in each or each == b".\r\n" for each in server.packets)


def test_content_that_cannot_be_made_closes_the_connection_without_the_dot() -> None:
    server = Server()
    context = context_of(server)
    with pytest.raises(Permanent):
        session_of(context).send(message(mime=Mime(failure=Permanent("SHA-256 differs"))))
    assert server.received == []
    assert context.network.sockets[0].is_closed
    assert context.handed_over == []


# reuse


def test_one_connection_serves_many_messages() -> None:
    server = Server()
    context = context_of(server)
    with session_of(context) as session:
        for _ in range(5):
            session.send(message())
    assert len(server.received) == 5
    assert server.commands[-1] == "QUIT"
    assert "RSET" not in server.commands
    assert [step.name for step in context.steps] == ["connect"]


def test_a_connection_is_left_after_its_number_of_messages() -> None:
    first, second = Server(), Server()
    with session_of(context_of(first, second), limits=ReuseLimits(max_transactions=2)) as session:
        for _ in range(3):
            session.send(message())
    assert (len(first.received), len(second.received)) == (2, 1)
    assert first.commands[-1] == "QUIT"


def test_a_connection_is_left_after_five_minutes() -> None:
    first, second = Server(), Server()
    context = context_of(first, second)
    with session_of(context) as session:
        session.send(message())
        context.clock.advance(300)
        session.send(message())
    assert len(second.received) == 1


@both_ways
@pytest.mark.parametrize("answer", ["421 4.4.2 idle too long", DROP, SILENCE])
def test_a_kept_connection_that_died_is_replaced_at_once(extensions: Sequence[str], answer: str) -> None:
    first = Server(("MAIL", ["250 ok", answer]), extensions=extensions)
    second = Server(extensions=extensions)
    context = context_of(first, second)
    session = session_of(context)
    session.send(message())
    assert statuses(session.send(message())) == ["accepted"]
    assert (len(first.received), len(second.received)) == (1, 1)


def test_a_kept_connection_is_replaced_only_once() -> None:
    first, second = Server(("MAIL", ["250 ok", DROP])), Server(("MAIL", [DROP]))
    context = context_of(first, second, Server())
    session = session_of(context)
    session.send(message())
    with pytest.raises(Transient):
        session.send(message())
    assert len(context.network.connected) == 2


def test_a_kept_connection_that_dies_after_mail_is_not_replaced() -> None:
    first = Server(("DATA", ["354 go", DROP]))
    context = context_of(first, Server())
    session = session_of(context)
    session.send(message())
    with pytest.raises(Transient):
        session.send(message())


def test_an_answer_nobody_asked_for_ends_the_connection() -> None:
    first, second = Server(("DOT", ["250 ok\r\n250 ok again"])), Server()
    session = session_of(context_of(first, second))
    session.send(message())
    assert statuses(session.send(message())) == ["accepted"]
    assert len(second.received) == 1


# many recipients


def many(count: int) -> list[str]:
    return [f"r{n}@example.test" for n in range(count)]


def test_more_than_a_hundred_recipients_leave_in_several_transactions_with_one_hand_over() -> None:
    server = Server()
    outcome, context = send(server, to=many(250))
    assert [len(each.rcpts) for each in server.received] == [100, 100, 50]
    assert len({each.content for each in server.received}) == 1
    assert statuses(outcome) == ["accepted"] * 250
    assert context.handed_over == ["m1"]


@both_ways
@pytest.mark.parametrize("answer", ["452 4.5.3 too many", "552 5.5.3 too many"])
def test_recipients_beyond_the_servers_number_go_into_the_next_transaction(
    extensions: Sequence[str], answer: str
) -> None:
    server = Server(
        ("RCPT TO:<r2@", [answer, "250 ok"]), ("RCPT TO:<r3@", [answer, "250 ok"]), extensions=extensions
    )
    outcome, _ = send(server, to=many(4))
    assert [len(each.rcpts) for each in server.received] == [2, 2]
    assert statuses(outcome) == ["accepted"] * 4


@pytest.mark.parametrize("answer", ["452 4.5.3 too many", "552 5.5.3 too many"])
def test_a_recipient_that_is_too_many_by_itself_is_deferred(answer: str) -> None:
    server = Server(("RCPT TO:<r1@", [answer]))
    outcome, _ = send(server, to=many(2))
    assert statuses(outcome) == ["accepted", "deferred"]
    assert len(server.received) == 1


def test_after_accepted_transactions_a_lost_dot_leaves_its_recipients_uncertain_and_the_rest_deferred() -> (
    None
):
    server = Server(("DOT", ["250 ok", DROP]))
    outcome, _ = send(server, to=many(250))
    assert statuses(outcome) == ["accepted"] * 100 + ["uncertain"] * 100 + ["deferred"] * 50


def test_a_refusal_after_accepted_transactions_keeps_what_was_accepted() -> None:
    server = Server(("DOT", ["250 ok", "554 5.7.1 enough"]))
    outcome, _ = send(server, to=many(250))
    assert statuses(outcome) == ["accepted"] * 100 + ["refused"] * 150


def test_a_first_transaction_lost_at_the_dot_makes_no_second_one() -> None:
    server = Server(("DOT", [DROP]))
    outcome, _ = send(server, to=many(101))
    assert statuses(outcome) == ["uncertain"] * 100 + ["deferred"]


# hints and throttling


def test_a_hint_of_time_is_passed_on() -> None:
    with pytest.raises(Transient) as caught:
        send(Server(("MAIL", ["451 4.7.1 Greylisted, please try again in 5 minutes"])))
    assert caught.value.retry_after_seconds == 300


def test_a_hint_for_one_recipient_is_passed_on() -> None:
    server = Server(("RCPT TO:<ada", ["450 4.2.0 Greylisted for 120 seconds"]))
    outcome, _ = send(server, to=("ada@example.test", "bob@example.test"))
    assert outcome.retry_after_seconds == 120


@pytest.mark.parametrize("where", ["MAIL", "DATA", "DOT"])
def test_a_throttling_text_asks_to_wait_without_using_up_an_attempt(where: str) -> None:
    with pytest.raises(Throttled):
        send(Server((where, ["432 4.3.2 Concurrent connections limit exceeded"])))


# size, characters, addresses


def test_a_message_above_the_servers_limit_is_not_sent() -> None:
    server = Server(extensions=("PIPELINING", "SIZE 1000"))
    with pytest.raises(Permanent) as caught:
        send(server, mime=Mime(b"x" * 999 + b"\r\n"))
    assert caught.value.code == "delivery.too_large"
    assert not any(each.startswith("MAIL") for each in server.commands)


@pytest.mark.parametrize("extensions", [("SIZE",), ("SIZE 0",), ("SIZE x",), ()])
def test_a_server_without_a_limit_takes_any_size(extensions: Sequence[str]) -> None:
    outcome, _ = send(Server(extensions=extensions), mime=Mime(b"x" * 5000 + b"\r\n"))
    assert statuses(outcome) == ["accepted"]


def test_smtputf8_is_asked_for_only_when_needed() -> None:
    server = Server()
    send(server)
    assert "SMTPUTF8" not in server.received[0].mail


def test_a_local_part_beyond_ascii_takes_smtputf8() -> None:
    server = Server()
    mime = Mime()
    outcome, _ = send(server, to=("büro@bücher.example",), mime=mime)
    assert server.received[0].mail.endswith(" SMTPUTF8")
    assert server.received[0].rcpts == ["RCPT TO:<büro@xn--bcher-kva.example>"]
    assert mime.options[-1].smtputf8
    assert statuses(outcome) == ["accepted"]


def test_headers_that_need_smtputf8_take_it() -> None:
    server = Server()
    send(server, mime=Mime(is_smtputf8=True))
    assert server.received[0].mail.endswith(" SMTPUTF8")


def test_without_smtputf8_only_those_who_need_it_fail() -> None:
    server = Server(extensions=("PIPELINING", "8BITMIME"))
    outcome, _ = send(server, to=("büro@example.test", "ada@example.test"))
    assert statuses(outcome) == ["refused", "accepted"]
    assert outcome.recipients[0].detail.startswith("5.6.7 ")
    assert server.received[0].rcpts == ["RCPT TO:<ada@example.test>"]


def test_a_sender_that_needs_smtputf8_fails_the_message_without_it() -> None:
    with pytest.raises(Permanent):
        send(Server(extensions=("PIPELINING",)), sender="büro@example.com")


@pytest.mark.parametrize(
    "address",
    [
        "a@b.example>\r\nRCPT TO:<eve@evil.example",
        "a b@example.test",
        "a@exa mple.test",
        "a,b@example.test",
        "nobody",
        "a@\ud800.example",
    ],
)
def test_an_address_that_is_none_never_reaches_the_wire(address: str) -> None:
    server = Server()
    outcome, _ = send(server, to=(address, "ada@example.test"))
    assert statuses(outcome) == ["refused", "accepted"]
    assert server.received[0].rcpts == ["RCPT TO:<ada@example.test>"]


def test_a_smuggled_sender_never_reaches_the_wire() -> None:
    context = context_of(Server())
    with pytest.raises(Permanent):
        session_of(context).send(message(sender="a@b.example>\r\nDATA"))
    assert context.network.connected == []


def test_one_mailbox_named_twice_gets_the_message_once() -> None:
    server = Server()
    outcome, _ = send(server, to=("ada@example.test", "ada@EXAMPLE.test", "Ada@example.test"))
    assert server.received[0].rcpts == ["RCPT TO:<ada@example.test>", "RCPT TO:<Ada@example.test>"]
    assert statuses(outcome) == ["accepted"] * 3


def test_bcc_is_in_the_envelope_and_nowhere_else() -> None:
    server = Server()
    send(server, to=("ada@example.test",), bcc=("secret@example.test",))
    assert "RCPT TO:<secret@example.test>" in server.received[0].rcpts
    assert b"secret" not in server.received[0].content


def test_a_null_sender_may_be_sent() -> None:
    server = Server()
    send(server, sender="")
    assert server.received[0].mail.startswith("MAIL FROM:<>")


def test_oauth_is_not_yet() -> None:
    context = context_of(Server())
    with pytest.raises(Misconfigured):
        session_of(context, {**ANONYMOUS, "authentication": "oauth2"}).send(message())


def test_sending_one_message_by_the_connector_itself_leaves_politely() -> None:
    from mailhub_smtp.connector import SmtpConnector

    server = Server()
    assert statuses(SmtpConnector(ANONYMOUS).send(message(), context_of(server))) == ["accepted"]
    assert server.commands[-1] == "QUIT"
