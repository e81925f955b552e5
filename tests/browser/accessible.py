"""Accessibility by axe-core (MPL-2.0, as axe-playwright-python ships it), in the light theme and in the dark one."""

import json
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

from tests.kit.waiting import wait_for

from .watching import TIMEOUT_SECONDS, ColorScheme

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
BOTH: Sequence[ColorScheme] = ("light", "dark")
# axe gives way to the page by timers, which stand still in one without JavaScript; its limits of time are long
AT_ONCE = """
window.setTimeout = (then, milliseconds = 0, ...values) => {
    if (milliseconds < 100 && typeof then === "function") Promise.resolve().then(() => then(...values));
    return 0;
}
"""
HAS_SCRIPTS = "matchMedia('(scripting: enabled)').matches"
DRAWN = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
BACKGROUND = "getComputedStyle(document.body).backgroundColor"


def axe_source() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")


def check_accessible(
    page: Page, *, themes: Sequence[ColorScheme] | None = None, without: Sequence[str] = ()
) -> None:
    """Raises AssertionError with what axe finds on the page as it is now, in each theme.

    ``themes``: both; only the light one of a page that has no dark one, and without scripts, which follow the system.
    ``without``: CSS selectors of parts that are not ours.
    """
    if themes is None:
        themes = BOTH if page.evaluate(HAS_SCRIPTS) else BOTH[:1]
    before = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    found: list[str] = []
    backgrounds = set()
    for theme in themes:
        _turn(page, theme)
        backgrounds.add(page.evaluate(BACKGROUND))
        found += [f"[{theme}] {line}" for line in violations(page, without=without)]
    page.emulate_media(color_scheme="dark" if before else "light")
    assert not found, f"axe on {page.url}:\n" + "\n".join(found)
    assert len(backgrounds) == len(themes), f"{page.url} looks the same in {themes}: {backgrounds}"


def _turn(page: Page, theme: ColorScheme) -> None:
    """The system turns light or dark, and the page with it: it is told before it draws the next time."""
    page.emulate_media(color_scheme=theme)
    is_there = f"matchMedia('(prefers-color-scheme: {theme})').matches"
    wait_for(lambda: page.evaluate(is_there), f"a {theme} system", seconds=TIMEOUT_SECONDS)
    if page.evaluate(HAS_SCRIPTS):
        page.evaluate(DRAWN)


def violations(page: Page, *, without: Sequence[str] = ()) -> list[str]:
    """A line for each element of each rule that axe finds broken."""
    scope = json.dumps({"exclude": [[each] for each in without]}) if without else "document"
    options = json.dumps({"runOnly": RULES, "resultTypes": ["violations"]})
    if not page.evaluate(HAS_SCRIPTS):
        page.evaluate(AT_ONCE)
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(axe_source())
    result = page.evaluate(f"axe.run({scope}, {options})")
    return list(_lines(result["violations"]))


def _lines(broken: list[dict[str, Any]]) -> Iterator[str]:
    for rule in broken:
        for node in rule["nodes"]:
            why = " ".join(str(node.get("failureSummary", "")).split())
            target = " ".join(map(str, node["target"]))
            yield f"{rule['impact']} {rule['id']}: {target}\n    {node['html'][:200]}\n    {why[:300]}"
