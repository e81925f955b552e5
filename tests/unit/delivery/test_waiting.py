"""What a waiting message waits for."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailhub.accounts.model import accounts_of
from mailhub.delivery.model import Lane, delivery_of
from mailhub.delivery.queueing import SECOND, microseconds
from mailhub.delivery.waiting import waiting_for
from mailhub.store.root import HubRoot
from mailhub.store.writer import Shard
from tests.unit.delivery.setup_kit import DeliveryKit, find_message, opened


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[DeliveryKit]:
    with opened(tmp_path) as made:
        yield made


def reason(kit: DeliveryKit, message_id: str, *, is_loaded: bool = True) -> str | None:
    def asked(root: HubRoot) -> str | None:
        message = find_message(root, message_id)
        account = accounts_of(root).find(message.account_id)
        lane = delivery_of(root).find_lane(message.lane_id)
        return waiting_for(root, message, account, lane, is_loaded, kit.now)

    return kit.kit.look(asked)


def test_a_message_that_may_leave_waits_for_nothing(kit: DeliveryKit) -> None:
    assert reason(kit, kit.send(kit.kit.create())) is None


def test_a_message_that_has_left_or_ended_waits_for_nothing(kit: DeliveryKit) -> None:
    account_id = kit.kit.create()
    sent, cancelled = kit.send(account_id), kit.send(account_id)
    kit.claim(account_id, count=1)
    assert (kit.status(sent), reason(kit, sent)) == ("sending", None)
    kit.api.act(f"/messages/{cancelled}/cancel")
    kit.kit.change_account(account_id, paused_at=kit.now)

    assert reason(kit, cancelled) is None


def test_an_account_whose_connector_is_away_keeps_its_mail(kit: DeliveryKit) -> None:
    assert reason(kit, kit.send(kit.kit.create()), is_loaded=False) == "connector_missing"


@pytest.mark.parametrize(
    "state",
    [{"paused_at": "now"}, {"attention": ("c", "m", None, "a")}, {"is_closing": True}],
    ids=["paused", "attention", "closing"],
)
def test_an_account_that_stands_still_keeps_its_mail(kit: DeliveryKit, state: dict[str, Any]) -> None:
    account_id = kit.kit.create()
    message_id = kit.send(account_id)

    kit.kit.change_account(account_id, **state)

    assert reason(kit, message_id) == "paused_account"


def test_a_refused_sign_in_holds_its_own_lane_only(kit: DeliveryKit) -> None:
    account_id = kit.kit.create(connector="fake", settings={"server": "x", "sends_as_user": True})
    bob = kit.kit.user("bob")
    of_ada, of_bob = kit.send(account_id), kit.send(account_id, bob)

    kit.stop_lane(account_id, kit.kit.user_id("bob"))

    assert (reason(kit, of_ada), reason(kit, of_bob)) == (None, "sign_in")


def test_a_message_for_later_waits_for_its_time(kit: DeliveryKit) -> None:
    message_id = kit.send(kit.kit.create(), send_at=kit.in_seconds(60).isoformat())
    assert reason(kit, message_id) == "schedule"

    kit.clock.advance(61)

    assert reason(kit, message_id) is None


def test_a_failed_attempt_waits_for_the_next(kit: DeliveryKit) -> None:
    account_id = kit.kit.create()
    message_id = kit.send(account_id)
    kit.claim(account_id)

    kit.record(account_id, message_id, "retry")

    assert reason(kit, message_id) == "retry"


def test_the_rate_limit_holds_back_only_while_no_permit_is_free(kit: DeliveryKit) -> None:
    account_id = kit.kit.create(rate_limit_per_minute=1)
    first, second = kit.send(account_id), kit.send(account_id)
    assert reason(kit, second) is None

    kit.claim(account_id, rate_limit=1)
    assert reason(kit, second) == "rate_limit"
    kit.record(account_id, first)
    kit.clock.advance(59)
    assert reason(kit, second) == "rate_limit"
    kit.clock.advance(2)
    assert reason(kit, second) is None


def test_a_server_that_asks_to_slow_down_counts_as_a_rate_limit(kit: DeliveryKit) -> None:
    account_id = kit.kit.create()
    message_id = kit.send(account_id)

    def hold(lane: Lane, shard: Shard) -> None:
        lane.hold_until = microseconds(kit.now) + 5 * SECOND

    kit.change_lane(account_id, hold)

    assert reason(kit, message_id) == "rate_limit"
    kit.clock.advance(6)
    assert reason(kit, message_id) is None


def test_as_many_at_a_time_as_the_account_allows(kit: DeliveryKit) -> None:
    account_id = kit.kit.create(concurrency_limit=1, rate_limit_per_minute=0)
    kit.send(account_id)
    second = kit.send(account_id)

    kit.claim(account_id, count=1)

    assert reason(kit, second) == "concurrency"
