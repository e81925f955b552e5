"""Index entries and counters follow a message through its life, whichever writer moves it."""

from datetime import timedelta
from typing import Any

import pytest

from mailhub.messages import ids
from mailhub.messages.indexes import (
    account_facet,
    account_group_facet,
    group_facet,
    index_reassigned,
    owner_counts,
    owner_facet,
    partition_facet,
    partition_of,
    scenario_facet,
    sent_of_account,
    sent_of_lane,
    waiting_of_account,
    waiting_of_lane,
)
from mailhub.messages.model import Message, Related, messages_of
from mailhub.messages.transitions import move
from tests.unit.delivery.graph import START, Graph


@pytest.fixture
def graph() -> Graph:
    graph = Graph()
    graph.account()
    return graph


def created(graph: Graph, writer: int, facet: str) -> list[int]:
    shard = messages_of(graph.root).find_shard("2026-11", writer)
    found: Any = None if shard is None else shard.created.find(facet)
    return list(found or ())


def walk(graph: Graph, message: Message, *events: str, writer: int = 1) -> None:
    for event in events:
        move(graph.root, graph.shard(writer), message, event)


@pytest.mark.parametrize(
    ("kinds", "partition"),
    [([], ""), (["user"], ""), (["order", "user", "customer", "order"], "customer+order")],
)
def test_a_partition_is_the_sorted_set_of_kinds_without_users(kinds: list[str], partition: str) -> None:
    assert partition_of([Related(kind, "1") for kind in kinds]) == partition


def test_a_new_message_is_found_by_owner_account_scenario_and_partition(graph: Graph) -> None:
    message = graph.message(graph.accept(owner="ann"))
    for facet in (
        owner_facet("ann"),
        account_facet("sales"),
        scenario_facet("default"),
        partition_facet(""),
        group_facet("ann", "waiting"),
        account_group_facet("sales", "waiting"),
    ):
        assert created(graph, 1, facet) == [message.key]


def test_a_claim_changes_no_index_entry(graph: Graph) -> None:
    message = graph.message(graph.accept())
    walk(graph, message, "sending")
    assert created(graph, 1, group_facet("owner", "waiting")) == [message.key]
    assert waiting_of_account(graph.root, "sales", "queued") == 0
    assert waiting_of_account(graph.root, "sales", "sending") == 1


def test_a_failed_message_moves_from_one_group_to_the_other(graph: Graph) -> None:
    message = graph.message(graph.accept())
    walk(graph, message, "sending", "failed")
    assert created(graph, 1, group_facet("owner", "waiting")) == []
    assert created(graph, 1, group_facet("owner", "failed")) == [message.key]
    assert created(graph, 1, owner_facet("owner")) == [message.key]


def test_a_sent_message_is_listed_by_the_time_of_sending(graph: Graph) -> None:
    first, second = (graph.message(graph.accept()) for _number in range(2))
    graph.pass_seconds(1)
    walk(graph, second, "sending", "sent")
    graph.pass_seconds(1)
    walk(graph, first, "sending", "sent")
    shard = messages_of(graph.root).find_shard("2026-11", 1)
    assert shard is not None
    keys = list(shard.sent.find(owner_facet("owner")))
    found = [messages_of(graph.root).find_by_sent_key(key) for key in keys]
    assert found == [second, first]
    assert [ids.time_of(key) for key in keys] == [second.sent_at, first.sent_at]
    assert first.sent_at == START + timedelta(seconds=2)


def test_another_writer_leaves_a_hint_and_counts_in_its_own_trees(graph: Graph) -> None:
    message = graph.message(graph.accept(writer=2))
    walk(graph, message, "cancelled", writer=1)
    assert created(graph, 2, group_facet("owner", "waiting")) == [message.key]  # readers see through it
    assert created(graph, 1, group_facet("owner", "cancelled")) == [message.key]
    assert waiting_of_account(graph.root, "sales", "queued") == 0
    assert waiting_of_account(graph.root, "sales", "cancelled") == 1
    assert set(messages_of(graph.root).counters) == {1, 2}


def test_a_retried_message_counts_once(graph: Graph) -> None:
    message = graph.message(graph.accept())
    walk(graph, message, "retried", "cancelled", "retried", "retried")
    assert owner_counts(graph.root, "owner", "2026-11-01")["queued"] == 1
    assert sum(owner_counts(graph.root, "owner", "2026-11-01").values()) == 1


def test_sent_messages_are_counted_by_day(graph: Graph) -> None:
    today = graph.message(graph.accept())
    walk(graph, today, "sending", "sent")
    graph.pass_seconds(86_400)
    tomorrow = graph.message(graph.accept())
    walk(graph, tomorrow, "sending", "sent")
    assert sent_of_account(graph.root, "sales", START) == 1
    assert owner_counts(graph.root, "owner", "2026-11-02")["sent"] == 2
    assert owner_counts(graph.root, "owner", "2026-11-03")["sent"] == 1


def test_counts_of_one_owner_do_not_mix_with_those_of_another(graph: Graph) -> None:
    for owner in ("ann", "ann2", "an"):
        graph.accept(owner=owner)
    assert [owner_counts(graph.root, owner, "")["queued"] for owner in ("an", "ann", "ann2", "a")] == [
        1,
        1,
        1,
        0,
    ]


def test_lanes_of_users_are_counted_by_themselves(graph: Graph) -> None:
    message = graph.message(graph.accept(identity="ann"))
    graph.accept()
    assert waiting_of_lane(graph.root, "sales~ann", "queued") == 1
    assert waiting_of_account(graph.root, "sales", "queued") == 2
    walk(graph, message, "sending", "sent")
    assert waiting_of_lane(graph.root, "sales~ann", "queued") == 0
    assert sent_of_lane(graph.root, "sales~ann", START) == 1


def test_a_message_that_goes_to_another_account_is_found_and_counted_there(graph: Graph) -> None:
    message = graph.message(graph.accept(identity="ann"))
    message.account_id, message.lane_id = "service", "service"
    index_reassigned(graph.root, graph.shard(), message, "sales", "sales~ann")
    assert (
        created(graph, 1, account_facet("sales"))
        == created(graph, 1, account_group_facet("sales", "waiting"))
        == []
    )
    assert created(graph, 1, account_group_facet("service", "waiting")) == [message.key]
    assert waiting_of_account(graph.root, "sales", "queued") == 0
    assert waiting_of_account(graph.root, "service", "queued") == 1
    assert waiting_of_lane(graph.root, "sales~ann", "queued") == 0
