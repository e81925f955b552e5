"""What held an account's mail is cleared by a person, never by time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailhub.accounts.model import account_topic
from mailhub.delivery.releasing import NothingToRelease, ReleaseAccount, ReleaseLanes, ReleasingService
from mailhub.errors import Denied, NotFound, WrongState
from mailhub.people.identity import Identity
from mailhub.people.permissions import Permission
from tests.unit.accounts.service.kit import SETUP, may
from tests.unit.delivery.setup_kit import DeliveryKit, opened

ATTENTION = ("account.authentication_failed", "Refused.", None, "Correct it.")


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[DeliveryKit]:
    with opened(tmp_path) as made:
        yield made


def resume(kit: DeliveryKit, account_id: str, identity: Identity = SETUP) -> None:
    ReleasingService(kit.kit.hub.writer, identity).resume(account_id)


def state(kit: DeliveryKit, account_id: str) -> tuple[object, object]:
    found = kit.account(account_id, lambda account: (account.state.paused_at, account.state.attention))
    assert isinstance(found, tuple)
    return found


def users_account(kit: DeliveryKit) -> str:
    """An account with a lane of Ada and one of Bob, both stopped."""
    account_id = kit.kit.create(connector="fake", settings={"server": "x", "sends_as_user": True})
    kit.send(account_id)
    kit.send(account_id, kit.kit.user("bob"))
    for login in ("ada", "bob"):
        kit.stop_lane(account_id, kit.kit.user_id(login))
    return account_id


def stopped(kit: DeliveryKit, account_id: str) -> list[str]:
    return [
        login
        for login in ("ada", "bob")
        if kit.lane(account_id, kit.kit.user_id(login))(lambda lane: lane.attention) is not None
    ]


def test_resume_ends_pause_and_attention_and_wakes_delivery(kit: DeliveryKit) -> None:
    account_id = kit.kit.create()
    kit.kit.change_account(account_id, paused_at=kit.now, paused_by="somebody", attention=ATTENTION)
    kit.clock.advance(1)

    woken = kit.kit.topics_of(lambda: resume(kit, account_id))

    assert state(kit, account_id) == (None, None)
    assert account_topic(account_id) in woken
    assert kit.kit.trail("account")[0].action == "resumed"
    assert [event["by"] for event in kit.kit.events("account.released")] == [SETUP.user_id]


def test_resume_releases_every_lane(kit: DeliveryKit) -> None:
    account_id = users_account(kit)
    assert stopped(kit, account_id) == ["ada", "bob"]

    resume(kit, account_id)

    assert stopped(kit, account_id) == []
    assert len(kit.kit.events("account.released")) == 2


def test_resuming_what_runs_changes_nothing(kit: DeliveryKit) -> None:
    account_id = kit.kit.create()
    entries = len(kit.kit.trail())

    resume(kit, account_id)

    assert (len(kit.kit.trail()), kit.kit.events("account.released")) == (entries, [])


def test_a_release_without_a_person_who_resumes_leaves_the_pause(kit: DeliveryKit) -> None:
    account_id = kit.kit.create()
    kit.kit.change_account(account_id, paused_at=kit.now, attention=ATTENTION)

    kit.kit.hub.writer.execute(ReleaseAccount(account_id, SETUP))

    assert state(kit, account_id) == (kit.now, None)


def test_one_identity_is_released_by_itself(kit: DeliveryKit) -> None:
    account_id = users_account(kit)

    kit.kit.hub.writer.execute(ReleaseAccount(account_id, SETUP, identity=kit.kit.user_id("ada")))

    assert stopped(kit, account_id) == ["bob"]


def test_new_settings_release_the_lanes_too(kit: DeliveryKit) -> None:
    account_id = users_account(kit)

    kit.kit.patch(account_id, settings={"server": "other.example"})
    # what the change has set going stands before this in the writer's queue
    kit.write(lambda root, shard: None)

    assert stopped(kit, account_id) == []


def test_other_changes_release_no_lane(kit: DeliveryKit) -> None:
    account_id = users_account(kit)

    kit.kit.patch(account_id, name="Another name")
    kit.write(lambda root, shard: None)

    assert stopped(kit, account_id) == ["ada", "bob"]


def test_where_no_lane_waits_nothing_is_written(kit: DeliveryKit) -> None:
    with pytest.raises(NothingToRelease):
        kit.kit.hub.writer.execute(ReleaseLanes(kit.kit.create()))


def test_what_is_gone_or_going_or_forbidden_is_not_resumed(kit: DeliveryKit) -> None:
    account_id = kit.kit.create()
    with pytest.raises(Denied):
        resume(kit, account_id, may(Permission.SETUP_WRITE))
    with pytest.raises(NotFound):
        resume(kit, "gone")
    kit.kit.change_account(account_id, is_closing=True)
    with pytest.raises(WrongState):
        resume(kit, account_id)
