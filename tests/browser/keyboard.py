"""Driving a page by keys alone: what has the focus is told by Chromium's own accessibility tree, as to a screen reader."""

import re
from typing import Any, NamedTuple

from playwright.sync_api import Page

MOST_STEPS = 150
MARK = re.compile(r" \([^()]*\)$")
ACTIVE = """
(() => {
    let element = document.activeElement;
    while (element?.contentDocument?.activeElement) element = element.contentDocument.activeElement;
    return element;
})()
"""


class Focus(NamedTuple):
    """What has the focus, as it is announced."""

    role: str
    name: str

    def __str__(self) -> str:
        return f"{self.role} “{self.name}”"


NOTHING = Focus("none", "")


def focus_of(page: Page) -> Focus:
    """What has the focus now; ``NOTHING`` also while one page makes way for another."""
    session = page.context.new_cdp_session(page)
    try:
        active = session.send("Runtime.evaluate", {"expression": ACTIVE})["result"]
        if "objectId" not in active:
            return NOTHING
        tree = session.send(
            "Accessibility.getPartialAXTree", {"objectId": active["objectId"], "fetchRelatives": False}
        )
        node = tree["nodes"][0]
        return Focus(_value(node, "role"), " ".join(_value(node, "name").split()))
    finally:
        session.detach()


def _value(node: dict[str, Any], what: str) -> str:
    return str(node.get(what, {}).get("value", ""))


def press_until_focused(
    page: Page, name: str | re.Pattern[str], *, role: str | None = None, key: str = "Tab"
) -> Focus:
    """Press ``key`` until the focus is on what has this accessible name (and role, as ``textbox`` or ``button``).

    A label's mark in brackets at its end, as in "Name (needed)", may be left out. ``key``: also ``Shift+Tab``, or
    ``ArrowDown`` within a menu. Raises AssertionError with all that had the focus.
    """
    passed: list[Focus] = []
    focus = focus_of(page)
    while not _is(focus, name, role):
        assert len(passed) < MOST_STEPS, _lost(name, role, passed)
        # all has been passed, also the parts of a date, which are announced alike
        assert passed.count(focus) < 8, _lost(name, role, passed)
        passed.append(focus)
        page.keyboard.press(key)
        focus = focus_of(page)
    return focus


def _is(focus: Focus, name: str | re.Pattern[str], role: str | None) -> bool:
    if isinstance(name, str):
        has_name = name in {focus.name, MARK.sub("", focus.name)}
    else:
        has_name = name.search(focus.name) is not None
    return has_name and role in {None, focus.role}


def _lost(name: str | re.Pattern[str], role: str | None, passed: list[Focus]) -> str:
    wanted = f"{role or 'anything'} “{name if isinstance(name, str) else name.pattern}”"
    return f"no way by keys to {wanted}; on the way:\n" + "\n".join(map(str, passed))


class Keys:
    """A person without a mouse::

    keys = Keys(page)
    keys.to("Name").type("Sales")
    keys.to("Save").press("Enter")
    """

    def __init__(self, page: Page) -> None:
        self._page = page

    @property
    def focus(self) -> Focus:
        """What has the focus now."""
        return focus_of(self._page)

    def to(self, name: str | re.Pattern[str], *, role: str | None = None, key: str = "Tab") -> "Keys":
        """Go on until the focus is there. Raises AssertionError when no way leads there."""
        press_until_focused(self._page, name, role=role, key=key)
        return self

    def press(self, *keys: str) -> "Keys":
        """Keys as Playwright names them: ``Enter``, ``Space``, ``ArrowDown``, ``Control+a``."""
        for key in keys:
            self._page.keyboard.press(key)
        return self

    def type(self, text: str) -> "Keys":
        """Type over what stands in a field."""
        self._page.keyboard.press("Control+a")
        self._page.keyboard.type(text)
        return self
