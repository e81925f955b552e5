"""One Chromium for all tests of a process, a hub for those of a file, a watched page for each."""

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from mailhub.testing.smtp_server import SmtpServer

from .chromium import CHROMIUM, FLAGS
from .hubs import PreparedHub, VisitedHub
from .watching import TIMEOUT_SECONDS, Browsing, describe
from .watching import browsing as browsing_at

HERE = Path(__file__).parent


def pytest_itemcollected(item: pytest.Item) -> None:
    if item.path.is_relative_to(HERE):
        item.add_marker(pytest.mark.enable_socket)
        item.add_marker(pytest.mark.system("chromium"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    pages = getattr(item, "funcargs", {}).get("browsing")
    if report.failed and call.when == "call" and isinstance(pages, Browsing):
        report.sections += [("page", describe(page)) for page in pages.pages()]
    return report


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium, headless."""
    expect.set_options(timeout=TIMEOUT_SECONDS * 1000)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def prepared_hub(tmp_path_factory: pytest.TempPathFactory) -> PreparedHub:
    """The folder that every hub here is a copy of."""
    return PreparedHub(tmp_path_factory.mktemp("prepared"))


@pytest.fixture(scope="module")
def hub(prepared_hub: PreparedHub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VisitedHub]:
    """A running hub that the tests of a file share, in any order: each makes what it needs, with names of its own."""
    with prepared_hub.copy(tmp_path_factory.mktemp("hub")) as hub:
        hub.start()
        yield hub


@pytest.fixture
def empty_hub(prepared_hub: PreparedHub, tmp_path: Path) -> Iterator[VisitedHub]:
    """A running hub of the test's own, with nothing in it but the administrator. Costs two seconds more than ``hub``."""
    with prepared_hub.copy(tmp_path) as hub:
        hub.start()
        yield hub


@pytest.fixture
def base_url(request: pytest.FixtureRequest) -> str:
    """Where relative addresses lead: to ``empty_hub`` in a test that has one, otherwise to ``hub``."""
    name = "empty_hub" if "empty_hub" in request.fixturenames else "hub"
    hub: VisitedHub = request.getfixturevalue(name)
    return hub.url


@pytest.fixture
def browsing(browser: Browser, base_url: str) -> Iterator[Browsing]:
    """Opens watched pages: ``browsing.open(width=320, color_scheme="dark")``."""
    with browsing_at(browser, base_url) as pages:
        yield pages


@pytest.fixture
def page(browsing: Browsing) -> Page:
    """An English page, 1280 pixels wide, light."""
    return browsing.open()


@pytest.fixture
def french_page(browsing: Browsing) -> Page:
    return browsing.open(language="fr-FR")


@pytest.fixture
def scriptless_page(browsing: Browsing) -> Page:
    """A browser without JavaScript."""
    return browsing.open(scripts=False)


@pytest.fixture
def smtp_server(tmp_path: Path) -> Iterator[SmtpServer]:
    """A mail server that takes everything without sign-in, keeps it and answers as it is told."""
    folder = tmp_path / "mails"
    folder.mkdir()
    with SmtpServer(folder) as server:
        yield server
