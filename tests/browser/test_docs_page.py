"""``/api/docs`` in a browser: no violation of its policy, no other host, and a call that can be tried."""

from playwright.sync_api import Page, expect

from .kit import Keys, VisitedHub, check_accessible, check_fits

TRY_OUT = "Try it out"


def show_api(page: Page, hub: VisitedHub) -> None:
    page.goto("/api/docs")
    page.get_by_label("Token", exact=True).fill(hub.token)
    page.get_by_role("button", name="Show the API").click()
    expect(page.locator("#operations-tag-me")).to_be_visible()


def test_a_call_can_be_tried_and_no_other_host_is_asked(page: Page, hub: VisitedHub) -> None:
    hosts = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    show_api(page, hub)
    page.locator("#operations-tag-me").get_by_role("button").click()
    call = page.locator(".opblock").filter(has=page.locator("[data-path='/api/v1/me']")).first
    call.locator("button.opblock-summary-control").click()
    call.get_by_role("button", name=TRY_OUT).click()
    call.get_by_role("button", name="Execute").click()

    expect(call.locator(".live-responses-table .response .response-col_status")).to_contain_text("200")
    expect(call.locator(".live-responses-table")).to_contain_text('"login": "admin"')
    assert hosts == {hub.url.removeprefix("http://")}


def test_a_token_that_is_none_is_told_and_the_field_keeps_the_focus(page: Page) -> None:
    page.goto("/api/docs")
    Keys(page).to("Token").type("mh_nothing").press("Enter")

    expect(page.get_by_role("alert")).not_to_be_empty()
    expect(page.get_by_label("Token", exact=True)).to_be_focused()
    check_accessible(page, themes=["light"])


def test_a_reload_asks_for_the_token_again(page: Page, hub: VisitedHub) -> None:
    show_api(page, hub)
    page.reload()

    expect(page.get_by_label("Token", exact=True)).to_have_value("")
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_the_question_for_the_token_fits_a_small_screen(page: Page) -> None:
    page.goto("/api/docs")
    check_fits(page)
    check_accessible(page, themes=["light"])


def test_it_asks_in_french(french_page: Page) -> None:
    french_page.goto("/api/docs")
    expect(french_page.get_by_role("button", name="Show the API")).to_have_count(0)
    assert french_page.locator("html").get_attribute("lang") == "fr"


def test_without_scripts_it_says_where_else_to_look(scriptless_page: Page) -> None:
    scriptless_page.goto("/api/docs")
    # Playwright's own texts leave out what is in noscript
    shown = scriptless_page.locator("noscript p")
    expect(shown).to_be_visible()
    assert "This page needs JavaScript." in shown.evaluate("each => each.innerText")
