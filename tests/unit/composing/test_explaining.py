"""The words of an explanation: what an administrator reads of each decision."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mailhub.composing.presenting import present_explanation
from mailhub.composing.request import MessageRequest
from mailhub.composing.service import ComposingService
from mailhub.contract.events import MessageChanges
from mailhub.contract.message import Address
from mailhub.delivery.model import Lane, delivery_of
from mailhub.delivery.permits import Limit
from mailhub.delivery.queueing import microseconds
from mailhub.scenarios.model import Assignment, ScenarioAttachment, scenarios_of
from mailhub.store.content import store_content
from mailhub.store.root import HubRoot
from mailhub.testing import FakeClock
from tests.kit.hub import HubKit
from tests.unit.composing.test_service import Meddler

SCENARIO = "sales-invoice"


@pytest.fixture
def meddler() -> Meddler:
    return Meddler()


@pytest.fixture
def kit(tmp_path: Path, meddler: Meddler) -> Iterator[HubKit]:
    kit = HubKit.open(tmp_path, clock=FakeClock(), plugins=[meddler])
    kit.account("sales", allow_sender_override=True, allowed_senders=["example.net"])
    yield kit
    kit.close()


def service(kit: HubKit, root: HubRoot, login: str = "bob") -> ComposingService:
    kit.user(login, "email-edit")
    return kit.work(root, kit.identity(login)).service(ComposingService)


def steps_of(kit: HubKit, **fields: Any) -> dict[str, tuple[str, str]]:
    """Answer and reason by question, for a message of these fields."""
    request = MessageRequest(
        **{"scenario": SCENARIO, "to": ("ada@example.com",), "subject": "x", "text": "x"} | fields
    )
    kit.user("bob", "email-edit")
    with kit.hub.database.reading() as root:
        told = present_explanation(service(kit, root).dry_run(request).explanation)
    return {step["question"]: (step["answer"], step["because"]) for step in told["steps"]}


def add_files(kit: HubKit, *names: str) -> None:
    def add(root: HubRoot) -> None:
        for name in names:
            file = ScenarioAttachment(
                name, name=name, content_type="text/plain", content=store_content(b"x"), is_default=True
            )
            scenarios_of(root).add_file(SCENARIO, file)

    kit.change(add)


# -- the sender ------------------------------------------------------------------------------------------------------

FROM = "Who is the mail from?"


def test_the_sender_is_told_with_who_named_it(kit: HubKit, meddler: Meddler) -> None:
    kit.account("shown", default=False, substitute_sender="boss@example.net", substitute_mode="on_behalf")
    kit.account("user", default=False, sender_type="current_user")

    assert steps_of(kit)[FROM] == ("sales@example.com", "It is the account's own address.")
    assert steps_of(kit, sender="x@example.net")[FROM] == (
        "x@example.net",
        "The message asks for this sender, and the account allows it.",
    )
    shown = steps_of(kit, account="shown")
    assert shown[FROM] == ("boss@example.net", "The account has this substitute sender.")
    assert shown["Who is named as sending for him?"][0] == "shown@example.com"
    assert steps_of(kit, account="user")[FROM][0] == "Bob <bob@example.com>"
    assert steps_of(kit, sender="x@example.org")[FROM] == (
        "Nobody",
        "The account Sales does not allow the sender x@example.org.",
    )
    meddler.change = lambda changes: change_from(changes, "y@example.net")
    assert steps_of(kit)[FROM] == ("y@example.net", "A plugin decided so.")


def change_from(changes: MessageChanges, address: str) -> None:
    changes.from_ = Address(address)


def test_the_substitute_of_a_scenario_is_told(kit: HubKit) -> None:
    def assign(root: HubRoot) -> None:
        scenarios_of(root).assignments[SCENARIO] = made = Assignment("sales")
        made.substitute_sender = "boss@example.net"

    kit.change(assign)

    assert steps_of(kit)[FROM] == (
        "boss@example.net",
        "The scenario has this substitute sender, and the account allows it.",
    )


# -- files -----------------------------------------------------------------------------------------------------------

FILES = "Which files are added?"


def test_files_are_told_with_what_became_of_the_others(kit: HubKit, meddler: Meddler) -> None:
    assert steps_of(kit)[FILES] == ("None", "sales-invoice has no default files.")
    add_files(kit, "b.txt", "a.txt")
    assert steps_of(kit)[FILES] == ("b.txt, a.txt", "They are the default files of sales-invoice.")
    assert steps_of(kit, include_default_attachments=False)[FILES] == (
        "None",
        "The message wants no default files.",
    )
    assert steps_of(kit, scenario="default")[FILES] == (
        "None",
        "The scenario default adds no files by itself.",
    )
    meddler.keep = lambda: ["a.txt"]
    assert steps_of(kit)[FILES][0] == "a.txt"
    assert "plugins" in steps_of(kit)[FILES][1]


def test_a_plugin_that_fails_is_a_problem_of_the_scenario(kit: HubKit, meddler: Meddler) -> None:
    add_files(kit, "a.txt")
    meddler.keep = lambda: 1 / 0
    kit.user("bob", "email-edit")

    with kit.hub.database.reading() as root:
        told = service(kit, root).explain(SCENARIO)

    assert [each.code for each in told.problems] == ["plugin.failed"]
    assert told.account is not None


# -- limits and time -------------------------------------------------------------------------------------------------

RATE = "How many mails may leave in a minute?"
WHEN = "When can it leave?"


def test_limits_are_told_with_who_shares_them(kit: HubKit) -> None:
    kit.account("own", default=False, rate_limit_per_minute=7)
    kit.account("one", default=False, rate_limit_per_minute=9, limit_group="letters")
    kit.account("two", default=False, rate_limit_per_minute=4, limit_group="letters")
    kit.account("box", default=False, rate_limit_per_minute=3, mailbox="box@example.com")

    assert steps_of(kit)[RATE] == ("Any number", "The account has no limit.")
    assert steps_of(kit, account="own")[RATE] == ("7", "The account says so.")
    answer, because = steps_of(kit, account="one")[RATE]
    assert answer == "4"
    assert "limit group letters" in because
    assert "mailbox" in steps_of(kit, account="box")[RATE][1]


def test_the_time_is_told_with_what_it_is_so_late_for(kit: HubKit) -> None:
    kit.account("slow", default=False, rate_limit_per_minute=1)
    now = kit.hub.clock.now()
    later = now + timedelta(hours=1)

    assert steps_of(kit)[WHEN][0] == "At once"
    assert steps_of(kit, send_at=later)[WHEN] == (later.isoformat(), "The message is not to be sent before.")
    set_limit(kit, returns=((microseconds(now + timedelta(seconds=30)), 1),))
    answer, because = steps_of(kit, account="slow")[WHEN]
    assert answer == (now + timedelta(seconds=30)).isoformat()
    assert "limit" in because
    assert steps_of(kit, account="slow", send_at=later)[WHEN][0] == later.isoformat()
    set_limit(kit, taken=1)
    assert steps_of(kit, account="slow")[WHEN][0] == "Soon"


def set_limit(kit: HubKit, **state: Any) -> None:
    def change(root: HubRoot) -> None:
        limit = delivery_of(root).limits["lane:slow"] = Limit("lane:slow")
        limit.limit = 1
        for name, value in state.items():
            setattr(limit, name, value)

    kit.change(change)


def test_a_user_whom_the_account_does_not_serve_is_told_so(kit: HubKit) -> None:
    kit.account("picky", default=False, connector="picky")
    kit.user("bob", "email-edit", kind="guest")

    answer, because = steps_of(kit, account="picky")["May the account send for this user?"]

    assert answer == "No"
    assert "guest" in because


def test_a_connector_that_is_away_and_a_dead_sign_in_are_told(kit: HubKit) -> None:
    kit.account("away", default=False, connector="missing")

    assert steps_of(kit, account="away")[WHEN] == (
        "Not yet",
        "The connector of the account is not installed.",
    )

    kit.account("own", default=False, sends_as_user=True)
    kit.user("bob", "email-edit")
    bob = kit.user_id("bob")

    def refuse_sign_in(root: HubRoot) -> None:
        lane = delivery_of(root).lanes[f"own~{bob}"] = Lane(f"own~{bob}", "own", bob, "")
        lane.attention = ("sign_in.dead", "", kit.hub.clock.now(), "")

    kit.change(refuse_sign_in)
    assert steps_of(kit, account="own")[WHEN][0] == "Not yet"
    assert "sign-in of this user" in steps_of(kit, account="own")[WHEN][1]
