"""The HTML of a mail as its reader sees it, made harmless for whoever looks at it here.

What keeps it harmless is the policy of its address (``mailhub.web.policy.MAIL_POLICY``): no script, no form, nothing from
elsewhere. What is taken out here is what a policy does not govern: look-ups of names, other bases for addresses,
going elsewhere by itself. Linked pictures (``cid:``) are put in as ``data:``, because a sandboxed frame sends no cookie.
"""

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import lxml.etree
import lxml.html

from mailhub.messages.model import StoredAttachment
from mailhub.store.content import ContentReader

MOST_PICTURE_BYTES: Final = 8 * 1024 * 1024
"""Of all pictures that are put into one preview together."""

_OUT: Final = ("script", "link", "meta", "base", "iframe", "frame", "object", "embed", "applet", "template")
_PICTURE_TYPES: Final = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/svg+xml"}
)
_REMOTE: Final = re.compile(r"\s*(?:https?:)?//", re.IGNORECASE)
_REMOTE_IN_STYLE: Final = re.compile(r"""(?:url\(|@import)\s*["']?\s*(?:https?:)?//""", re.IGNORECASE)
_SOURCES: Final = ("src", "background", "poster", "srcset", "data", "href")


@dataclass(frozen=True, slots=True)
class Preview:
    """``has_remote``: it names pictures or styles of other places, which are not loaded. ``missing``: linked pictures that
    are not there or too big to be shown."""

    html: str
    has_remote: bool = False
    missing: int = 0


def preview_of(html: str, attachments: Iterable[StoredAttachment]) -> Preview:
    """A whole document. Without anything to be seen it is empty."""
    tree = _parsed(html)
    if tree is None:
        return Preview("<!doctype html><html><body></body></html>")
    pictures = _Pictures(attachments)
    for element in list(tree.iter(*_OUT)):
        _drop(element)
    has_remote = False
    for element in tree.iter(lxml.etree.Element):
        _defuse(element)
        has_remote = has_remote or _names_elsewhere(element)
        for name in ("src", "background"):
            _put_in(element, name, pictures)
    _let_links_open_elsewhere(tree)
    written: str = lxml.html.tostring(tree, encoding="unicode", doctype="<!doctype html>")
    return Preview(written, has_remote, pictures.missing)


def _parsed(html: str) -> Any:
    parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        return lxml.html.document_fromstring(html.encode("utf-8", "replace"), parser=parser)
    except lxml.etree.ParserError:
        return None


def _drop(element: Any) -> None:
    """Take an element out, and leave the text behind it where it is."""
    if element.getparent() is not None:
        element.drop_tree()


def _defuse(element: Any) -> None:
    """No handlers, although the policy lets none run: the console of who looks stays empty."""
    for name in list(element.attrib):
        if name.lower().startswith("on") or name.lower() in ("ping", "autofocus", "action", "formaction"):
            del element.attrib[name]


def _names_elsewhere(element: Any) -> bool:
    if element.tag != "a" and any(_REMOTE.match(element.get(name, "")) for name in _SOURCES):
        return True
    styles = (element.get("style", ""), element.text or "" if element.tag == "style" else "")
    return any(_REMOTE_IN_STYLE.search(style) for style in styles)


def _put_in(element: Any, name: str, pictures: "_Pictures") -> None:
    source = element.get(name, "").strip()
    if source[:4].lower() != "cid:":
        return
    data = pictures.find(source[4:])
    if data is None:
        del element.attrib[name]
    else:
        element.set(name, data)


def _let_links_open_elsewhere(tree: Any) -> None:
    """In the frame they would be blocked."""
    for link in tree.iter("a", "area"):
        if re.match(r"\s*(?:https?|mailto|tel):", link.get("href", ""), re.IGNORECASE):
            link.set("target", "_blank")
            link.set("rel", "noopener noreferrer")
        elif not link.get("href", "").startswith("#"):
            link.attrib.pop("href", None)


class _Pictures:
    """The linked parts of a message, as ``data:`` addresses."""

    def __init__(self, attachments: Iterable[StoredAttachment]) -> None:
        self._parts = dict(_named(attachments))
        self._made: dict[str, str | None] = {}
        self._left = MOST_PICTURE_BYTES

    @property
    def missing(self) -> int:
        return sum(made is None for made in self._made.values())

    def find(self, content_id: str) -> str | None:
        if content_id not in self._made:
            self._made[content_id] = self._make(self._parts.get(content_id))
        return self._made[content_id]

    def _make(self, part: StoredAttachment | None) -> str | None:
        if part is None or part.content.size > self._left:
            return None
        content_type = part.content_type.partition(";")[0].strip().lower()
        if content_type not in _PICTURE_TYPES:
            return None
        self._left -= part.content.size
        with ContentReader.of(part.content).open() as stream:
            return f"data:{content_type};base64,{base64.b64encode(stream.read()).decode('ascii')}"


def _named(attachments: Iterable[StoredAttachment]) -> Iterator[tuple[str, StoredAttachment]]:
    for each in attachments:
        if each.content_id:
            yield each.content_id, each
