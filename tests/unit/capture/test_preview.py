import pytest

from mailhub.capture.preview import Link, preview_html, read_outside


def url_of(content_id: str) -> str | None:
    return "/messages/1/parts/2" if content_id == "logo@x" else None


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<img src="cid:logo@x">', '<img src="/messages/1/parts/2">'),
        ("<IMG SRC = 'CID:logo@x'>", "<IMG SRC = '/messages/1/parts/2'>"),
        ("<img src=cid:logo%40x>", "<img src=/messages/1/parts/2>"),
        ("<td background='cid:logo@x'>", "<td background='/messages/1/parts/2'>"),
        ("<p style=\"background:url('cid:logo@x')\">", "<p style=\"background:url('/messages/1/parts/2')\">"),
        ('<img src="cid:other">', '<img src="cid:other">'),
        ("read cid:logo@x", "read cid:logo@x"),
    ],
)
def test_only_references_to_parts_of_the_mail_are_replaced(html: str, expected: str) -> None:
    assert preview_html(html, url_of) == expected


def test_links_and_remote_pictures_are_found_once_each() -> None:
    outside = read_outside(
        '<a href="https://a.example/?x=1&amp;y=2">Pay <b>now</b></a> <a href="javascript:alert(1)">no</a>'
        '<a href="https://a.example/?x=1&amp;y=2">Pay now</a> <a href="mailto:ada@example.com"></a>'
        '<img src="https://t.example/p.gif"><img src="cid:x"><img srcset="//t.example/2x.png 2x, data:x 1x">'
        '<td background="http://t.example/bg.png"><p style="background: url(https://t.example/s.png)">'
        "<style>body { background: url('http://t.example/c.png') }</style>"
    )

    assert outside.links == [
        Link("https://a.example/?x=1&y=2", "Pay now"),
        Link("mailto:ada@example.com", ""),
    ]
    assert outside.pictures == [
        "https://t.example/p.gif",
        "//t.example/2x.png",
        "http://t.example/bg.png",
        "https://t.example/s.png",
        "http://t.example/c.png",
    ]


@pytest.mark.parametrize("html", ["", "<![x[", "<!x [", "<a href=https://a.example>", "<" * 5000, "\0<\x80"])
def test_broken_html_is_read_as_far_as_it_goes(html: str) -> None:
    assert len(read_outside(html).links) <= 1
