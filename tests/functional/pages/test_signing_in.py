"""Signing in and out at the pages: cookies, forms, who may come in and from where."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailhub.people.model import users_of
from mailhub.testing import FakeClock
from tests.kit.hub import HubKit
from tests.kit.pages import PASSWORD, Browserless, signed_in


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[HubKit]:
    kit = HubKit.open(tmp_path)
    kit.user("ada", password=PASSWORD)
    yield kit
    kit.close()


def cookie_line(response: Any, name: str) -> str:
    """The Set-Cookie header of a cookie."""
    lines: list[str] = response.headers.getall("Set-Cookie")
    return next(line for line in lines if line.startswith(f"{name}="))


def test_who_is_not_signed_in_is_sent_to_the_sign_in_and_back(kit: HubKit) -> None:
    browser = Browserless(kit)
    assert browser.get("/?box=1", 303).location == "/sign-in?next=/%3Fbox%3D1"
    page = browser.get("/sign-in?next=/%3Fbox%3D1")
    assert page.html.find("input", {"name": "next"})["value"] == "/?box=1"
    token = page.html.find("input", {"name": "csrf_token"})["value"]
    answer = browser.post("/sign-in", {"login": "ada", "password": PASSWORD, "next": "/?box=1"}, token=token)
    assert answer.location == "/?box=1"
    assert "Ada" in browser.get("/").text


@pytest.mark.parametrize(
    "elsewhere",
    ["https://example.com/", "//example.com", "/\\example.com", "javascript:alert(1)", "/sign-out"],
)
def test_nobody_is_led_elsewhere_after_signing_in(kit: HubKit, elsewhere: str) -> None:
    browser = Browserless(kit)
    fields = {"login": "ada", "password": PASSWORD, "next": elsewhere}
    assert browser.post("/sign-in", fields).location == "/"


def test_a_wrong_password_and_an_unknown_login_get_the_same_answer(kit: HubKit) -> None:
    browser = Browserless(kit)
    wrong = browser.post("/sign-in", {"login": "ada", "password": "wrong"}, 422)
    unknown = browser.post("/sign-in", {"login": "bob", "password": "wrong"}, 422)
    assert wrong.html.find(id="sign-in-problem").text == unknown.html.find(id="sign-in-problem").text
    assert wrong.html.find(id="login")["value"] == "ada"
    assert "wrong" not in str(wrong.html.find(id="password"))


def test_after_many_wrong_passwords_one_has_to_wait_and_is_told_how_long(kit: HubKit) -> None:
    browser = Browserless(kit)
    for _try in range(5):
        browser.post("/sign-in", {"login": "ada", "password": "wrong"}, 422)
    answer = browser.post("/sign-in", {"login": "ada", "password": PASSWORD}, 429)
    assert int(answer.headers["Retry-After"]) >= 1
    assert "Try again in" in answer.html.find(id="sign-in-problem").text


def test_the_session_cookie_is_new_with_each_sign_in_and_hidden_from_scripts(kit: HubKit) -> None:
    browser = Browserless(kit)
    browser.app.set_cookie("mailhub-session", "planted")
    answer = browser.post("/sign-in", {"login": "ada", "password": PASSWORD}, token=browser.token())
    line = cookie_line(answer, "mailhub-session")
    assert "planted" not in line
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= {part.strip() for part in line.split(";")}


def test_over_https_the_cookies_can_only_have_been_set_by_this_host(kit: HubKit) -> None:
    browser = Browserless(kit, scheme="https", address="192.0.2.7")
    answer = browser.post("/sign-in", {"login": "ada", "password": PASSWORD}, token=browser.token())
    assert "secure" in cookie_line(answer, "__Host-mailhub-session").lower()
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")


@pytest.mark.parametrize(("address", "host"), [("192.0.2.7", "localhost"), ("127.0.0.1", "hub.example.com")])
def test_without_https_nobody_from_elsewhere_is_asked_for_a_password(
    kit: HubKit, address: str, host: str
) -> None:
    browser = Browserless(kit, address=address)
    browser.app.extra_environ["HTTP_HOST"] = host
    page = browser.get("/sign-in", 403)
    assert "not encrypted" in page.text
    assert page.html.find("input", {"type": "password"}) is None


def test_plain_http_can_be_forbidden_altogether(tmp_path: Path) -> None:
    kit = HubKit.open(tmp_path, pages_plain_http="never")
    try:
        Browserless(kit).get("/sign-in", 403)
    finally:
        kit.close()


def test_signing_out_ends_the_session_for_good(kit: HubKit) -> None:
    browser = signed_in(kit, "ada")
    old = browser.app.cookies["mailhub-session"]
    browser.post("/sign-out")
    assert "You are signed out." in browser.get("/sign-in").text
    browser.app.set_cookie("mailhub-session", old)
    browser.get("/", 303)


def test_a_user_who_is_not_active_any_more_is_out_at_once(kit: HubKit) -> None:
    browser = signed_in(kit, "ada")

    def disable(root: Any) -> None:
        user = users_of(root).find(kit.user_id("ada"))
        assert user is not None
        user.is_active = False

    kit.change(disable)
    browser.get("/", 303)


def test_a_token_of_the_api_is_worth_nothing_at_the_pages_nor_a_cookie_at_the_api(kit: HubKit) -> None:
    token = kit.user("ada").app.authorization[1]
    stranger = Browserless(kit)
    stranger.get("/", 303, Authorization=f"Bearer {token}")
    browser = signed_in(kit, "ada")
    browser.get("/api/v1/me", 401)


def test_a_session_lasts_while_it_is_used_and_ends_when_it_is_not(tmp_path: Path) -> None:
    clock = FakeClock()
    kit = HubKit.open(tmp_path, clock=clock)
    try:
        kit.user("ada", password=PASSWORD)
        browser = signed_in(kit, "ada")
        for _hour in range(3):
            clock.advance(50 * 60)
            browser.get("/")
        for _hour in range(2):
            clock.advance(50 * 60)
            # a form that must not be sent twice keeps the session alive too
            browser.post("/accounts/unknown/resume", {}, 404, token=browser.own_token)
        clock.advance(61 * 60)
        browser.get("/", 303)
    finally:
        kit.close()


def test_a_page_that_keeps_itself_fresh_keeps_nobody_signed_in(tmp_path: Path) -> None:
    clock = FakeClock()
    kit = HubKit.open(tmp_path, clock=clock)
    try:
        kit.user("ada", password=PASSWORD)
        kit.account("sales")
        browser = signed_in(kit, "ada")
        for _part in range(6):
            clock.advance(9 * 60)
            browser.get("/accounts/sales/queue", HX_Request="true")
        clock.advance(9 * 60)
        browser.get("/", 303)
    finally:
        kit.close()


def test_a_session_ends_after_half_a_day_whatever_is_done(tmp_path: Path) -> None:
    clock = FakeClock()
    kit = HubKit.open(tmp_path, clock=clock)
    try:
        kit.user("ada", password=PASSWORD)
        browser = signed_in(kit, "ada")
        for _half_hour in range(23):
            clock.advance(30 * 60)
            browser.get("/")
        clock.advance(30 * 60)
        browser.get("/", 303)
    finally:
        kit.close()
