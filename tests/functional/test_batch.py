"""``POST /messages/batch``: each item judged by itself, the good ones in one transaction."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailhub.accounts.model import accounts_of
from mailhub.contract import hookimpl
from mailhub.contract.events import MessageChanges
from mailhub.store.root import HubRoot
from tests.kit.hub import Api, HubKit, check_described

GOOD = {"to": ["ada@example.com"], "subject": "Invoice", "text": "Please pay."}


@pytest.fixture
def bob(kit: HubKit) -> Api:
    return kit.user("bob", "email-edit")


def batch(api: Api, *items: Any, **headers: str) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = api.post(
        "/messages/batch", {"messages": list(items)}, 200, **headers
    ).json["results"]
    return results


def test_good_items_are_taken_and_bad_ones_are_told_in_their_order(bob: Api) -> None:
    results = batch(bob, GOOD, {**GOOD, "to": ["nobody"]}, {**GOOD, "colour": "red"}, "no object", GOOD)

    assert [result["status"] for result in results] == [202, 422, 422, 422, 202]
    assert results[1]["problem"]["errors"][0]["pointer"] == "/to/0"
    assert results[1]["problem"]["code"] == "address.invalid"
    assert results[2]["problem"]["errors"][0]["code"] == "schema.unknown_field"
    assert results[3]["problem"]["errors"][0]["code"] == "schema.wrong_type"
    assert bob.ids() == [results[4]["message"]["id"], results[0]["message"]["id"]]


def test_a_taken_item_is_what_its_own_call_would_have_answered(bob: Api) -> None:
    (result,) = batch(bob, GOOD)
    single = bob.get(f"/messages/{result['message']['id']}").json
    assert {name: single[name] for name in result["message"]} == result["message"]


def test_a_draft_among_the_items_is_kept_and_not_sent(bob: Api) -> None:
    kept, sent, refused = batch(
        bob, {"draft": True, "to": ["ada@"]}, GOOD, {"draft": True, "subject": "a\nb"}
    )

    assert [each["status"] for each in (kept, sent, refused)] == [201, 202, 422]
    assert bob.ids(box="drafts") == [kept["message"]["id"]]
    assert bob.ids(box="outbox") == [sent["message"]["id"]]


def test_a_thousand_messages_in_one_call_are_one_commit(kit: HubKit, bob: Api) -> None:
    commits: list[frozenset[str]] = []
    kit.hub.writer.on_commit(commits.append)
    results = batch(bob, *({**GOOD, "subject": f"Invoice {number}"} for number in range(1_000)))
    assert {result["status"] for result in results} == {202}
    assert len({result["message"]["id"] for result in results}) == 1_000
    assert len(commits) == 1


@pytest.mark.parametrize("count", [0, 1_001])
def test_none_and_more_than_a_thousand_are_refused(bob: Api, count: int) -> None:
    bob.post("/messages/batch", {"messages": [GOOD] * count}, 422)
    assert bob.ids() == []


def test_the_same_key_takes_a_batch_once(bob: Api) -> None:
    body = {"messages": [GOOD, {**GOOD, "to": []}]}
    first, again = (
        bob.post("/messages/batch", body, 200, **{"Idempotency-Key": "key-1"}) for _time in range(2)
    )
    assert again.body == first.body
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(bob.ids()) == 1


class Swapper:
    """A plugin in whose turn the default account becomes another one, as often as it is told."""

    plugin_name = "swapper"

    def __init__(self) -> None:
        self.times = 0
        self.left = 0
        self.kit: HubKit | None = None

    @hookimpl
    def mailhub_change_message(self, message: MessageChanges) -> None:
        self.times += 1
        if self.left and self.kit is not None and message.scenario == "default":
            self.left -= 1
            self.kit.change(swap_default)


def swap_default(root: HubRoot) -> None:
    default = accounts_of(root).default
    default.account_id = "other" if default.account_id == "sales" else "sales"


@pytest.fixture
def swapper(tmp_path: Path) -> Iterator[Swapper]:
    swapper = Swapper()
    kit = swapper.kit = HubKit.open(tmp_path, plugins=[swapper])
    kit.account("sales")
    kit.account("other", default=False)
    yield swapper
    kit.close()


def test_an_account_that_changes_while_a_batch_is_composed_is_nothing_to_its_sender(swapper: Swapper) -> None:
    assert swapper.kit is not None
    bob = swapper.kit.user("bob", "email-edit")
    swapper.left = 1
    named = {**GOOD, "scenario": "sales-quote", "account": "sales"}
    results = batch(bob, GOOD, {**GOOD, "to": ["nobody"]}, named)

    assert [result["status"] for result in results] == [202, 422, 202]
    assert [results[place]["message"]["account"] for place in (0, 2)] == ["other", "sales"]
    assert len(bob.ids()) == 2


def test_of_a_configuration_that_never_rests_the_items_are_told_that_it_concerns(swapper: Swapper) -> None:
    assert swapper.kit is not None
    bob = swapper.kit.user("bob", "email-edit")
    swapper.left = 99
    results = batch(bob, GOOD, {**GOOD, "scenario": "sales-quote", "account": "sales"})

    assert [result["status"] for result in results] == [409, 202]
    assert results[0]["problem"]["code"] == "configuration.changed"
    assert swapper.times == 3 * 2


def test_a_bound_token_is_refused_item_by_item(kit: HubKit) -> None:
    bound = kit.user("bob", "email-edit", token={"scenarios": ["sales-invoice"]})
    results = batch(bound, GOOD, {**GOOD, "scenario": "sales-invoice"})
    assert [result["status"] for result in results] == [403, 202]


def test_the_answer_is_as_described(bob: Api) -> None:
    answer = bob.post("/messages/batch", {"messages": [GOOD, {}]}, 200).json
    document = bob.get("/openapi.json").json
    check_described(document, "post", "/messages/batch", 200, answer)
