"""Linked pictures on their way to the editor and back."""

from types import SimpleNamespace
from typing import Any

import pytest

from mailhub.composing.pages.pictures import linked, shown


def picture(content_id: str | None, content_type: str = "image/png") -> Any:
    return SimpleNamespace(content_id=content_id, content_type=content_type)


def test_a_picture_of_the_draft_is_shown_by_an_address_and_sent_by_its_content_id() -> None:
    html = '<p><img alt="x" src="cid:logo@example.com"></p>'
    there = shown(html, "d1", [picture("logo@example.com")])
    assert there == '<p><img alt="x" src="/compose/d1/pictures/logo%40example.com"></p>'
    assert linked(there) == html


def test_a_picture_that_was_copied_from_another_draft_keeps_its_content_id() -> None:
    assert linked("<img src='/compose/other-draft/pictures/a%2Fb'>") == "<img src='cid:a/b'>"


@pytest.mark.parametrize("file", [picture("other"), picture(None), picture("logo", "image/svg+xml")])
def test_what_is_no_picture_of_the_draft_stays_as_it_is(file: Any) -> None:
    html = '<img src="cid:logo">'
    assert shown(html, "d1", [file]) == html


@pytest.mark.parametrize(
    "html",
    [
        '<a href="/compose/d1/pictures/x">x</a>',
        '<img src="https://example.com/compose/d1/pictures/x">',
        '<img src="data:image/png;base64,AAAA">',
        "<p>src=/compose/d1/pictures/x</p>",
    ],
)
def test_other_addresses_are_left_alone(html: str) -> None:
    assert linked(html) == html
