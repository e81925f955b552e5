"""HTML of mails made harmless: nothing runs, nothing is loaded from elsewhere, pictures of the mail are there."""

import re
from typing import Any

import pytest

from mailhub.messages.model import StoredAttachment
from mailhub.messages.pages import preview as preview_module
from mailhub.messages.pages.preview import preview_of
from mailhub.store.content import store_content

PNG = b"\x89PNG\r\n\x1a\n tiny"


def picture(content_id: str = "logo", content_type: str = "image/png", data: bytes = PNG) -> Any:
    return StoredAttachment(
        name="logo.png",
        content_type=content_type,
        content=store_content(data),
        inline=True,
        content_id=content_id,
    )


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<script src=//evil.example/x.js></script>",
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)><script href='//evil.example'/></svg>",
        "<iframe src='//evil.example'></iframe>",
        "<object data='//evil.example/x.swf'></object>",
        "<embed src='//evil.example'>",
        "<link rel=dns-prefetch href='//evil.example'>",
        "<link rel=stylesheet href='https://evil.example/x.css'>",
        "<meta http-equiv=refresh content='0; url=https://evil.example'>",
        "<base href='https://evil.example/'>",
        "<form action='https://evil.example'><input name=q><button formaction='//evil.example'>x</button></form>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
        "<img src='https://evil.example/p.gif'>",
        "<img src='//evil.example/p.gif'>",
        "<img src='/static/evil.example'>",
        "<img srcset='https://evil.example/p.gif 2x'>",
        "<img SRC='HTTPS://evil.example/p.gif'>",
        "<table background='https://evil.example/p.gif'><tr><td>x</td></tr></table>",
        "<p style='background:url(https://evil.example/p.gif)'>x</p>",
        "<p style=\"background:URL( '//evil.example/p.gif' )\">x</p>",
        "<style>@import 'https://evil.example/x.css'; p { color: red }</style>",
        "<style>@font-face { src: url(https://evil.example/f.woff) }</style>",
        "<style>p { background: u\\rl(https://evil.example/p.gif) }</style>",
        "<style>p { background: \\75 rl('https://evil.example/p.gif') }</style>",
        "<style>@\\69mport 'https://evil.example/x.css';</style>",
        "<p style='background:image-set(\"https://evil.example/p.gif\" 1x)'>x</p>",
        "<video poster='https://evil.example/p.png' src='https://evil.example/v.mp4'></video>",
        "<svg><image href='https://evil.example/p.png' xlink:href='https://evil.example/p.png'/></svg>",
        "<svg><use href='https://evil.example/p.svg#x'/></svg>",
        "<!--[if mso]><img src='https://evil.example/p.gif'><![endif]-->",
        "<template><img src='https://evil.example/p.gif'></template>",
    ],
)
def test_nothing_is_left_that_runs_or_leads_elsewhere_by_itself(hostile: str) -> None:
    html = preview_of(f"<body><p>Before</p>{hostile}<p>After</p></body>", ()).html
    assert "evil.example" not in html.lower()
    assert "alert(1)" not in html
    assert not re.search(r"\son\w+=", html)
    assert "Before" in html
    assert "After" in html


def test_links_open_in_a_tab_of_their_own_without_telling_where_from() -> None:
    html = preview_of('<a href="https://shop.example/1" target="_top">Shop</a><a href="#top">Up</a>', ()).html
    assert '<a href="https://shop.example/1" target="_blank" rel="noopener noreferrer">Shop</a>' in html
    assert '<a href="#top">Up</a>' in html


def test_what_would_be_loaded_from_elsewhere_is_told() -> None:
    assert preview_of('<img src="https://a.example/x.png">', ()).has_remote
    assert preview_of('<p style="background: url(//a.example/x.png)">x</p>', ()).has_remote
    assert not preview_of('<p style="color: red">x</p><a href="https://a.example/">x</a>', ()).has_remote
    assert not preview_of('<img src="cid:logo">', [picture()]).has_remote


def test_linked_pictures_are_put_in() -> None:
    preview = preview_of('<img src="cid:logo" alt="Logo"><img src=" CID:logo ">', [picture()])
    assert preview.html.count("data:image/png;base64,iVBORw0KGgogdGlueQ==") == 2
    assert preview.missing == 0


def test_pictures_as_data_stay() -> None:
    html = preview_of(
        '<p style="background:url(data:image/png;base64,AA==)"><img src="data:image/gif;base64,AA==">', ()
    ).html
    assert "url(data:image/png;base64,AA==)" in html
    assert 'src="data:image/gif;base64,AA=="' in html


def test_a_linked_part_that_is_no_picture_or_not_there_is_counted_and_left_out() -> None:
    parts = [picture("page", "text/html", b"<script>alert(1)</script>")]
    preview = preview_of('<img src="cid:page"><img src="cid:lost"><img src="cid:lost">', parts)
    assert preview.missing == 2
    assert "text/html" not in preview.html


def test_pictures_are_put_in_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview_module, "MOST_PICTURE_BYTES", 100)
    parts = [picture("one", data=b"x" * 60), picture("two", data=b"x" * 60)]
    preview = preview_of('<img src="cid:one"><img src="cid:two">', parts)
    assert preview.html.count("base64") == 1
    assert preview.missing == 1


@pytest.mark.parametrize("html", ["", "   ", "<!-- -->", "\x00"])
def test_nothing_is_an_empty_document(html: str) -> None:
    assert preview_of(html, ()).html.startswith("<!doctype html>")


def test_text_behind_what_is_taken_out_stays() -> None:
    assert "kept" in preview_of("<p>a<script>x</script>kept</p>", ()).html


def test_a_picture_that_is_named_many_times_counts_as_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview_module, "MOST_PICTURE_BYTES", 200)
    preview = preview_of('<img src="cid:one">' * 50, [picture("one", data=b"x" * 60)])
    assert preview.html.count("base64") == 3
    assert preview.missing == 1


@pytest.mark.parametrize(
    "html",
    [
        f"<p style='background:url({' ' * 100_000}data:image/png;base64,AA==)'>x",
        "<link>x" * 50_000,
        "x<script></script>" * 50_000,
        "<object>x" * 5_000,
    ],
    ids=["blanks in a style", "links", "scripts", "objects"],
)
@pytest.mark.timeout(20)
def test_no_html_takes_minutes_to_be_made_harmless(html: str) -> None:
    assert "x" in preview_of(html, ()).html


@pytest.mark.parametrize("escape", ["\\1 ", "\\d800 ", "\\ffff ", "\\0 ", "\\110000 "])
def test_escapes_of_what_cannot_be_written_do_no_harm(escape: str) -> None:
    for html in (f"<p style='color:{escape}red'>kept", f"<style>a{{color:{escape}red}}</style>kept"):
        assert "kept" in preview_of(html, ()).html
