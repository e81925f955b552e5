"""What every page has around its content: the way past the navigation, the menu of a phone, themes, error pages."""

import re

import pytest
from playwright.sync_api import Page, expect

from .kit import Browsing, Keys, VisitedHub, check_accessible, check_fits, focus_of, sign_in

PAGES = ("/", "/me", "/me/password")


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_accessible_and_fit(page: Page, path: str) -> None:
    sign_in(page, then=path)
    check_accessible(page)
    check_fits(page)


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_so_in_french_too(page: Page, hub: VisitedHub, path: str) -> None:
    login = f"amelie{PAGES.index(path)}"
    hub.add_user(login, language="fr")
    sign_in(page, login, then=path)
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    check_accessible(page)
    check_fits(page)


def test_the_first_key_leads_past_the_navigation(page: Page) -> None:
    sign_in(page)
    Keys(page).press("Tab")
    assert focus_of(page) == ("link", "Skip to content")
    Keys(page).press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_where_one_is_is_marked_in_the_navigation(page: Page) -> None:
    sign_in(page)
    navigation = page.get_by_role("navigation", name="Main")
    expect(navigation.locator("[aria-current=page]")).to_have_text("Home")


def test_on_a_phone_the_navigation_is_a_menu_that_keys_open_and_close(browsing: Browsing) -> None:
    page = sign_in(browsing.open(width=320))
    navigation = page.get_by_role("navigation", name="Main")
    expect(navigation).to_be_hidden()
    keys = Keys(page).to("Menu", role="button").press("Enter")
    expect(navigation).to_be_visible()
    check_accessible(page)
    keys.press("Escape")
    expect(navigation).to_be_hidden()
    keys.to("Menu").press("Enter").to("Home", role="link").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_on_a_phone_without_scripts_it_opens_too(browsing: Browsing) -> None:
    page = sign_in(browsing.open(width=320, scripts=False))
    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()


DARK = "getComputedStyle(document.documentElement).colorScheme + document.documentElement.dataset.bsTheme"


def test_a_chosen_theme_holds_whatever_the_system_says(page: Page, hub: VisitedHub) -> None:
    hub.add_user("nora")
    sign_in(page, "nora", then="/me")
    assert page.evaluate(DARK).endswith("light")
    page.get_by_label("Dark").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your profile was saved.")).to_be_visible()
    assert page.evaluate(DARK).endswith("dark")
    check_accessible(page, themes=["light"])


def test_a_chosen_language_is_that_of_the_next_page(page: Page, hub: VisitedHub) -> None:
    hub.add_user("claire")
    sign_in(page, "claire", then="/me")
    page.get_by_label("Français").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.get_by_role("heading", level=1)).to_have_text("Mon profil")


@pytest.mark.parametrize(("path", "status"), [("/no-such-page", 404), ("/static/none.css", 404)])
def test_an_address_that_is_wrong_is_answered_in_words(page: Page, path: str, status: int) -> None:
    sign_in(page)
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == status
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    check_accessible(page)
    check_fits(page)


def test_a_page_that_is_not_there_leads_on(page: Page) -> None:
    sign_in(page)
    page.goto("/no-such-page")
    page.locator("main").get_by_role("link").first.click()
    expect(page).to_have_url(re.compile("/$"))


def test_a_form_that_is_forged_is_refused_in_words(page: Page) -> None:
    sign_in(page, then="/me")
    page.locator("main form [name=csrf_token]").first.evaluate("each => each.value = 'forged'")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".mishap")).to_be_visible()
    check_accessible(page)
    check_fits(page)
