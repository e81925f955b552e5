"""Taking over lanes, and what becomes of what a dead worker had claimed (W3-W8, W13)."""

from typing import Any

import pytest

from mailhub.delivery.journal import JournalFacts
from mailhub.delivery.membership import MembershipEnded
from mailhub.delivery.outgoing import ClaimedMessage
from mailhub.delivery.queueing import microseconds
from mailhub.delivery.recovery import UncertainTerms
from tests.unit.delivery.graph import Graph


@pytest.fixture
def graph() -> Graph:
    graph = Graph()
    graph.account()
    return graph


def claimed(graph: Graph, count: int = 1, **values: Any) -> list[ClaimedMessage]:
    for _number in range(count):
        graph.accept()
    return graph.claim(count, **values).claimed


def restart(graph: Graph, facts: JournalFacts | None = None, **values: Any) -> int | None:
    """Another worker comes, knowing what the first one's journal says, and takes the lane over."""
    old, graph.member = graph.member, graph.join("successor")
    return graph.take_over(facts={} if facts is None else {old.id: facts}, **values)


def test_what_was_queued_needs_no_settling(graph: Graph) -> None:
    graph.accept()
    assert restart(graph) == 0
    assert len(graph.claim().claimed) == 1


def test_claimed_and_not_on_the_wire_goes_back_with_permit_and_number(graph: Graph) -> None:
    (item,) = claimed(graph, rate_limit=5)
    assert restart(graph, JournalFacts(is_complete=True)) == 1
    message = graph.message(item.outgoing.id)
    assert (message.status, message.attempts, message.possible_duplicate) == ("queued", 0, False)
    assert (graph.limit().taken, graph.limit().returns) == (0, ())
    assert graph.claim(rate_limit=5).claimed[0].outgoing.attempt == 1


def test_on_the_wire_and_not_answered_is_uncertain(graph: Graph) -> None:
    (item,) = claimed(graph, rate_limit=5)
    graph.pass_seconds(20)
    assert restart(graph, JournalFacts(is_complete=True, started={(item.outgoing.id, 1)})) == 1
    message = graph.message(item.outgoing.id)
    assert (message.status, message.attempts, message.possible_duplicate) == ("queued", 1, True)
    assert graph.limit().taken == 0
    ((at, _count),) = graph.limit().returns
    assert at >= microseconds(graph.now) + 60_000_000


def test_without_a_journal_every_claim_is_uncertain(graph: Graph) -> None:
    (item,) = claimed(graph)
    assert restart(graph) == 1
    assert graph.message(item.outgoing.id).possible_duplicate


def test_a_journal_of_another_boot_proves_only_what_it_names(graph: Graph) -> None:
    one, two = claimed(graph, 2)
    answer = graph.report(one)
    restart(graph, JournalFacts(answered={(one.outgoing.id, 1): answer}))
    assert graph.message(one.outgoing.id).status == "sent"
    assert graph.message(two.outgoing.id).possible_duplicate


def test_what_was_answered_and_not_recorded_is_recorded_now(graph: Graph) -> None:
    (item,) = claimed(graph, rate_limit=5)
    report = graph.report(item)
    graph.pass_seconds(30)
    facts = JournalFacts(
        is_complete=True, started={(item.outgoing.id, 1)}, answered={(item.outgoing.id, 1): report}
    )
    assert restart(graph, facts) == 1
    assert graph.message(item.outgoing.id).status == "sent"
    # the permit comes back a window after the reply, not after the restart
    ((at, _count),) = graph.limit().returns
    assert at < microseconds(graph.now) + 31_000_000


def test_the_journal_of_one_worker_says_nothing_of_anothers_claims(graph: Graph) -> None:
    (item,) = claimed(graph)
    graph.member = graph.join("successor")
    graph.take_over(facts={"somebody": JournalFacts(is_complete=True)})
    assert graph.message(item.outgoing.id).possible_duplicate


def test_a_held_account_leaves_the_doubt_to_a_person(graph: Graph) -> None:
    (item,) = claimed(graph)
    restart(graph, terms=UncertainTerms("hold"))
    assert graph.message(item.outgoing.id).status == "in_doubt"


def test_after_the_last_attempt_a_doubt_is_held_too(graph: Graph) -> None:
    (item,) = claimed(graph)
    restart(graph, terms=UncertainTerms("resend", max_attempts=1))
    assert graph.message(item.outgoing.id).status == "in_doubt"


def test_a_living_worker_keeps_its_lanes(graph: Graph) -> None:
    (item,) = claimed(graph)
    other = graph.join("other", is_exclusive=False)
    assert graph.take_over(member=other) is None
    assert graph.message(item.outgoing.id).status == "sending"
    graph.pass_seconds(31)
    assert graph.take_over(member=other) == 1


def test_who_is_no_member_takes_over_nothing(graph: Graph) -> None:
    graph.accept()
    old, graph.member = graph.member, graph.join("successor")
    with pytest.raises(MembershipEnded):
        graph.take_over(member=old)


def test_a_worker_that_takes_over_again_keeps_what_it_has_in_hand(graph: Graph) -> None:
    one, two = claimed(graph, 2)
    assert graph.take_over(in_hand=[one.outgoing.id, two.outgoing.id]) == 0
    assert {each.attempt for each in graph.claims().values()} == {1}


def test_a_claim_whose_result_the_worker_never_learnt_goes_back(graph: Graph) -> None:
    """The commit was stored and the answer lost: nobody would ever send the message."""
    one, two = claimed(graph, 2)
    facts = {graph.member.id: JournalFacts(is_complete=True)}
    assert graph.take_over(in_hand=[one.outgoing.id], facts=facts) == 1
    assert graph.message(one.outgoing.id).status == "sending"
    assert graph.message(two.outgoing.id).status == "queued"
    assert graph.record(one)


def test_the_late_answer_of_a_dead_worker_does_not_count(graph: Graph) -> None:
    (item,) = claimed(graph)
    restart(graph)
    assert not graph.record(item)
    assert graph.message(item.outgoing.id).status == "queued"


# -- another limit key -------------------------------------------------------------------------------------------------


def test_a_lane_that_gets_another_limit_key_takes_its_permits_along(graph: Graph) -> None:
    one, two = claimed(graph, 2, rate_limit=3)
    graph.record(one)
    in_hand = [two.outgoing.id]
    graph.take_over(limit_key="group:g", in_hand=in_hand)
    assert graph.lane().limit_key == "group:g"
    assert {claim.permit_of for claim in graph.claims().values()} == {"group:g"}
    graph.accept()
    graph.accept()
    assert len(graph.claim(5, rate_limit=3).claimed) == 1
    assert graph.record(two)
    assert graph.limit().taken == 0
    assert graph.limit("group:g").taken == 1
    graph.pass_seconds(61)
    assert len(graph.claim(5, rate_limit=3).claimed) == 1


def test_other_lanes_of_the_old_key_keep_theirs(graph: Graph) -> None:
    graph.account("service")
    for account_id in ("sales", "service"):
        graph.accept(account_id, limit_key="group:g")
    graph.claim(1, "sales", rate_limit=5)
    (staying,) = graph.claim(1, "service", rate_limit=5).claimed
    graph.take_over("sales", limit_key="lane:sales", in_hand=graph.lane().claims.keys())
    assert graph.limit("group:g").taken == 1
    graph.record(staying)
    assert graph.limit("group:g").taken == 0
