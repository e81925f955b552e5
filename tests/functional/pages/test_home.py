"""The first page: what needs attention, in whose eyes, and what to do about it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mailhub.accounts.model import accounts_of
from tests.kit.hub import HubKit
from tests.kit.pages import PASSWORD, signed_in


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[HubKit]:
    kit = HubKit.open(tmp_path)
    kit.user("ada", password=PASSWORD)
    yield kit
    kit.close()


def matters(page: Any) -> dict[str, str]:
    """Titles of what needs attention, and where each leads."""
    found = page.html.select(".attention")
    return {each.find("h3").text: each.find("a")["href"] for each in found}


def figures(page: Any) -> dict[str, str]:
    return {
        each.select_one(".cue-label").text.strip(): each.select_one(".cue-value").text
        for each in page.html.select(".cue")
    }


def test_an_empty_hub_says_what_to_do_first(kit: HubKit) -> None:
    page = signed_in(kit, "ada").get("/")
    assert page.html.select_one(".empty a")["href"] == "/accounts/new"
    assert not matters(page)


def test_a_hub_in_order_says_so(kit: HubKit) -> None:
    kit.account("sales")
    assert "Nothing needs your attention." in signed_in(kit, "ada").get("/").text


def test_accounts_that_need_something_lead_to_themselves(kit: HubKit) -> None:
    for name in ("paused", "broken", "orphan"):
        kit.account(name, default=False)
    now = kit.hub.clock.now()
    kit.change_account("paused", paused_at=now)

    def break_them(root: Any) -> None:
        accounts = accounts_of(root)
        broken, orphan = accounts.find("broken"), accounts.find("orphan")
        assert broken is not None
        assert orphan is not None
        broken.state.closing_at = now - timedelta(hours=1)
        broken.state.is_closing = True
        orphan.connector = "gone"

    kit.change(break_them)
    assert matters(signed_in(kit, "ada").get("/")) == {
        "There is no default account": "/accounts",
        "Broken needs attention": "/accounts/broken",
        "The connector of Orphan is missing": "/accounts/orphan",
        "Paused is paused": "/accounts/paused",
    }


def test_mail_that_failed_and_mail_in_doubt_is_counted_and_led_to(kit: HubKit) -> None:
    kit.account("sales")
    kit.hub.start_delivery()
    kit.provider.refuse("nobody@example.com")
    ada = kit.user("ada")
    ids = [ada.send(to=["nobody@example.com"]).json["id"] for _each in range(2)]
    for each in ids:
        kit.wait_for(each, "failed")
    page = signed_in(kit, "ada").get("/")
    assert matters(page) == {"2 of your messages failed": "/outbox?status=failed"}
    assert figures(page)["Failed"] == "2"


def test_everybody_sees_what_he_may_see_and_mend(kit: HubKit) -> None:
    kit.account("sales", default=False)
    kit.change_account("sales", paused_at=kit.hub.clock.now())
    for login, sets in {"reader": ["email-read"], "operator": ["email-operator"], "guest": []}.items():
        kit.user(login, "email-read", password=PASSWORD, permission_sets=sets)
    reader, operator, guest = (signed_in(kit, each).get("/") for each in ("reader", "operator", "guest"))
    assert not matters(reader)
    assert "Failed" in figures(reader)
    assert matters(operator) == {"Sales is paused": "/accounts/sales"}
    assert not figures(operator)
    assert "You have no permission set." in guest.text
