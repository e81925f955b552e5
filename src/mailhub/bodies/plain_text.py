"""The plain-text alternative of a message that has only HTML (reliability.md C 8)."""

import re
from html import unescape

import lxml.etree
import lxml.html
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.html_engine import Inscriptis
from inscriptis.model.config import ParserConfig

# inscriptis walks a tree by recursion, and libxml2 drops what lies deeper than 2,048 elements.
_DEEPEST = 200
_KEPT_SCHEMES = ("http:", "https:", "mailto:", "tel:")
_BLANK_ROWS = re.compile(r"\n{3,}")
_SPACES = re.compile(r"\s+")
_OWN_LINE = frozenset(
    {
        "address",
        "article",
        "blockquote",
        "br",
        "dd",
        "div",
        "dl",
        "dt",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tr",
        "ul",
    }
)
# Each alternative also ends at the end of the text, so that no unclosed piece is looked at twice.
_MARKUP = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(?P<unseen>script|style|template|title)\b.*?(?:</(?P=unseen)\b[^>]*(?:>|\Z)|\Z)"
    r"|<(?P<closing>/?)(?P<tag>[a-z][^\s/>]*)(?P<attributes>[^>]*)(?:>|\Z)"
    r"|<[!?][^>]*(?:>|\Z)"
    r"|(?P<text>[^<]+|<)",
    re.IGNORECASE | re.DOTALL,
)
_HREF = re.compile(r"""\bhref\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)""", re.IGNORECASE)
_ALT = re.compile(r"""\balt\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)""", re.IGNORECASE)


def text_of_html(html: str) -> str:
    """What a reader of ``html`` sees, laid out as plain text; links read ``text <url>``.

    No trailing spaces, at most one blank row at a time, and never empty when something is to be seen (of pictures
    alone, their alternative texts).
    """
    tree = _parsed(html)
    if tree is None:
        return ""
    laid_out = _tidy(_laid_out(tree)) if _is_shallow(tree) else ""
    return laid_out or _tidy(_flat_text(html))


def _parsed(html: str) -> lxml.html.HtmlElement | None:
    parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True)
    try:
        return lxml.html.document_fromstring(html.encode("utf-8", "replace"), parser=parser)
    except lxml.etree.ParserError:
        return None


def _is_shallow(tree: lxml.html.HtmlElement) -> bool:
    depth = 0
    for event, _element in lxml.etree.iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > _DEEPEST:
            return False
    return True


def _laid_out(tree: lxml.html.HtmlElement) -> str:
    for link in list(tree.iter("a")):
        _write_out(link)
    config = ParserConfig(css=CSS_PROFILES["strict"].copy())
    return str(Inscriptis(tree, config).get_text())


def _write_out(link: lxml.html.HtmlElement) -> None:
    """Put the address of a link behind its text."""
    note = _link_note(link.get("href"), "".join(link.itertext()))
    if not note:
        return
    if len(link):
        link[-1].tail = (link[-1].tail or "") + note
    else:
        link.text = (link.text or "") + note


def _link_note(target: str | None, text: str) -> str:
    """Nothing for links inside the page, for what is no place (javascript:), and where the text says it all."""
    url = "".join((target or "").split())
    if not url.lower().startswith(_KEPT_SCHEMES):
        return ""
    said = text.strip()
    if said in {url, url.partition(":")[2], url.partition("://")[2]}:
        return ""
    return f" <{url}>"


def _tidy(text: str) -> str:
    rows = "\n".join(row.rstrip() for row in text.replace("\r\n", "\n").split("\n"))
    return _BLANK_ROWS.sub("\n\n", rows).strip("\n")


def _flat_text(html: str) -> str:
    """The text without layout: for HTML too deep for a tree, or with nothing but pictures."""
    rows: list[str] = []
    target, link_begins = "", 0
    for found in _MARKUP.finditer(html):
        closing, tag = found["closing"] == "/", (found["tag"] or "").lower()
        if found["text"]:
            rows.append(_SPACES.sub(" ", unescape(found["text"])))
        elif tag in _OWN_LINE:
            rows.append("\n")
        elif tag == "img":
            rows.append(_attribute(_ALT, found["attributes"]))
        elif tag == "a" and closing:
            rows.append(_link_note(target, "".join(rows[link_begins:])) if target else "")
            target = ""
        elif tag == "a":
            target, link_begins = _attribute(_HREF, found["attributes"]), len(rows)
    return "\n".join(row.strip() for row in "".join(rows).split("\n") if row.strip())


def _attribute(pattern: re.Pattern[str], attributes: str) -> str:
    found = pattern.search(attributes)
    return "" if found is None else unescape(found[1].strip("\"'"))
