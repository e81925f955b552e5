"""Mail leaves: a whole hub with a worker, by a clock that the test moves."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mailhub.accounts.model import Account, accounts_of
from mailhub.contract.errors import AuthenticationFailed, Throttled, Transient, Uncertain
from mailhub.testing import FakeClock
from tests.kit.delivering import DeliveringKit, owner

MakeKit = Callable[..., DeliveringKit]


@pytest.fixture
def open_kit(tmp_path: Path) -> Iterator[MakeKit]:
    """Opens hubs that are closed at the end."""
    opened: list[DeliveringKit] = []

    def open_one(**values: Any) -> DeliveringKit:
        made = DeliveringKit.open(tmp_path, **values)
        opened.append(made)
        return made

    yield open_one
    for made in opened:
        made.close()


@pytest.fixture
def kit(open_kit: MakeKit) -> DeliveringKit:
    """A hub that delivers, with an account ``sales``."""
    made = open_kit()
    made.kit.account("sales")
    made.start()
    return made


def pause(account: Account) -> None:
    account.state.paused_at = account.created_at


def resume(account: Account) -> None:
    account.state.paused_at = None


# -- the idle path -----------------------------------------------------------------------------------------------------


def test_an_idle_hub_hands_a_message_over_without_waiting_for_any_time(kit: DeliveringKit) -> None:
    message_id = kit.send()
    kit.settle()
    assert kit.status(message_id) == "sent"
    assert [mail.message_id for mail in kit.provider.received] == [message_id]


def test_on_the_idle_path_a_message_costs_three_commits_and_no_claim_comes_after(kit: DeliveringKit) -> None:
    kit.send()
    kit.settle()
    for _number in range(3):
        del kit.commits[:]
        kit.send()
        kit.settle()
        assert len(kit.commits) == 3


def test_with_one_sender_at_a_time_it_is_three_commits_too(open_kit: MakeKit) -> None:
    kit = open_kit()
    kit.kit.account("sales", concurrency_limit=1)
    kit.start()
    kit.send()
    kit.settle()
    del kit.commits[:]
    kit.send()
    kit.settle()
    assert len(kit.commits) == 3


def test_a_drained_lane_is_left_alone_until_something_happens(kit: DeliveringKit) -> None:
    kit.send()
    kit.settle()
    del kit.commits[:]
    kit.pass_seconds(9.5)
    assert kit.commits == []


# -- schedules ---------------------------------------------------------------------------------------------------------


def test_a_failed_attempt_is_shown_with_the_next_time_and_then_sent(kit: DeliveringKit) -> None:
    kit.provider.fail(Transient("busy", reply="451 busy"))
    message_id = kit.send()
    kit.settle()
    due = kit.message(message_id, lambda message: message.next_attempt_at)
    assert kit.status(message_id) == "queued"
    assert due is not None
    delay = (due - kit.clock.now()).total_seconds()
    assert 48 <= delay <= 72
    kit.pass_seconds(delay - 1)
    assert kit.status(message_id) == "queued"
    kit.pass_seconds(1.5)
    assert kit.status(message_id) == "sent"
    assert [mail.attempt for mail in kit.provider.received] == [2]


def test_mail_for_later_leaves_at_its_time_and_not_after_its_end(kit: DeliveringKit) -> None:
    at = kit.clock.now() + timedelta(seconds=30)
    later = kit.send(send_at=at)
    kit.change_account("sales", pause)
    expiring = kit.send(expires_at=(at + timedelta(seconds=60)))
    kit.pass_seconds(29)
    kit.change_account("sales", resume)
    kit.settle()
    assert kit.statuses([later, expiring]) == ["queued", "sent"]
    kit.change_account("sales", pause)
    other = kit.send(expires_at=(at + timedelta(seconds=60)))
    kit.pass_seconds(62)
    assert kit.status(other) == "failed"
    assert kit.status(later) == "queued"
    kit.change_account("sales", resume)
    kit.settle()
    assert kit.status(later) == "sent"


def test_a_throttled_lane_waits_as_a_whole_and_uses_up_no_attempt(kit: DeliveringKit) -> None:
    kit.provider.fail(Throttled("slower", retry_after_seconds=20))
    first = kit.send()
    kit.settle()
    second = kit.send()
    kit.settle()
    assert kit.statuses([first, second]) == ["queued", "queued"]
    kit.pass_seconds(21)
    assert kit.statuses([first, second]) == ["sent", "sent"]
    assert [mail.attempt for mail in kit.provider.received] == [1, 1]


def test_a_refused_sign_in_is_tried_no_more_until_somebody_acts(kit: DeliveringKit) -> None:
    kit.provider.fail(AuthenticationFailed("no"), times=1)
    ids = [kit.send()]
    kit.settle()
    ids += kit.send_many(2)
    kit.pass_seconds(3_700, step=60)
    assert kit.statuses(ids) == ["queued"] * 3
    assert kit.provider.received == []
    kit.change_account("sales", lambda account: setattr(account.state, "attention", None))
    kit.settle()
    assert kit.statuses(ids) == ["sent"] * 3
    assert {mail.attempt for mail in kit.provider.received} == {1}


def test_an_uncertain_attempt_is_sent_again_with_the_same_message_id(kit: DeliveringKit) -> None:
    kit.provider.fail(Uncertain("lost"), after_hand_over=True)
    message_id = kit.send()
    kit.settle()
    assert kit.message(message_id, lambda message: message.possible_duplicate)
    kit.pass_seconds(75)
    assert kit.status(message_id) == "sent"


# -- the rate limit ----------------------------------------------------------------------------------------------------


def test_at_a_limit_of_30_exactly_30_leave_and_the_next_after_60_seconds(open_kit: MakeKit) -> None:
    kit = open_kit()
    kit.kit.account("sales", rate_limit_per_minute=30)
    kit.start()
    kit.send_many(31)
    kit.settle()
    assert len(kit.provider.received) == 30
    kit.pass_seconds(59.9)
    assert len(kit.provider.received) == 30
    kit.pass_seconds(0.2)
    assert len(kit.provider.received) == 31


def test_the_limit_is_exact_over_a_restart_in_the_middle_of_a_window(open_kit: MakeKit) -> None:
    clock = FakeClock()
    first = open_kit(clock=clock, store_uri="file://")
    first.kit.account("sales", rate_limit_per_minute=10)
    first.start()
    first.send_many(7)
    first.settle()
    first.close()
    clock.advance(20)
    second = open_kit(clock=clock, store_uri="file://")
    second.start()
    second.send_many(8, login="bob")
    second.settle()
    assert [len(first.provider.received), len(second.provider.received)] == [7, 3]
    second.pass_seconds(39.5)
    assert len(second.provider.received) == 3
    second.pass_seconds(1)
    assert len(second.provider.received) == 8


def test_each_identity_has_its_own_limit_and_a_dead_sign_in_holds_only_its_own_mail(
    open_kit: MakeKit,
) -> None:
    kit = open_kit()
    kit.kit.account("sales", rate_limit_per_minute=30, sends_as_user=True)
    logins = ("ann", "bob", "eve")
    owners = [owner(login) for login in logins]
    kit.provider.kill_sign_in(owner("eve"))
    ids = {login: kit.send_many(35, login=login) for login in logins}
    kit.start()
    kit.settle()
    by_identity = [mail.sending_identity for mail in kit.provider.received]
    assert sorted(map(by_identity.count, owners)) == [0, 30, 30]
    assert set(kit.statuses(ids["eve"])) == {"queued"}
    kit.pass_seconds(61)
    assert set(kit.statuses(ids["ann"] + ids["bob"])) == {"sent"}
    assert set(kit.statuses(ids["eve"])) == {"queued"}
    assert len(kit.provider.received) == 70


def test_three_identities_send_three_times_the_limit_in_the_first_minute(open_kit: MakeKit) -> None:
    kit = open_kit()
    kit.kit.account("sales", rate_limit_per_minute=30, sends_as_user=True)
    kit.start()
    for login in ("ann", "bob", "eve"):
        kit.send_many(32, login=login)
    kit.settle()
    assert len(kit.provider.received) == 90
    kit.pass_seconds(59.5)
    assert len(kit.provider.received) == 90


def test_two_accounts_in_one_group_share_one_window(open_kit: MakeKit) -> None:
    kit = open_kit()
    for account_id in ("sales", "service"):
        kit.kit.account(account_id, rate_limit_per_minute=10, limit_group="mailbox", concurrency_limit=2)
    kit.start()
    kit.send_many(8, "sales")
    kit.send_many(8, "service")
    kit.settle()
    assert len(kit.provider.received) == 10
    kit.pass_seconds(61)
    assert len(kit.provider.received) == 16


def test_a_lane_that_waits_for_a_permit_of_another_lane_learns_of_its_return(open_kit: MakeKit) -> None:
    """All permits are out with the other account's attempts: only their answers say when the next one may leave."""
    kit = open_kit()
    for account_id in ("sales", "service"):
        kit.kit.account(account_id, rate_limit_per_minute=1, limit_group="mailbox")
    kit.start()
    gate = kit.provider.block(recipient="slow@example.com")
    kit.send("sales", to=["slow@example.com"])
    gate.wait_until_reached()
    waiting = kit.send("service")
    kit.settle(sending=1)
    assert kit.status(waiting) == "queued"
    gate.release()
    kit.settle()
    kit.pass_seconds(60.5)
    assert kit.status(waiting) == "sent"


def test_a_limit_that_is_changed_counts_at_once(open_kit: MakeKit) -> None:
    kit = open_kit()
    kit.kit.account("sales", rate_limit_per_minute=2)
    kit.start()
    kit.send_many(10)
    kit.settle()
    assert len(kit.provider.received) == 2
    kit.set_account("sales", rate_limit_per_minute=5)
    kit.settle()
    assert len(kit.provider.received) == 5
    kit.set_account("sales", limit_group="mailbox")
    kit.settle()
    assert len(kit.provider.received) == 5
    kit.pass_seconds(61)
    assert len(kit.provider.received) == 10


# -- pausing and changing ----------------------------------------------------------------------------------------------


def test_a_pause_acts_at_once_also_on_what_is_claimed_ahead(open_kit: MakeKit) -> None:
    kit = open_kit()
    kit.kit.account("sales", concurrency_limit=1)
    kit.start()
    gate = kit.provider.block(recipient="slow@example.com")
    first = kit.send(to=["slow@example.com"])
    gate.wait_until_reached()
    ahead = kit.send_many(3)
    kit.settle(sending=1)
    assert "sending" in kit.statuses(ahead)
    kit.change_account("sales", pause)
    gate.release()
    kit.settle()
    assert kit.status(first) == "sent"
    assert kit.statuses(ahead) == ["queued"] * 3
    assert {kit.message(each, lambda message: message.attempts) for each in ahead} == {0}
    kit.change_account("sales", resume)
    kit.settle()
    assert kit.statuses(ahead) == ["sent"] * 3
    assert [mail.message_id for mail in kit.provider.received] == [first, *ahead]


def test_nothing_begins_once_the_pause_is_stored(kit: DeliveringKit) -> None:
    for _number in range(20):
        ids = kit.send_many(3)
        kit.change_account("sales", pause)
        begun = {mail.message_id for mail in kit.provider.received}
        sending = [each for each in ids if kit.worker._lanes["sales"] and kit.status(each) == "sending"]
        kit.settle()
        late = {mail.message_id for mail in kit.provider.received} - begun
        assert late <= set(sending)
        kit.change_account("sales", resume)
        kit.settle()
        assert kit.statuses(ids) == ["sent"] * 3


def test_the_next_message_uses_the_settings_that_were_changed_meanwhile(kit: DeliveringKit) -> None:
    gate = kit.provider.block(recipient="slow@example.com")
    first = kit.send(to=["slow@example.com"])
    gate.wait_until_reached()
    kit.set_account("sales", concurrency_limit=1, settings={"server": "nowhere.example", **_defaults(kit)})
    second = kit.send()
    kit.settle(sending=1)
    gate.release()
    kit.settle()
    assert kit.status(first) == "sent"
    assert kit.status(second) == "queued"
    code = kit.message(second, lambda message: message.error)
    assert code is not None
    assert code[0] == "delivery.transient"


def _defaults(kit: DeliveringKit) -> dict[str, Any]:
    with kit.kit.hub.database.reading() as root:
        account = accounts_of(root).find("sales")
        assert account is not None
        return {name: value for name, value in account.settings.items() if name != "server"}
