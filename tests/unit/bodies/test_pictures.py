"""Pictures that stand in the HTML are made linked parts, whatever the HTML is like, and all else stays (SM7)."""

import base64
import time
from collections.abc import Callable
from itertools import count
from typing import Any

import lxml.html
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailhub.bodies.pictures import MOST_PICTURES, Linked, PictureUnreadable, link_pictures

PNG = b"\x89PNG\r\n\x1a\n"
DATA = "data:image/png;base64," + base64.b64encode(PNG).decode()


def ids() -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"p{next(numbers)}"


def linked(html: str) -> Linked:
    return link_pictures(html, ids())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('<p>x<img alt="a" src="DATA"/>y', '<p>x<img alt="a" src="cid:p1"/>y'),
        ("<IMG SRC='DATA' ><br>", '<IMG SRC="cid:p1" ><br>'),
        ("<img src=DATA>", '<img src="cid:p1">'),
        ("<img src = DATA width=1>", '<img src = "cid:p1" width=1>'),
        ('<img src=" DATA\n">', '<img src="cid:p1">'),
        ('<img alt=">" src="DATA">', '<img alt=">" src="cid:p1">'),
        ('<td><img src="DATA"><p><b></td>', '<td><img src="cid:p1"><p><b></td>'),
        ('<!-- <img src="DATA"> --><img src="DATA">', '<!-- <img src="DATA"> --><img src="cid:p1">'),
        (
            '<a title="<img src=\'DATA\'>"><img src="DATA"></a>',
            '<a title="<img src=\'DATA\'>"><img src="cid:p1"></a>',
        ),
        ('<style>a{b:url(DATA)}</style><img src="DATA">', '<style>a{b:url(DATA)}</style><img src="cid:p1">'),
        ("<textarea><img src='DATA'></textarea><img src='DATA'>", None),
        ('<p>DATA</p><img src="DATA">', '<p>DATA</p><img src="cid:p1">'),
        (
            '<!DOCTYPE html><![if !mso]><img src="DATA"><![endif]><!--[if mso]><v:x/><![endif]--><o:p>&nbsp;</o:p>',
            '<!DOCTYPE html><![if !mso]><img src="cid:p1"><![endif]><!--[if mso]><v:x/><![endif]--><o:p>&nbsp;</o:p>',
        ),
        ("&amp; é € 😀 \r\n<img src='DATA'>", '&amp; é € 😀 \r\n<img src="cid:p1">'),
    ],
)
def test_only_the_sources_of_pictures_change(before: str, after: str | None) -> None:
    expected = before.replace("src='DATA'>", "\0", 1) if after is None else after
    expected = (
        expected.replace("src='DATA'", 'src="cid:p1"').replace("\0", "src='DATA'>")
        if after is None
        else expected
    )
    result = linked(before.replace("DATA", DATA))

    assert result.html == expected.replace("DATA", DATA)
    (picture,) = result.pictures
    assert (picture.content_id, picture.name, picture.content_type) == ("p1", "picture-1.png", "image/png")
    assert picture.data == PNG


@pytest.mark.parametrize(
    "html",
    [
        "",
        "<p>x</p>",
        "data:",
        '<img src="https://example.com/a.png"> data:',
        '<img src="cid:logo" alt="data:">',
        '<img src="data:text/html;base64,QQ==">',
        '<img src="data:,">',
        '<img src="x" src="DATA">',
        '<img data-src="DATA">',
        '<a href="DATA">x</a>',
        '<!-- <img src="DATA">',
        '<script><img src="DATA"></script>',
    ],
)
def test_what_is_no_picture_stays(html: str) -> None:
    html = html.replace("DATA", DATA)

    assert linked(html) == Linked(html)


def test_one_picture_is_one_part_however_often_it_is_shown() -> None:
    other = "data:image/gif;base64,R0lG"
    result = linked(f'<img src="{DATA}"><img src="{other}"><img src="{DATA}">')

    assert result.html == '<img src="cid:p1"><img src="cid:p2"><img src="cid:p1">'
    assert [each.name for each in result.pictures] == ["picture-1.png", "picture-2.gif"]


@pytest.mark.parametrize(
    ("uri", "content_type", "name", "data"),
    [
        ("data:image/svg+xml,%3Csvg/%3E", "image/svg+xml", "picture-1.svg", b"<svg/>"),
        (
            "data:image/svg+xml;charset=utf-8,<svg a='é'/>",
            "image/svg+xml",
            "picture-1.svg",
            "<svg a='é'/>".encode(),
        ),
        ("DATA:Image/JPEG;Base64,QUJD", "image/jpeg", "picture-1.jpg", b"ABC"),
        ("data:image/gif;x=y;base64,QU\nJ D", "image/gif", "picture-1.gif", b"ABC"),
        ("data:image/png;base64,QUI", "image/png", "picture-1.png", b"AB"),
        ("data:image/png;base64,QUI%3D", "image/png", "picture-1.png", b"AB"),
        ("data:image/png;base64,", "image/png", "picture-1.png", b""),
    ],
)
def test_data_is_read_as_browsers_do(uri: str, content_type: str, name: str, data: bytes) -> None:
    (picture,) = linked(f'<img src="{uri}">').pictures

    assert (picture.content_type, picture.name, picture.data) == (content_type, name, data)


@pytest.mark.parametrize("uri", ["data:image/png;base64,Q", "data:image/png;base64,****"])
def test_a_picture_that_cannot_be_read_is_told(uri: str) -> None:
    with pytest.raises(PictureUnreadable, match="Picture 1 "):
        linked(f'<img src="{uri}">')


def test_there_is_a_bound_to_the_number_of_pictures() -> None:
    html = "".join(f'<img src="data:image/png,{number}">' for number in range(MOST_PICTURES))

    assert len(linked(html).pictures) == MOST_PICTURES
    with pytest.raises(PictureUnreadable):
        linked(html + '<img src="data:image/png,more">')


def test_where_texts_disagree_the_tree_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailhub.bodies.pictures._iter_places", lambda _html: iter(()))
    result = linked(f'<!DOCTYPE html><p>é<img src="{DATA}">')

    assert result.html == '<!DOCTYPE html>\n<html><body><p>é<img src="cid:p1"></p></body></html>'


PIECES = st.sampled_from(
    [
        "<p>",
        "</p>",
        f'<img src="{DATA}">',
        f"<img src='{DATA}' alt=\"'>\">",
        f"<img src={DATA}>",
        f'<img src="{DATA}',
        "<img",
        "<!--",
        "-->",
        "<style>",
        "</style>",
        "<script>",
        "</script",
        "<title>",
        "</title>",
        "<textarea>",
        "</textarea>",
        "<noscript>",
        "<a href='x'",
        '"',
        "'",
        ">",
        "<",
        "/",
        "=",
        " src=",
        "é",
        "&amp;",
        "<![CDATA[",
        "]]>",
        "<?x",
        "</",
        "text",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join))
def test_after_it_a_parser_sees_the_same_page_with_other_sources(html: str) -> None:
    try:
        result = linked(html)
    except PictureUnreadable:
        return

    before, after = (tree(each) for each in (html, result.html))
    expected = [
        (
            tag,
            {
                name: value.replace(DATA, "cid:p1") if (tag, name) == ("img", "src") else value
                for name, value in seen
            },
        )
        for tag, seen in before
    ]
    assert [(tag, dict(seen)) for tag, seen in after] == expected


def tree(html: str) -> list[tuple[Any, list[tuple[str, str]]]]:
    try:
        parsed = lxml.html.document_fromstring(html)
    except lxml.etree.ParserError:
        return []
    return [(str(each.tag), list(each.attrib.items())) for each in parsed.iter()]


@pytest.mark.parametrize(
    "html",
    ['<img src="', "<a ", "<!--", "'", "<style><script>", '<a "', "<img src='data:image/png;", ";a"],
)
def test_hostile_html_takes_no_longer_than_it_is_long(html: str) -> None:
    began = time.perf_counter()
    linked("data:<img " + html * 100_000)

    assert time.perf_counter() - began < 5
