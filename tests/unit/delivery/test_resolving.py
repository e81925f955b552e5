"""Ending the doubt about a message: what recipients, counts and events say then."""

import pytest

from mailhub.delivery.changing import CancelMessage
from mailhub.delivery.deleting import DeleteMessage
from mailhub.delivery.resolving import Resolution, ResolveMessage
from mailhub.errors import NotFound, RevisionStale, WrongState
from mailhub.messages.model import messages_of
from mailhub.people.identity import Identity

from .graph import Graph

OWNER = Identity(user_id="owner", login="owner")


@pytest.fixture
def graph() -> Graph:
    graph = Graph()
    graph.account()
    return graph


def in_doubt(graph: Graph, accepted: bool = False) -> str:
    message_id = graph.accept(to=("a@example.com", "b@example.com"))
    item = graph.claim(1).claimed[0]
    answers = (("a@example.com", "accepted", "250", "ok"),) if accepted else ()
    graph.record(item, "uncertain", on_uncertain="hold", answers=answers)
    assert graph.message(message_id).status == "in_doubt"
    return message_id


def resolve(graph: Graph, message_id: str, outcome: Resolution) -> None:
    graph.run(ResolveMessage(message_id, "owner", outcome, "ada", graph.now))


def outcomes(graph: Graph, message_id: str) -> list[str]:
    return [state.outcome for _recipient, state in graph.message(message_id).recipient_states()]


def test_sent_is_for_all_who_gave_no_answer(graph: Graph) -> None:
    message_id = in_doubt(graph, accepted=True)
    resolve(graph, message_id, "sent")
    message = graph.message(message_id)

    assert (message.status, message.is_partial) == ("sent", False)
    assert outcomes(graph, message_id) == ["accepted", "accepted"]
    (event,) = graph.events("message.sent")
    assert event.dimensions["possible_duplicate"] is True


def test_failed_is_sent_in_part_where_somebody_has_it(graph: Graph) -> None:
    message_id = in_doubt(graph, accepted=True)
    resolve(graph, message_id, "failed")
    message = graph.message(message_id)

    assert (message.status, message.is_partial, message.error) == ("sent", True, None)
    assert outcomes(graph, message_id) == ["accepted", "refused"]


def test_failed_keeps_the_error_and_says_that_it_is_final(graph: Graph) -> None:
    message_id = in_doubt(graph)
    resolve(graph, message_id, "failed")
    error = graph.message(message_id).error

    assert error is not None
    assert error[2] is False
    assert [event.dimensions["error_code"] for event in graph.events("message.failed")] == [error[0]]


def test_resend_asks_those_who_gave_no_answer_with_all_attempts_anew(graph: Graph) -> None:
    message_id = in_doubt(graph, accepted=True)
    resolve(graph, message_id, "resend")
    (item,) = graph.claim(1).claimed

    assert [each.address for each in item.outgoing.recipients] == ["b@example.com"]
    assert (item.counted_attempt, item.outgoing.attempt) == (1, 2)
    assert item.outgoing.possible_duplicate


@pytest.mark.parametrize("outcome", ["sent", "resend", "failed"])
def test_only_a_message_in_doubt_is_resolved(graph: Graph, outcome: Resolution) -> None:
    message_id = graph.accept()
    with pytest.raises(WrongState):
        resolve(graph, message_id, outcome)
    with pytest.raises(NotFound):
        graph.run(ResolveMessage(message_id, "eve", outcome, "eve", graph.now))


def test_an_expired_message_is_not_sent_again(graph: Graph) -> None:
    message_id = in_doubt(graph)
    graph.message(message_id).expires_at = graph.now

    with pytest.raises(WrongState) as caught:
        resolve(graph, message_id, "resend")
    assert caught.value.code == "message.expired"
    resolve(graph, message_id, "failed")


# -- deleting ------------------------------------------------------------------------------------------------------


def delete(graph: Graph, message_id: str, revision: int | None = None, writer: int = 1) -> None:
    seen = graph.message(message_id).revision if revision is None else revision
    graph.run(DeleteMessage(message_id, "owner", seen, OWNER), writer)


def test_what_a_lane_still_has_of_a_deleted_message_is_passed_over(graph: Graph) -> None:
    gone, other = graph.accept(), graph.accept()
    graph.run(CancelMessage(gone, "owner"))
    delete(graph, gone)

    assert [item.outgoing.id for item in graph.claim(5).claimed] == [other]
    assert messages_of(graph.root).find(gone) is None
    assert [event.dimensions["message"] for event in graph.events("message.deleted")] == [gone]


def test_another_writer_may_delete(graph: Graph) -> None:
    message_id = graph.accept(writer=1)
    graph.run(CancelMessage(message_id, "owner"))
    delete(graph, message_id, writer=2)

    assert messages_of(graph.root).find(message_id) is None


def test_what_changed_or_does_not_rest_is_not_deleted(graph: Graph) -> None:
    message_id = graph.accept()
    with pytest.raises(WrongState):
        delete(graph, message_id)
    seen = graph.message(message_id).revision
    graph.run(CancelMessage(message_id, "owner"))
    with pytest.raises(RevisionStale):
        delete(graph, message_id, seen)
    with pytest.raises(NotFound):
        graph.run(DeleteMessage(message_id, "eve", seen, OWNER))
