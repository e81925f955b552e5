"""A sheet that is open while one is signed out elsewhere goes on when one has signed in again."""

import re

from playwright.sync_api import expect

from .kit import Browsing, sign_in


def test_what_is_typed_while_one_is_signed_out_is_saved_after_signing_in_in_another_window(
    browsing: Browsing,
) -> None:
    page = browsing.open()
    browsing.complaints(page).allow("403")
    sign_in(page, then="/compose")
    expect(page.frame_locator(".tox-edit-area iframe").locator("body")).to_be_visible()
    page.locator("#subject").fill("Before")
    expect(page.locator("#state")).to_have_text(re.compile("^Saved at"))
    other = page.context.new_page()
    other.goto("/me")
    other.locator(".account-menu summary").click()
    other.get_by_role("navigation").get_by_role("button", name="Sign out").click()
    page.locator("#subject").fill("Meanwhile")
    expect(page.locator("#state")).to_contain_text("You are signed out")
    sign_in(other)
    expect(page.locator("#state")).to_have_text(re.compile("^Saved at"), timeout=40_000)
