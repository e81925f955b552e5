"""Every event and every code that mail can end with has words."""

from mailhub.messages.pages.asking import ALREADY
from mailhub.messages.pages.rows import actions_for, actions_now
from mailhub.messages.pages.words import CODES, EVENT_ICONS, EVENT_KINDS, EVENTS
from mailhub.messages.states import STATUSES, TRANSITIONS
from tools.code_texts import DELIVERY


def test_every_event_has_words_an_icon_and_a_kind() -> None:
    assert set(EVENTS) == set(EVENT_ICONS) == set(EVENT_KINDS) == set(TRANSITIONS)


def test_every_code_of_the_reference_has_a_meaning() -> None:
    assert set(DELIVERY) - {"check.timed_out"} <= set(CODES)


def test_every_status_can_be_named_as_a_reason() -> None:
    assert set(ALREADY) == set(STATUSES)


def test_what_may_be_done_follows_from_the_state() -> None:
    assert actions_for("draft") == ("delete",)
    assert actions_for("sending") == ("resend", "edit")
    assert actions_for("sent") == ("resend", "edit")
    assert actions_for("failed") == ("retry", "resend", "edit", "delete")
    assert actions_for("in_doubt") == ("resolve-sent", "resolve-resend", "resolve-failed", "resend", "edit")


def test_what_waits_for_its_turn_is_not_offered_to_be_tried_again() -> None:
    assert "retry" not in actions_now("queued", "rate_limit")
    assert "retry" not in actions_now("queued", None)
    assert actions_now("queued", "retry")[:2] == ("retry", "cancel")
