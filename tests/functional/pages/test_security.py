"""What a hostile browser, a careless proxy or somebody with a little right must not get out of the pages."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from webob import Request

from mailhub.people.model import sessions_of
from mailhub.people.permissions import Permission
from mailhub.people.service import UsersService
from mailhub.web.controls import MOST_CONTROLS, MOST_PARTS
from mailhub.web.mount import PAGES
from tests.kit.hub import HubKit
from tests.kit.pages import ADDRESS, PASSWORD, Browserless, signed_in


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[HubKit]:
    kit = HubKit.open(tmp_path)
    kit.user("ada", password=PASSWORD)
    yield kit
    kit.close()


# -- forms that cost more to be read than to be sent -------------------------------------------------------------------


def test_a_stranger_can_send_only_small_forms(kit: HubKit) -> None:
    public = [
        each
        for each in kit.application.registry[PAGES]
        if each.permission is Permission.PUBLIC and each.method == "POST"
    ]
    assert public
    assert all(each.max_bytes <= 32 * 1024 for each in public)
    browser = Browserless(kit)
    answer = browser.post("/sign-in", {"login": "a" * 40_000, "password": "b"}, 413)
    assert "a" * 100 not in answer.text


@pytest.mark.parametrize("kind", ["plain", "parts", "parts of a part", "a form in a part"])
def test_a_form_with_more_controls_than_any_page_has_is_refused_while_it_is_read(
    kit: HubKit, kind: str
) -> None:
    browser = signed_in(kit, "bea")
    body, content_type = _many(kind)
    headers = {"Origin": browser.origin, "Content-Type": content_type, "X-CSRF-Token": browser.own_token}
    answer = browser.app.post("/me", body, headers=headers, expect_errors=True)
    assert answer.status_code in (400, 413)


def _many(kind: str) -> tuple[bytes, str]:
    plain = b"a&" * (MOST_CONTROLS + 1)
    part = b'--b\r\nContent-Disposition: form-data; name="a"\r\n'
    if kind == "plain":
        return plain, "application/x-www-form-urlencoded"
    if kind == "parts":
        body = (part + b"\r\n\r\n") * (MOST_PARTS + 1) + b"--b--\r\n"
    elif kind == "parts of a part":
        inner = b'--c\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n' * (MOST_PARTS + 1)
        body = part + b"Content-Type: multipart/mixed; boundary=c\r\n\r\n" + inner + b"--c--\r\n--b--\r\n"
    else:
        body = part + b"Content-Type: application/x-www-form-urlencoded\r\n\r\n" + plain + b"\r\n--b--\r\n"
    return body, "multipart/form-data; boundary=b"


def test_only_files_may_make_a_form_large(kit: HubKit) -> None:
    browser = signed_in(kit, "bea")
    headers = {"Origin": browser.origin, "X-CSRF-Token": browser.own_token}
    largest = max(kit.application.registry[PAGES], key=lambda each: each.max_bytes)
    path = largest.path.replace("{code}", "sales.invoice").replace("{id}", "x")
    assert "{" not in path
    browser.app.post(path, b"a=" + b"b" * 3 * 1024 * 1024, headers=headers, status=413)


def test_a_token_that_is_a_file_is_no_token(kit: HubKit) -> None:
    browser = signed_in(kit, "bea")
    files = [("csrf_token", "token.txt", browser.own_token.encode())]
    browser.app.post("/me", upload_files=files, headers={"Origin": browser.origin}, status=403)


# -- sessions ----------------------------------------------------------------------------------------------------------


def sessions_of_user(kit: HubKit, login: str) -> int:
    with kit.hub.database.reading() as root:
        return len(list(sessions_of(root).iter_of(kit.user_id(login))))


def test_who_signs_in_again_leaves_no_session_behind(kit: HubKit) -> None:
    browser = signed_in(kit, "bea")
    token = browser.own_token
    browser.post("/sign-in", {"login": "ada", "password": PASSWORD}, token=token)
    assert sessions_of_user(kit, "bea") == 0
    assert sessions_of_user(kit, "ada") == 1
    assert "Ada" in browser.get("/").text


def test_nobody_stays_signed_in_by_a_one_time_password_that_was_changed(kit: HubKit) -> None:
    kit.user("bea", password=PASSWORD)
    one_time = kit.hub.run(
        lambda work: work.service(UsersService).reset_password(kit.user_id("bea")), "reset"
    )
    thief, owner = Browserless(kit), Browserless(kit)
    for browser in (thief, owner):
        browser.post("/sign-in", {"login": "bea", "password": one_time})
    fields = {"old": one_time, "new": "another long sentence", "again": "another long sentence"}
    owner.post("/me/password", fields, token=owner.token("/me/password"))
    owner.get("/", 200)
    thief.get("/", 303)
    assert sessions_of_user(kit, "bea") == 1


# -- headers that make no sense ----------------------------------------------------------------------------------------


def test_an_address_with_signs_that_no_header_can_hold_is_written_so_that_it_can(kit: HubKit) -> None:
    browser = Browserless(kit)
    fields = {"login": "ada", "password": PASSWORD, "next": "/outbox?q=\N{SNOWMAN}%20é"}
    assert browser.post("/sign-in", fields).headers["Location"] == "/outbox?q=%E2%98%83%20%C3%A9"


@pytest.mark.parametrize("host", ["[::1", "localhost]", "[localhost]"])
def test_a_host_that_is_none_is_refused_and_no_failure(kit: HubKit, host: str) -> None:
    request = Request.blank("/sign-in", environ={"HTTP_HOST": host, "REMOTE_ADDR": ADDRESS})
    assert request.get_response(kit.application).status_code == 403


def test_a_referer_that_is_none_is_not_believed(kit: HubKit) -> None:
    browser = signed_in(kit, "bea")
    browser.post("/sign-out", status=403, Origin="", Referer="http://[localhost/")


# -- policies ----------------------------------------------------------------------------------------------------------


def test_a_page_that_is_shown_again_has_the_policy_that_it_had_and_a_refusal_that_of_all(kit: HubKit) -> None:
    browser = signed_in(kit, "bea")
    policy = browser.get("/compose").headers["Content-Security-Policy"]
    assert policy != browser.get("/").headers["Content-Security-Policy"]
    shown_again = browser.post("/compose/send", {"to": "no address", "subject": "x", "text": "y"}, 422)
    assert shown_again.headers["Content-Security-Policy"] == policy
    refused = browser.post("/compose/send", {"to": "a@b.example"}, 403, token="wrong")
    assert refused.headers["Content-Security-Policy"] == browser.get("/").headers["Content-Security-Policy"]


# -- calls of the pages' scripts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_calls_of_scripts_are_held_to_the_same_as_forms(kit: HubKit, method: str) -> None:
    browser = signed_in(kit, "bea")
    good = {"Origin": browser.origin, "X-CSRF-Token": browser.own_token}
    path = "/page-api/uploads" if method == "POST" else "/page-api/uploads/x"
    foreign = {**good, "Origin": "https://evil.example"}
    other = {**good, "X-CSRF-Token": signed_in(kit, "cid").own_token}
    override = {"Origin": "null", "X-HTTP-Method-Override": method}
    without_origin = {"X-CSRF-Token": good["X-CSRF-Token"]}
    for headers in ({"Origin": browser.origin}, foreign, other, override, without_origin):
        assert call(browser, method, path, headers).json["code"] == "form.not_ours"
    stranger = Browserless(kit)
    assert call(stranger, method, path, good).status_code == 401
    _kind, token = kit.user("bea").app.authorization
    assert call(stranger, method, path, {**good, "Authorization": f"Bearer {token}"}).status_code == 401


def call(browser: Browserless, method: str, path: str, headers: dict[str, str]) -> Any:
    given = {"Content-Type": "application/octet-stream", **headers}
    return browser.app.request(path, method=method, headers=given, body=b"x", expect_errors=True)
