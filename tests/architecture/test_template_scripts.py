"""No template has what the policy of the pages forbids: nothing inline, and nothing that htmx would evaluate as script.

Some of it shows in a browser only after a while, or never in a test: a trigger that asks a condition, for instance.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted(ROOT.glob("src/mailhub/**/*.jinja2"))
FORBIDDEN = {
    "a script that stands in the page": r"<script(?![^>]*\b(src=|type=\"application/json\"))[^>]*>(?!\s*</script>)",
    "a style that stands in the page": r"<style\b|\sstyle=",
    "a handler that stands in the page": r"\son[a-z]+=",
    "a condition that htmx evaluates": r"\bhx-trigger=(\"[^\"]*\[|'[^']*\[)",
    "a value that htmx evaluates": r"\bhx-[a-z:]+=[\"'](js|javascript):",
    "a handler that htmx evaluates": r"\bhx-on\b",
    "an address that is a script": r"\b(href|src|action)=[\"']\s*javascript:",
}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "src/mailhub")))
def test_nothing_in_a_template_is_evaluated(path: Path) -> None:
    source = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)
    found = [what for what, pattern in FORBIDDEN.items() if re.search(pattern, source)]
    assert found == []


@pytest.mark.parametrize(
    "bad",
    [
        "<script>alert(1)</script>",
        '<script type="module">go()</script>',
        '<p style="color: red">',
        '<a onclick="go()">',
        """<div hx-trigger="every 5s [document.visibilityState == 'visible']">""",
        "<div hx-vals='js:{a: 1}'>",
        '<div hx-on:click="go()">',
        '<a href="javascript:go()">',
    ],
)
def test_what_is_forbidden_is_found(bad: str) -> None:
    assert any(re.search(pattern, bad) for pattern in FORBIDDEN.values())


def test_what_is_needed_is_not_forbidden() -> None:
    good = '<script type="module" src="/static/app.js"></script><div hx-get="/x" hx-trigger="every 5s">'
    assert not any(re.search(pattern, good) for pattern in FORBIDDEN.values())
