"""What every page and every form has in common: who may, whose form it is, and the headers. New ones are in it by being there.

Each is named in the table with the call of the API that does the same; both must ask for the same permission. A page that
is in no table fails.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from webob import Request
from ZODB.POSException import StorageError

from mailhub.people.permissions import PERMISSION_SETS, Permission
from mailhub.web.mount import PAGE_API_PREFIX, PAGES
from mailhub.web.page import Page
from mailhub.web.policy import HEADERS
from tests.functional.test_permissions import CALLS
from tests.kit.hub import HubKit
from tests.kit.pages import PASSWORD, Browserless, signed_in

PUBLIC = "everybody"
SELF = "who is signed in"

SAME_AS: dict[str, str] = {
    "GET /": SELF,
    # accounts
    "GET /accounts": "GET /accounts",
    "GET /accounts/new": "POST /accounts",
    "GET /accounts/new/{connector}": "POST /accounts",
    "POST /accounts/new/{connector}": "POST /accounts",
    "GET /accounts/{id}": "GET /accounts/{id}",
    "GET /accounts/{id}/queue": "GET /accounts/{id}/queue",
    "GET /accounts/{id}/edit": "PATCH /accounts/{id}",
    "POST /accounts/{id}/edit": "PATCH /accounts/{id}",
    "POST /accounts/{id}/default": "POST /accounts/{id}/default",
    "POST /accounts/{id}/pause": "POST /accounts/{id}/pause",
    "POST /accounts/{id}/resume": "POST /accounts/{id}/resume",
    "GET /accounts/{id}/test": "POST /accounts/{id}/test",
    "POST /accounts/{id}/test": "POST /accounts/{id}/test",
    "GET /accounts/{id}/delete": "DELETE /accounts/{id}",
    "POST /accounts/{id}/delete": "DELETE /accounts/{id}",
    "GET /checks/{id}": "GET /checks/{id}",
    # messages
    "GET /drafts": "GET /messages",
    "GET /outbox": "GET /messages",
    "GET /sent": "GET /messages",
    "GET /messages/changed": "GET /messages",
    "POST /messages/act": "POST /messages/{id}/cancel",
    "GET /messages/{id}": "GET /messages/{id}",
    "GET /messages/{id}/state": "GET /messages/{id}",
    "GET /messages/{id}/body": "GET /messages/{id}",
    "GET /messages/{id}/source": "GET /messages/{id}/raw",
    "GET /messages/{id}/attachments/{n}": "GET /messages/{id}/attachments/{n}",
    "POST /messages/{id}/edit": "POST /messages/{id}/copy",
    # scenarios
    "GET /scenarios": "GET /scenarios",
    "GET /scenarios/+new": "POST /scenarios",
    "POST /scenarios/+new": "POST /scenarios",
    "POST /scenarios/+assign": "PUT /scenarios/{id}/account",
    "POST /scenarios/+undo": "PUT /scenarios/{id}/account",
    "GET /scenarios/{code}": "GET /scenarios/{id}/explain",
    "POST /scenarios/{code}/account": "PUT /scenarios/{id}/account",
    "GET /scenarios/{code}/delete": "DELETE /scenarios/{id}",
    "POST /scenarios/{code}/delete": "DELETE /scenarios/{id}",
    "POST /scenarios/{code}/files": "POST /scenarios/{id}/attachments",
    "GET /scenarios/{code}/files/{file}": "GET /scenarios/{id}/attachments/{attachment}/file",
    "POST /scenarios/{code}/files/{file}/default": "PATCH /scenarios/{id}/attachments/{attachment}",
    "GET /scenarios/{code}/files/{file}/edit": "PATCH /scenarios/{id}/attachments/{attachment}",
    "POST /scenarios/{code}/files/{file}/edit": "PATCH /scenarios/{id}/attachments/{attachment}",
    "GET /scenarios/{code}/files/{file}/delete": "DELETE /scenarios/{id}/attachments/{attachment}",
    "POST /scenarios/{code}/files/{file}/delete": "DELETE /scenarios/{id}/attachments/{attachment}",
    # composing
    "GET /compose": "POST /messages",
    "POST /compose/save": "POST /messages",
    "POST /compose/send": "POST /messages",
    "GET /compose/{id}": "PATCH /messages/{id}",
    "GET /compose/{id}/pictures/{name}": "PATCH /messages/{id}",
    "POST /compose/{id}/save": "PATCH /messages/{id}",
    "POST /compose/{id}/copy": "POST /messages/{id}/copy",
    "POST /compose/{id}/send": "POST /messages/{id}/send",
    "GET /compose/{id}/discard": "DELETE /messages/{id}",
    "POST /compose/{id}/discard": "DELETE /messages/{id}",
    # people
    "GET /sign-in": PUBLIC,
    "POST /sign-in": PUBLIC,
    "POST /sign-out": PUBLIC,
    "GET /me": "GET /me",
    "POST /me": "PATCH /me",
    "GET /me/password": "POST /me/password",
    "POST /me/password": "POST /me/password",
    "POST /me/sessions/{id}/end": "DELETE /sessions/{id}",
    "POST /me/sessions/end-others": "DELETE /sessions",
}
"""A page, and the call of the API that needs the same permission; or whom it is for where the API has none like it."""

UNKNOWN = "A" * 24


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubKit]:
    kit = HubKit.open(tmp_path_factory.mktemp("hub"))
    kit.account("sales")
    kit.user("nobody-special", "email-read", password=PASSWORD, permission_sets=[])
    for name in PERMISSION_SETS:
        kit.user(name, name, password=PASSWORD)
    yield kit
    kit.close()


@pytest.fixture(scope="module")
def pages(kit: HubKit) -> tuple[Page, ...]:
    found: tuple[Page, ...] = kit.application.registry[PAGES]
    return found


def name_of(page: Page) -> str:
    return f"{page.method} {page.path}"


def address_of(page: Page) -> str:
    return re.sub(r"{\w+}", UNKNOWN, page.path)


def permission_of(page: Page) -> Permission:
    like = SAME_AS[name_of(page)]
    return {PUBLIC: Permission.PUBLIC, SELF: Permission.SELF}.get(like) or CALLS[like]


def test_every_page_is_in_the_table_and_the_table_names_no_other(pages: tuple[Page, ...]) -> None:
    assert {name_of(page) for page in pages} == set(SAME_AS)


def test_a_page_asks_for_what_the_api_asks_for(pages: tuple[Page, ...]) -> None:
    asked = {name_of(page): page.permission for page in pages}
    assert asked == {name_of(page): permission_of(page) for page in pages}


def test_who_is_not_signed_in_sees_nothing(kit: HubKit, pages: tuple[Page, ...]) -> None:
    browser = Browserless(kit)
    token = browser.token()
    for page in pages:
        if page.permission is Permission.PUBLIC:
            continue
        if page.method == "GET":
            assert browser.get(address_of(page), 303).location.startswith("/sign-in"), name_of(page)
            assert "HX-Redirect" in browser.get(address_of(page), 204, HX_Request="true").headers
        else:
            browser.post(address_of(page), {}, 401, token=token)


def test_a_permission_set_opens_what_it_says_and_nothing_else(kit: HubKit, pages: tuple[Page, ...]) -> None:
    for login, granted in {"nobody-special": frozenset(), **PERMISSION_SETS}.items():
        browser = signed_in(kit, login)
        token = browser.own_token
        for page in pages:
            needed = permission_of(page)
            may = needed in (Permission.PUBLIC, Permission.SELF) or needed in granted
            if needed is Permission.PUBLIC:
                continue
            if page.method == "GET":
                answer = browser.app.get(address_of(page), expect_errors=True)
            else:
                answer = browser.app.post(
                    address_of(page),
                    {"csrf_token": token},
                    headers={"Origin": browser.origin},
                    expect_errors=True,
                )
            assert (answer.status_int != 403) is may, (login, name_of(page), answer.status)
            assert answer.status_int < 500, (login, name_of(page), answer.text)


@pytest.mark.parametrize(
    ("token", "headers"),
    [
        ("", {}),
        ("0" * 64, {}),
        ("of another session", {}),
        ("of a guest", {}),
        (None, {"Origin": "https://example.com"}),
        (None, {"Origin": "null"}),
        (None, {"Origin": ""}),
        (None, {"Origin": "", "Referer": "https://example.com/"}),
        (None, {"Origin": "http://localhost.example.com"}),
    ],
)
def test_a_form_that_is_not_ours_is_refused_by_every_route(
    kit: HubKit, pages: tuple[Page, ...], token: str | None, headers: dict[str, str]
) -> None:
    kit.user("ada", password=PASSWORD)
    browser = signed_in(kit, "ada")
    shown = {
        "of another session": lambda: signed_in(kit, "ada").own_token,
        "of a guest": lambda: Browserless(kit).token(),
    }.get(token or "", lambda: token)()
    unsafe = [page for page in pages if page.method == "POST"]
    assert unsafe
    for page in unsafe:
        answer = browser.post(address_of(page), {}, 403, token=shown, **headers)
        assert "Nothing was done" in answer.text or "not done" in answer.text, name_of(page)
    browser.get("/")


def test_calls_of_the_pages_own_scripts_take_no_forged_request(kit: HubKit) -> None:
    kit.user("ada", password=PASSWORD)
    browser = signed_in(kit, "ada")
    path, token = f"{PAGE_API_PREFIX}/uploads", browser.own_token
    headers = {"Origin": browser.origin, "Content-Type": "application/octet-stream", "X-CSRF-Token": token}

    def upload(status: int, **changed: str) -> Any:
        given = {**headers, **{name.replace("_", "-"): value for name, value in changed.items()}}
        return browser.app.post(path, b"data", headers=given, status=status)

    made = upload(201)
    assert made.headers["Location"].startswith(f"{path}/")
    upload(403, X_CSRF_Token="0" * 64)
    upload(403, Origin="https://example.com")
    stranger = Browserless(kit)
    stranger.app.post(path, b"data", headers={**headers, "X-CSRF-Token": stranger.token()}, status=401)
    bearer = kit.user("ada").app.authorization[1]
    stranger.app.post(path, b"data", headers={**headers, "Authorization": f"Bearer {bearer}"}, status=401)


def test_every_answer_says_what_a_browser_may_do_with_it(kit: HubKit, pages: tuple[Page, ...]) -> None:
    kit.user("ada", password=PASSWORD)
    browsers = [signed_in(kit, "ada"), Browserless(kit)]
    paths = {address_of(page) for page in pages if page.method == "GET"} | {"/no-such-page"}
    for browser in browsers:
        for path in paths:
            answer = browser.app.get(path, expect_errors=True)
            assert dict(answer.headers).items() >= HEADERS.items(), path
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src" in policy, path
            assert "frame-ancestors" in policy, path
            assert "script-src 'unsafe" not in policy, path
            assert answer.headers["Cache-Control"] == "no-store", path
            assert "style=" not in answer.text.partition("<body")[2], path
            assert not re.search(r"\son\w+=", answer.text.partition("<body")[2]), path


def test_an_address_that_is_not_there_says_so_within_the_frame(kit: HubKit) -> None:
    kit.user("ada", password=PASSWORD)
    page = signed_in(kit, "ada").get("/no-such-page", 404)
    assert page.html.find("h1").text == "Not found"
    assert page.html.find("nav", {"aria-label": "Main"}) is not None
    assert Browserless(kit).get("/no-such-page", 404).html.find("nav", {"aria-label": "Main"}) is None


def test_an_address_that_cannot_be_read_is_refused_kindly(kit: HubKit) -> None:
    # WebTest cannot send this
    answer = Request.blank("/%ff", remote_addr="127.0.0.1").get_response(kit.application)
    assert answer.status_int == 400
    assert "cannot be understood" in answer.text


@pytest.mark.parametrize("path", ["/scenarios?q=%ff", "/outbox?q=%ff", "/accounts?cursor=%ff"])
def test_a_parameter_that_cannot_be_read_is_refused_kindly(kit: HubKit, path: str) -> None:
    kit.user("ada", password=PASSWORD)
    assert "cannot be understood" in signed_in(kit, "ada").get(path, 400).text


def test_what_was_not_planned_is_an_incident_with_an_id_that_the_log_has(
    kit: HubKit, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: Any) -> None:
        raise RuntimeError("secret detail")

    kit.user("ada", password=PASSWORD)
    browser = signed_in(kit, "ada")
    monkeypatch.setattr("mailhub.web.responding.nav_items", fail)
    with caplog.at_level("ERROR", "mailhub.web"):
        page = browser.get("/", 500)
    incident = page.html.find("code").text
    assert incident in caplog.text
    assert "secret detail" in caplog.text
    assert "secret detail" not in page.text


def test_a_database_that_fails_is_told_with_the_time_to_wait(
    kit: HubKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: Any) -> None:
        raise StorageError("disk gone")

    kit.user("ada", password=PASSWORD)
    browser = signed_in(kit, "ada")
    monkeypatch.setattr(kit.hub.database, "open_for", fail)
    page = browser.get("/", 503)
    assert page.headers["Retry-After"] == "1"
    assert "database cannot be used now" in page.text
    assert "disk gone" not in page.text


def test_a_form_that_is_too_large_is_not_read(kit: HubKit) -> None:
    browser = Browserless(kit)
    token = browser.token()
    browser.post("/sign-in", {"login": "a" * 3_000_000}, 413, token=token)


def test_a_cookie_cannot_smuggle_notices_in(kit: HubKit, tmp_path: Path) -> None:
    browser = Browserless(kit)
    browser.app.set_cookie("mailhub-notices", "W1siZGFuZ2VyIiwiQ2FsbCBtZSJdXQ")
    assert "Call me" not in browser.get("/sign-in").text
