"""The page of ``mailhub capture`` in a browser: light and dark, small, by keys, without JavaScript, with hostile mail."""

import re
from collections.abc import Iterator
from email.message import EmailMessage
from smtplib import SMTP
from typing import NamedTuple
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect

from tests.kit.commands import Commands, ended, read_line

from .kit import Browsing, check_accessible, check_fits

TABS = ("html", "text", "headers", "source", "attachments", "structure", "envelope")


class Capturing(NamedTuple):
    """A running ``mailhub capture``."""

    port: int
    url: str


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Capturing]:
    """One for all: each test clears it first."""
    program = Commands(tmp_path_factory.mktemp("capture") / "var")
    process = program.start("capture", "--port", "0", "--http-port", "0")
    line = read_line(process)
    said = re.fullmatch(r"capturing SMTP on 127\.0\.0\.1:(\d+), page (http://127\.0\.0\.1:\d+/)\n", line)
    assert said is not None, line
    yield Capturing(int(said[1]), said[2])
    process.terminate()
    ended(process)


@pytest.fixture(autouse=True)
def _cleared(server: Capturing) -> None:
    origin = {"Origin": server.url.rstrip("/")}
    urlopen(Request(f"{server.url}clear", b"", headers=origin), timeout=10).close()


@pytest.fixture
def base_url(server: Capturing) -> str:
    return server.url


def send(server: Capturing, subject: str, more: str = "") -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Ada <ada@example.com>", "bob@example.com", subject
    mail.set_content("Please pay within 14 days.\n")
    mail.add_alternative(
        "<h1 style='color: #225'>Invoice</h1><p>Please pay.</p>" + more,
        subtype="html",
    )
    mail.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="Invoice.pdf")
    with SMTP("127.0.0.1", server.port) as client:
        client.send_message(mail)


def newest(page: Page, tab: str) -> str:
    """The address of a view of the newest mail."""
    page.goto("/")
    address = page.locator("[data-number] a").first.get_attribute("href")
    return f"{address}/{tab}"


HOSTILE = (
    "<img src='https://tracker.example/seen.gif' alt=''><script>document.body.textContent = 'taken'</script>"
)


@pytest.mark.parametrize("kept", [0, 3])
def test_the_list_is_accessible_and_fits(page: Page, server: Capturing, kept: int) -> None:
    for number in range(kept):
        send(server, f"Invoice {number}")
    page.goto("/")
    check_accessible(page)
    check_fits(page)


@pytest.mark.parametrize("tab", TABS)
def test_each_view_of_a_mail_is_accessible_and_fits(page: Page, server: Capturing, tab: str) -> None:
    send(server, "Invoice 103001")
    page.goto(newest(page, tab))
    check_accessible(page, without=["iframe"])
    check_fits(page)


def test_a_mail_is_shown_without_its_script_and_asks_nobody(
    page: Page, browsing: Browsing, server: Capturing
) -> None:
    browsing.complaints(page).allow("tracker.example", "Blocked script execution")
    hosts = set()
    page.on("requestfinished", lambda request: hosts.add(request.url.split("/")[2]))
    send(server, "Invoice 103001", HOSTILE)
    page.goto(newest(page, "html"))
    shown = page.frame_locator("iframe")

    expect(shown.get_by_role("heading", name="Invoice")).to_be_visible()
    expect(shown.get_by_text("taken")).to_have_count(0)
    assert hosts == {server.url.split("/")[2]}


def test_new_mail_comes_to_the_list_and_the_focus_stays(page: Page, server: Capturing) -> None:
    send(server, "First invoice")
    page.goto("/")
    first = page.get_by_role("link", name="First invoice")
    first.focus()
    send(server, "Second invoice")

    expect(page.get_by_role("link", name="Second invoice")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("1 new mail")
    expect(first).to_be_focused()


def test_without_scripts_mails_are_listed_read_and_deleted(scriptless_page: Page, server: Capturing) -> None:
    send(server, "Invoice 103001")
    scriptless_page.goto("/")
    scriptless_page.get_by_role("link", name="Invoice 103001").click()
    scriptless_page.get_by_role("link", name="Headers").click()
    expect(
        scriptless_page.get_by_text("Message-ID").or_(scriptless_page.get_by_text("Subject")).first
    ).to_be_visible()
    scriptless_page.get_by_role("button", name="Delete").click()
    expect(scriptless_page.get_by_role("link", name="Invoice 103001")).to_have_count(0)
