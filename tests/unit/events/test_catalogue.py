import re

import pytest

from mailhub.events.catalogue import (
    CATALOGUE,
    MESSAGE_DIMENSIONS,
    PRIVATE_DIMENSIONS,
    EventType,
    UnknownEvent,
    event_type,
    session_events,
)

OF_THE_API = {
    "message.sent",
    "message.failed",
    "smtp.connect.succeeded",
    "smtp.connect.failed",
    "smtp.authenticate.succeeded",
    "smtp.authenticate.failed",
}


def test_has_the_six_events_of_the_api_and_one_per_attempt() -> None:
    assert CATALOGUE.keys() >= OF_THE_API | {"message.attempt_failed"}


@pytest.mark.parametrize("name", sorted(OF_THE_API | {"message.attempt_failed"}))
def test_telemetry_events_carry_and_show_what_d9_and_the_api_name(name: str) -> None:
    shown = {
        "connector",
        "account",
        "scenario",
        "message",
        "attempt",
        "duration_seconds",
        "error_code",
        "reply",
    }

    assert event_type(name).may_leave >= shown
    assert event_type(name).required >= {"connector", "account", "scenario", "message", "attempt"}


@pytest.mark.parametrize("event", CATALOGUE.values(), ids=lambda event: event.name)
def test_no_event_has_a_dimension_for_an_address_subject_or_body(event: EventType) -> None:
    words = {word for dimension in event.dimensions for word in dimension.split("_")}

    assert not words & {
        "address",
        "to",
        "cc",
        "bcc",
        "sender",
        "from",
        "subject",
        "body",
        "html",
        "text",
        "name",
    }


@pytest.mark.parametrize("event", CATALOGUE.values(), ids=lambda event: event.name)
def test_who_a_person_is_never_leaves(event: EventType) -> None:
    assert not event.may_leave & PRIVATE_DIMENSIONS
    assert event.may_leave <= set(event.dimensions)


@pytest.mark.parametrize("event", CATALOGUE.values(), ids=lambda event: event.name)
def test_entries_are_well_formed(event: EventType) -> None:
    assert re.fullmatch(r"[a-z]+(\.[a-z_]+){1,2}", event.name)
    assert len(set(event.dimensions)) == len(event.dimensions)
    assert event.required <= set(event.dimensions)
    assert str(event.summary)


@pytest.mark.parametrize("name", [name for name in CATALOGUE if name.startswith("message.")])
def test_every_message_event_begins_with_the_same_dimensions(name: str) -> None:
    assert event_type(name).dimensions[: len(MESSAGE_DIMENSIONS)] == MESSAGE_DIMENSIONS


def test_another_connectors_sessions_have_events_of_its_own_prefix() -> None:
    for event in session_events("graph"):
        assert event_type(event.name) == event
    assert event_type("graph.connect.failed").dimensions == event_type("smtp.connect.failed").dimensions


@pytest.mark.parametrize(
    "name",
    ["", "message.sendt", "smtp.connect", "smtp.connect.maybe", "message.connect.failed", "A.connect.failed"],
)
def test_an_event_without_an_entry_is_unknown(name: str) -> None:
    with pytest.raises(UnknownEvent):
        event_type(name)
