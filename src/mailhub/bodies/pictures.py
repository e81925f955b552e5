"""Pictures that lie in the HTML as ``data:`` URIs, which mail programs do not show: made into linked parts (SM7).

lxml says which pictures there are, whatever the HTML is like. They are then taken out where they stand, so that all else
stays byte for byte; only where a text cannot be matched with what lxml read is the HTML written anew from its tree.
"""

import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import unquote_to_bytes

import lxml.etree
import lxml.html
import pybase64

from mailhub.contract.texts import Text, _, plain

MOST_PICTURES = 500

_DATA = "data:"
_PICTURE = re.compile(
    r"\s*data:\s*(image/[a-z0-9][a-z0-9.+-]{0,100})\s*((?:;[^,;]*)*?)(;\s*base64\s*)?,", re.IGNORECASE
)
_BLANKS = re.compile(rb"[ \t\r\n\f]+")
_ENDINGS = {
    "image/jpeg": "jpg",
    "image/svg+xml": "svg",
    "image/x-icon": "ico",
    "image/vnd.microsoft.icon": "ico",
}
# Every alternative also ends at the end of the text, so that nothing is looked at twice.
_MARKUP = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(?P<unseen>script|style|title|textarea|xmp|iframe|noembed|noframes)\b.*?(?:</(?P=unseen)\b|\Z)"
    r"|<(?P<tag>[a-z][^\s/>]*)(?P<attributes>(?:[^>\"']|\"[^\"]*(?:\"|\Z)|'[^']*(?:'|\Z))*+)"
    r"|<[!?/][^>]*",
    re.IGNORECASE | re.DOTALL,
)
_ATTRIBUTE = re.compile(
    r"""(?P<name>[^\s=/"'>][^\s=/>]*)(?:\s*=\s*(?P<value>"[^"]*(?:"|\Z)|'[^']*(?:'|\Z)|[^\s>]*))?|[=/"']"""
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that stood in the HTML."""

    content_id: str
    name: str
    content_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Linked:
    """HTML that shows its pictures by ``cid:``, and the pictures."""

    html: str
    pictures: tuple[Picture, ...] = ()


class PictureUnreadable(ValueError):
    """A ``data:`` URI says that it is a picture and is none; ``message``: a sentence."""

    def __init__(self, message: Text) -> None:
        super().__init__(plain(message))
        self.message = message


def link_pictures(html: str, new_content_id: Callable[[], str]) -> Linked:
    """Take pictures out of the HTML; the same one twice is one part. Raises ``PictureUnreadable``."""
    if _DATA not in html.lower():
        return Linked(html)
    tree = _parsed(html)
    sources = () if tree is None else tuple(_iter_sources(tree))
    if tree is None or not sources:
        return Linked(html)
    pictures = _pictures(dict.fromkeys(sources), new_content_id)
    rewritten, found = _rewritten(html, pictures)
    if found != sources:
        rewritten = _written_anew(tree, pictures)
    return Linked(rewritten, tuple(pictures.values()))


def _pictures(sources: dict[str, None], new_content_id: Callable[[], str]) -> dict[str, Picture]:
    if len(sources) > MOST_PICTURES:
        limit = {"limit": MOST_PICTURES}
        raise PictureUnreadable(_("A text may hold ${limit} pictures at most.", mapping=limit))
    return {
        source: _picture(source, number, new_content_id()) for number, source in enumerate(sources, start=1)
    }


def _picture(source: str, number: int, content_id: str) -> Picture:
    head = _PICTURE.match(source)
    assert head is not None
    content_type = head[1].lower()
    data = _data(source[head.end() :], number, is_base64=head[3] is not None)
    ending = _ENDINGS.get(content_type) or content_type.partition("/")[2].partition("+")[0]
    return Picture(content_id, f"picture-{number}.{ending}", content_type, data)


def _data(text: str, number: int, *, is_base64: bool) -> bytes:
    """Percent signs, and blanks in base64, as browsers take them (RFC 2397, WHATWG Fetch)."""
    data = unquote_to_bytes(text)
    if not is_base64:
        return data
    packed = _BLANKS.sub(b"", data)
    try:
        return pybase64.b64decode(packed + b"=" * (-len(packed) % 4), validate=True)
    except (binascii.Error, ValueError):
        words = {"number": number}
        raise PictureUnreadable(_("Picture ${number} of the text is not base64.", mapping=words)) from None


# -- reading -----------------------------------------------------------------------------------------------------------


def _parsed(html: str) -> lxml.html.HtmlElement | None:
    parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True)
    try:
        return lxml.html.document_fromstring(html.encode("utf-8", "replace"), parser=parser)
    except lxml.etree.ParserError:
        return None


def _iter_sources(tree: lxml.html.HtmlElement) -> Iterator[str]:
    """The sources of all pictures that are data, in their order."""
    for element in tree.iter("img"):
        source: str | None = element.get("src")
        if source is not None and _PICTURE.match(source):
            yield source


# -- writing -----------------------------------------------------------------------------------------------------------


def _rewritten(html: str, pictures: dict[str, Picture]) -> tuple[str, tuple[str, ...]]:
    """The HTML with other sources where the pictures stand, and the sources that were found, in their order."""
    pieces: list[str] = []
    found: list[str] = []
    done = 0
    for begin, end, source in _iter_places(html):
        found.append(source)
        if source in pictures:
            pieces += (html[done:begin], f'"cid:{pictures[source].content_id}"')
            done = end
    return "".join((*pieces, html[done:])), tuple(found)


def _iter_places(html: str) -> Iterator[tuple[int, int, str]]:
    """(begin, end, source) of the values of ``src`` that are pictures; the quotation marks are theirs."""
    for markup in _MARKUP.finditer(html):
        if (markup["tag"] or "").lower() != "img":
            continue
        value = _find_src(html, *markup.span("attributes"))
        if value is not None and _PICTURE.match(value[2]):
            yield value


def _find_src(html: str, begin: int, end: int) -> tuple[int, int, str] | None:
    """The first ``src`` of a tag counts (WHATWG HTML)."""
    for attribute in _ATTRIBUTE.finditer(html, begin, end):
        if (attribute["name"] or "").lower() == "src" and attribute["value"] is not None:
            value = attribute["value"]
            bare = value[1:].removesuffix(value[0]) if value[:1] in ("'", '"') else value
            return (*attribute.span("value"), unescape(bare))
    return None


def _written_anew(tree: lxml.html.HtmlElement, pictures: dict[str, Picture]) -> str:
    for element in tree.iter("img"):
        picture = pictures.get(element.get("src") or "")
        if picture is not None:
            element.set("src", f"cid:{picture.content_id}")
    doctype = tree.getroottree().docinfo.doctype or None
    written: str = lxml.html.tostring(tree, encoding="unicode", doctype=doctype)
    return written
