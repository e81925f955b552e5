"""Plugins are told of what happened, after the commit, at least once, whatever another plugin does."""

from collections.abc import Iterator
from queue import Queue
from threading import Event as Flag
from typing import Any

import pytest

from mailhub.accounts.model import Account, accounts_of
from mailhub.contract import AccountDeleted, MessageEvent, hookspecs
from mailhub.events.rows import record_event
from mailhub.pluginhost import PluginHost
from mailhub.store.root import HubRoot
from mailhub.telemetry.model import PLUGINS
from mailhub.telemetry.notifying import HOOKS, PluginNotices
from mailhub.testing.clock import START
from tests.unit.pluginhost.plugins import FakeEntryPoint, load, module, report
from tests.unit.telemetry.kit import Telemetry


class Listener:
    """A plugin that listens to everything. ``act``: what its hooks do."""

    def __init__(self, act: Any = lambda event: None) -> None:
        self.heard: Queue[tuple[str, Any]] = Queue()
        self.act = act

    def hook(self, name: str) -> Any:
        def listen(event: object) -> None:
            self.heard.put((name.removeprefix("mailhub_on_"), event))
            self.act(event)

        listen.__name__ = name
        return listen

    @property
    def plugin(self) -> Any:
        return module(*(self.hook(name) for name in HOOKS.values()))

    def next(self) -> tuple[str, Any]:
        return self.heard.get(timeout=10)


@pytest.fixture
def never() -> Iterator[Flag]:
    flag = Flag()
    yield flag
    flag.set()


def hosted(telemetry: Telemetry, *listeners: Listener) -> PluginHost:
    """The listeners as plugins ``p0``, ``p1`` ..., told in this order."""
    named = [(f"p{n}", listener.plugin, f"{9 - n}") for n, listener in enumerate(listeners)]
    return load(
        *(FakeEntryPoint(name, plugin, dist) for name, plugin, dist in named),
        clock=telemetry.clock,
        notify_seconds=30.0,
    )


def telling(telemetry: Telemetry, host: PluginHost) -> Any:
    return telemetry.reading(PluginNotices(host, telemetry.database).tell, PLUGINS)


def test_every_hook_that_tells_has_its_event() -> None:
    told = {name for name in vars(hookspecs) if name.startswith("mailhub_on_")}
    assert set(HOOKS.values()) == told


def test_a_plugin_is_told_of_a_sent_message(telemetry: Telemetry) -> None:
    listener = Listener()
    with telling(telemetry, hosted(telemetry, listener)):
        telemetry.happen("m1", event="message.queued")
        telemetry.happen("m1", event="message.sent", attempt=2, is_partial=True)
        assert listener.next() == (
            "message_sent",
            MessageEvent(
                message_id="m1",
                account_id="a",
                connector="smtp",
                scenario="invoice",
                owner_id="u",
                attempts=2,
                at=START,
                is_partial=True,
            ),
        )
    assert listener.heard.empty()


def test_a_plugin_is_told_of_a_message_that_failed_for_good_and_of_no_other(telemetry: Telemetry) -> None:
    listener = Listener()
    with telling(telemetry, hosted(telemetry, listener)):
        telemetry.happen("m1", event="message.attempt_failed", error_code="smtp.busy")
        telemetry.happen("m1", event="message.failed", error_code="smtp.refused")
        hook, event = listener.next()
    assert (hook, event.message_id, event.error_code) == ("message_failed", "m1", "smtp.refused")
    assert listener.heard.empty()


def test_a_plugin_is_told_which_account_was_deleted(telemetry: Telemetry) -> None:
    def delete(hub: HubRoot) -> None:
        account = Account(
            "a7",
            connector="smtp",
            name="Sales",
            address="sales@example.com",
            settings={},
            secrets={},
            rate_limit_per_minute=0,
            created_at=START,
        )
        accounts_of(hub).add(account)
        accounts_of(hub).remove(account, START)

    telemetry.database.transact(delete, "delete")
    listener = Listener()
    with telling(telemetry, hosted(telemetry, listener)):
        telemetry.writer.execute(AccountGone("a7"))
        assert listener.next() == (
            "account_deleted",
            AccountDeleted(
                account_id="a7", connector="smtp", name="Sales", address="sales@example.com", at=START
            ),
        )


class AccountGone:
    """Write command: the event of a deletion."""

    note = "account gone"

    def __init__(self, account_id: str) -> None:
        self.account_id = account_id

    def check(self, root: HubRoot) -> None:
        """Nothing is in the way."""

    def apply(self, root: HubRoot, shard: Any) -> None:
        record_event(root, shard, "account.deleted", account=self.account_id, connector="smtp", by="u")


@pytest.mark.parametrize("error", [RuntimeError("boom"), SystemExit(1), KeyboardInterrupt()])
def test_a_plugin_that_raises_leaves_the_others_told(telemetry: Telemetry, error: BaseException) -> None:
    def fail(event: object) -> None:
        raise error

    broken, good = Listener(fail), Listener()
    host = hosted(telemetry, broken, good)
    with telling(telemetry, host):
        telemetry.happen("m1", event="message.sent")
        telemetry.happen("m2", event="message.sent")
        assert [good.next()[1].message_id for _number in range(2)] == ["m1", "m2"]
    assert report(host, "p0").faults == 2


def test_a_plugin_that_hangs_costs_its_time_once(telemetry: Telemetry, never: Flag) -> None:
    hanging, good = Listener(lambda event: never.wait(60)), Listener()
    host = hosted(telemetry, hanging, good)
    with telling(telemetry, host):
        telemetry.happen("m1", event="message.sent")
        hanging.next()
        telemetry.clock.wait_until_waiting()
        telemetry.clock.advance(30)
        assert good.next()[1].message_id == "m1"
        telemetry.happen("m2", event="message.sent")
        assert good.next()[1].message_id == "m2", "without time passing"
    assert hanging.heard.empty()
    assert report(host, "p0").is_hung


def test_while_a_plugin_hangs_commits_go_on(telemetry: Telemetry, never: Flag) -> None:
    hanging = Listener(lambda event: never.wait(60))
    with telling(telemetry, hosted(telemetry, hanging)):
        telemetry.happen("m1", event="message.sent")
        hanging.next()
        for number in range(20):
            telemetry.happen(f"n{number}")
        telemetry.clock.wait_until_waiting()
        telemetry.clock.advance(30)


def test_a_crash_in_a_hook_tells_again_after_the_restart(telemetry: Telemetry, never: Flag) -> None:
    killed, successor = Listener(lambda event: never.wait(60)), Listener()
    telemetry.happen("m1", event="message.sent")
    notices = PluginNotices(hosted(telemetry, killed), telemetry.database)
    telemetry.reader(notices.tell, PLUGINS).start()
    killed.next()
    with telling(telemetry, hosted(telemetry, successor)):
        assert successor.next()[1].message_id == "m1"


def test_what_was_told_is_not_told_again_after_a_crash(telemetry: Telemetry) -> None:
    killed, successor = Listener(), Listener()
    notices = PluginNotices(hosted(telemetry, killed), telemetry.database)
    telemetry.happen("m1", event="message.sent")
    telemetry.reader(notices.tell, PLUGINS).start()
    killed.next()
    telemetry.clock.wait_until_waiting()
    with telling(telemetry, hosted(telemetry, successor)):
        telemetry.happen("m2", event="message.sent")
        assert successor.next()[1].message_id == "m2"


def test_where_nobody_listens_nothing_is_made_and_the_place_is_kept_seldom(telemetry: Telemetry) -> None:
    notices = PluginNotices(load(clock=telemetry.clock), telemetry.database)
    with telemetry.reading(notices.tell, PLUGINS):
        for number in range(5):
            telemetry.happen(f"m{number}", event="message.sent")
        assert telemetry.times_kept() == 0
    assert telemetry.times_kept() == 1
