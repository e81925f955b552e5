"""Hooks that are asked: every implementation is called by itself, and what one raises stays there."""

from typing import Any

import pytest

from mailhub.contract import Address, DefaultAttachment, MessageChanges, Refusal, TestMailRequest, hookimpl
from mailhub.contract.texts import plain
from mailhub.errors import Invalid
from mailhub.pluginhost import PluginHost
from tests.unit.pluginhost.plugins import (
    FakeEntryPoint,
    connector,
    load,
    load_one,
    module,
    report,
    with_connectors,
)

ADDRESS = Address("ada@example.com", "Ada")
REQUEST = TestMailRequest(account_id="a", account_name="Sales", connector="smtp", language="en")
FILES = [DefaultAttachment(id, f"{id}.pdf", is_default=True) for id in ("terms", "prices", "map")]


def changes() -> MessageChanges:
    return MessageChanges(scenario="s", account_id="a", owner_id="o", from_=ADDRESS, subject="Hello")


def in_order(*plugins: Any) -> PluginHost:
    """The plugins are asked in this order: what is loaded last is called first."""
    count = len(plugins)
    return load(*(FakeEntryPoint(f"p{count - n}", each) for n, each in enumerate(plugins)))


def answering(hook: str, answer: Any) -> Any:
    """A plugin whose hook returns this, or raises it, or calls it with the hook's last argument."""

    def act(value: Any) -> Any:
        if isinstance(answer, BaseException):
            raise answer
        return answer(value) if callable(answer) else answer

    def mailhub_check_address(address: Address) -> Any:
        return act(address)

    def mailhub_choose_test_body(request: TestMailRequest) -> Any:
        return act(request)

    def mailhub_change_message(message: MessageChanges) -> Any:
        return act(message)

    def mailhub_filter_default_attachments(attachments: Any) -> Any:
        return act(attachments)

    hooks = {each.__name__: each for each in (
        mailhub_check_address,
        mailhub_choose_test_body,
        mailhub_change_message,
        mailhub_filter_default_attachments,
    )}  # fmt: skip
    return module(hooks[hook])


@pytest.mark.parametrize(
    ("answers", "reasons"),
    [
        ([None, None], []),
        (["no such company", None, "blocked"], ["no such company", "blocked"]),
        ([RuntimeError("boom"), "blocked"], ["blocked"]),
        ([SystemExit(), "blocked"], ["blocked"]),
        ([Refusal("not on Sundays"), "blocked"], ["not on Sundays", "blocked"]),
        (["", True, b"no"], []),
    ],
)
def test_mailhub_check_address_gathers_reasons(answers: list[Any], reasons: list[str]) -> None:
    host = in_order(*(answering("mailhub_check_address", each) for each in answers))
    assert host.check_address(ADDRESS) == reasons


def test_mailhub_check_address_is_given_the_address() -> None:
    host = load_one(answering("mailhub_check_address", lambda address: f"not {address.address}"))
    assert host.check_address(ADDRESS) == ["not ada@example.com"]


@pytest.mark.parametrize(
    ("answers", "body"),
    [
        ([], None),
        ([None], None),
        ([None, "<p>second</p>", "<p>third</p>"], "<p>second</p>"),
        ([ValueError("boom"), "<p>second</p>"], "<p>second</p>"),
        ([7, "<p>second</p>"], "<p>second</p>"),
    ],
)
def test_mailhub_choose_test_body_takes_the_first_answer(answers: list[Any], body: str | None) -> None:
    host = in_order(*(answering("mailhub_choose_test_body", each) for each in answers))
    assert host.choose_test_body(REQUEST) == body


def test_mailhub_choose_test_body_asks_nobody_after_an_answer() -> None:
    asked: list[object] = []
    host = in_order(
        answering("mailhub_choose_test_body", "<p/>"), answering("mailhub_choose_test_body", asked.append)
    )
    host.choose_test_body(REQUEST)
    assert asked == []


def test_mailhub_change_message_lets_each_plugin_change_what_the_one_before_left() -> None:
    def exclaim(message: MessageChanges) -> None:
        message.subject += "!"

    def quote(message: MessageChanges) -> None:
        message.subject = f'"{message.subject}"'

    message = changes()
    host = in_order(answering("mailhub_change_message", exclaim), answering("mailhub_change_message", quote))
    host.change_message(message)
    assert message.subject == '"Hello!"'


def test_mailhub_change_message_may_refuse_with_a_sentence() -> None:
    refusal = Refusal("No mail on Sundays.", code="calendar.sunday")
    host = load_one(answering("mailhub_change_message", refusal))
    with pytest.raises(Invalid) as refused:
        host.change_message(changes())
    assert (refused.value.code, refused.value.message) == ("calendar.sunday", "No mail on Sundays.")
    assert report(host).faults == 0


@pytest.mark.parametrize("error", [RuntimeError("boom"), SystemExit(1)])
def test_mailhub_change_message_that_fails_refuses_the_message(error: BaseException) -> None:
    asked: list[object] = []
    host = in_order(
        answering("mailhub_change_message", error), answering("mailhub_change_message", asked.append)
    )
    with pytest.raises(Invalid) as refused:
        host.change_message(changes())
    assert refused.value.code == "plugin.failed"
    assert "boom" not in plain(refused.value.message)
    assert asked == []


@pytest.mark.parametrize(
    ("answers", "left"),
    [
        ([None], ["terms", "prices", "map"]),
        ([["map", "terms"]], ["terms", "map"]),
        ([[]], []),
        ([["terms", "unknown"]], ["terms"]),
        ([["terms", "map"], ["map", "prices"]], ["map"]),
        (
            [lambda files: [file.id for file in files[:2]], lambda files: (file.id for file in files[1:])],
            ["prices"],
        ),
    ],
)
def test_mailhub_filter_default_attachments_only_takes_away(answers: list[Any], left: list[str]) -> None:
    host = in_order(*(answering("mailhub_filter_default_attachments", each) for each in answers))
    assert [file.id for file in host.filter_default_attachments("sales-invoice", FILES)] == left


@pytest.mark.parametrize("answer", [RuntimeError("boom"), "terms", 5])
def test_mailhub_filter_default_attachments_that_fails_refuses_the_message(answer: Any) -> None:
    host = load_one(answering("mailhub_filter_default_attachments", answer))
    with pytest.raises(Invalid) as refused:
        host.filter_default_attachments("sales-invoice", FILES)
    assert refused.value.code == "plugin.failed"
    assert report(host).faults == 1


def test_a_filter_may_refuse_with_a_sentence() -> None:
    host = load_one(answering("mailhub_filter_default_attachments", Refusal("The terms are out of date.")))
    with pytest.raises(Invalid) as refused:
        host.filter_default_attachments("sales-invoice", FILES)
    assert refused.value.code == "plugin.refused"


def test_plugins_may_ask_to_be_called_first_or_last() -> None:
    called: list[str] = []

    def plugin(name: str, **order: bool) -> Any:
        class Plugin:
            @hookimpl(**order)  # type: ignore[call-overload,untyped-decorator]  # the two switches are what it takes
            def mailhub_check_address(self) -> None:
                called.append(name)

        return Plugin()

    in_order(plugin("late", trylast=True), plugin("usual"), plugin("early", tryfirst=True)).check_address(
        ADDRESS
    )
    assert called == ["early", "usual", "late"]


def test_faults_are_counted_and_the_last_one_is_shown() -> None:
    errors = iter([ValueError("first"), KeyError("second")])

    def fail(address: Address) -> None:
        raise next(errors)

    host = load_one(answering("mailhub_check_address", fail))
    assert (report(host).faults, report(host).last_fault) == (0, "")
    host.check_address(ADDRESS)
    host.check_address(ADDRESS)
    assert report(host).faults == 2
    assert plain(report(host).last_fault) == "mailhub_check_address: KeyError: 'second'"
    assert not report(host).is_hung


def test_a_fault_of_a_connector_counts_for_the_plugin_that_brought_it() -> None:
    host = load_one(with_connectors(connector("pigeon")))
    host.note_connector_fault("pigeon", RuntimeError("wing broken"))
    assert report(host).faults == 1
    assert plain(report(host).last_fault) == "pigeon: RuntimeError: wing broken"


def test_a_fault_of_a_connector_that_is_gone_counts_for_nobody() -> None:
    host = load_one(with_connectors(connector("pigeon")))
    host.note_connector_fault("raven", RuntimeError("gone"))
    assert report(host).faults == 0


def test_a_person_can_interrupt_a_hook() -> None:
    host = load_one(answering("mailhub_check_address", KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        host.check_address(ADDRESS)
