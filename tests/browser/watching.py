"""Pages that are watched: what a browser complains about while a test drives it fails the test."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Request, Response

ColorScheme = Literal["light", "dark"]
TIMEOUT_SECONDS = 15
SIZES = {1280: 860, 400: 860, 320: 640}
"""Widths that pages are made for, each with a height."""

# said by the console, so that a page without this listener's own permissions can say it too
REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", event => console.error(
    `policy violated: ${event.effectiveDirective} blocked ${event.blockedURI}`,
    `${event.sourceFile}:${event.lineNumber} ${event.sample}`));
"""
# Chromium says this of every answer from 400 on; the answers themselves are watched
SEEN_AS_ANSWER = "Failed to load resource: the server responded with a status of"
BY_THE_PAGE = frozenset({"document", "fetch", "xhr"})
CANCELLED = frozenset({"net::ERR_ABORTED"})


class Complaints:
    """What went wrong in the pages of a context: console, errors, policy, requests, and answers nobody wanted.

    An answer from 400 to 499 to a page or to a script is the application's word to a person, and for the test to judge;
    for a file of the page it is a complaint, and from 500 on for everything.
    """

    def __init__(self, context: BrowserContext) -> None:
        self._found: list[str] = []
        self._allowed: list[str] = []
        context.on("console", self._console)
        context.on("weberror", lambda error: self._add(f"error: {error.error}"))
        context.on("requestfailed", self._request_failed)
        context.on("response", self._answered)

    def allow(self, *parts: str) -> None:
        """Do not complain of what has one of these parts in it, for a test that causes it on purpose."""
        self._allowed.extend(parts)

    @property
    def found(self) -> list[str]:
        return [each for each in self._found if not any(part in each for part in self._allowed)]

    def check(self) -> None:
        """Raises AssertionError with all that was found, and forgets it."""
        found, self._found = self.found, []
        assert not found, "the browser complains:\n" + "\n".join(found)

    def _add(self, complaint: str) -> None:
        self._found.append(complaint)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning", "assert"} and not message.text.startswith(SEEN_AS_ANSWER):
            where = message.location
            self._add(f"console {message.type}: {message.text} ({where['url']}:{where['lineNumber']})")

    def _request_failed(self, request: Request) -> None:
        # a page that is left ends what it was loading
        if request.failure not in CANCELLED:
            self._add(f"request failed: {request.method} {request.url} {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= (500 if response.request.resource_type in BY_THE_PAGE else 400):
            self._add(f"answer {response.status}: {response.request.method} {response.url}")


class Browsing:
    """Opens watched pages at one address, each in a context of its own, so with cookies of its own."""

    def __init__(self, browser: Browser, base_url: str) -> None:
        self._browser = browser
        self._base_url = base_url
        self._contexts: list[BrowserContext] = []
        self._complaints: dict[BrowserContext, Complaints] = {}

    def open(
        self,
        *,
        language: str = "en-GB",
        scripts: bool = True,
        color_scheme: ColorScheme = "light",
        width: int = 1280,
        base_url: str | None = None,
        **options: Any,
    ) -> Page:
        """A page that has gone nowhere yet; ``page.goto("/sign-in")`` is relative to the hub's address.

        ``options``: those of Playwright's ``new_context``.
        """
        context = self._browser.new_context(
            base_url=base_url or self._base_url,
            locale=language,
            java_script_enabled=scripts,
            color_scheme=color_scheme,
            viewport={"width": width, "height": SIZES.get(width, 860)},
            timezone_id="Europe/Paris",
            reduced_motion="reduce",
            **options,
        )
        context.set_default_timeout(TIMEOUT_SECONDS * 1000)
        self._contexts.append(context)
        self._complaints[context] = Complaints(context)
        if scripts:
            context.add_init_script(REPORT_VIOLATIONS)
        return context.new_page()

    def complaints(self, page: Page) -> Complaints:
        """Of the pages that share this one's context."""
        return self._complaints[page.context]

    def pages(self) -> Iterator[Page]:
        """All that are open."""
        for context in self._contexts:
            yield from context.pages

    def check(self) -> None:
        """Raises AssertionError if a browser complained."""
        for complaints in self._complaints.values():
            complaints.check()

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@contextmanager
def browsing(browser: Browser, base_url: str) -> Iterator[Browsing]:
    """Watched pages; at the end of a test that has not failed by itself they must have nothing to complain of."""
    pages = Browsing(browser, base_url)
    try:
        yield pages
        pages.check()
    finally:
        pages.close()


def describe(page: Page) -> str:
    """Where a page is and what stands on it, for the report of a failed test."""
    try:
        return f"{page.url}\n{page.locator('body').aria_snapshot()}"
    except Error as error:
        return f"{page.url}\n{error.message}"
