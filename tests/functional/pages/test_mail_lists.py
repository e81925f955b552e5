"""Drafts, Outbox and Sent: what is listed, by which filters, in which words, page by page."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import urlencode

import pytest

from mailhub.contract.errors import Permanent, Transient, Uncertain
from mailhub.messages.pages import lists
from mailhub.messages.pages.filters import Asked
from mailhub.people.model import users_of
from mailhub.store.root import HubRoot
from tests.kit.hub import Api, HubKit
from tests.kit.pages import PASSWORD, Browserless, signed_in

LATER = "2126-01-01T08:00:00Z"
NUMBERS = count()


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubKit]:
    """One hub for all of them, delivering; each test has a person of its own, who sees his own mail only."""
    kit = HubKit.open(tmp_path_factory.mktemp("hub"))
    kit.account("sales", on_uncertain="hold")
    kit.account("reminders", default=False)
    kit.hub.start_delivery()
    yield kit
    kit.close()


@pytest.fixture
def login() -> str:
    return f"ada{next(NUMBERS)}"


@pytest.fixture
def api(kit: HubKit, login: str) -> Api:
    return kit.user(login, "email-edit", password=PASSWORD)


@pytest.fixture
def browser(kit: HubKit, api: Api, login: str) -> Browserless:
    return signed_in(kit, login, "email-edit")


def waiting(api: Api, subject: str, **fields: Any) -> str:
    return str(api.send(subject=subject, send_at=LATER, **fields).json["id"])


def sent(kit: HubKit, api: Api, subject: str, **fields: Any) -> str:
    message_id = str(api.send(subject=subject, **fields).json["id"])
    assert kit.wait_for(message_id) == "sent"
    return message_id


def failed(kit: HubKit, api: Api, subject: str = "Failed", text: str = "550 no such user") -> str:
    kit.provider.fail(Permanent(text, code="delivery.refused"))
    message_id = str(api.send(subject=subject).json["id"])
    assert kit.wait_for(message_id) == "failed"
    return message_id


def subjects(page: Any) -> list[str]:
    return [each.text.strip() for each in page.html.select(".row-title")]


def row(page: Any, subject: str) -> Any:
    return next(each for each in page.html.select("tbody tr") if subject in each.text)


def words(element: Any) -> str:
    return " ".join(element.text.split())


# -- boxes -------------------------------------------------------------------------------------------------------------


def test_each_box_has_its_messages_newest_first(kit: HubKit, api: Api, browser: Browserless) -> None:
    sent(kit, api, "First sent")
    sent(kit, api, "Then sent")
    waiting(api, "Waiting")
    api.send(201, draft=True, subject="A draft")
    assert subjects(browser.get("/sent")) == ["Then sent", "First sent"]
    assert subjects(browser.get("/outbox")) == ["Waiting"]
    drafts = browser.get("/drafts")
    assert subjects(drafts) == ["A draft"]
    assert row(drafts, "A draft").select_one(".row-title")["href"].startswith("/compose/")


def test_the_navigation_leads_to_the_boxes_of_who_may_read_mail(kit: HubKit, browser: Browserless) -> None:
    def places(who: Browserless) -> set[str]:
        return {each["href"] for each in who.get("/").html.select(".nav-item")}

    assert {"/outbox", "/sent", "/drafts"} <= places(browser)
    assert not {"/outbox", "/sent", "/drafts"} & places(signed_in(kit, "olga", "email-operator"))


def test_nobody_sees_the_mail_of_others(kit: HubKit, api: Api) -> None:
    message_id = waiting(api, "Secret of Ada")
    eve = signed_in(kit, "eve", "email-edit")
    assert "Secret of Ada" not in eve.get("/outbox").text
    assert "Secret of Ada" not in eve.get("/outbox?q=secret").text
    answer = eve.get(f"/messages/changed?seen={message_id}.0000000000")
    assert "Secret of Ada" not in answer.text
    for path in ("", "/state", "/body", "/source", "/attachments/0"):
        eve.get(f"/messages/{message_id}{path}", 404)
    eve.post(f"/messages/{message_id}/edit", {}, 404)


def test_an_empty_box_says_what_will_be_in_it_and_offers_no_filters(browser: Browserless) -> None:
    for box in ("outbox", "drafts"):
        page = browser.get(f"/{box}")
        assert page.html.select_one(".empty h2") is not None
        assert page.html.select_one("form.filters") is None
        assert page.html.select_one(".empty a")["href"] == "/compose"
    assert "last 30 days" in browser.get("/sent").html.select_one(".empty h2").text


def test_where_nothing_matches_the_filters_can_be_cleared(api: Api, browser: Browserless) -> None:
    waiting(api, "Invoice 1")
    page = browser.get("/outbox?q=elephant")
    assert "Nothing matches" in page.text
    assert page.html.select_one(".empty a")["href"] == "/outbox"
    assert page.html.find(id="search-q")["value"] == "elephant"


def test_who_may_only_read_is_offered_no_actions(
    kit: HubKit, api: Api, browser: Browserless, login: str
) -> None:
    waiting(api, "Invoice 1")

    def take_away(root: HubRoot) -> None:
        user = users_of(root).find(kit.user_id(login))
        assert user is not None
        user.permission_sets = ("email-read",)

    kit.change(take_away)
    page = browser.get("/outbox")
    assert subjects(page) == ["Invoice 1"]
    assert page.html.select("[data-select], [name=do], .selection") == []
    assert page.html.find(id="pick-account") is None
    assert page.html.select_one(".heading-actions a") is None


# -- states in words ---------------------------------------------------------------------------------------------------


def state_of(browser: Browserless, subject: str, box: str = "outbox") -> str:
    return words(row(browser.get(f"/{box}"), subject).select_one("[data-state]"))


def test_a_scheduled_message_says_when_it_leaves(api: Api, browser: Browserless) -> None:
    waiting(api, "Invoice 1")
    assert state_of(browser, "Invoice 1") == "Waiting Leaves 1 Jan 2126, 08:00"


def test_times_are_those_of_the_readers_zone_and_language(kit: HubKit) -> None:
    api = kit.user("remi", "email-edit", password=PASSWORD, language="fr", time_zone="Europe/Paris")
    waiting(api, "Facture 1")
    page = signed_in(kit, "remi", language="fr").get("/outbox")
    assert "1 janv. 2126, 09:00" in words(row(page, "Facture 1"))


def test_a_message_that_is_tried_again_says_when(kit: HubKit, api: Api, browser: Browserless) -> None:
    kit.provider.fail(Transient("451 busy"))
    message_id = api.send(subject="Invoice 2").json["id"]
    kit.wait_until(message_id, lambda message: message.status == "queued" and message.attempts == 1)
    assert state_of(browser, "Invoice 2").startswith("Waiting Attempt 2: ")


def test_a_message_of_an_account_on_hold_says_why(kit: HubKit, api: Api, browser: Browserless) -> None:
    kit.account("held", default=False)
    kit.change_account("held", paused_at=datetime.now(UTC))
    api.send(subject="Invoice 3", account="held")
    found = browser.get("/outbox")
    assert "The account is paused." in words(row(found, "Invoice 3"))
    assert row(found, "Invoice 3").select_one(".why-warning") is not None
    now = datetime.now(UTC)
    trouble = ("account.authentication_failed", "535 no", now, "")
    kit.change_account("held", paused_at=None, attention=trouble)
    assert "refused the account's sign-in" in state_of(browser, "Invoice 3")


def test_a_message_behind_the_limit_names_it_and_the_next_slot(
    kit: HubKit, api: Api, browser: Browserless
) -> None:
    kit.account("slow", default=False, rate_limit_per_minute=1)
    sent(kit, api, "Goes", account="slow")
    api.send(subject="Stays", account="slow")
    assert state_of(browser, "Stays").startswith("Waiting Account limit 1/min, next slot ")


def test_ends_are_told_by_icon_and_word_with_the_reason(kit: HubKit, api: Api, browser: Browserless) -> None:
    failed(kit, api)
    kit.provider.fail(Uncertain("lost"), after_hand_over=True)
    kit.wait_for(api.send(subject="Doubtful").json["id"])
    api.act(f"/messages/{waiting(api, 'Stopped')}/cancel")
    sent(kit, api, "Done")
    page = browser.get("/outbox")
    assert words(row(page, "Failed")).count("The mail server refused the message.") == 1
    assert "In doubt" in words(row(page, "Doubtful"))
    assert words(row(page, "Stopped").select_one("[data-state]")) == "Cancelled"
    assert state_of(browser, "Done", "sent") == "Sent"
    for each in page.html.select("[data-state] .chip"):
        assert each.select_one("svg") is not None


def test_an_error_of_an_unknown_code_is_shown_in_its_own_words_and_escaped(
    kit: HubKit, api: Api, browser: Browserless
) -> None:
    kit.provider.fail(Permanent("<b>gone</b> " + "x" * 500, code="carrier.gone"))
    kit.wait_for(api.send(subject="Pigeon").json["id"])
    page = browser.get("/outbox")
    assert "&lt;b&gt;gone&lt;/b&gt;" in page.text
    assert len(words(row(page, "Pigeon").select_one(".why"))) < 200


# -- filters -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def mixed(kit: HubKit, api: Api) -> None:
    waiting(api, "Invoice one", scenario="sales-invoice", tags=["run-7"], to=["ada@example.com"])
    waiting(api, "Order two", scenario="sales-order", account="reminders", to=["bob@example.org"])
    related = {
        "kind": "sales-invoice",
        "id": "103001",
        "title": "Invoice",
        "url": None,
        "relation": "primary",
    }
    waiting(api, "Letter three", related=[related])
    api.act(f"/messages/{waiting(api, 'Cancelled four')}/cancel")
    failed(kit, api, "Failed five")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"status": "waiting"}, ["Letter three", "Order two", "Invoice one"]),
        ({"status": "queued"}, ["Letter three", "Order two", "Invoice one"]),
        ({"status": "failed"}, ["Failed five"]),
        ({"status": "cancelled"}, ["Cancelled four"]),
        ({"status": "in_doubt"}, []),
        ({"scenario": "sales-order"}, ["Order two"]),
        ({"account": "reminders"}, ["Order two"]),
        ({"tag": "run-7"}, ["Invoice one"]),
        ({"kind": "sales-invoice", "record": "103001"}, ["Letter three"]),
        ({"kind": "sales-invoice"}, ["Letter three"]),
        ({"q": "inv"}, ["Invoice one"]),
        ({"q": "bob@example.org"}, ["Order two"]),
        ({"q": "o", "status": "waiting"}, ["Order two", "Invoice one"]),
        ({"period": "today"}, ["Failed five", "Cancelled four", "Letter three", "Order two", "Invoice one"]),
        ({"since": "2000-01-01", "until": "2000-01-02"}, []),
        (
            {"since": "2000-01-01"},
            ["Failed five", "Cancelled four", "Letter three", "Order two", "Invoice one"],
        ),
        ({"unknown": "x", "scenario": " sales-order "}, ["Order two"]),
    ],
)
@pytest.mark.usefixtures("mixed")
def test_filters_are_in_the_address(browser: Browserless, query: dict[str, str], expected: list[str]) -> None:
    assert subjects(browser.get(f"/outbox?{urlencode(query)}")) == expected


@pytest.mark.usefixtures("mixed")
def test_filters_are_kept_by_each_other(browser: Browserless) -> None:
    page = browser.get("/outbox?status=waiting&q=o&scenario=sales-order&tag=x&owner=eve")
    form = page.html.select_one("form.filters")
    shown = {each["name"]: each.get("value", "") for each in form.select("input[name]")}
    assert shown | {"status": "waiting", "q": "o", "tag": "x", "owner": "eve"} == shown
    assert form.select_one("#pick-scenario option[selected]")["value"] == "sales-order"
    tabs = [each["href"] for each in page.html.select(".tabs a")]
    assert "/outbox?status=failed&q=o" in tabs[2].replace("q=o&status=failed", "status=failed&q=o")
    assert all("tag=x" in each for each in tabs)
    assert page.html.select_one("details.more-filters").has_attr("open")


@pytest.mark.usefixtures("mixed")
def test_the_tabs_say_how_many_there_are(browser: Browserless) -> None:
    page = browser.get("/outbox")
    told = {
        words(each.select_one("a")).split()[0]: words(each).split()[-1]
        for each in page.html.select(".tabs li")
    }
    assert (told["Waiting"], told["Failed"]) == ("3", "1")


@pytest.mark.parametrize(
    "query",
    ["status=lost", "period=tomorrow", "since=yesterday", "until=99999-01-01", "scenario=a%20b", "record=1"],
)
def test_a_filter_that_says_nothing_shows_nothing_and_says_so(
    api: Api, browser: Browserless, query: str
) -> None:
    waiting(api, "Invoice 1")
    page = browser.get(f"/outbox?{query}", 422)
    assert subjects(page) == []
    assert "cannot be understood" in page.text
    assert page.html.select_one(".notice a")["href"] == "/outbox"


def test_what_is_searched_for_is_escaped(api: Api, browser: Browserless) -> None:
    waiting(api, "Invoice 1")
    page = browser.get("/outbox?" + urlencode({"q": '"><script>alert(1)</script>', "tag": '"><img src=x>'}))
    assert "<script>alert" not in page.text
    assert "<img src=x>" not in page.text


def test_sent_goes_30_days_back_unless_asked_for_more(kit: HubKit, api: Api, browser: Browserless) -> None:
    sent(kit, api, "Sent now")
    asked = Asked.of("sent", {})
    assert asked.period == "30-days"
    page = browser.get("/sent?q=elephant")
    assert {each["href"] for each in page.html.select(".empty a")} == {"/sent", "/sent?q=elephant&period=any"}
    assert subjects(browser.get("/sent?period=any")) == ["Sent now"]


# -- pages -------------------------------------------------------------------------------------------------------------


def test_pages_go_older_and_newer_step_by_step(
    api: Api, browser: Browserless, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "PAGE_ROWS", 2)
    for number in range(5):
        waiting(api, f"Number {number}", tags=["t"])

    def go(page: Any, rel: str) -> Any:
        return browser.get(page.html.select_one(f".pager [rel={rel}]")["href"])

    first = browser.get("/outbox?tag=t")
    second = go(first, "next")
    third = go(second, "next")
    assert [subjects(each) for each in (first, second, third)] == [
        ["Number 4", "Number 3"],
        ["Number 2", "Number 1"],
        ["Number 0"],
    ]
    assert first.html.select_one(".pager [rel=prev]") is None
    assert third.html.select_one(".pager [rel=next]") is None
    again = go(third, "prev")
    assert subjects(again) == subjects(second)
    assert subjects(go(again, "prev")) == subjects(first)
    assert subjects(go(again, "next")) == subjects(third)


def test_a_cursor_of_another_list_is_refused(
    kit: HubKit, api: Api, browser: Browserless, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "PAGE_ROWS", 1)
    waiting(api, "One")
    waiting(api, "Two")
    older = browser.get("/outbox").html.select_one(".pager [rel=next]")["href"]
    cursor = older.partition("cursor=")[2]
    assert subjects(browser.get(f"/outbox?cursor={cursor}")) == ["One"]
    browser.get(f"/outbox?cursor={cursor}&q=one", 422)
    browser.get(f"/drafts?cursor={cursor}", 422)
    browser.get("/outbox?cursor=forged", 422)
    signed_in(kit, "eve", "email-edit").get(f"/outbox?cursor={cursor}", 422)


# -- following ---------------------------------------------------------------------------------------------------------


def seen(page: Any) -> str:
    rows = page.html.select("tr[data-mark]")
    return urlencode([("seen", f"{each['data-id']}.{each['data-mark']}") for each in rows])


def test_only_rows_that_changed_come_again(api: Api, browser: Browserless) -> None:
    stays, changes = waiting(api, "Stays"), waiting(api, "Changes")
    page = browser.get("/outbox")
    browser.get(f"/messages/changed?{seen(page)}", 204)
    api.act(f"/messages/{changes}/cancel")
    answer = browser.get(f"/messages/changed?{seen(page)}")
    assert f'hx-target="#m-{changes}"' in answer.text
    assert "Cancelled" in answer.text
    assert stays not in answer.text
    assert "<html" not in answer.text


def test_a_row_that_was_deleted_says_so(api: Api, browser: Browserless) -> None:
    draft = api.send(201, draft=True, subject="Going").json
    page = browser.get("/drafts")
    api.app.delete(f"/api/v1/messages/{draft['id']}", headers={"If-Match": draft["revision"]})
    answer = browser.get(f"/messages/changed?{seen(page)}")
    assert "Deleted" in answer.text
    assert "Going" not in answer.text


def test_what_is_asked_for_is_not_given_back_as_markup(browser: Browserless) -> None:
    query = urlencode({"seen": '"><script>alert(1)</script>.x'})
    assert browser.get(f"/messages/changed?{query}", 204).text == ""


def test_a_message_in_its_last_state_is_not_asked_for(kit: HubKit, api: Api, browser: Browserless) -> None:
    sent(kit, api, "Done")
    waiting(api, "Waits")
    assert row(browser.get("/sent"), "Done").has_attr("data-final")
    assert not row(browser.get("/outbox"), "Waits").has_attr("data-final")


def test_periods_are_counted_from_now_and_days_from_midnight_of_the_reader(
    kit: HubKit, api: Api, browser: Browserless
) -> None:
    waiting(api, "Today")
    today = kit.hub.clock.now().date()
    assert subjects(browser.get(f"/outbox?until={today}")) == ["Today"]
    assert subjects(browser.get(f"/outbox?until={today - timedelta(days=1)}")) == []
    assert subjects(browser.get(f"/outbox?since={today + timedelta(days=1)}")) == []
