"""The fake connector does what its provider was told, to the one it was told about."""

from threading import Thread

import pytest

from mailhub.contract import (
    AuthenticationFailed,
    DeliveryError,
    Misconfigured,
    Permanent,
    SendingSession,
    Throttled,
    Transient,
    Uncertain,
)
from mailhub.testing import FakeClock, FakeProvider, RecordingContext, fake_connector_type, make_message

SETTINGS = {"server": "fake.example"}


def settings(**changes: object) -> dict[str, object]:
    validated: dict[str, object] = fake_connector_type().settings_schema().deserialize(SETTINGS | changes)
    return validated


def session(provider: FakeProvider, context: RecordingContext | None = None) -> SendingSession:
    connector = fake_connector_type(provider).make(settings())
    return connector.open_session(context or RecordingContext())


def statuses(provider: FakeProvider) -> list[str]:
    outcome = session(provider).send(make_message(to=["a@x.example", "b@x.example", "c@x.example"]))
    return [each.status for each in outcome.recipients]


def test_it_remembers_what_it_was_given(fake_provider: FakeProvider, fake_clock: FakeClock) -> None:
    context = RecordingContext(account_id="acc", sending_identity="u", clock=fake_clock)
    session(fake_provider, context).send(make_message(id="m", attempt=2))
    [mail] = fake_provider.received
    assert (mail.message_id, mail.attempt, mail.account_id, mail.sending_identity) == ("m", 2, "acc", "u")
    assert mail.at == fake_clock.now()
    assert b"Invoice 1001" in mail.read()
    assert [(step.name, step.outcome) for step in context.steps] == [
        ("connect", "ok"),
        ("authenticate", "ok"),
    ]


def test_recipients_are_refused_and_deferred_as_told(fake_provider: FakeProvider) -> None:
    fake_provider.refuse("a@x.example")
    fake_provider.defer("b@x.example")
    assert statuses(fake_provider) == ["refused", "deferred", "accepted"]
    assert [mail.recipients for mail in fake_provider.received] == [("c@x.example",)]
    fake_provider.accept("a@x.example")
    assert statuses(fake_provider) == ["accepted", "deferred", "accepted"]


def test_a_message_that_nobody_takes_is_not_handed_over(fake_provider: FakeProvider) -> None:
    fake_provider.refuse("ada@example.com")
    context = RecordingContext()
    session(fake_provider, context).send(make_message())
    assert context.handed_over == []
    assert fake_provider.received == []


@pytest.mark.parametrize(
    "kind", [Transient, Throttled, Permanent, AuthenticationFailed, Misconfigured, Uncertain]
)
@pytest.mark.parametrize("after_hand_over", [False, True])
def test_every_classified_error_can_be_raised_once(kind: type[DeliveryError], after_hand_over: bool) -> None:
    provider, context = FakeProvider(), RecordingContext()
    provider.fail(kind("told so"), after_hand_over=after_hand_over)
    with pytest.raises(kind, match="told so"):
        session(provider, context).send(make_message())
    assert bool(context.handed_over) == after_hand_over
    assert provider.received == []
    session(provider).send(make_message())
    assert len(provider.received) == 1


def test_an_error_may_be_for_one_recipient_or_identity_and_for_ever(fake_provider: FakeProvider) -> None:
    fake_provider.fail(Transient("busy"), recipient="bob@example.com", identity="u1", times=None)
    for identity, to in [("u2", "bob@example.com"), ("u1", "ada@example.com")]:
        session(fake_provider, RecordingContext(sending_identity=identity)).send(make_message(to=[to]))
    for _ in range(3):
        with pytest.raises(Transient):
            session(fake_provider, RecordingContext(sending_identity="u1")).send(
                make_message(to=["bob@example.com"])
            )


def test_a_dead_sign_in_stops_one_identity_only(fake_provider: FakeProvider) -> None:
    fake_provider.kill_sign_in("u1")
    context = RecordingContext(sending_identity="u1")
    with pytest.raises(AuthenticationFailed):
        session(fake_provider, context).send(make_message())
    assert [(step.name, step.outcome) for step in context.steps] == [
        ("connect", "ok"),
        ("authenticate", "failed"),
    ]
    session(fake_provider, RecordingContext(sending_identity="u2")).send(make_message())
    fake_provider.revive_sign_in("u1")
    session(fake_provider, context).send(make_message())
    assert [mail.sending_identity for mail in fake_provider.received] == ["u2", "u1"]


def test_a_gate_holds_senders_until_it_is_released(fake_provider: FakeProvider) -> None:
    gate = fake_provider.block(after_hand_over=True)
    context = RecordingContext()
    sender = Thread(target=session(fake_provider, context).send, args=(make_message(),), daemon=True)
    sender.start()
    gate.wait_until_reached()
    assert len(context.handed_over) == 1
    assert fake_provider.received == []
    gate.release()
    fake_provider.wait_for(1)
    sender.join(10)


def test_a_test_is_told_when_nothing_comes() -> None:
    provider = FakeProvider(timeout_seconds=0)
    with pytest.raises(AssertionError, match="0 mails came, not 1"):
        provider.wait_for(1)
    with pytest.raises(AssertionError, match="nobody sends"):
        provider.block().wait_until_reached()


def test_an_answer_takes_its_time_by_the_clock_of_the_session(
    fake_provider: FakeProvider, fake_clock: FakeClock
) -> None:
    fake_provider.takes_seconds = 20
    sender = Thread(
        target=session(fake_provider, RecordingContext(clock=fake_clock)).send,
        args=(make_message(),),
        daemon=True,
    )
    sender.start()
    fake_clock.wait_until_waiting()
    assert sender.is_alive()
    fake_clock.advance(20)
    sender.join(10)
    assert not sender.is_alive()


def test_open_sessions_are_counted(fake_provider: FakeProvider) -> None:
    first, second = session(fake_provider), session(fake_provider)
    assert fake_provider.open_sessions == 2
    first.close()
    first.close()
    assert fake_provider.open_sessions == 1
    second.close()


def test_an_uncertain_message_can_be_looked_up(fake_provider: FakeProvider) -> None:
    connector = fake_connector_type(fake_provider).make(settings())
    assert connector.look_up(make_message(), RecordingContext()) is None
    session(fake_provider).send(make_message())
    assert connector.look_up(make_message(), RecordingContext()) is not None


@pytest.mark.parametrize(
    ("changes", "sends_as_user", "key"),
    [
        ({}, False, None),
        ({"mailbox": "sales"}, False, "fake:sales"),
        ({"sends_as_user": True}, True, "fake:u1"),
    ],
)
def test_lanes_and_limits_follow_the_settings(
    changes: dict[str, object], sends_as_user: bool, key: str | None
) -> None:
    kind = fake_connector_type()
    assert kind.sends_as_user(settings(**changes)) is sends_as_user
    assert kind.limit_key(settings(**changes), "u1" if sends_as_user else "") == key


def test_its_descriptor_can_be_changed() -> None:
    kind = fake_connector_type(id="other", default_rate_limit_per_minute=30)
    assert (kind.id, kind.default_rate_limit_per_minute) == ("other", 30)
