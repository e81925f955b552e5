"""Who delivers: leases, epochs, and the time that is left by two clocks (W12, W13)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.delivery.membership import (
    MARGIN_SECONDS,
    Heartbeat,
    Lease,
    Leave,
    MembershipEnded,
)
from mailhub.delivery.model import delivery_of
from mailhub.delivery.queueing import microseconds
from mailhub.testing import FakeClock
from tests.unit.delivery.graph import Graph, Member


def is_live(graph: Graph, member: Member) -> bool:
    return delivery_of(graph.root).membership.is_live(member.id, member.epoch, microseconds(graph.now))


def test_an_exclusive_storage_ends_every_other_membership_at_once() -> None:
    graph = Graph()
    old = graph.member
    new = graph.join("new")
    assert not is_live(graph, old)
    assert is_live(graph, new)
    assert new.epoch > old.epoch


def test_a_shared_storage_ends_only_those_whose_time_is_over() -> None:
    graph = Graph()
    one = graph.join("one", 30.0)
    graph.pass_seconds(20)
    two = graph.join("two", 30.0, is_exclusive=False)
    assert is_live(graph, one)
    graph.pass_seconds(10)
    graph.join("three", 30.0, is_exclusive=False)
    assert not is_live(graph, one)
    assert "one" not in delivery_of(graph.root).membership.workers
    assert is_live(graph, two)


def test_a_worker_that_joins_again_has_another_epoch() -> None:
    graph = Graph()
    first = graph.join("worker")
    assert graph.join("worker").epoch > first.epoch
    assert not is_live(graph, first)


def test_a_heartbeat_extends_the_lease_and_is_refused_after_the_end() -> None:
    graph = Graph()
    member = graph.join("worker", 30.0)
    graph.pass_seconds(20)
    graph.run(Heartbeat(member.id, member.epoch, 30.0))
    graph.pass_seconds(29)
    assert is_live(graph, member)
    graph.join("other")
    with pytest.raises(MembershipEnded):
        graph.run(Heartbeat(member.id, member.epoch, 30.0))


def test_who_leaves_need_not_be_waited_for_and_cannot_end_his_successor() -> None:
    graph = Graph()
    old = graph.join("worker")
    new = graph.join("worker")
    graph.run(Leave(old.id, old.epoch))
    assert is_live(graph, new)
    graph.run(Leave(new.id, new.epoch))
    assert not is_live(graph, new)


# -- the time that is left ---------------------------------------------------------------------------------------------


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def renewed(clock: FakeClock, seconds: float = 30.0) -> Lease:
    lease = Lease(clock, seconds)
    lease.renewed(*lease.times())
    return lease


def test_a_lease_never_renewed_allows_nothing(clock: FakeClock) -> None:
    assert not Lease(clock, 30.0).allows_sending()


def test_nothing_is_begun_within_the_margin(clock: FakeClock) -> None:
    lease = renewed(clock)
    clock.advance(30.0 - MARGIN_SECONDS - 0.001)
    assert lease.allows_sending()
    clock.advance(0.002)
    assert not lease.allows_sending()


def test_time_is_counted_from_before_the_heartbeat_was_sent(clock: FakeClock) -> None:
    lease = Lease(clock, 30.0)
    before = lease.times()
    clock.advance(25.0)
    lease.renewed(*before)
    assert lease.seconds_left() == pytest.approx(5.0)


def test_a_machine_that_slept_has_lost_its_lease(clock: FakeClock) -> None:
    lease = renewed(clock)
    clock.suspend(40.0)
    assert not lease.allows_sending()


def test_a_clock_set_forwards_ends_the_lease_until_the_next_heartbeat(clock: FakeClock) -> None:
    lease = renewed(clock)
    clock.jump(86_400.0)
    assert not lease.allows_sending()
    lease.renewed(*lease.times())
    assert lease.allows_sending()


def test_a_clock_set_back_does_not_lengthen_the_lease(clock: FakeClock) -> None:
    lease = renewed(clock)
    clock.jump(-86_400.0)
    clock.advance(31.0)
    assert not lease.allows_sending()


def test_a_lease_that_was_ended_stays_ended(clock: FakeClock) -> None:
    lease = renewed(clock)
    lease.end()
    assert not lease.allows_sending()


@given(st.lists(st.tuples(st.sampled_from(["advance", "suspend", "jump"]), st.floats(-100, 100)), max_size=8))
def test_the_time_left_is_never_more_than_really_is(moves: list[tuple[str, float]]) -> None:
    clock = FakeClock()
    lease = renewed(clock)
    passed = 0.0
    for move, seconds in moves:
        if move == "jump":
            clock.jump(seconds)
        else:
            getattr(clock, move)(abs(seconds))
            passed += abs(seconds)
    assert lease.seconds_left() <= 30.0 - passed + 1e-6
