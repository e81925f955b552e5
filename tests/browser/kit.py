"""What tests in a browser are made of. Fixtures (conftest.py): ``hub``, ``empty_hub``, ``page``, ``french_page``,
``scriptless_page``, ``browsing``, ``smtp_server``.

A page is watched: console errors and warnings, uncaught errors, violations of the policy and failed requests fail the
test that caused them, unless it said ``browsing.complaints(page).allow("part of it")``.
"""

import re
from urllib.parse import quote

from playwright.sync_api import Page, expect

from .accessible import check_accessible, violations
from .cutting import CuttingProxy
from .hubs import ADMIN, PASSWORD, PreparedHub, VisitedHub
from .keyboard import Focus, Keys, focus_of, press_until_focused
from .watching import Browsing, Complaints

__all__ = [
    "ADMIN",
    "PASSWORD",
    "Browsing",
    "Complaints",
    "CuttingProxy",
    "Focus",
    "Keys",
    "PreparedHub",
    "VisitedHub",
    "check_accessible",
    "check_fits",
    "focus_of",
    "press_until_focused",
    "sign_in",
    "violations",
]


def sign_in(page: Page, login: str = ADMIN, password: str = PASSWORD, *, then: str = "/") -> Page:
    """Sign in by the form and go on to ``then``; the page. A page is in the language of the user, not the browser's:
    ``hub.add_user("amelie", language="fr")`` is who sees French ones.
    """
    page.goto(f"/sign-in?next={quote(then, safe='')}")
    page.locator("#login").fill(login)
    page.locator("#password").fill(password)
    page.locator("main button[type=submit]").click()
    expect(page).not_to_have_url(re.compile("/sign-in"))
    return page


def check_fits(page: Page, *, width: int = 320) -> None:
    """Raises AssertionError if the page has to be scrolled sideways at this width (WCAG 2.2, 1.4.10)."""
    size = page.viewport_size
    assert size is not None
    page.set_viewport_size({"width": width, "height": size["height"]})
    wide = page.evaluate("document.documentElement.scrollWidth")
    culprits = page.evaluate(
        """width => [...document.querySelectorAll("body *")]
            .filter(each => each.getBoundingClientRect().left + each.scrollWidth > width + 1
                && getComputedStyle(each).overflowX === "visible")
            .slice(0, 5).map(each => each.outerHTML.slice(0, 120))""",
        width,
    )
    page.set_viewport_size(size)
    assert wide <= width, f"{page.url} is {wide} pixels wide at {width}:\n" + "\n".join(culprits)
