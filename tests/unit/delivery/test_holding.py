"""What holds a waiting message back, until when, and by which limit."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mailhub.accounts.model import accounts_of
from mailhub.delivery.holding import Hold, hold_of
from mailhub.delivery.model import Lane, delivery_of
from mailhub.delivery.queueing import SECOND, microseconds
from mailhub.store.root import HubRoot
from mailhub.store.writer import Shard
from tests.unit.delivery.setup_kit import DeliveryKit, find_message, opened


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[DeliveryKit]:
    with opened(tmp_path) as made:
        yield made


def hold(kit: DeliveryKit, message_id: str, *, is_loaded: bool = True) -> Hold | None:
    def asked(root: HubRoot) -> Hold | None:
        message = find_message(root, message_id)
        account = accounts_of(root).find(message.account_id)
        lane = delivery_of(root).find_lane(message.lane_id)
        return hold_of(root, message, account, lane, is_loaded, kit.now)

    found: Hold | None = kit.kit.look(asked)
    return found


def test_what_may_leave_is_not_held(kit: DeliveryKit) -> None:
    assert hold(kit, kit.send(kit.kit.create())) is None


def test_a_message_for_later_is_held_until_then(kit: DeliveryKit) -> None:
    at = kit.in_seconds(60)
    assert hold(kit, kit.send(kit.kit.create(), send_at=at.isoformat())) == Hold("schedule", at)


def test_the_limit_is_named_with_its_next_slot(kit: DeliveryKit) -> None:
    account_id = kit.kit.create(rate_limit_per_minute=1)
    first, second = kit.send(account_id), kit.send(account_id)
    kit.claim(account_id, rate_limit=1)
    # how long the reply takes nobody can tell
    assert hold(kit, second) == Hold("rate_limit", None, 1)

    kit.record(account_id, first)

    held = hold(kit, second)
    assert held is not None
    assert held.rate_limit_per_minute == 1
    assert held.until is not None
    assert timedelta(seconds=59) < held.until - kit.now <= timedelta(seconds=61)


def test_what_a_server_asked_for_is_no_limit_of_the_account(kit: DeliveryKit) -> None:
    account_id = kit.kit.create(rate_limit_per_minute=30)
    message_id = kit.send(account_id)

    def ask(lane: Lane, shard: Shard) -> None:
        lane.hold_until = microseconds(kit.now) + 5 * SECOND

    kit.change_lane(account_id, ask)

    assert hold(kit, message_id) == Hold("rate_limit", kit.now + timedelta(seconds=5), 0)


def test_an_account_that_stands_still_says_why(kit: DeliveryKit) -> None:
    account_id = kit.kit.create()
    message_id = kit.send(account_id)
    assert hold(kit, message_id, is_loaded=False) == Hold("connector_missing", code="connector_missing")

    kit.kit.change_account(account_id, paused_at=kit.now)
    assert hold(kit, message_id) == Hold("paused_account", code="paused")

    trouble = ("account.authentication_failed", "535 no", kit.now, "")
    kit.kit.change_account(account_id, attention=trouble)
    assert hold(kit, message_id) == Hold("paused_account", code="account.authentication_failed")


def test_a_refused_sign_in_of_one_person_says_so(kit: DeliveryKit) -> None:
    account_id = kit.kit.create(connector="fake", settings={"server": "x", "sends_as_user": True})
    message_id = kit.send(account_id, kit.kit.user("bob"))
    kit.stop_lane(account_id, kit.kit.user_id("bob"))

    held = hold(kit, message_id)

    assert held is not None
    assert held.reason == "sign_in"
    assert held.code
