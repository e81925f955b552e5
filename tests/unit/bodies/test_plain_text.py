"""The plain-text alternative made of HTML."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.bodies.plain_text import text_of_html

DEEP = "<div>" * 3_000


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("", ""),
        ("   ", ""),
        ("<!-- nothing -->", ""),
        ("<title>not seen</title><script>x<b</script><style>p{}</style>", ""),
        ("plain text", "plain text"),
        ("<p>Dear Ada,</p><p>please <b>pay</b>.</p>", "Dear Ada,\n\nplease pay."),
        ("a<br>b", "a\nb"),
        ("a &lt; b &amp; c &euro;", "a < b & c €"),
        ("<ul><li>one<li>two</ul>", "  * one\n  * two"),
        ("<table><tr><td>1<td>22<tr><td>333<td>4</table>", "1    22\n333  4"),
        ("<p>a   </p><p></p><p></p><br><br><br><p>b</p>", "a\n\nb"),
        ("<p>seen</p><p style='display:none'>hidden</p>", "seen"),
        ('<?xml version="1.0" encoding="iso-8859-1"?><html><body>Zoë</body></html>', "Zoë"),
        ('<meta charset="iso-8859-1">Zoë 😀', "Zoë 😀"),
        ("<head><title>x</title><body>seen", "seen"),
        ("<img src='x' alt='Our logo'>", "Our logo"),
        (DEEP + "deep &amp; seen<script>if(a<b)x</script><br>too", "deep & seen\ntoo"),
        (DEEP + "<a href='https://x.example/'>pay</a>", "pay <https://x.example/>"),
    ],
)
def test_shows_what_a_reader_sees(html: str, expected: str) -> None:
    assert text_of_html(html) == expected


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (
            '<a href="https://x.example/p?a=1&amp;b=2">Pay <b>here</b></a> now',
            "Pay here <https://x.example/p?a=1&b=2> now",
        ),
        ('<a href="https://x.example">https://x.example</a>', "https://x.example"),
        ('<a href="https://x.example">x.example</a>', "x.example"),
        ('<a href="mailto:ada@x.example">ada@x.example</a>', "ada@x.example"),
        ('<a href="mailto:ada@x.example">Ada</a>', "Ada <mailto:ada@x.example>"),
        ('<a href="tel:+33123">call</a>', "call <tel:+33123>"),
        ('<a href="#top">up</a>', "up"),
        ('<a href="javascript:alert(1)">click</a>', "click"),
        ('<a href="https://x.exa\nmple/ ">x</a>', "x <https://x.example/>"),
        ("<a>x</a>", "x"),
    ],
)
def test_links_are_kept(link: str, expected: str) -> None:
    assert text_of_html(f"<p>{link}</p>") == expected


@given(
    st.lists(
        st.sampled_from(
            ["<p>", "</p>", "<a href='http://x'>", "</a>", "word", "<td>", "<!--", "-->", "&", "<", " "]
        )
    )
)
def test_is_tidy_whatever_the_html(pieces: list[str]) -> None:
    text = text_of_html("".join(pieces))
    assert "\n\n\n" not in text
    assert all(row == row.rstrip() for row in text.split("\n"))
    assert text == text.strip("\n")


@given(
    st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1),
    st.sampled_from(["p", "td", "span", "x-y", "pre"]),
)
def test_is_never_empty_where_something_is_to_be_seen(word: str, tag: str) -> None:
    assert word in text_of_html(f"<html><body><{tag}>{word}</{tag}></body></html>")


@pytest.mark.parametrize(
    "piece",
    [
        "<a",
        "<!--",
        "<![CDATA[",
        "<script ",
        "<",
        "</",
        "&",
        "<img alt",
        "<b>",
        "<a href='http://x'>",
        "x</a>",
    ],
)
def test_hostile_html_takes_no_time(piece: str) -> None:
    started = time.process_time()
    text_of_html(DEEP + piece * 20_000)
    text_of_html(piece * 20_000)
    assert time.process_time() - started < 5
