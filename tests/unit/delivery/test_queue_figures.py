"""An account's queue in figures."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mailhub.accounts.model import accounts_of
from mailhub.delivery.queue_figures import QueueFigures, queue_figures
from mailhub.store.root import HubRoot
from tests.unit.delivery.setup_kit import DeliveryKit, opened


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[DeliveryKit]:
    with opened(tmp_path) as made:
        yield made


def figures(kit: DeliveryKit, account_id: str, *, is_loaded: bool = True) -> QueueFigures:
    def asked(root: HubRoot) -> QueueFigures:
        account = accounts_of(root).find(account_id)
        assert account is not None
        return queue_figures(root, account, connector_is_loaded=is_loaded, now=kit.now)

    return kit.kit.look(asked)


def test_an_account_without_mail_could_send_now(kit: DeliveryKit) -> None:
    found = figures(kit, kit.kit.create())

    assert found == QueueFigures(waiting=0, sending=0, sent_today=0, next_slot_at=kit.now)


def test_waiting_sending_and_sent_are_counted_for_this_account_alone(kit: DeliveryKit) -> None:
    account_id, other = kit.kit.create(rate_limit_per_minute=0), kit.kit.create()
    first = kit.send(account_id)
    for _number in range(3):
        kit.send(account_id)
    kit.send(other)
    kit.claim(account_id, count=2)
    kit.record(account_id, first)

    found = figures(kit, account_id)

    assert (found.waiting, found.sending, found.sent_today) == (2, 1, 1)
    assert (figures(kit, other).waiting, figures(kit, other).sent_today) == (1, 0)


def test_what_was_sent_yesterday_is_not_sent_today(kit: DeliveryKit) -> None:
    account_id = kit.kit.create(rate_limit_per_minute=0)
    message_id = kit.send(account_id)
    kit.claim(account_id)
    kit.record(account_id, message_id)

    kit.clock.advance(24 * 3600)

    assert figures(kit, account_id).sent_today == 0


def test_the_oldest_due_is_found_in_inbox_and_lane(kit: DeliveryKit) -> None:
    account_id = kit.kit.create(rate_limit_per_minute=0)
    later = kit.in_seconds(600)
    kit.send(account_id, send_at=later.isoformat())
    assert figures(kit, account_id).oldest_due_at == later
    sooner = kit.send(account_id, send_at=kit.in_seconds(300).isoformat())
    assert figures(kit, account_id).oldest_due_at == kit.in_seconds(300)

    kit.claim(account_id)  # moves both into the lane's own tree
    assert figures(kit, account_id).oldest_due_at == kit.in_seconds(300)
    kit.api.act(f"/messages/{sooner}/cancel")

    found = figures(kit, account_id)
    assert (found.oldest_due_at, found.next_slot_at) == (later, later)


def test_a_rate_limit_says_when_the_next_leaves_and_when_all_have_left(kit: DeliveryKit) -> None:
    account_id = kit.kit.create(rate_limit_per_minute=2)
    first, second, *_rest = [kit.send(account_id) for _number in range(7)]
    kit.claim(account_id, count=2, rate_limit=2)
    kit.record(account_id, first)
    kit.clock.advance(10)
    kit.record(account_id, second)

    found = figures(kit, account_id)

    assert found.waiting == 5
    assert found.next_slot_at == kit.in_seconds(50)
    # two a minute, in the places that the first two left: at 50, 60, 110, 120, 170
    assert found.empty_at == kit.in_seconds(170)


def test_permits_that_are_out_come_back_at_an_unknown_time(kit: DeliveryKit) -> None:
    account_id = kit.kit.create(rate_limit_per_minute=1)
    kit.send(account_id)
    kit.send(account_id)
    kit.claim(account_id, rate_limit=1)

    found = figures(kit, account_id)

    assert found.next_slot_at is None
    assert found.empty_at == kit.in_seconds(60)


def test_an_account_without_a_limit_waits_for_that_which_it_shares(kit: DeliveryKit) -> None:
    """The limit of accounts that share one is the smallest set among them, whoever has set it."""
    limited = kit.kit.create(rate_limit_per_minute=1, limit_group="office")
    other = kit.kit.create(rate_limit_per_minute=0, limit_group="office")
    first = kit.send(limited)
    kit.claim(limited, rate_limit=1)
    kit.record(limited, first)
    for _number in range(2):
        kit.send(other)
    kit.claim(other, count=0, rate_limit=1)

    found = figures(kit, other)

    assert found.next_slot_at == kit.in_seconds(60)
    assert found.empty_at == kit.in_seconds(120)


def test_a_limit_that_was_taken_away_holds_nobody(kit: DeliveryKit) -> None:
    account_id = kit.kit.create(rate_limit_per_minute=1)
    kit.send(account_id)
    kit.send(account_id)
    kit.claim(account_id, rate_limit=1)
    kit.kit.patch(account_id, rate_limit_per_minute=0)

    assert figures(kit, account_id).next_slot_at == kit.now


def test_without_a_limit_nobody_says_when_it_is_empty(kit: DeliveryKit) -> None:
    account_id = kit.kit.create(rate_limit_per_minute=0)
    kit.send(account_id)

    assert figures(kit, account_id).empty_at is None


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({"paused_at": "now"}, "paused"),
        ({"attention": ("account.authentication_failed", "m", None, "a")}, "account.authentication_failed"),
        ({"is_closing": True}, "closing"),
    ],
)
def test_what_stands_still_says_why_and_promises_no_time(
    kit: DeliveryKit, state: dict[str, Any], reason: str
) -> None:
    account_id = kit.kit.create()
    kit.send(account_id)
    kit.kit.change_account(account_id, **state)

    found = figures(kit, account_id)

    assert (found.paused_reason, found.next_slot_at, found.empty_at) == (reason, None, None)
    assert (found.waiting, found.oldest_due_at) == (1, kit.now)


def test_a_missing_connector_holds_everything(kit: DeliveryKit) -> None:
    assert figures(kit, kit.kit.create(), is_loaded=False).paused_reason == "connector_missing"


def test_each_sending_identity_has_its_own_figures(kit: DeliveryKit) -> None:
    account_id = kit.kit.create(connector="fake", settings={"server": "x", "sends_as_user": True})
    bob = kit.kit.user("bob")
    ada_id, bob_id = kit.kit.user_id("ada"), kit.kit.user_id("bob")
    first = kit.send(account_id)
    kit.send(account_id)
    for _number in range(3):
        kit.send(account_id, bob)
    kit.claim(account_id, identity=ada_id, count=1)
    kit.record(account_id, first, identity=ada_id)
    kit.stop_lane(account_id, bob_id)

    found = figures(kit, account_id)

    assert (found.waiting, found.sent_today, found.paused_reason) == (4, 1, None)
    each = {one.identity: one for one in found.identities}
    assert {name: (one.waiting, one.sent_today) for name, one in each.items()} == {
        ada_id: (1, 1),
        bob_id: (3, 0),
    }
    assert each[bob_id].paused_reason == "sign_in"
    assert each[bob_id].next_slot_at is None
    assert found.next_slot_at == each[ada_id].next_slot_at == kit.now


def test_mail_from_before_an_account_sent_as_its_users_is_counted_by_itself(kit: DeliveryKit) -> None:
    account_id = kit.kit.create(connector="fake", settings={"server": "x"})
    kit.send(account_id)
    kit.kit.patch(account_id, settings={"sends_as_user": True})
    kit.send(account_id)
    kit.send(account_id)

    found = figures(kit, account_id)

    assert [(one.identity, one.waiting) for one in found.identities] == [
        (None, 1),
        (kit.kit.user_id("ada"), 2),
    ]


def test_the_cost_does_not_grow_with_the_queue(kit: DeliveryKit, monkeypatch: pytest.MonkeyPatch) -> None:
    account_id = kit.kit.create(rate_limit_per_minute=0)
    for _number in range(130):
        kit.send(account_id)
    loaded: list[str] = []

    def find(messages: Any, message_id: str) -> Any:
        loaded.append(message_id)
        return original(messages, message_id)

    from mailhub.messages.model import Messages

    original = Messages.find
    monkeypatch.setattr(Messages, "find", find)

    assert figures(kit, account_id).waiting == 130
    assert len(loaded) <= 50


def test_times_are_those_of_a_window(kit: DeliveryKit) -> None:
    account_id = kit.kit.create(rate_limit_per_minute=30)
    for _number in range(31):
        kit.send(account_id)
    kit.claim(account_id, count=0, rate_limit=30)

    found = figures(kit, account_id)

    assert found.next_slot_at == kit.now
    assert found.empty_at == kit.now + timedelta(seconds=60)


def test_a_limit_after_none_waits_a_minute_out_only_if_something_left(kit: DeliveryKit) -> None:
    fresh, used = (kit.kit.create(rate_limit_per_minute=0) for _number in range(2))
    kit.send(used)
    kit.claim(used)
    for account_id in (fresh, used):
        kit.kit.patch(account_id, rate_limit_per_minute=5)
        kit.send(account_id)

    assert len(kit.claim(fresh, rate_limit=5).claimed) == 1
    assert kit.claim(used, rate_limit=5).claimed == []
    assert figures(kit, used).next_slot_at == kit.in_seconds(60)
