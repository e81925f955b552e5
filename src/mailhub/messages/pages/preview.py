"""The HTML of a mail as its reader sees it, made harmless for whoever looks at it here.

What keeps it harmless is the policy of its address (``mailhub.web.policy.MAIL_POLICY``): no script, no form, nothing from
elsewhere. What is taken out here is what a policy does not govern (look-ups of names, other bases for addresses, going
elsewhere by itself), and what it would block and complain about in the console of who looks. Linked pictures (``cid:``)
are put in as ``data:``, because a sandboxed frame sends no cookie.
"""

import base64
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import lxml.etree
import lxml.html

from mailhub.messages.model import StoredAttachment
from mailhub.store.content import ContentReader

MOST_PICTURE_BYTES: Final = 8 * 1024 * 1024
"""Of all pictures that are put into one preview together."""

_OUT_WHOLE: Final = ("script", "iframe", "template", "applet")
_OUT: Final = ("link", "meta", "base", "frame", "object", "embed")
"""Taken out alone: what is in them is shown instead, or stands behind them, since the parser knows no end of these."""

_INERT: Final = "meta"
"""What stands in the place of an element: without attributes it says nothing, and it may stand everywhere."""

_PICTURE_TYPES: Final = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/svg+xml"}
)
_LOADED: Final = frozenset({"src", "srcset", "background", "poster", "data", "longdesc", "dynsrc", "lowsrc"})
"""Attributes that make a browser load something; ``href`` does on elements of SVG."""
_REFUSED: Final = frozenset({"ping", "autofocus", "action", "formaction", "http-equiv", "manifest"})
_INSIDE: Final = re.compile(r"\s*(?:data:image/|cid:)", re.IGNORECASE)
_LINK: Final = re.compile(r"\s*(?:https?|mailto|tel):", re.IGNORECASE)
_STYLE_LOADS: Final = re.compile(
    r"""@import[^;]*;?|(?:url|src|image)\(\s*+(?!["']?data:image/)[^)]*\)?|image-set\([^)]*\)?""",
    re.IGNORECASE,
)
"""What makes a browser load something from a style sheet. Blanks are looked at once, however many there are."""

_ESCAPE: Final = re.compile(r"\\([0-9a-f]{1,6})\s?|\\(.?)", re.IGNORECASE | re.DOTALL)
"""An escape of CSS, which can hide a name such as ``url`` (css-syntax-3, 4.3.7)."""

_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What a tree of elements cannot hold."""


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
    for element in list(tree.iter(*_OUT_WHOLE, *_OUT)):
        _drop(element)
    has_remote = False
    for element in tree.iter(lxml.etree.Element):
        has_remote = _defuse(element, pictures) or has_remote
    written: str = lxml.html.tostring(tree, encoding="unicode", doctype="<!doctype html>")
    return Preview(written, has_remote, pictures.missing)


def _parsed(html: str) -> Any:
    parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        return lxml.html.document_fromstring(html.encode("utf-8", "replace"), parser=parser)
    except lxml.etree.ParserError:
        return None


def _drop(element: Any) -> None:
    """Leave nothing of an element. It stays as one that does nothing: to move what stands behind it takes the longer the
    more there are of them."""
    if element.tag in _OUT_WHOLE:
        element.clear(keep_tail=True)
    else:
        element.attrib.clear()
    element.tag = "span" if len(element) or element.text else _INERT


def _defuse(element: Any, pictures: "_Pictures") -> bool:
    """Leave nothing in it that loads or does something; whether there was something to be loaded from elsewhere."""
    has_remote = False
    is_link = element.tag in ("a", "area")
    for name, value in list(element.attrib.items()):
        key = name.lower().rpartition(":")[2].rpartition("}")[2]
        if key.startswith("on") or key in _REFUSED:
            del element.attrib[name]
        elif key == "style":
            element.attrib[name], loads = _without_loads(value)
            has_remote = has_remote or loads
        elif key in _LOADED or (key == "href" and not is_link):
            has_remote = _settle(element, name, value, pictures) or has_remote
    if is_link:
        _open_elsewhere(element)
    if element.tag == "style" and element.text:
        element.text, loads = _without_loads(element.text)
        has_remote = has_remote or loads
    return has_remote


def _without_loads(style: str) -> tuple[str, bool]:
    """A style without what loads something, its escapes read, and whether there was such a thing."""
    kept, count = _STYLE_LOADS.subn("none", _ESCAPE.sub(_unescaped, style))
    return kept, count > 0


def _unescaped(escape: re.Match[str]) -> str:
    """The character that is meant; never a backslash, which would begin another escape."""
    code = int(escape[1], 16) if escape[1] else 0
    meant = chr(code) if 0 < code <= sys.maxunicode else escape[2] or ""
    return "" if meant == "\\" else _UNWRITABLE.sub("\ufffd", meant)


def _settle(element: Any, name: str, value: str, pictures: "_Pictures") -> bool:
    """Put a linked picture in, leave one that is data, take away everything else; whether that was something elsewhere."""
    if not _INSIDE.match(value):
        del element.attrib[name]
        return not value.startswith("#")
    if value.strip()[:4].lower() == "cid:":
        data = pictures.find(value.strip()[4:])
        if data is None:
            del element.attrib[name]
        else:
            element.attrib[name] = data
    return False


def _open_elsewhere(link: Any) -> None:
    """Links open in a tab of their own: in the frame they would be blocked."""
    target = link.get("href", "")
    if _LINK.match(target):
        link.set("target", "_blank")
        link.set("rel", "noopener noreferrer")
    elif not target.startswith("#"):
        link.attrib.pop("href", None)


class _Pictures:
    """The linked parts of a message, as ``data:`` addresses."""

    def __init__(self, attachments: Iterable[StoredAttachment]) -> None:
        self._parts = dict(_named(attachments))
        self._made: dict[str, str] = {}
        self._missing: set[str] = set()
        self._left = MOST_PICTURE_BYTES

    @property
    def missing(self) -> int:
        return len(self._missing)

    def find(self, content_id: str) -> str | None:
        """Counts wherever it is put in: one picture may be named in a thousand places."""
        part = self._parts.get(content_id)
        if part is None or _type_of(part) not in _PICTURE_TYPES or part.content.size > self._left:
            self._missing.add(content_id)
            return None
        self._left -= part.content.size
        if content_id not in self._made:
            self._made[content_id] = _data_of(part)
        return self._made[content_id]


def _type_of(part: StoredAttachment) -> str:
    return part.content_type.partition(";")[0].strip().lower()


def _data_of(part: StoredAttachment) -> str:
    with ContentReader.of(part.content).open() as stream:
        return f"data:{_type_of(part)};base64,{base64.b64encode(stream.read()).decode('ascii')}"


def _named(attachments: Iterable[StoredAttachment]) -> Iterator[tuple[str, StoredAttachment]]:
    for each in attachments:
        if each.content_id:
            yield each.content_id, each
