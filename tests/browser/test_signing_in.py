"""Signing in and out, as a person meets it."""

import re

import pytest
from playwright.sync_api import Page, expect

from .kit import (
    ADMIN,
    PASSWORD,
    Browsing,
    Keys,
    VisitedHub,
    check_accessible,
    check_fits,
    sign_in,
)

HOME = re.compile("/$")


def test_by_keys_alone_from_any_page_to_where_one_wanted_to_go(page: Page) -> None:
    page.goto("/me")
    expect(page).to_have_title("Sign in · mailhub")
    keys = Keys(page)
    keys.to("Login").type(ADMIN)
    keys.to("Password").type(PASSWORD).press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("My profile")


def test_a_wrong_password_is_announced_and_the_login_kept(page: Page) -> None:
    page.goto("/sign-in")
    keys = Keys(page)
    keys.to("Login").type(ADMIN)
    keys.to("Password").type("not-the-right-one").press("Enter")

    alert = page.get_by_role("alert").filter(has_text="Error")
    expect(alert).to_be_focused()
    expect(page.get_by_label("Login")).to_have_value(ADMIN)
    expect(page.get_by_label("Login")).to_have_accessible_description(re.compile("password"))
    expect(page.get_by_label("Password")).to_have_value("")
    check_accessible(page)
    keys.to("Password").type(PASSWORD).press("Enter")
    expect(page).to_have_url(HOME)


def test_nobody_learns_which_logins_there_are(page: Page) -> None:
    said = []
    for login in (ADMIN, "nobody-of-that-name"):
        page.goto("/sign-in")
        page.get_by_label("Login").fill(login)
        page.get_by_label("Password").fill("not-the-right-one")
        page.get_by_role("button", name="Sign in").click()
        said.append(page.get_by_role("alert").filter(has_text="Error").inner_text())
    assert said[0] == said[1]


def test_the_page_is_accessible_and_fits(page: Page) -> None:
    page.goto("/sign-in")
    check_accessible(page)
    check_fits(page)


def test_a_browser_that_asks_for_french_gets_it(french_page: Page) -> None:
    french_page.goto("/sign-in")
    expect(french_page.locator("html")).to_have_attribute("lang", "fr")
    expect(french_page.get_by_role("button", name="Se connecter")).to_be_visible()
    check_accessible(french_page)


def test_it_works_without_scripts(scriptless_page: Page) -> None:
    sign_in(scriptless_page)
    expect(scriptless_page.get_by_role("heading", level=1)).to_be_visible()
    scriptless_page.locator("summary").filter(has_text="Signed in as").click()
    scriptless_page.get_by_role("button", name="Sign out").click()

    expect(scriptless_page.get_by_text("You are signed out.")).to_be_visible()
    scriptless_page.goto("/me")
    expect(scriptless_page.get_by_label("Login")).to_be_visible()


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example"])
def test_nobody_is_led_elsewhere(page: Page, hub: VisitedHub, elsewhere: str) -> None:
    sign_in(page, then=elsewhere)
    expect(page).to_have_url(f"{hub.url}/")


def test_a_one_time_password_is_changed_before_anything_else(page: Page, hub: VisitedHub) -> None:
    made = hub.call("POST", "/users", {"login": "grace", "permission_sets": ["email-read"]})
    keys = Keys(sign_in(page, "grace", made.body["one_time_password"], then="/me"))
    expect(page.get_by_text("good for one sign-in")).to_be_visible()
    check_accessible(page)
    check_fits(page)
    page.goto("/")
    expect(page.get_by_text("good for one sign-in")).to_be_visible()

    keys.to("Password until now").type(made.body["one_time_password"])
    keys.to("New password").type("a-very-own-long-sentence-42")
    keys.to("New password once more").type("a-very-own-long-sentence-42").press("Enter")
    expect(page.get_by_text("Your password was changed.")).to_be_visible()


def test_signing_out_ends_the_session_in_every_tab(page: Page, browsing: Browsing) -> None:
    sign_in(page)
    other = page.context.new_page()
    other.goto("/me")
    keys = Keys(page)
    keys.to(re.compile("^Signed in as")).press("Enter")
    keys.to("Sign out", role="button").press("Enter")
    expect(page.get_by_role("status").filter(has_text="You are signed out.")).to_be_visible()

    other.reload()
    expect(other).to_have_title("Sign in · mailhub")
    page.go_back()
    expect(page.get_by_label("Password")).to_be_visible()
