"""``/api/docs``: the page that shows the document, under a policy that lets nothing from elsewhere in."""

import re

import pytest

from mailhub.http.docs_page import POLICY
from tests.kit.hub import HubKit


def test_the_page_is_for_everybody_and_has_nothing_inline(kit: HubKit) -> None:
    page = kit.nobody().app.get("/api/docs", status=200)

    assert page.content_type == "text/html"
    assert page.headers["Content-Security-Policy"] == POLICY
    assert "unsafe" not in POLICY
    assert "<style" not in page.text
    assert not re.search(r"<script(?![^>]* src=)|\bstyle=|\bon\w+=|https?:", page.text)


def test_all_that_the_page_asks_for_is_there(kit: HubKit) -> None:
    api = kit.nobody()
    paths = re.findall(r'(?:src|href)="(/[^"]+)"', api.app.get("/api/docs").text)

    assert len(paths) == 4
    for path in paths:
        answer = api.app.get(path, status=200)
        assert answer.content_type in {"text/css", "text/javascript"}, path
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path
        assert answer.body
        api.app.get(path, headers={"If-None-Match": answer.headers["ETag"]}, status=304)


def test_the_document_is_only_for_who_has_a_token(kit: HubKit) -> None:
    [path] = re.findall(r'data-document="([^"]+)"', kit.nobody().app.get("/api/docs").text)

    kit.nobody().app.get(path, status=401)
    assert kit.user("ada", "email-read").app.get(path, status=200).json["openapi"].startswith("3.")


@pytest.mark.parametrize("name", ["vendor.toml", "docs.html.jinja2", "..%2Fdocs_page.py", "%2e%2e", "x/y"])
def test_no_other_file_is_served(kit: HubKit, name: str) -> None:
    answer = kit.nobody().app.get(f"/api/docs/{name}", status=404)

    assert answer.json["code"] == "not_found"


@pytest.mark.parametrize("path", ["/api/docs", "/api/docs/docs.js"])
def test_it_can_only_be_read(kit: HubKit, path: str) -> None:
    app = kit.user("ada").app

    app.head(path, status=200)
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        assert app.request(path, method=method, status=405).headers["Allow"] == "GET, HEAD"
