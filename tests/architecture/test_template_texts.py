"""Words in templates are translated: they stand in ``_()`` or in ``{% trans %}``, never bare."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import jinja2
import pytest

from tools.pages import ROOT

TEMPLATES = sorted((ROOT / "src").rglob("*.jinja2"))
SHOWN_ATTRIBUTES = re.compile(
    r"alt|aria-(?:label|description|roledescription)|placeholder|title|data-text-.*"
)
WORD = re.compile(r"[^\W\d_]{2,}")
NAMES = frozenset(
    {
        "MAIL FROM",
        "Python",
        "RCPT TO",
        "SHA",
        "SMTP",
        "SMTPUTF8",
        "capture",
        "cid",
        "curl",
        "mailhub",
        "px",
        "swaks",
    }
)
"""The same in all languages."""

CODE = frozenset({"code", "pre", "script", "style"})
CLASSES = "kind"
"""The block that holds names of classes, not text."""

ATTRIBUTE = re.compile(r'[\w-]+="[^"]*"')
"""What a macro makes that is put into an element elsewhere."""

PART_OF_A_NAME = re.compile(r"\s?-?[a-z]+(?:-[a-z]+)*")
"""Between two expressions, as an attribute without a value or the end of an id is."""

EXAMPLES = frozenset({"sales-invoice"})
"""What is shown as an example of a value that is no word."""


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<p>Hello</p>", ["Hello"]),
        ("<p>{{ _('Hello') }}</p>", []),
        ("<p>{% trans %}Hello <b>you</b>{% endtrans %} there</p>", ["there"]),
        ("{% trans n=2 %}one{% pluralize %}{{ n }} more{% endtrans %}", []),
        ('<a title="Go on" class="row{% if x %} is-new{% endif %}">1</a>', ["Go on"]),
        ('<a aria-label="{{ _("Go on") }}" href="/go/on">→ {{ name }}</a>', []),
        ("{% block kind %}is-wide{% endblock %}{% block title %}Wide{% endblock %}", ["Wide"]),
        ('<{{ tag }} class="a-tag">1</{{ tag }}>', []),
        ("{% if a %} required{% endif %}{{ b }} and {{ c }}", ["and"]),
        ('{% macro a(x) %} aria-invalid="true" id="{{ x }}-b"{% endmacro %}{{ x }}-troubles{{ y }}', []),
        ("<pre>mailhub send</pre><p>mailhub</p>{# a remark #}", []),
    ],
)
def test_bare_words_are_found(source: str, expected: list[str]) -> None:
    assert bare_texts(source) == expected


def test_no_template_has_bare_words() -> None:
    assert TEMPLATES
    found = {str(path.relative_to(ROOT)): bare_texts(path.read_text()) for path in TEMPLATES}
    assert not {path: texts for path, texts in found.items() if texts}, "write {{ _(...) }} or {% trans %}"


def bare_texts(source: str) -> list[str]:
    """What the HTML of a template says by itself."""
    reader = _Reader()
    reader.feed("".join(_data(source)))
    reader.close()
    return reader.found


def _data(source: str) -> Iterator[str]:
    """The template without its expressions and statements, and without what stands in a translated block."""
    environment = jinja2.Environment(extensions=["jinja2.ext.i18n"])
    words: list[str] = []
    skipping = last = ""
    for _line, kind, value in environment.lex(source):
        if kind == "block_begin":
            words = []
        elif kind == "name":
            words.append(value)
        elif kind == "block_end":
            skipping = _skipped_after(words, skipping)
        elif kind == "variable_begin" and last.endswith(("<", "</")):
            yield "x"  # the name of an element
        elif kind == "data" and not skipping and not PART_OF_A_NAME.fullmatch(value):
            yield value
        last = value


def _skipped_after(words: list[str], skipping: str) -> str:
    """The statement that ends what is left out, "" when nothing is."""
    if skipping:
        return "" if words[:1] == [skipping] else skipping
    if words[:1] == ["trans"]:
        return "endtrans"
    return "endblock" if words[:2] == ["block", CLASSES] else ""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._code: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in CODE:
            self._code.append(tag)
        for name, value in attrs:
            if SHOWN_ATTRIBUTES.fullmatch(name) and value not in EXAMPLES:
                self._take(value or "")

    def handle_endtag(self, tag: str) -> None:
        if self._code and self._code[-1] == tag:
            self._code.pop()

    def handle_data(self, data: str) -> None:
        if not self._code:
            self._take(data)

    def _take(self, text: str) -> None:
        words = re.sub("|".join(rf"\b{name}\b" for name in sorted(NAMES)), "", ATTRIBUTE.sub("", text))
        if WORD.search(words):
            self.found.append(text.strip())
