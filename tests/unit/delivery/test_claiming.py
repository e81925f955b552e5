"""Which messages of a lane may be tried now, and in what order (RL1-RL4)."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.accounts.model import accounts_of
from mailhub.delivery.changing import CancelMessage, RetryMessage
from mailhub.delivery.claiming import (
    DRAIN_AT_MOST,
    EXPIRE_AT_MOST,
    LOOK_BEYOND,
    NO_REVISION,
    ClaimMessages,
    HeldElsewhere,
)
from mailhub.delivery.membership import MembershipEnded
from mailhub.delivery.queueing import instant, microseconds
from mailhub.messages.model import PRIORITIES
from tests.unit.delivery.graph import START, Graph


@pytest.fixture
def graph() -> Graph:
    graph = Graph()
    graph.account()
    return graph


def test_a_message_is_claimed_with_its_attempt_number_and_is_sending(graph: Graph) -> None:
    message_id = graph.accept()
    result = graph.claim()
    assert [(each.outgoing.id, each.outgoing.attempt) for each in result.claimed] == [(message_id, 1)]
    assert graph.message(message_id).status == "sending"
    assert result.is_drained
    assert result.wake_at is None


def test_high_priority_leaves_first_then_the_earlier_due_then_the_earlier_accepted(graph: Graph) -> None:
    low = graph.accept(priority="low")
    first, second = graph.accept(), graph.accept()
    graph.pass_seconds(1)
    later = graph.accept()
    high = graph.accept(priority="high")
    assert graph.claimed_ids() == [high, first, second, later, low]


def test_the_order_is_kept_over_claims_of_one(graph: Graph) -> None:
    ids = [graph.accept() for _number in range(5)]
    urgent = graph.accept(priority="high")
    assert [graph.claimed_ids(1)[0] for _number in range(6)] == [urgent, *ids]


def test_a_message_that_came_first_but_is_due_later_leaves_later(graph: Graph) -> None:
    scheduled = graph.accept(send_at=START + timedelta(seconds=10))
    at_once = graph.accept()
    graph.pass_seconds(20)
    assert graph.claimed_ids() == [at_once, scheduled]


def test_send_at_is_waited_for_and_the_claim_says_when_to_ask_again(graph: Graph) -> None:
    due = START + timedelta(seconds=90)
    message_id = graph.accept(send_at=due)
    result = graph.claim()
    assert not result.claimed
    assert result.is_drained
    assert result.wake_at == microseconds(due)
    graph.pass_seconds(89.999999)
    assert graph.claimed_ids() == []
    graph.pass_seconds(0.000001)
    assert graph.claimed_ids() == [message_id]


def test_a_schedule_is_waited_for_in_each_priority(graph: Graph) -> None:
    graph.accept(send_at=START + timedelta(seconds=90), priority="high")
    graph.accept(send_at=START + timedelta(seconds=30), priority="low")
    assert graph.claim().wake_at == microseconds(START + timedelta(seconds=30))


def test_messages_of_several_writers_with_one_due_time_and_one_key_all_leave(graph: Graph) -> None:
    """Keys are only unique within a writer; a newsletter with one ``send_at`` comes in by several."""
    due = START + timedelta(hours=1)
    ids = {graph.accept(writer=writer, send_at=due) for writer in (1, 2, 3)}
    assert graph.claimed_ids() == []
    assert len(graph.lane().due) == 3
    graph.pass_seconds(3600)
    assert set(graph.claimed_ids()) == ids


def test_messages_that_two_writers_accept_in_one_microsecond_both_leave(graph: Graph) -> None:
    ids = {graph.accept(writer=writer) for writer in (1, 2)}
    assert {graph.claimed_ids(1)[0], graph.claimed_ids(1)[0]} == ids


def test_each_writers_inbox_is_read_on_from_where_the_lane_stood(graph: Graph) -> None:
    for writer in (3, 1):
        graph.accept(writer=writer)
    assert len(graph.claimed_ids()) == 2
    cursors = dict(graph.lane().cursors)
    assert set(cursors) == {1, 3}
    graph.pass_seconds(1)
    late = graph.accept(writer=1)
    assert graph.claimed_ids() == [late]
    assert graph.lane().cursors[3] == cursors[3]
    assert graph.lane().cursors[1] == graph.message(late).queue_key


def test_a_claim_that_finds_nothing_new_writes_no_cursor(graph: Graph) -> None:
    graph.accept()
    graph.claim()
    before = graph.lane().cursors
    graph.claim()
    assert graph.lane().cursors is before


def test_what_the_cursor_passes_and_cannot_leave_goes_into_the_lanes_own_tree(graph: Graph) -> None:
    ids = [graph.accept() for _number in range(3)]
    assert graph.claimed_ids(1) == ids[:1]
    assert [message_id for message_id, _expires in graph.lane().due.values()] == ids[1:]


# -- void entries ------------------------------------------------------------------------------------------------------


def test_a_cancelled_message_is_passed_over_and_its_entry_goes(graph: Graph) -> None:
    cancelled, other = graph.accept(), graph.accept()
    graph.claim(0)
    graph.run(CancelMessage(cancelled, "owner"))
    assert graph.claimed_ids() == [other]
    assert not graph.lane().due


def test_a_message_that_was_retried_leaves_once_by_its_newest_entry(graph: Graph) -> None:
    message_id = graph.accept(send_at=START + timedelta(hours=1))
    graph.claim(0)
    graph.run(RetryMessage(message_id, "owner", graph.now))
    assert graph.claimed_ids() == [message_id]
    graph.pass_seconds(3600)
    assert graph.claimed_ids() == []
    assert not graph.lane().due


def test_a_message_cancelled_and_retried_leaves_once(graph: Graph) -> None:
    message_id = graph.accept()
    graph.run(CancelMessage(message_id, "owner"))
    graph.run(RetryMessage(message_id, "owner", graph.now))
    assert graph.claimed_ids() == [message_id]
    assert graph.claimed_ids() == []


def test_many_void_entries_do_not_hide_what_is_behind_them(graph: Graph) -> None:
    void = [graph.accept() for _number in range(3 * LOOK_BEYOND)]
    wanted = graph.accept()
    graph.claim(0)
    for message_id in void:
        graph.run(CancelMessage(message_id, "owner"))
    claims = 1
    while not (result := graph.claim(1)).claimed:
        assert result.has_more
        assert not result.is_drained
        claims += 1
        assert claims < 10
    assert [each.outgoing.id for each in result.claimed] == [wanted]
    assert claims > 1


# -- long inboxes ------------------------------------------------------------------------------------------------------


def test_nothing_is_chosen_before_the_whole_inbox_has_been_seen(graph: Graph) -> None:
    for _number in range(DRAIN_AT_MOST + 1):
        graph.accept(priority="low")
    urgent = graph.accept(priority="high", writer=2)
    result = graph.claim(1)
    assert result.has_more
    assert not result.claimed
    assert not result.is_drained
    assert graph.claimed_ids(1) == [urgent]


def test_an_inbox_of_exactly_one_claims_length_is_seen_at_once(graph: Graph) -> None:
    for _number in range(DRAIN_AT_MOST):
        graph.accept()
    result = graph.claim(2)
    assert len(result.claimed) == 2
    assert not result.has_more
    assert not result.is_drained


# -- expiry ------------------------------------------------------------------------------------------------------------


def expired(graph: Graph, message_id: str) -> bool:
    message = graph.message(message_id)
    assert message.status in ("queued", "failed")
    return message.status == "failed" and message.error is not None and message.error[0] == "message.expired"


def test_a_message_whose_time_is_over_is_not_sent_and_told_once(graph: Graph) -> None:
    message_id = graph.accept(expires_at=START + timedelta(seconds=60))
    graph.pass_seconds(60)
    assert graph.claimed_ids() == []
    assert expired(graph, message_id)
    assert [event.dimensions["error_code"] for event in graph.events("message.failed")] == ["message.expired"]
    assert graph.history(message_id)[-1].event == "expired"


def test_it_is_sent_up_to_the_last_moment(graph: Graph) -> None:
    message_id = graph.accept(expires_at=START + timedelta(seconds=60))
    graph.pass_seconds(59.999)
    assert graph.claimed_ids() == [message_id]


@pytest.mark.parametrize("how", ["paused", "attention", "closing", "connector missing", "gone"])
def test_mail_expires_also_where_nothing_may_leave(graph: Graph, how: str) -> None:
    message_id = graph.accept(expires_at=START + timedelta(seconds=60))
    values: dict[str, Any] = {}
    account = accounts_of(graph.root).find("sales")
    assert account is not None
    if how == "paused":
        account.state.paused_at = START
    elif how == "attention":
        account.state.attention = ("code", "text", START, "")
    elif how == "closing":
        account.state.is_closing = True
    elif how == "gone":
        del accounts_of(graph.root).by_id["sales"]
    else:
        values["account_revision"] = NO_REVISION
    result = graph.claim(**values)
    assert result.wake_at == microseconds(START + timedelta(seconds=60))
    assert not expired(graph, message_id)
    graph.pass_seconds(60)
    graph.claim(**values)
    assert expired(graph, message_id)


def test_more_than_one_claim_can_let_expire_go_on_at_once(graph: Graph) -> None:
    ids = [graph.accept(expires_at=START + timedelta(seconds=60)) for _number in range(EXPIRE_AT_MOST + 1)]
    graph.claim(0)
    graph.pass_seconds(60)
    result = graph.claim(0)
    assert sum(expired(graph, each) for each in ids) == EXPIRE_AT_MOST
    assert result.wake_at is not None
    assert result.wake_at <= microseconds(graph.now)
    graph.claim(0)
    assert all(expired(graph, each) for each in ids)


# -- what holds mail back ----------------------------------------------------------------------------------------------


def test_a_paused_account_lets_nothing_leave_and_its_inbox_is_still_read(graph: Graph) -> None:
    graph.accept()
    account = accounts_of(graph.root).find("sales")
    assert account is not None
    account.state.paused_at = START
    result = graph.claim()
    assert (result.claimed, result.blocked, result.wake_at) == ([], "account", None)
    assert result.is_drained
    assert len(graph.lane().due) == 1


def test_with_another_revision_of_the_account_nothing_is_claimed(graph: Graph) -> None:
    graph.accept()
    assert graph.claim(account_revision=7).blocked == "settings"


def test_a_lane_whose_sign_in_was_refused_waits(graph: Graph) -> None:
    graph.accept()
    graph.lane().attention = ("code", "text", START, "")
    assert graph.claim().blocked == "sign_in"


def test_a_throttled_lane_waits_until_its_time(graph: Graph) -> None:
    message_id = graph.accept()
    graph.lane().hold_until = microseconds(START + timedelta(seconds=30))
    result = graph.claim()
    assert (result.blocked, result.wake_at) == ("throttled", graph.lane().hold_until)
    graph.pass_seconds(30)
    assert graph.claimed_ids() == [message_id]


def test_a_claim_needs_a_living_membership_and_the_limit_key(graph: Graph) -> None:
    graph.accept()
    graph.claim(0)
    with pytest.raises(MembershipEnded):
        graph.claim(epoch=99)
    limit = graph.limit()
    limit.worker = "another"
    with pytest.raises(HeldElsewhere):
        graph.run(_claim_command(graph))


def _claim_command(graph: Graph) -> ClaimMessages:
    return ClaimMessages("sales", graph.member.id, graph.member.epoch, 1, graph.lane().limit_key, 0, 1)


def test_only_one_message_and_no_other(graph: Graph) -> None:
    others = [graph.accept(priority="high") for _number in range(2 * LOOK_BEYOND)]
    wanted = graph.accept(priority="low")
    assert graph.claimed_ids(only=wanted) == [wanted]
    assert {graph.message(each).status for each in others} == {"queued"}
    assert graph.claimed_ids(1) == others[:1]


# -- the rate limit ----------------------------------------------------------------------------------------------------


def test_exactly_the_limit_leaves_and_the_claim_says_when_the_next_may(graph: Graph) -> None:
    for _number in range(31):
        graph.accept()
    result = graph.claim(40, rate_limit=30)
    assert len(result.claimed) == 30
    assert (result.blocked, result.wake_at, result.is_drained) == ("rate_limit", None, False)
    graph.pass_seconds(2)
    graph.record(result.claimed[0])
    again = graph.claim(40, rate_limit=30)
    assert again.claimed == []
    assert again.wake_at == microseconds(graph.now + timedelta(seconds=60))
    assert again.is_drained  # what else is answered makes it no earlier
    graph.pass_seconds(60)
    assert len(graph.claim(40, rate_limit=30).claimed) == 1


def test_a_new_account_with_a_limit_sends_at_once(graph: Graph) -> None:
    graph.accept()
    assert len(graph.claim(rate_limit=30).claimed) == 1


def test_after_mail_without_a_limit_a_new_limit_waits_a_window(graph: Graph) -> None:
    graph.accept()
    graph.claim(rate_limit=0)
    graph.accept()
    result = graph.claim(rate_limit=30)
    assert (result.claimed, result.blocked) == ([], "rate_limit")
    assert result.wake_at == microseconds(graph.now + timedelta(seconds=60))
    graph.pass_seconds(60)
    assert len(graph.claim(rate_limit=30).claimed) == 1


def test_void_entries_take_no_permit(graph: Graph) -> None:
    cancelled = graph.accept()
    graph.accept()
    graph.run(CancelMessage(cancelled, "owner"))
    assert len(graph.claim(rate_limit=1).claimed) == 1
    assert graph.limit().taken == 1


def test_two_accounts_in_one_group_share_one_window(graph: Graph) -> None:
    graph.account("service")
    for _number in range(4):
        graph.accept("sales", limit_key="group:g")
        graph.accept("service", limit_key="group:g")
    first = graph.claim(3, "sales", rate_limit=5)
    second = graph.claim(3, "service", rate_limit=5)
    assert [len(first.claimed), len(second.claimed)] == [3, 2]
    assert second.wake_at is None
    for item in [*first.claimed, *second.claimed]:
        graph.record(item)
    assert graph.claim(3, "sales", rate_limit=5).claimed == []
    graph.pass_seconds(60)
    assert len(graph.claim(3, "sales", rate_limit=5).claimed) == 1


def test_identities_have_each_their_own_window(graph: Graph) -> None:
    for identity in ("ann", "bob"):
        for _number in range(3):
            graph.accept(identity=identity)
    assert [len(graph.claim(9, identity=each, rate_limit=2).claimed) for each in ("ann", "bob")] == [2, 2]


# -- a message that cannot be read -------------------------------------------------------------------------------------


def test_a_message_whose_parts_are_gone_fails_and_does_not_stop_its_lane(graph: Graph) -> None:
    broken, whole = graph.accept(), graph.accept()
    graph.message(broken).content.text = "no record of content"
    assert graph.claimed_ids(rate_limit=5) == [whole]
    assert graph.message(broken).status == "failed"
    assert graph.limit().taken == 1
    assert [event.dimensions["message"] for event in graph.events("message.failed")] == [broken]


# -- all together ------------------------------------------------------------------------------------------------------


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(PRIORITIES)), st.integers(0, 3), st.integers(1, 3), st.integers(0, 2)
        ),
        min_size=1,
        max_size=25,
    ),
    st.lists(st.integers(0, 4), min_size=1, max_size=8),
)
def test_what_leaves_is_always_the_best_of_what_is_due(
    accepted: list[tuple[str, int, int, int]], counts: list[int]
) -> None:
    graph = Graph()
    graph.account()
    waiting: dict[str, tuple[int, int, int]] = {}
    for number, (priority, delay, writer, pause) in enumerate(accepted):
        graph.pass_seconds(pause)
        due = graph.now + timedelta(seconds=delay)
        message_id = graph.accept(priority=priority, send_at=due, writer=writer)
        key = graph.message(message_id).queue_key
        waiting[message_id] = (PRIORITIES[priority], microseconds(due), key)
        count = counts[number % len(counts)]
        due_now = sorted(each for each in waiting if waiting[each][1] <= microseconds(graph.now))
        best = sorted(due_now, key=waiting.__getitem__)[:count]
        assert graph.claimed_ids(count) == best
        for each in best:
            del waiting[each]
    graph.pass_seconds(10)
    assert graph.claimed_ids(100) == sorted(waiting, key=waiting.__getitem__)
    assert not graph.lane().due


def test_times_are_kept_to_the_microsecond(graph: Graph) -> None:
    assert instant(microseconds(START + timedelta(microseconds=1))) == START + timedelta(microseconds=1)
