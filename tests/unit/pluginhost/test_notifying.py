"""Hooks that are told: bounded, guarded, and never in the way of the next plugin."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Event, Thread, current_thread, main_thread
from typing import Any

import pytest

from mailhub.contract import AccountDeleted, MessageEvent
from mailhub.contract.texts import plain
from mailhub.pluginhost import PluginHost
from mailhub.testing.clock import FakeClock
from tests.unit.pluginhost.plugins import FakeEntryPoint, load, module, report

AT = datetime(2026, 11, 2, tzinfo=UTC)
SENT = MessageEvent(
    message_id="m", account_id="a", connector="smtp", scenario="s", owner_id="o", attempts=1, at=AT
)
GONE = AccountDeleted(account_id="a", connector="smtp", name="Sales", address="sales@example.com", at=AT)
HOOK = "mailhub_on_message_sent"


def told(act: Any) -> Any:
    def mailhub_on_message_sent(event: MessageEvent) -> object:
        return act(event)

    return module(mailhub_on_message_sent)


def in_order(*acts: Any, **options: Any) -> PluginHost:
    """Plugins ``p1``, ``p2`` ... that are told in this order."""
    count = len(acts)
    named = [(f"p{n}", f"{count - n:03}", told(act)) for n, act in enumerate(acts, start=1)]
    return load(*(FakeEntryPoint(name, plugin, dist) for name, dist, plugin in named), **options)


@pytest.fixture
def never() -> Iterator[Event]:
    """Set when the test is over, so that no thread stays behind."""
    event = Event()
    yield event
    event.set()


@pytest.mark.parametrize(
    ("hook", "event"),
    [
        ("mailhub_on_message_sent", SENT),
        ("mailhub_on_message_failed", SENT),
        ("mailhub_on_account_deleted", GONE),
    ],
)
def test_a_plugin_is_told_what_happened(hook: str, event: Any) -> None:
    heard = []

    def listen(event: object) -> None:
        heard.append(event)

    listen.__name__ = hook
    host = load(FakeEntryPoint("one", module(listen)))
    host.notify(hook, event)
    assert heard == [event]


def test_plugins_are_told_one_after_another_in_a_thread_of_their_own() -> None:
    heard: list[Any] = []

    def listener(name: str) -> Any:
        return lambda event: heard.append((name, current_thread() is main_thread()))

    in_order(listener("a"), listener("b")).notify(HOOK, SENT)
    assert heard == [("a", False), ("b", False)]


@pytest.mark.parametrize("error", [RuntimeError("boom"), SystemExit(1), KeyboardInterrupt()])
def test_what_a_plugin_raises_is_logged_and_the_next_is_told(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[Any] = []

    def fail(event: MessageEvent) -> None:
        raise error

    host = in_order(fail, heard.append)
    host.notify(HOOK, SENT)
    assert heard == [SENT]
    assert report(host, "p1").faults == 1
    assert type(error).__name__ in plain(report(host, "p1").last_fault)
    assert [record.exc_info[1] for record in caplog.records if record.exc_info] == [error]


def test_a_plugin_that_raised_is_told_of_the_next_event() -> None:
    calls: list[Any] = []

    def fail(event: MessageEvent) -> None:
        calls.append(event)
        raise RuntimeError("boom")

    host = in_order(fail)
    host.notify(HOOK, SENT)
    host.notify(HOOK, SENT)
    assert len(calls) == 2
    assert report(host, "p1").faults == 2


def test_the_result_is_ignored() -> None:
    host = in_order(lambda event: "stop everything")
    host.notify(HOOK, SENT)
    assert report(host, "p1").faults == 0


def test_a_plugin_that_hangs_is_given_up_once_and_the_rest_goes_on(
    fake_clock: FakeClock, never: Event, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[Any] = []
    host = in_order(lambda event: never.wait(), heard.append, clock=fake_clock, notify_seconds=30.0)
    reader = Thread(target=host.notify, args=(HOOK, SENT), daemon=True)
    reader.start()

    fake_clock.wait_until_waiting()
    fake_clock.advance(29.9)
    assert reader.is_alive()
    assert heard == []
    fake_clock.wait_until_waiting()
    fake_clock.advance(0.1)
    reader.join(10)
    assert not reader.is_alive()

    assert heard == [SENT]
    hung = report(host, "p1")
    assert (hung.state, hung.is_hung, hung.faults) == ("loaded", True, 1)
    assert "30 seconds" in plain(hung.last_fault)
    assert any(record.levelno == logging.ERROR for record in caplog.records)

    host.notify(HOOK, SENT)  # costs nothing: the clock stands still
    assert heard == [SENT, SENT]
    assert report(host, "p1").faults == 1
    assert not report(host, "p2").is_hung


def test_a_plugin_that_hangs_is_still_asked(fake_clock: FakeClock, never: Event) -> None:
    def mailhub_on_message_sent(event: MessageEvent) -> None:
        never.wait()

    def mailhub_check_address() -> str:
        return "not this one"

    plugin = module(mailhub_on_message_sent, mailhub_check_address)
    host = load(FakeEntryPoint("one", plugin), clock=fake_clock)
    reader = Thread(target=host.notify, args=(HOOK, SENT), daemon=True)
    reader.start()
    fake_clock.wait_until_waiting()
    fake_clock.advance(30)
    reader.join(10)
    assert report(host).is_hung
    assert host.check_address(None) == ["not this one"]  # type: ignore[arg-type]  # nobody looks at it


def test_a_machine_without_threads_left_keeps_the_reader_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(self: Thread) -> None:
        raise RuntimeError("can't start new thread")

    host = in_order(lambda event: None)
    monkeypatch.setattr(Thread, "start", start)
    host.notify(HOOK, SENT)
    assert "can't start new thread" in plain(report(host, "p1").last_fault)
