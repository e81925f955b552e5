"""The whole check: silent on a sound hub, and it finds what was broken on purpose."""

from collections.abc import Callable
from typing import Any

import pytest

from mailhub.accounts.model import accounts_of
from mailhub.delivery.model import delivery_of
from mailhub.messages.indexes import owner_facet
from mailhub.messages.model import messages_of
from mailhub.people.model import users_of
from mailhub.scenarios.model import Assignment, scenarios_of
from mailhub.store.root import HubRoot
from tests.unit.maintenance.conftest import Owner


@pytest.fixture
def message_id(owner: Owner) -> str:
    """A message that waits, beside others in other states."""
    kit = owner.kit
    kit.account()
    api = kit.user("admin")
    kit.hub.start_delivery()
    sent = api.send().json["id"]
    kit.wait_for(sent, "sent")
    assert kit.hub.worker is not None
    kit.hub.worker.stop()
    kit.hub.worker = None
    cancelled = api.send().json["id"]
    api.act(f"/messages/{cancelled}/cancel")
    waiting: str = api.send(tags=["a"], related=[{"kind": "invoice", "id": "1"}]).json["id"]
    return waiting


def found(owner: Owner) -> list[tuple[str, str]]:
    report = owner.maintain("check")["report"]
    return [(each["kind"], each["subject"]) for each in report["findings"] if each["is_wrong"]]


def break_it(owner: Owner, change: Callable[[HubRoot], Any]) -> None:
    owner.kit.hub.database.transact(lambda hub: (change(hub), None)[1], "break")


def test_a_sound_hub_has_no_finding(owner: Owner, message_id: str) -> None:
    run = owner.maintain("check")
    assert run["outcome"] == "ok", run["report"]["findings"]
    assert [step["name"] for step in run["steps"]] == [
        "read_records",
        "compare_messages",
        "compare_queues",
        "compare_setup",
    ]


def test_a_message_that_an_index_has_lost_is_found(owner: Owner, message_id: str) -> None:
    def lose(hub: HubRoot) -> None:
        message = messages_of(hub).find(message_id)
        assert message is not None
        for month in messages_of(hub).months:
            for shard in messages_of(hub).iter_shards(month):
                shard.created.discard(owner_facet(message.owner_id), message.key)

    break_it(owner, lose)
    assert found(owner) == [("wrong_index", message_id)]


def test_a_counter_that_is_wrong_is_found(owner: Owner, message_id: str) -> None:
    name = ("account", "sales", "queued", "")

    def miscount(hub: HubRoot) -> None:
        messages_of(hub).counters_of(1)[name] += 1

    break_it(owner, miscount)
    assert found(owner) == [("wrong_counter", " ".join(name))]


def test_a_message_without_its_body_is_found(owner: Owner, message_id: str) -> None:
    def lose(hub: HubRoot) -> None:
        message = messages_of(hub).find(message_id)
        assert message is not None
        message.content = None  # type: ignore[assignment]  # that is what is broken

    break_it(owner, lose)
    assert ("message_without_content", message_id) in found(owner)


def test_a_message_that_waits_in_no_queue_is_found(owner: Owner, message_id: str) -> None:
    def lose(hub: HubRoot) -> None:
        for inbox in delivery_of(hub).inboxes.values():
            for entries in inbox.lanes.values():
                entries.clear()
        for lane in delivery_of(hub).lanes.values():
            lane.due.clear()

    break_it(owner, lose)
    assert found(owner) == [("message_without_queue", message_id)]


def test_a_queue_of_an_account_that_is_gone_is_found(owner: Owner, message_id: str) -> None:
    owner.kit.hub.start_delivery()
    owner.kit.wait_for(message_id, "sent")
    break_it(owner, lambda hub: accounts_of(hub).by_id.pop("sales"))
    kinds = [kind for kind, _subject in found(owner)]
    assert "lane_without_account" in kinds
    assert "default_without_account" in kinds


def test_an_assignment_to_an_account_that_is_gone_is_found(owner: Owner) -> None:
    break_it(
        owner, lambda hub: scenarios_of(hub).assignments.__setitem__("sales-invoice", Assignment("gone"))
    )
    assert found(owner) == [("assignment_without_account", "sales-invoice")]


def test_a_secret_that_does_not_open_is_found(owner: Owner) -> None:
    account_id = owner.add_account()

    def damage(hub: HubRoot) -> None:
        account = accounts_of(hub).find(account_id)
        assert account is not None
        account.secrets = {"password": "1.abc.def"}

    break_it(owner, damage)
    assert found(owner) == [("unreadable_secret", f"account:{account_id}:password")]


def test_a_token_of_nobody_is_found(owner: Owner) -> None:
    api = owner.kit.user("other")
    assert api.get("/me").status_int == 200

    def lose(hub: HubRoot) -> None:
        user = users_of(hub).find_by_login("other")
        assert user is not None
        users_of(hub).remove(user)

    break_it(owner, lose)
    assert [kind for kind, _subject in found(owner)] == ["token_without_user"]
