"""The contract suite can fail: each mistake that a connector may make is found by the test that is there for it."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import colander
import pytest

from mailhub.contract import (
    ConnectorType,
    OutgoingMessage,
    Preset,
    SendingSession,
    SendOutcome,
    SessionContext,
    Settings,
    SettingsNotice,
    Step,
    Transient,
)
from mailhub.contract import schema_hints as hint
from mailhub.testing import FakeProvider, fake_connector_type
from mailhub.testing.connector_contract import ConnectorCase, ConnectorContract
from mailhub.testing.fake_connector import NOWHERE, FakeConnector, FakeSession, FakeSettings
from mailhub.testing.fake_provider import WIRE, FakeDelivery


class Wrong(FakeConnector):
    """A connector with one mistake."""

    def open_session(self, context: SessionContext) -> SendingSession:
        return WrongSession(self, context)

    def wrong_send(self, message: OutgoingMessage, context: SessionContext) -> SendOutcome:
        return self.provider.take(message, context)

    def keep(self, message: OutgoingMessage, context: SessionContext, content: bytes) -> SendOutcome:
        """Take the mail without asking the provider."""
        recipients = tuple(each.address for each in message.recipients)
        kept = FakeDelivery(
            envelope_from=message.envelope_from,
            recipients=recipients,
            content=content,
            message_id=message.id,
            attempt=message.attempt,
            account_id=context.account_id,
            sending_identity="",
            at=context.clock.now(),
        )
        self.provider._received.append(kept)  # a mistake has no proper way in
        return SendOutcome.accepted(message)


class WrongSession(FakeSession):
    def send(self, message: OutgoingMessage) -> SendOutcome:
        assert isinstance(self._connector, Wrong)
        self._connector.connect()
        return self._connector.wrong_send(message, self._context)


def content_of(message: OutgoingMessage) -> bytes:
    return b"".join(message.mime.iter_bytes(WIRE))


class ConnectsAtOnce(Wrong):
    def __init__(self, provider: FakeProvider, settings: Settings) -> None:
        super().__init__(provider, settings)
        socket.getaddrinfo("localhost", 25)


class SendsTwice(Wrong):
    def wrong_send(self, message: OutgoingMessage, context: SessionContext) -> SendOutcome:
        outcome = super().wrong_send(message, context)
        self.keep(message, context, content_of(message))
        return outcome


class SendsToAll(Wrong):
    def wrong_send(self, message: OutgoingMessage, context: SessionContext) -> SendOutcome:
        everybody = tuple(replace(message.recipients[0], address=each.address) for each in message.to)
        return super().wrong_send(replace(message, recipients=everybody + message.recipients), context)


class ForgetsAnswers(Wrong):
    def wrong_send(self, message: OutgoingMessage, context: SessionContext) -> SendOutcome:
        outcome = super().wrong_send(message, context)
        return SendOutcome(outcome.recipients[:1])


class ShowsBcc(Wrong):
    def wrong_send(self, message: OutgoingMessage, context: SessionContext) -> SendOutcome:
        context.hand_over(message)
        return self.keep(message, context, b"Bcc: eve@example.com\r\n" + content_of(message))


class NeverHandsOver(Wrong):
    def wrong_send(self, message: OutgoingMessage, context: SessionContext) -> SendOutcome:
        return self.keep(message, context, content_of(message))


class HandsOverLate(Wrong):
    def wrong_send(self, message: OutgoingMessage, context: SessionContext) -> SendOutcome:
        outcome = self.keep(message, context, content_of(message))
        context.hand_over(message)
        return outcome


class HandsOverTwice(Wrong):
    def wrong_send(self, message: OutgoingMessage, context: SessionContext) -> SendOutcome:
        context.hand_over(message)
        return super().wrong_send(message, context)


class SendsAllTheSame(Wrong):
    def wrong_send(self, message: OutgoingMessage, context: SessionContext) -> SendOutcome:
        try:
            context.hand_over(message)
        except Transient:
            self.keep(message, context, content_of(message))
            raise
        return self.keep(message, context, content_of(message))


class ChangesTheMail(Wrong):
    def wrong_send(self, message: OutgoingMessage, context: SessionContext) -> SendOutcome:
        context.hand_over(message)
        return self.keep(message, context, content_of(message) + b"sent with pigeon post\r\n")


class CountsAttempts(Wrong):
    def wrong_send(self, message: OutgoingMessage, context: SessionContext) -> SendOutcome:
        context.hand_over(message)
        header = f"X-Attempt: {message.attempt}\r\n".encode()
        return self.keep(message, context, header + content_of(message))


class HoldsAll(Wrong):
    def wrong_send(self, message: OutgoingMessage, context: SessionContext) -> SendOutcome:
        context.hand_over(message)
        return self.keep(message, context, content_of(message))


class RaisesAnything(Wrong):
    def connect(self) -> None:
        if self.settings["server"] == NOWHERE:
            raise ConnectionRefusedError("nobody there")


class ClosesOnce(Wrong):
    def open_session(self, context: SessionContext) -> SendingSession:
        return SessionThatClosesOnce(self, context)


class SessionThatClosesOnce(FakeSession):
    def close(self) -> None:
        if self._is_closed:
            raise ValueError("closed already")
        super().close()


class OneMessageASession(Wrong):
    sent = False

    def wrong_send(self, message: OutgoingMessage, context: SessionContext) -> SendOutcome:
        if self.sent:
            raise Transient("one only")
        self.sent = True
        return super().wrong_send(message, context)


class ShowsSecrets(Wrong):
    def __repr__(self) -> str:
        return f"ShowsSecrets({self.settings!r})"


class SendsWhenChecked(Wrong):
    def check(self, message: OutgoingMessage | None, context: SessionContext) -> Iterator[Step]:
        from mailhub.testing import make_message

        yield from super().check(message or make_message(), context)


class ChecksNothing(Wrong):
    def check(self, message: OutgoingMessage | None, context: SessionContext) -> Iterator[Step]:
        yield Step("connect", "ok")


class ChecksOutOfOrder(Wrong):
    def check(self, message: OutgoingMessage | None, context: SessionContext) -> Iterator[Step]:
        yield Step("authenticate", "ok")
        yield Step("connect", "ok")


class GoesOnAfterAFailedStep(Wrong):
    def check(self, message: OutgoingMessage | None, context: SessionContext) -> Iterator[Step]:
        yield Step("connect", "failed", error=Transient("no"))
        yield Step("authenticate", "ok")


def run(test: str, case: ConnectorCase, monkeypatch: pytest.MonkeyPatch) -> None:
    method: Callable[..., None] = getattr(ConnectorContract(), test)
    if test.startswith("test_making_a_connector"):
        method(case, monkeypatch)
    elif test.startswith("test_the_api"):
        method(case, "request")
    else:
        method(case)


def case_of(kind: ConnectorType, provider: FakeProvider) -> ConnectorCase:
    return ConnectorCase(
        type=kind,
        settings={"server": "fake.example", "token": "open sesame"},
        received=lambda: provider.received,
        unusable_settings={"server": NOWHERE, "token": "open sesame"},
    )


@pytest.mark.parametrize(
    ("connector", "test"),
    [
        (ConnectsAtOnce, "test_making_a_connector_and_opening_a_session_connect_nowhere"),
        (SendsTwice, "test_every_recipient_gets_the_mail_once"),
        (SendsToAll, "test_only_those_still_to_be_tried_get_the_mail"),
        (ForgetsAnswers, "test_each_recipient_has_one_answer"),
        (ShowsBcc, "test_bcc_is_in_the_envelope_and_nowhere_else"),
        (NeverHandsOver, "test_the_hub_is_told_once_before_the_mail_is_out"),
        (HandsOverLate, "test_the_hub_is_told_once_before_the_mail_is_out"),
        (HandsOverTwice, "test_the_hub_is_told_once_before_the_mail_is_out"),
        (SendsAllTheSame, "test_nothing_goes_out_when_the_hub_says_no_at_the_last_moment"),
        (HandsOverLate, "test_nothing_goes_out_when_the_hub_says_no_at_the_last_moment"),
        (ChangesTheMail, "test_every_recipient_gets_the_mail_once"),
        (CountsAttempts, "test_the_same_message_is_the_same_mail_at_every_attempt"),
        (HoldsAll, "test_a_big_message_is_never_whole_in_memory"),
        (
            RaisesAnything,
            "test_an_attempt_that_never_got_so_far_raises_a_classified_error_and_is_not_handed_over",
        ),
        (ClosesOnce, "test_a_session_may_be_closed_twice_and_unused"),
        (OneMessageASession, "test_a_session_sends_one_message_after_another"),
        (ShowsSecrets, "test_no_secret_is_shown_by_the_connector"),
        (SendsWhenChecked, "test_a_check_without_a_message_sends_nothing"),
        (ChecksOutOfOrder, "test_a_check_without_a_message_sends_nothing"),
        (ChecksNothing, "test_a_check_with_a_message_ends_with_sending_it"),
        (ChecksNothing, "test_a_check_that_fails_says_where_and_why_and_ends"),
        (GoesOnAfterAFailedStep, "test_a_check_that_fails_says_where_and_why_and_ends"),
    ],
)
def test_a_mistake_of_a_connector_is_found(
    connector: type[Wrong], test: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = FakeProvider(spool=tmp_path)
    case = case_of(
        fake_connector_type(provider, make=lambda settings: connector(provider, settings)), provider
    )
    with pytest.raises((AssertionError, OSError, ValueError, Transient)):
        run(test, case, monkeypatch)


def schema_with(**keywords: Any) -> Callable[[], colander.SchemaNode]:
    def schema() -> colander.SchemaNode:
        made = FakeSettings()
        made.add(colander.SchemaNode(colander.String(), missing=None, **keywords))
        return made

    return schema


SHARED_SCHEMA = FakeSettings()


@pytest.mark.parametrize(
    ("changes", "test"),
    [
        ({"id": "Fake Post"}, "test_the_host_takes_the_descriptor"),
        ({"use_when": " "}, "test_the_description_says_what_it_is_and_when_to_use_it"),
        ({"logo": b""}, "test_the_logo_is_a_picture_that_runs_nothing"),
        (
            {"logo": b'<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>'},
            "test_the_logo_is_a_picture_that_runs_nothing",
        ),
        ({"settings_schema": lambda: SHARED_SCHEMA}, "test_the_settings_schema_is_made_anew_at_every_call"),
        (
            {"settings_schema": schema_with(name="x", secrte=True)},
            "test_the_settings_schema_holds_only_what_every_door_knows",
        ),
        (
            {"settings_schema": schema_with(name="x", widget=object())},
            "test_the_settings_schema_holds_only_what_every_door_knows",
        ),
        (
            {"settings_schema": schema_with(name="x", validator=lambda node, value: None)},
            "test_the_api_and_its_document_can_be_made_of_the_settings_schema",
        ),
        (
            {"settings_schema": schema_with(name="x", title=" ")},
            "test_settings_have_titles_that_people_can_read",
        ),
        ({"settings_schema": schema_with(name="api_password")}, "test_secrets_are_hinted_as_such"),
        (
            {
                "settings_schema": schema_with(
                    name="x", preparer=lambda value: object(), **hint.help_text("x")
                )
            },
            "test_settings_are_plain_values_that_can_be_stored",
        ),
        ({"presets": (Preset("p", "P", {"region": "mars"}),)}, "test_presets_are_valid"),
        ({"presets": (Preset("p", "P", {"planet": "mars"}),)}, "test_presets_are_valid"),
        ({"presets": (Preset("p", "P", {}), Preset("p", "Q", {}))}, "test_presets_are_valid"),
        ({"limit_key": lambda settings, identity: ""}, "test_what_depends_on_settings_can_be_asked"),
        (
            {"notices": lambda settings: [SettingsNotice("Bad code", "text")]},
            "test_what_depends_on_settings_can_be_asked",
        ),
        ({"check_steps": ("send", "connect")}, "test_check_steps_end_with_sending"),
    ],
)
def test_a_mistake_of_a_descriptor_is_found(
    changes: dict[str, Any], test: str, fake_provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = case_of(fake_connector_type(fake_provider, **changes), fake_provider)
    with pytest.raises(Exception):  # noqa: B017, PT011  # whatever makes a test fail
        run(test, case, monkeypatch)
