"""Lists of messages and the page of one in a real browser: rows that change under the eyes of who works with them."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from .kit import Browsing, Keys, VisitedHub, check_accessible, check_fits, sign_in

LATER = "2126-01-01T08:00:00Z"
HOSTILE = (
    "<p>Dear Ada</p><script>parent.document.title = 'stolen'; document.body.append('ran')</script>"
    "<img src='https://evil.example/p.gif' onerror=\"document.body.append('ran')\">"
    "<style>p { background: u\\rl(https://evil.example/b.gif) }</style>"
)


@pytest.fixture(scope="module", autouse=True)
def account(hub: VisitedHub, tmp_path_factory: pytest.TempPathFactory) -> None:
    """One that sends, and one, ``held``, that is paused."""
    held = hub.add_account(
        connector="file",
        name="Held",
        address="held@example.com",
        settings={"folder": str(tmp_path_factory.mktemp("held"))},
    )
    assert hub.call("POST", f"/accounts/{held}/pause").status == 200
    hub.add_account(
        connector="file",
        name="Sales",
        address="sales@example.com",
        settings={"folder": str(tmp_path_factory.mktemp("mail"))},
        is_default=True,
    )


def waiting(hub: VisitedHub, *subjects: str) -> list[str]:
    """Messages of the administrator that leave in a hundred years."""
    return [hub.send(subject=each, to=["ada@example.com"], send_at=LATER) for each in subjects]


def held(hub: VisitedHub, *subjects: str) -> list[str]:
    """Messages of the administrator that leave as soon as their account may."""
    accounts = {each["name"]: each["id"] for each in hub.get("/accounts")["items"]}
    return [hub.send(subject=each, to=["ada@example.com"], account=accounts["Held"]) for each in subjects]


def cancel(hub: VisitedHub, message_id: str) -> None:
    assert hub.call("POST", f"/messages/{message_id}/cancel").status == 200


def row(page: Page, message_id: str) -> Locator:
    return page.locator(f"#m-{message_id}")


def test_a_row_that_changes_keeps_place_selection_and_focus(page: Page, hub: VisitedHub) -> None:
    ids = waiting(hub, *(f"Live {number}" for number in range(12)))
    page.set_viewport_size({"width": 1280, "height": 500})
    sign_in(page, then="/outbox?q=live")
    changing, focused = row(page, ids[3]), row(page, ids[2])
    changing.get_by_role("checkbox").check()
    focused.get_by_role("checkbox").focus()
    place = page.evaluate("scrollY")
    assert place > 0

    cancel(hub, ids[3])
    expect(changing).to_contain_text("Cancelled", timeout=10_000)

    assert page.evaluate("scrollY") == place
    expect(changing.get_by_role("checkbox")).to_be_checked()
    expect(focused.get_by_role("checkbox")).to_be_focused()
    expect(page.locator("[data-said]")).to_have_text("Live 3: Cancelled")
    expect(page.locator("[data-selected-text]")).to_have_text("Selected: 1")
    # what can be done now is not what could be done before
    expect(page.get_by_role("button", name="Try again", exact=True)).to_be_visible()
    expect(page.locator("[data-bulk=cancel]")).to_be_hidden()


def test_an_open_menu_stays_open_with_what_can_be_done_now(page: Page, hub: VisitedHub) -> None:
    (message_id,) = waiting(hub, "Menued")
    sign_in(page, then="/outbox?q=menued")
    menu = row(page, message_id).locator("details")
    menu.locator("summary").click()
    expect(menu.get_by_role("button", name="Cancel")).to_be_visible()

    cancel(hub, message_id)
    expect(row(page, message_id)).to_contain_text("Cancelled", timeout=10_000)

    expect(menu.get_by_role("button", name="Delete")).to_be_visible()
    expect(menu.get_by_role("button", name="Cancel")).to_have_count(0)
    expect(menu.locator("summary")).to_be_focused()


def test_what_is_final_is_not_asked_for_again_and_again(page: Page, hub: VisitedHub) -> None:
    (message_id,) = waiting(hub, "Ended")
    sign_in(page, then="/outbox?q=ended")
    cancel(hub, message_id)
    expect(row(page, message_id)).to_contain_text("Cancelled", timeout=10_000)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(4_000)
    assert asked == []


def test_a_message_s_page_follows_it(page: Page, hub: VisitedHub) -> None:
    (message_id,) = waiting(hub, "Followed")
    sign_in(page, then=f"/messages/{message_id}?view=history")
    expect(page.get_by_role("button", name="Send now")).to_be_visible()
    page.get_by_role("button", name="More").or_(page.locator("#state summary")).first.focus()

    assert hub.call("POST", f"/messages/{message_id}/retry").status == 200
    expect(page.locator("#state")).to_contain_text("Sent", timeout=15_000)

    expect(page.locator("#view")).to_contain_text("Accepted by the mail server")
    expect(page.get_by_role("button", name="Send now")).to_have_count(0)
    expect(page.locator("[data-said]")).to_contain_text("Sent")


def test_rows_are_chosen_by_keys_all_at_once_and_as_a_range(page: Page, hub: VisitedHub) -> None:
    ids = held(hub, *(f"Chosen {number}" for number in range(4)))
    sign_in(page, then="/outbox?q=chosen")
    said = page.locator("[data-selected-text]")
    Keys(page).to("Choose all on this page").press("Space")
    expect(said).to_have_text("Selected: 4")
    Keys(page).to("Clear selection").press("Enter")
    expect(page.locator("[data-select-all]")).to_be_focused()
    expect(page.locator(".selection")).to_be_hidden()
    row(page, ids[3]).get_by_role("checkbox").click()
    row(page, ids[1]).get_by_role("checkbox").click(modifiers=["Shift"])
    expect(said).to_have_text("Selected: 3")
    check_accessible(page)
    check_fits(page)

    page.get_by_role("button", name=re.compile("^Cancel")).last.click()
    expect(page.get_by_text("3 messages were cancelled")).to_be_visible()
    check_accessible(page)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Tried again: 3.")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_the_key_enter_in_the_list_does_nothing_to_messages(
    browsing: Browsing, hub: VisitedHub, scripts: bool
) -> None:
    (message_id,) = waiting(hub, "Entered")
    page = sign_in(browsing.open(scripts=scripts), then="/outbox?q=entered")
    row(page, message_id).get_by_role("checkbox").press("Enter")
    page.wait_for_timeout(300)
    assert page.url.endswith("/outbox?q=entered")
    assert hub.get(f"/messages/{message_id}")["status"] == "queued"


def test_what_is_asked_is_asked_on_a_page_of_its_own(page: Page, hub: VisitedHub) -> None:
    (message_id,) = waiting(hub, "Deleted")
    cancel(hub, message_id)
    sign_in(page, then="/outbox?q=deleted")
    row(page, message_id).locator("summary").click()
    row(page, message_id).get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Delete for good?")
    check_accessible(page)
    check_fits(page)
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("The message was deleted.")).to_be_visible()
    assert page.url.endswith("/outbox?q=deleted")


def test_filters_that_are_empty_do_not_fill_the_address(page: Page, hub: VisitedHub) -> None:
    waiting(hub, "Filtered")
    sign_in(page, then="/outbox")
    page.get_by_label("Search", exact=True).fill("filtered")
    page.get_by_label("Search", exact=True).press("Enter")
    expect(page).to_have_url(re.compile(r"/outbox\?q=filtered(&period=any)?$"))
    page.get_by_label("Scenario").select_option("sales-invoice")
    expect(page.get_by_text("Nothing matches")).to_be_visible()
    page.get_by_role("link", name="Clear filters").click()
    expect(page).to_have_url(re.compile(r"/outbox$"))


def test_all_of_it_works_without_scripts(scriptless_page: Page, hub: VisitedHub) -> None:
    ids = held(hub, "Plain 1", "Plain 2")
    page = sign_in(scriptless_page, then="/outbox")
    page.get_by_label("Search", exact=True).fill("plain")
    page.get_by_role("button", name="Apply").click()
    for message_id in ids:
        row(page, message_id).get_by_role("checkbox").check()
    page.locator("[data-bulk=cancel]").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Tried again: 2.")).to_be_visible()


def test_every_view_of_a_message_is_accessible_and_fits(page: Page, hub: VisitedHub) -> None:
    message_id = hub.send(subject="Viewed", to=["ada@example.com"], html="<p>Hello</p>", text=None)
    hub.wait_for_end(message_id)
    sign_in(page, then=f"/messages/{message_id}?view=text")
    for view in ("Attachments", "Recipients", "History", "Headers", "Source"):
        page.get_by_role("navigation", name="Views of the message").get_by_role("link", name=view).click()
        expect(page.locator(".tabs [aria-current]")).to_contain_text(view)
        check_accessible(page)
        check_fits(page)


def test_nothing_of_a_hostile_mail_runs_or_is_loaded(browsing: Browsing, page: Page, hub: VisitedHub) -> None:
    # the test's own script, which watches for violations, is what the frame does not run
    browsing.complaints(page).allow("Blocked script execution", "favicon.ico")
    message_id = hub.send(subject="Hostile", to=["ada@example.com"], html=HOSTILE, text=None, send_at=LATER)
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    sign_in(page, then=f"/messages/{message_id}")
    body = page.frame_locator("iframe").locator("body")
    expect(body).to_contain_text("Dear Ada")
    page.wait_for_timeout(300)
    expect(body).not_to_contain_text("ran")
    assert "stolen" not in page.title()
    assert hosts == {hub.url.removeprefix("http://")}
    page.goto(f"/messages/{message_id}/body")
    expect(page.locator("body")).to_contain_text("Dear Ada")
    expect(page.locator("body")).not_to_contain_text("ran")
    assert hosts == {hub.url.removeprefix("http://")}
