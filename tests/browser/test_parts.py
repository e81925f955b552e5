"""The parts that pages are made of, and the script that every page has: menus, dialogs, copying, forms, htmx, the editor."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Dialog, Page, expect

from .kit import Browsing, Keys, check_accessible, check_fits
from .parts_site import TOKEN, PartsSite, serving

FAILED = "That did not work."
UNREACHABLE = "The hub cannot be reached."


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[PartsSite, str]]:
    """One for all tests."""
    site = PartsSite()
    with serving(site) as url:
        yield site, url


@pytest.fixture
def site(served: tuple[PartsSite, str]) -> PartsSite:
    """As if nothing had been posted yet."""
    served[0].posted.clear()
    served[0].is_cut = False
    return served[0]


@pytest.fixture
def base_url(served: tuple[PartsSite, str], site: PartsSite) -> str:
    return served[1]


def answered_dialogs(page: Page) -> list[str]:
    """The kinds of dialogs of the browser's own that come up from now on; each is accepted."""
    seen: list[str] = []

    def accept(dialog: Dialog) -> None:
        seen.append(dialog.type)
        dialog.accept()

    page.on("dialog", accept)
    return seen


@pytest.mark.parametrize("name", ["list", "form"])
def test_parts_are_accessible_and_fit(page: Page, name: str) -> None:
    page.goto(f"/{name}")
    check_accessible(page)
    check_fits(page)


def test_parts_on_a_phone_are_accessible(browsing: Browsing) -> None:
    page = browsing.open(width=320)
    page.goto("/list")
    check_accessible(page)


def test_every_state_has_an_icon_and_a_word(page: Page) -> None:
    page.goto("/list")
    chips = page.locator(".chip").all()
    assert len(chips) > 30
    for chip in chips:
        assert chip.locator("svg").count() == 1
        assert chip.inner_text().strip()


# -- menus and dialogs ---------------------------------------------------------------------------------------------------


def test_a_menu_opens_walks_and_closes_by_keys(page: Page) -> None:
    page.goto("/list")
    menu = page.locator("details.menu-button").first
    menu.locator("summary").focus()
    Keys(page).press("Enter", "ArrowDown")
    expect(menu.get_by_text("Edit")).to_be_focused()
    Keys(page).press("ArrowDown")
    expect(menu.get_by_role("button", name="Resume")).to_be_focused()
    Keys(page).press("Escape")
    expect(menu.get_by_text("Edit")).to_be_hidden()
    expect(menu.locator("summary")).to_be_focused()


def test_only_one_menu_is_open(page: Page) -> None:
    page.goto("/list")
    menus = page.locator("details.menu-button")
    menus.nth(0).locator("summary").click()
    menus.nth(2).locator("summary").click(force=True)
    expect(page.locator("details.menu-button[open]")).to_have_count(1)
    page.locator("h1").click()
    expect(page.locator("details.menu-button[open]")).to_have_count(0)


def test_a_dialog_asks_before_and_cancel_does_nothing(page: Page, site: PartsSite) -> None:
    page.goto("/list")
    page.get_by_role("link", name="Delete").click()
    expect(page.get_by_role("dialog", name="Delete the account?")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    check_accessible(page)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("link", name="Delete")).to_be_focused()
    assert site.posted == []


def test_a_dialog_does_what_it_asked_for(page: Page, site: PartsSite) -> None:
    page.goto("/list")
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    page.wait_for_url("**/done")
    [(path, body, _header)] = site.posted
    assert path == "/done"
    assert "csrf_token=a%27b%22c" in body
    assert "revision=7" in body


def test_without_scripts_a_page_asks(scriptless_page: Page) -> None:
    scriptless_page.goto("/list")
    scriptless_page.get_by_role("link", name="Delete").click()
    scriptless_page.wait_for_url("**/confirm")


def test_what_needs_scripts_is_not_there_without(scriptless_page: Page) -> None:
    scriptless_page.goto("/list")
    expect(scriptless_page.locator("[data-copy]").first).to_be_hidden()
    expect(scriptless_page.locator("[data-dismiss]").first).to_be_hidden()
    expect(scriptless_page.get_by_role("button", name="Apply")).to_be_visible()


# -- notices, copying, search --------------------------------------------------------------------------------------------


def test_a_notice_is_dismissed(page: Page) -> None:
    page.goto("/list")
    notice = page.get_by_text("The account was saved.")
    page.get_by_role("button", name="Dismiss").first.click()
    expect(notice).to_be_hidden()


def test_an_id_is_copied(browsing: Browsing) -> None:
    page = browsing.open(permissions=["clipboard-read", "clipboard-write"])
    page.goto("/list")
    page.get_by_role("button", name="Copy the id").click()
    expect(page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "k3Jd92-xYqPz0aaBBccDDe"


def test_a_slash_leads_to_the_search_but_not_out_of_a_field(page: Page) -> None:
    page.goto("/list")
    search = page.get_by_role("searchbox")
    page.keyboard.press("/")
    expect(search).to_be_focused()
    page.keyboard.type("a/b")
    expect(search).to_have_value("a/b")


def test_a_filter_applies_at_once_and_stays_in_the_address(page: Page) -> None:
    page.goto("/list")
    page.get_by_label("State").select_option("Failed")
    page.wait_for_url("**/list?q=&status=failed")
    expect(page.get_by_label("State")).to_have_value("failed")


# -- forms ---------------------------------------------------------------------------------------------------------------


def test_leaving_asks_while_something_typed_is_not_saved(page: Page) -> None:
    asked = answered_dialogs(page)
    page.goto("/form")
    page.get_by_role("link", name="Cancel").click()
    page.wait_for_url("**/list")
    assert asked == []
    page.goto("/form")
    page.get_by_label("Name").fill("Invoices")
    page.get_by_role("link", name="Cancel").click()
    page.wait_for_url("**/list")
    assert asked == ["beforeunload"]


def test_saving_does_not_ask_and_a_second_click_sends_nothing(page: Page, site: PartsSite) -> None:
    asked = answered_dialogs(page)
    page.goto("/form")
    page.get_by_label("Name").fill("Invoices")
    page.get_by_role("button", name="Save").dblclick()
    page.wait_for_url("**/done")
    assert asked == []
    assert len(site.posted) == 1


# -- htmx ----------------------------------------------------------------------------------------------------------------


def test_a_request_of_a_part_carries_the_token(page: Page, site: PartsSite) -> None:
    page.goto("/form")
    page.get_by_role("button", name="Send small").click()
    expect(page.locator("#place")).to_have_text("answer 200")
    assert site.posted == [("/status/200", "", TOKEN)]


@pytest.mark.parametrize("status", [409, 422])
def test_an_answer_about_what_was_sent_is_shown_in_its_place(page: Page, status: int) -> None:
    page.goto("/form")
    page.get_by_role("button", name=f"Ask for {status}").click()
    expect(page.locator("#place")).to_have_text(f"answer {status}")


def test_a_failure_is_told_and_the_page_stays(page: Page, browsing: Browsing) -> None:
    browsing.complaints(page).allow("answer 500")
    page.goto("/form")
    page.get_by_role("button", name="Ask for 500").click()
    expect(page.get_by_role("status").filter(has_text=FAILED)).to_be_visible()
    expect(page.locator("#place")).to_have_text("Nothing yet")


def test_when_the_session_is_over_one_signs_in_and_comes_back(page: Page) -> None:
    page.goto("/form")
    page.get_by_role("button", name="Ask for 401").click()
    page.wait_for_url("**/sign-in?next=%2Fform")


def test_a_hub_that_cannot_be_reached_is_told_once_until_it_answers(
    page: Page, site: PartsSite, browsing: Browsing
) -> None:
    browsing.complaints(page).allow("ERR_EMPTY_RESPONSE", "Failed to fetch")
    page.goto("/form")
    told = page.get_by_role("status").get_by_text(UNREACHABLE)
    site.is_cut = True
    for _time in range(2):
        page.get_by_role("button", name="Send small").click()
        expect(told).to_have_count(1)
    site.is_cut = False
    page.get_by_role("button", name="Send small").click()
    expect(told).to_have_count(0)
    expect(page.get_by_text("The hub answers again.")).to_be_visible()
    expect(page.locator("#place")).to_have_text("answer 200")


# -- the editor ----------------------------------------------------------------------------------------------------------


def test_the_editor_writes_into_its_field_and_keeps_to_the_policy(page: Page) -> None:
    page.goto("/editor")
    inside = page.frame_locator("iframe").locator("body")
    expect(inside).to_contain_text("Good day")
    check_accessible(page)
    inside.click()
    Keys(page).press("Control+End")
    page.keyboard.type(" to you")
    expect(page.locator("#text")).to_have_value('<p style="color: #1f4e79;">Good day to you</p>')


def test_the_editor_speaks_the_language_of_the_reader(page: Page) -> None:
    page.goto("/editor?locale=fr")
    expect(page.get_by_role("button", name="«Bold»")).to_be_visible()


def test_without_scripts_the_text_is_a_field(scriptless_page: Page) -> None:
    scriptless_page.goto("/editor")
    expect(scriptless_page.get_by_label("Text")).to_be_visible()
