"""The HTML of a mail for the sandboxed frame: pictures of the mail itself get their URL, everything else stays as it is.

Nothing is sanitised here: the frame's own Content-Security-Policy and sandbox keep scripts, forms, remote pictures and
navigation off (reliability.md B 28), so that what is shown is what was sent.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from urllib.parse import unquote

PREVIEW_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'"
)

SCANNED_CHARACTERS = 2_000_000
MAX_LISTED = 200

_CID = re.compile(
    r"""((?:src|background|poster|href)\s*=\s*["']?|url\(\s*["']?)cid:([^"'\s)>]+)""", re.IGNORECASE
)
_STYLE_URL = re.compile(r"""url\(\s*["']?\s*((?:https?:)?//[^"'\s)]+)""", re.IGNORECASE)
_REMOTE = re.compile(r"\s*(?:https?:)?//", re.IGNORECASE)
_LINK = re.compile(r"\s*(?:https?|mailto|tel):", re.IGNORECASE)
_PICTURE_ATTRIBUTES = {("img", "src"), ("input", "src"), ("image", "href"), ("video", "poster")}


def preview_html(html: str, url_of: Callable[[str], str | None]) -> str:
    """The HTML with every ``cid:`` reference that ``url_of`` knows (by content id) replaced by its URL."""

    def replaced(match: re.Match[str]) -> str:
        url = url_of(unquote(match[2]))
        return match[0] if url is None else match[1] + escape(url)

    return _CID.sub(replaced, html)


@dataclass(frozen=True, slots=True)
class Link:
    """A link of the mail: where it leads and what it says."""

    url: str
    text: str


@dataclass(slots=True)
class Outside:
    """What of a mail's HTML lies outside of it."""

    links: list[Link] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)


def read_outside(html: str) -> Outside:
    """The links and the remote pictures of the HTML, in order, each once, at most 200 of each."""
    scanner = _Scanner()
    try:
        scanner.feed(html[:SCANNED_CHARACTERS])
        scanner.close()
    except AssertionError:
        # the standard parser's way to say that a marked section (<![...) is broken; what it found so far counts
        scanner.end_link()
    return Outside(
        list(dict.fromkeys(scanner.outside.links))[:MAX_LISTED],
        list(dict.fromkeys(scanner.outside.pictures))[:MAX_LISTED],
    )


class _Scanner(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.outside = Outside()
        self._href: str | None = None
        self._words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            self._see_attribute(tag, name, value or "")
        if tag == "a":
            self.end_link()
            href = next((value for name, value in attrs if name == "href" and value), None)
            self._href = href.strip() if href and _LINK.match(href) else None

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self.end_link()

    def handle_data(self, data: str) -> None:
        if self._href is not None:
            self._words.append(data)
        elif self.lasttag == "style":
            self._see_style(data)

    def close(self) -> None:
        super().close()
        self.end_link()

    def end_link(self) -> None:
        if self._href is not None:
            self.outside.links.append(Link(self._href, " ".join("".join(self._words).split())[:200]))
        self._href = None
        self._words = []

    def _see_attribute(self, tag: str, name: str, value: str) -> None:
        if name == "style":
            self._see_style(value)
        elif name == "background" or (tag, name) in _PICTURE_ATTRIBUTES:
            if _REMOTE.match(value):
                self.outside.pictures.append(value.strip())
        elif name == "srcset":
            candidates = (each.split() for each in value.split(","))
            self.outside.pictures += [words[0] for words in candidates if words and _REMOTE.match(words[0])]

    def _see_style(self, style: str) -> None:
        self.outside.pictures += _STYLE_URL.findall(style)
