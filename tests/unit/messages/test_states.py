"""The state machine: every status can be reached, every end is one, and nothing else happens."""

import pytest

from mailhub.errors import WrongState
from mailhub.messages.states import BOXES, FINAL, GROUPS, STATUSES, TRANSITIONS, next_status


def test_statuses_are_those_of_the_table() -> None:
    named = {status for table in TRANSITIONS.values() for pair in table.items() for status in pair}

    assert named - {None} == set(STATUSES) == set(GROUPS)
    assert {group for groups in BOXES.values() for group in groups} == set(GROUPS.values())


def test_what_was_sent_stays_sent() -> None:
    leaving = {status for table in TRANSITIONS.values() for status in table}

    assert "sent" not in leaving
    assert "sent" in FINAL


@pytest.mark.parametrize("event", TRANSITIONS)
def test_an_event_is_refused_in_every_other_status_by_its_name(event: str) -> None:
    for status in STATUSES:
        if status in TRANSITIONS[event]:
            assert next_status(event, status) == TRANSITIONS[event][status]
        else:
            with pytest.raises(WrongState, match=status) as refused:
                next_status(event, status)
            assert refused.value.code == "message.wrong_state"


def test_only_what_waits_is_cancelled_and_what_is_on_its_way_is_left_alone() -> None:
    assert TRANSITIONS["cancelled"] == {"queued": "cancelled"}
    assert set(TRANSITIONS["retried"]) == {"failed", "cancelled", "queued"}
