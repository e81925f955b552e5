"""What a hostile browser, a careless proxy or somebody with a little right must not get out of the pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailhub.people.permissions import Permission
from mailhub.web.controls import MOST_CONTROLS, MOST_PARTS
from mailhub.web.mount import PAGES
from tests.kit.hub import HubKit
from tests.kit.pages import PASSWORD, Browserless, signed_in


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
