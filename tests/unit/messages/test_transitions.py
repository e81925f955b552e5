"""A message's way: status, history, indexes and counts change together or not at all."""

from datetime import timedelta

import pytest

from mailhub.errors import WrongState
from mailhub.messages.indexes import counted, sent_of_account, waiting_of_account
from mailhub.messages.model import messages_of
from mailhub.messages.transitions import DETAIL_CHARACTERS, move
from tests.unit.visibility.kit import STEPS, MailKit


@pytest.fixture
def mail() -> MailKit:
    return MailKit()


def test_every_step_is_in_the_history_with_what_the_server_said(mail: MailKit) -> None:
    message = mail.find(mail.put())
    message.attempts = 1
    move(mail.hub, mail.shard(), message, "sending")
    mail.clock.advance(5)
    move(
        mail.hub,
        mail.shard(),
        message,
        "failed",
        code="smtp.refused",
        detail="550 no",
        possible_duplicate=True,
    )

    first, last = message.history_entries()
    assert (first.event, first.status, first.attempt) == ("sending", "sending", 1)
    assert (last.event, last.status, last.code, last.detail) == ("failed", "failed", "smtp.refused", "550 no")
    assert last.possible_duplicate
    assert last.at - first.at == timedelta(seconds=5)
    assert message.revision == 3


def test_a_servers_long_answer_is_cut(mail: MailKit) -> None:
    message = mail.find(mail.put("sending"))
    move(mail.hub, mail.shard(), message, "failed", detail="x" * 10_000)

    assert len(message.history_entries()[-1].detail) == DETAIL_CHARACTERS


def test_a_refused_step_changes_nothing(mail: MailKit) -> None:
    message = mail.find(mail.put("sent"))
    before = (message.status, message.revision, message.history, message.sent_at)

    with pytest.raises(WrongState):
        move(mail.hub, mail.shard(), message, "cancelled")

    assert (message.status, message.revision, message.history, message.sent_at) == before
    assert waiting_of_account(mail.hub, "sales", "cancelled") == 0


def test_counts_follow_whoever_writes(mail: MailKit) -> None:
    """A counter's value is the sum over all writers, and may be negative in one of them."""
    for status in STEPS:
        mail.put(status, writer=1, changed_by=2)

    for status in STEPS:
        if status != "sent":
            assert waiting_of_account(mail.hub, "sales", status) == 1, status
    assert sent_of_account(mail.hub, "sales", mail.clock.now()) == 1
    assert min(messages_of(mail.hub).counters[2].values()) < 0
    total = counted(mail.hub, ("owner", "bob"), ("owner", "bob", "\U0010ffff"))
    assert total == len(STEPS)


def test_the_time_of_sending_is_where_the_sent_list_has_it(mail: MailKit) -> None:
    first, second = mail.find(mail.put("sending", seconds=0)), mail.find(mail.put("sending", seconds=0))
    shard = mail.shard()
    for message in (first, second):
        move(mail.hub, shard, message, "sent")

    assert first.sent_at is not None
    assert second.sent_at is not None
    assert first.sent_at < second.sent_at
    assert mail.ids(box="sent", since=second.sent_at) == [second.id]
