"""Every page of ``tools/screenshots.py``, full of what days of work leave: accessible in both themes, in both languages,
320 pixels wide, with nothing that a browser complains about.
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tools.sample_hub import LOGIN, PASSWORD, SampleHub, sample_hub
from tools.screenshots import LANGUAGES, SHOTS, Shot

from .kit import Browsing, check_accessible, check_fits, sign_in


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SampleHub]:
    with sample_hub(tmp_path_factory.mktemp("sample")) as sample:
        yield sample


@pytest.fixture
def base_url(sample: SampleHub) -> str:
    return sample.url


def opened(browsing: Browsing, sample: SampleHub, shot: Shot, language: str) -> Page:
    sample.speak(language)
    page = browsing.open(language=language)
    browsing.complaints(page).allow(*shot.complaints)
    path = shot.path.format(**sample.ids)
    if shot.is_signed_in:
        sign_in(page, LOGIN, PASSWORD, then=path)
    else:
        page.goto(path)
    if shot.before is not None:
        shot.before(page)
    return page


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.name)
def test_it_is_accessible_fits_and_is_in_the_right_language(
    browsing: Browsing, sample: SampleHub, shot: Shot, language: str
) -> None:
    page = opened(browsing, sample, shot, language)

    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    # in the other language the same elements have other words, which change no colour
    check_accessible(page, themes=["light", "dark"] if language == "en" else ["light"], without=["iframe"])
    check_fits(page)


def test_no_link_leads_nowhere(page: Page, sample: SampleHub) -> None:
    """Followed from the start: what a page shows can be opened. A second page of the same kind is not looked at again."""
    sample.speak("en")
    sign_in(page, LOGIN, PASSWORD)
    seen: set[str] = set()
    waiting = {"/"}
    while waiting:
        path = waiting.pop()
        seen.add(kind_of(path))
        answer = page.goto(path)
        assert answer is not None
        assert answer.ok, f"{path}: {answer.status}"
        found = page.eval_on_selector_all(
            "a[href^='/']:not([download], [hidden])",
            "links => links.map(each => each.pathname + each.search)",
        )
        waiting |= {each for each in found if not each.startswith(("/static/", "/api/"))}
        waiting = {each for each in waiting if kind_of(each) not in seen and not FILES.search(each)}


FILES = re.compile(r"/(attachments|files)/[^/]+$|/body|/source|\.eml")


def kind_of(address: str) -> str:
    """An address without ids and values."""
    path, _mark, query = address.partition("?")
    names = sorted(each.partition("=")[0] for each in query.split("&") if each)
    return re.sub(
        r"/[A-Za-z0-9_-]{20,}(?=/|$)", "/*", re.sub(r"^/scenarios/[^/+]+", "/scenarios/*", path)
    ) + "?".join(names)
