"""Pictures of every page, to be looked at: ``make screenshots``, or ``make screenshots ONLY=outbox`` for those named so.

They go to docs/_build/screenshots, in both languages, themes and widths. Those that a how-to page shows are kept in
docs/images too: English, light, wide, with fewer colours, none over 60 KB.
"""

import argparse
import io
import itertools
import logging
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import CHROMIUM, FLAGS
from tools.pages import ROOT
from tools.sample_hub import LOGIN, PASSWORD, SampleHub, sample_hub

TARGET = ROOT / "docs" / "_build" / "screenshots"
KEPT = ROOT / "docs" / "images"
MOST_KEPT_BYTES = 60_000
WIDTHS = {1280: 800, 400: 860}
THEMES = ("light", "dark")
LANGUAGES = ("en", "fr")


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture. ``path`` may name what the sample has an id for: ``/messages/{failed}`` (tools/sample_hub.py).

    ``before``: what is done on the page first. ``kept``: a how-to page shows it. ``is_whole``: all of the page, not only
    what fits the window; not for pages that frame a mail. ``is_signed_in``: as the administrator of the sample.
    ``complaints``: what the console says on purpose, such as a picture of a mail that its policy holds back.
    """

    name: str
    path: str
    before: Callable[[Page], None] | None = None
    kept: bool = False
    is_whole: bool = True
    is_signed_in: bool = True
    complaints: tuple[str, ...] = ()


def _wrong_password(page: Page) -> None:
    page.locator("#login").fill(LOGIN)
    page.locator("#password").fill("winter2026")
    page.locator("main button[type=submit]").click()
    page.locator("[data-error-summary]").wait_for()


def _written(page: Page) -> None:
    page.frame_locator(".tox-edit-area iframe").locator("body").wait_for()


def _menu(page: Page) -> None:
    if page.locator(".topbar-menu").is_visible():
        page.locator(".topbar-menu").click()
    page.locator(".account-menu summary").click()


def _editor(page: Page) -> None:
    page.frame_locator("iframe").locator("body").wait_for()


SHOTS = (
    Shot("sign-in", "/sign-in", is_signed_in=False, kept=True),
    Shot("sign-in-wrong", "/sign-in", _wrong_password, is_signed_in=False),
    Shot("home", "/", kept=True),
    Shot("menu", "/", _menu, is_whole=False),
    Shot("outbox", "/outbox", kept=True),
    Shot("outbox-failed", "/outbox?status=failed"),
    Shot("sent", "/sent", kept=True),
    Shot("drafts", "/drafts"),
    Shot("compose", "/compose/{draft}", _written, is_whole=False),
    Shot("message-sent", "/messages/{sent}", is_whole=False, kept=True),
    Shot("message-failed", "/messages/{failed}", is_whole=False),
    Shot("message-in-doubt", "/messages/{in_doubt}", is_whole=False),
    Shot("message-waiting", "/messages/{held}", is_whole=False),
    Shot("accounts", "/accounts", kept=True),
    Shot("accounts-new", "/accounts/new", kept=True),
    Shot("accounts-new-smtp", "/accounts/new/smtp", kept=True),
    Shot("account", "/accounts/{billing}", kept=True),
    Shot("account-attention", "/accounts/{support}"),
    Shot("account-edit", "/accounts/{billing}/edit"),
    Shot("account-test", "/accounts/{billing}/test"),
    Shot("account-delete", "/accounts/{newsletter}/delete"),
    Shot("scenarios-new", "/scenarios/+new"),
    Shot("scenarios", "/scenarios", kept=True),
    Shot("scenario", "/scenarios/sales-invoice", kept=True),
    Shot("compose", "/compose/{draft}", _editor, is_whole=False, kept=True),
    Shot("profile", "/me"),
    Shot("password", "/me/password"),
    Shot("not-found", "/no-such-page"),
)
"""Every page, in the order of the navigation. Whoever makes a page adds it here."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="those whose name has this in it")
    parser.add_argument("--language", choices=LANGUAGES)
    parser.add_argument("--theme", choices=THEMES)
    parser.add_argument("--width", type=int, choices=list(WIDTHS))
    chosen = parser.parse_args()
    shots = [each for each in SHOTS if chosen.only in each.name]
    # what the sample does wrong on purpose is not for this terminal
    logging.disable(logging.ERROR)
    with (
        tempfile.TemporaryDirectory() as folder,
        sample_hub(Path(folder)) as sample,
        sync_playwright() as driver,
    ):
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for language, theme, width in itertools.product(LANGUAGES, THEMES, WIDTHS):
            wanted = (chosen.language, chosen.theme, chosen.width)
            if all(one in {None, other} for one, other in zip(wanted, (language, theme, width), strict=True)):
                _take_all(browser, sample, shots, language, theme, width)
        browser.close()
    print(f"{TARGET.relative_to(ROOT)}/")


def _take_all(
    browser: Browser, sample: SampleHub, shots: list[Shot], language: str, theme: str, width: int
) -> None:
    sample.speak(language)
    for is_signed_in, group in itertools.groupby(shots, lambda each: each.is_signed_in):
        context = browser.new_context(
            base_url=sample.url,
            locale=language,
            color_scheme="dark" if theme == "dark" else "light",
            viewport={"width": width, "height": WIDTHS[width]},
            reduced_motion="reduce",
            timezone_id="Europe/Zurich",
        )
        page = context.new_page()
        page.set_default_timeout(10_000)
        if is_signed_in:
            _sign_in(page)
        for shot in group:
            _take(page, sample, shot, TARGET / f"{language}-{theme}-{width}" / f"{shot.name}.png")
            if shot.kept and (language, theme, width) == ("en", "light", 1280):
                _keep(page.screenshot(), KEPT / f"{shot.name}.png")
        context.close()


def _sign_in(page: Page) -> None:
    page.goto("/sign-in")
    page.locator("#login").fill(LOGIN)
    page.locator("#password").fill(PASSWORD)
    page.locator("main button[type=submit]").click()
    page.locator(".sidebar").wait_for(state="attached")


def _take(page: Page, sample: SampleHub, shot: Shot, path: Path) -> None:
    page.goto(shot.path.format(**sample.ids), wait_until="load")
    if shot.before is not None:
        shot.before(page)
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path, full_page=shot.is_whole, animations="disabled")


def _keep(content: bytes, path: Path) -> None:
    """Write a picture with as many colours as its limit allows. Raises ValueError if even the fewest are too many."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for small in _smaller_and_smaller(content):
        if len(small) <= MOST_KEPT_BYTES:
            path.write_bytes(small)
            return
    raise ValueError(f"{path.name} is over {MOST_KEPT_BYTES} bytes with 16 colours")


def _smaller_and_smaller(content: bytes) -> Iterator[bytes]:
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    for colours in (256, 128, 64, 32, 16):
        stream = io.BytesIO()
        reduced = picture.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        reduced.save(stream, "PNG", optimize=True)
        yield stream.getvalue()


if __name__ == "__main__":
    main()
