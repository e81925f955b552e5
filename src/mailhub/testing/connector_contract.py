"""The contract suite for connectors. A plugin's tests inherit it and say how to get at the connector::

    class TestPigeonPost(ConnectorContract):
        @pytest.fixture
        def connector_case(self, tmp_path):
            return ConnectorCase(
                type=PIGEON_POST,
                settings={"loft": str(tmp_path)},
                received=lambda: [... for note in sorted(tmp_path.iterdir())],
                unusable_settings={"loft": "/dev/null/nowhere"},
            )

It never sleeps, and needs no network but the one the case gives.
"""

import tracemalloc
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from itertools import product
from typing import Any

import pytest

from mailhub.contract.connector import Step
from mailhub.contract.errors import DeliveryError, Transient
from mailhub.contract.message import OutgoingMessage, Recipient, WireOptions
from mailhub.contract.texts import plain
from mailhub.pluginhost.settings_schema import iter_nodes

from .connector_case import ConnectorCase
from .descriptor_contract import DescriptorContract
from .messages import GeneratedContent, make_attachment, make_message
from .received import ReceivedMail

__all__ = ["ConnectorCase", "ConnectorContract"]

BIG_BYTES = 30 * 1024 * 1024
BIG_MEMORY_BYTES = 12 * 1024 * 1024
OPTIONS = [
    WireOptions(eight_bit=eight_bit, smtputf8=smtputf8)
    for eight_bit, smtputf8 in product((False, True), repeat=2)
]


class SendingContract:
    """Inherited by ``ConnectorContract``: what ``send`` and sessions must do."""

    def test_making_a_connector_and_opening_a_session_connect_nowhere(
        self, connector_case: ConnectorCase, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*arguments: object) -> None:
            raise AssertionError("connects too early")

        context = connector_case.context()
        monkeypatch.setattr("socket.socket.connect", refuse)
        monkeypatch.setattr("socket.getaddrinfo", refuse)
        connector_case.make().open_session(context).close()
        assert context.handed_over == []

    def test_every_recipient_gets_the_mail_once(self, connector_case: ConnectorCase) -> None:
        message = _a_message()
        arrived = _send(connector_case, message)
        assert _recipients(arrived) == sorted(each.address for each in message.recipients)
        assert {mail.envelope_from for mail in arrived} == {message.envelope_from}
        _assert_is(connector_case, arrived, message)

    def test_only_those_still_to_be_tried_get_the_mail(self, connector_case: ConnectorCase) -> None:
        pending = [Recipient("bob@example.com", "cc")]
        message = make_message(to=["ada@example.com"], cc=["bob@example.com"], recipients=pending)
        assert _recipients(_send(connector_case, message)) == ["bob@example.com"]

    def test_each_recipient_has_one_answer(self, connector_case: ConnectorCase) -> None:
        message = _a_message()
        with connector_case.make().open_session(connector_case.context()) as session:
            outcome = session.send(message)
        answered = sorted(each.address for each in outcome.recipients)
        assert answered == sorted(each.address for each in message.recipients)
        assert {each.status for each in outcome.recipients} == {"accepted"}

    def test_bcc_is_in_the_envelope_and_nowhere_else(self, connector_case: ConnectorCase) -> None:
        arrived = _send(connector_case, _a_message())
        assert "eve@example.com" in _recipients(arrived)
        for mail in arrived:
            assert b"eve@example.com" not in mail.read()
            assert b"\nbcc:" not in mail.read().lower()

    def test_the_hub_is_told_once_before_the_mail_is_out(self, connector_case: ConnectorCase) -> None:
        seen: list[int] = []
        context = connector_case.context(lambda message: seen.append(len(connector_case.received())))
        before = len(connector_case.received())
        message = _a_message()
        with connector_case.make().open_session(context) as session:
            session.send(message)
        assert seen == [before]
        assert context.handed_over == [message]
        assert len(connector_case.received()) > before

    def test_nothing_goes_out_when_the_hub_says_no_at_the_last_moment(
        self, connector_case: ConnectorCase
    ) -> None:
        def refuse(message: OutgoingMessage) -> None:
            raise Transient("The lease has run out.", code="delivery.lease_lost")

        before = len(connector_case.received())
        with (
            connector_case.make().open_session(connector_case.context(refuse)) as session,
            pytest.raises(Transient, match="lease"),
        ):
            session.send(_a_message("refused-1"))
        assert len(connector_case.received()) == before
        _send(connector_case, _a_message("later-1"))
        assert len(connector_case.received()) > before

    def test_an_attempt_that_never_got_so_far_raises_a_classified_error_and_is_not_handed_over(
        self, connector_case: ConnectorCase
    ) -> None:
        connector = connector_case.make_unusable()
        context = connector_case.context()
        with connector.open_session(context) as session, pytest.raises(DeliveryError) as failed:
            session.send(_a_message())
        assert context.handed_over == []
        assert plain(failed.value.message).strip()
        _assert_no_secret(connector_case, str(failed.value), failed.value.reply)

    def test_a_session_sends_one_message_after_another(self, connector_case: ConnectorCase) -> None:
        before = len(connector_case.received())
        messages = [_a_message(f"message-{number}", subject=f"Number {number}") for number in range(3)]
        with connector_case.make().open_session(connector_case.context()) as session:
            for message in messages:
                session.send(message)
        arrived = connector_case.received()[before:]
        for number, message in enumerate(messages):
            own = [mail for mail in arrived if f"Number {number}".encode() in mail.read()]
            assert _recipients(own) == sorted(each.address for each in message.recipients)
            _assert_is(connector_case, own, message)

    def test_a_session_may_be_closed_twice_and_unused(self, connector_case: ConnectorCase) -> None:
        unused = connector_case.make().open_session(connector_case.context())
        used = connector_case.make().open_session(connector_case.context())
        used.send(_a_message())
        for session in (unused, used):
            session.close()
            session.close()

    def test_the_same_message_is_the_same_mail_at_every_attempt(self, connector_case: ConnectorCase) -> None:
        first = [mail.sha256() for mail in _send(connector_case, _a_message(attempt=1))]
        again = connector_case.context()
        with connector_case.make().open_session(again) as session:
            session.send(_a_message(attempt=2))
        assert len(again.handed_over) == 1
        assert {mail.sha256() for mail in connector_case.received()} == set(first)

    def test_a_big_message_is_never_whole_in_memory(self, connector_case: ConnectorCase) -> None:
        attachment = make_attachment("scan.tif", GeneratedContent(BIG_BYTES), "image/tiff")
        message = make_message(attachments=[attachment])
        before = len(connector_case.received())
        with connector_case.make().open_session(connector_case.context()) as session:
            peak = _peak_memory(session.send, message)
        assert peak < BIG_MEMORY_BYTES
        arrived = connector_case.received()[before:]
        assert _recipients(arrived) == ["ada@example.com"]
        _assert_is(connector_case, arrived, message)

    def test_sessions_of_several_threads_do_not_get_in_each_other_s_way(
        self, connector_case: ConnectorCase
    ) -> None:
        connector = connector_case.make()
        before = len(connector_case.received())

        def send_some(thread: int) -> None:
            with connector.open_session(connector_case.context()) as session:
                for number in range(5):
                    name = f"t{thread}-{number}"
                    session.send(make_message(id=name, to=[f"{name}@example.com"]))

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(send_some, range(2)))
        expected = sorted(f"t{thread}-{number}@example.com" for thread in range(2) for number in range(5))
        assert _recipients(connector_case.received()[before:]) == expected

    def test_no_secret_is_shown_by_the_connector(self, connector_case: ConnectorCase) -> None:
        _assert_no_secret(connector_case, repr(connector_case.make()))


class CheckContract:
    """Inherited by ``ConnectorContract``: what ``check`` must do."""

    def test_a_check_without_a_message_sends_nothing(self, connector_case: ConnectorCase) -> None:
        before = len(connector_case.received())
        context = connector_case.context()
        steps = list(connector_case.make().check(None, context))
        _assert_in_order(connector_case, steps)
        assert {step.outcome for step in steps} <= {"ok", "skipped"}
        assert "send" not in [step.name for step in steps if step.outcome == "ok"]
        assert context.handed_over == []
        assert len(connector_case.received()) == before

    def test_a_check_with_a_message_ends_with_sending_it(self, connector_case: ConnectorCase) -> None:
        before = len(connector_case.received())
        context = connector_case.context()
        steps = list(connector_case.make().check(make_message(), context))
        _assert_in_order(connector_case, steps)
        assert (steps[-1].name, steps[-1].outcome) == ("send", "ok")
        assert len(context.handed_over) == 1
        assert _recipients(connector_case.received()[before:]) == ["ada@example.com"]

    def test_a_check_that_fails_says_where_and_why_and_ends(self, connector_case: ConnectorCase) -> None:
        connector = connector_case.make_unusable()
        steps = list(connector.check(make_message(), connector_case.context()))
        _assert_in_order(connector_case, steps)
        assert [step.outcome for step in steps[:-1]] == ["ok"] * (len(steps) - 1)
        assert steps[-1].outcome == "failed"
        assert isinstance(steps[-1].error, DeliveryError)
        _assert_no_secret(connector_case, *(plain(step.detail) for step in steps), str(steps[-1].error))

    def test_a_check_may_be_left_half_way(self, connector_case: ConnectorCase) -> None:
        steps = iter(connector_case.make().check(None, connector_case.context()))
        next(steps)
        close = getattr(steps, "close", None)
        if close is not None:
            close()


class ConnectorContract(DescriptorContract, SendingContract, CheckContract):
    """Everything a hub relies on. Give the fixture ``connector_case``."""

    @pytest.fixture
    def connector_case(self) -> ConnectorCase:
        raise NotImplementedError("give the fixture connector_case")


def _a_message(id: str = "message-1", *, attempt: int = 1, subject: str = "Grüße, 1001") -> OutgoingMessage:
    return make_message(
        id=id,
        attempt=attempt,
        to=["ada@example.com"],
        cc=["bob@example.com"],
        bcc=["eve@example.com"],
        subject=subject,
        text=".\n..\nA line that begins with a dot, and one with an umlaut: ü\n",
        html="<p>Ü</p>",
        attachments=[make_attachment()],
    )


def _send(case: ConnectorCase, message: OutgoingMessage) -> Sequence[ReceivedMail]:
    """Send it by a session of its own; what arrived through that."""
    before = len(case.received())
    with case.make().open_session(case.context()) as session:
        session.send(message)
    return case.received()[before:]


def _recipients(mails: Sequence[ReceivedMail]) -> list[str]:
    return sorted(address for mail in mails for address in mail.recipients)


def _assert_is(case: ConnectorCase, arrived: Sequence[ReceivedMail], message: OutgoingMessage) -> None:
    """The bytes that arrived are the hub's own, in one of the forms that the receiving side may have asked for."""
    if case.sends_mime:
        assert {mail.sha256() for mail in arrived} <= {_digest(message, options) for options in OPTIONS}


def _digest(message: OutgoingMessage, options: WireOptions) -> str:
    digest = sha256()
    for chunk in message.mime.iter_bytes(options):
        digest.update(chunk)
    return digest.hexdigest()


def _assert_in_order(case: ConnectorCase, steps: Sequence[Step]) -> None:
    known = case.type.check_steps
    names = [step.name for step in steps]
    assert [name for name in known if name in names] == names, f"{names} are not among {known}, in order"


def _assert_no_secret(case: ConnectorCase, *texts: str) -> None:
    for path, node in iter_nodes(case.type.settings_schema()):
        value = _value_at(case.settings, path)
        if getattr(node, "secret", False) and isinstance(value, str) and value:
            assert not [text for text in texts if value in text], f"{'.'.join(path)} is shown"


def _value_at(settings: Any, path: Sequence[str]) -> Any:
    for name in path:
        settings = settings.get(name) if hasattr(settings, "get") else None
    return settings


def _peak_memory(call: Any, *arguments: Any) -> int:
    """The most bytes that Python held at any time during the call, beyond what it held before."""
    was_tracing = tracemalloc.is_tracing()
    tracemalloc.start()
    try:
        before, _peak = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        call(*arguments)
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        if not was_tracing:
            tracemalloc.stop()
