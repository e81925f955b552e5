"""From an empty folder to a mail in Sent, as people go: with a mouse, with keys alone, in French (issue of the pages)."""

import email
import email.policy
import hashlib
import re
import secrets
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import expect

from tests.kit.commands import Commands, ended, read_line
from tests.kit.waiting import wait_for
from tests.smtp import conftest as real_servers
from tests.smtp.conftest import HASHED_USER, PASSWORD, PLAIN_USER, MailServer

from .kit import Browsing, CuttingProxy, check_accessible
from .people import KeysPerson, MousePerson, Own, Person, english, french

pytestmark = [
    pytest.mark.system("postfix", "dovecot-core", root=True),
    pytest.mark.xdist_group("journey"),
    pytest.mark.timeout(240),
]

ROOT = Path(__file__).parents[2]
COPY_PICTURE = """
new Promise((resolve, reject) => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 40;
    canvas.getContext("2d").fillRect(5, 5, 30, 30);
    canvas.toBlob(blob => navigator.clipboard.write([new ClipboardItem({"image/png": blob})]).then(resolve, reject));
})
"""
OWN_PASSWORD = "plum-ladder-91-otter"
mail_server = real_servers.mail_server


class FirstRun(NamedTuple):
    """What ``make run`` said."""

    url: str
    password: str


@pytest.fixture
def first_run(tmp_path: Path) -> Iterator[FirstRun]:
    """``make run`` in an empty folder."""
    program = Commands(tmp_path / "var", module="mailhub.cli.first_run")
    process = program.start("--port", "0", "--capture-port", "0", "--page-port", "0", cwd=ROOT)
    said = ""
    while "Ctrl-C" not in said:
        line = read_line(process)
        assert process.poll() is None, line
        said += line
    url, password = (
        re.search(r"^hub +(\S+)$", said, re.MULTILINE),
        re.search(r"one-time password (\S+)", said),
    )
    assert url is not None, said
    assert password is not None, said
    yield FirstRun(url[1], password[1])
    process.terminate()
    ended(process)


@pytest.fixture
def proxy(first_run: FirstRun) -> Iterator[CuttingProxy]:
    """The way to the hub, which can be cut."""
    with CuttingProxy(int(first_run.url.rpartition(":")[2])) as proxy:
        yield proxy


@pytest.fixture
def base_url(proxy: CuttingProxy) -> str:
    return proxy.url


@pytest.fixture(params=["mouse", "keys", "french"])
def person(request: pytest.FixtureRequest, browsing: Browsing) -> Person:
    language = "fr-FR" if request.param == "french" else "en-GB"
    page = browsing.open(language=language, permissions=["clipboard-read", "clipboard-write"])
    # what is cut on purpose; the file goes on by itself
    browsing.complaints(page).allow("/page-api/uploads/")
    words = french() if request.param == "french" else english
    return KeysPerson(page, words) if request.param == "keys" else MousePerson(page, words)


@pytest.fixture
def big_file(tmp_path: Path) -> Path:
    """100 MB of which no two pieces are the same."""
    path = tmp_path / "Drawings.bin"
    with path.open("wb") as stream:
        for number in range(100):
            stream.write(hashlib.sha256(str(number).encode()).digest() * 31_250)
    return path


@pytest.fixture
def terms(tmp_path: Path) -> Path:
    path = tmp_path / "Terms.pdf"
    path.write_bytes(b"%PDF-1.7 the terms")
    return path


def test_from_an_empty_folder_to_sent(
    person: Person,
    first_run: FirstRun,
    proxy: CuttingProxy,
    mail_server: MailServer,
    big_file: Path,
    terms: Path,
) -> None:
    begin(person, first_run)
    add_account(person, mail_server)
    assign_scenarios(person)
    add_default_file(person, terms)
    subject = f"Invoice 103001 {secrets.token_hex(4)}"
    compose(person, subject)
    paste_picture(person)
    attach_over_a_line_that_is_cut(person, proxy, big_file)
    send(person, subject)
    check_picture(check_arrived(mail_server, subject, big_file, terms))


def test_without_scripts_the_same_is_set_up_and_sent(
    browsing: Browsing, first_run: FirstRun, mail_server: MailServer, terms: Path, tmp_path: Path
) -> None:
    person = MousePerson(browsing.open(scripts=False))
    page = person.page
    begin(person, first_run)
    fill_in_account(person, mail_server)
    person.fill("Password", PASSWORD)
    person.press("Check now")
    address = page.locator("noscript a[href^='/checks/']").get_attribute("href")
    assert address is not None
    other = page.context.new_page()
    other.goto(address)
    expect(other.get_by_text("It works as far as that can be told without sending.")).to_be_visible()
    check_accessible(other)
    person.fill("Password", PASSWORD)
    save_account(person)

    assign_scenarios(person)
    person.follow("Sales invoice")
    person.tick("Add new files to every message of this scenario")
    person.give_files("Add files", terms)
    person.press("Add the files")
    expect(page.get_by_role("switch", name=terms.name)).to_be_checked()

    subject = f"Invoice 103002 {secrets.token_hex(4)}"
    small = tmp_path / "Invoice.pdf"
    small.write_bytes(b"%PDF-1.7 the invoice")
    person.follow("Write")
    person.pick("From", "Sales invoice")
    person.fill("To", HASHED_USER)
    person.fill("Subject", subject)
    person.fill("Message", "Dear Ada, here is the invoice.")
    person.give_files("Attach files", small)
    check_accessible(page)
    person.press("Send")
    person.is_at(Own(subject))
    check_accessible(page, without=["iframe"])
    wait_for(lambda: page.reload() and page.locator("[data-state]", has_text="Sent").count(), "Sent")
    person.follow("box|Sent")
    person.follow(Own(subject))
    person.follow("History")
    expect(page.get_by_role("list", name="History")).to_contain_text("250 2.0.0")
    check_arrived(mail_server, subject, small)


def begin(person: Person, first_run: FirstRun) -> None:
    """Sign in with the one-time password and choose an own one. The first administrator is English until he says more."""
    words = person.words
    person.page.goto("/")
    person.fill("Login", "admin")
    person.fill("Password", first_run.password)
    person.press("Sign in")
    person.words = english
    person.is_at("Choose your own password")
    check_accessible(person.page)
    person.fill("Password until now", first_run.password)
    person.fill("New password", OWN_PASSWORD)
    person.fill("New password once more", OWN_PASSWORD)
    person.press("Change the password")
    person.sees("Your password was changed.")
    if words is not english:
        person.page.goto("/me")
        person.choose(Own("Français"), of="Language")
        person.press("Save")
        person.words = words
        person.is_at("My profile")


def add_account(person: Person, server: MailServer) -> None:
    """Add an SMTP account, try it before it is saved, make it the default."""
    fill_in_account(person, server)
    person.fill("Password", "not this one")
    person.press("Check now")
    person.sees("It does not work yet.")
    check_accessible(person.page)
    person.fill("Password", PASSWORD)
    person.fill("Test mail to (optional)", HASHED_USER)
    person.press("Check now")
    person.sees("It works: the test mail was accepted.")
    check_accessible(person.page)
    save_account(person)
    check_accessible(person.page)


def fill_in_account(person: Person, server: MailServer) -> None:
    """All but the password."""
    person.follow("E-mail accounts")
    person.follow("Add an account")
    person.follow("SMTP")
    person.fill("Name", "Sales")
    person.fill("E-mail address", PLAIN_USER)
    person.fill("Server", "localhost")
    person.fill("Port", str(server.postfix.ports["submission"]))
    person.fill("User name", PLAIN_USER)
    person.fill("Own certificate authority", str(server.authority.ca_file))


def save_account(person: Person) -> None:
    """Save it and make it the default."""
    person.press("Save the account")
    person.is_at(Own("Sales"))
    person.open_menu("More")
    person.press("Make it the default")
    person.sees("Default")


def assign_scenarios(person: Person) -> None:
    """Give two kinds of mail to the account."""
    person.follow("Scenarios")
    person.is_at("Scenarios")
    check_accessible(person.page)
    for title in ("Sales invoice", "Sales order"):
        person.tick(Own(f"{person.words('Choose')} {person.words(title)}"))
    person.pick("Assign selected to", Own("Sales"))
    person.press("Assign")
    person.sees("Undo")
    lane = person.page.get_by_role("region", name="Sales")
    for title in ("Sales invoice", "Sales order"):
        expect(lane.get_by_role("link", name=person.words(title), exact=True)).to_be_visible()
    check_accessible(person.page)


def add_default_file(person: Person, file: Path) -> None:
    """A file that goes with every invoice."""
    person.follow("Sales invoice")
    person.is_at("Sales invoice")
    person.tick("Add new files to every message of this scenario")
    person.give_files("Add files", file)
    expect(person.page.get_by_role("link", name=file.name, exact=True)).to_be_visible()
    expect(person.page.get_by_role("switch", name=file.name)).to_be_checked()
    check_accessible(person.page)


def compose(person: Person, subject: str) -> None:
    """Write an invoice."""
    person.follow("Write")
    person.pick("From", "Sales invoice")
    person.sees(Own("Terms.pdf"))
    person.fill("To", HASHED_USER)
    person.fill("Subject", subject)
    person.write("Message", "Dear Ada, here is the invoice. ")


def paste_picture(person: Person) -> None:
    """A picture from the clipboard, into the text."""
    person.page.evaluate(COPY_PICTURE)
    person.page.keyboard.press("Control+v")
    expect(person.page.frame_locator("iframe").locator("img")).to_have_count(1)
    check_accessible(person.page, without=["iframe"])


def attach_over_a_line_that_is_cut(person: Person, proxy: CuttingProxy, file: Path) -> None:
    """100 MB, of which two connections die."""
    proxy.cut_after(30_000_000, 70_000_000)
    person.give_files("Attach files", file)
    kept = person.page.locator("#kept-files").get_by_text(file.name, exact=True)
    expect(kept).to_be_visible(timeout=90_000)
    assert proxy.cuts == 2
    check_accessible(person.page, without=["iframe"])


def send(person: Person, subject: str) -> None:
    """Send it, follow it to Sent, and look at its history."""
    person.press("Send")
    person.is_at(Own(subject))
    expect(person.page.locator("[data-state]")).to_contain_text(person.words("Sent"), timeout=60_000)
    check_accessible(person.page, without=["iframe"])
    person.follow("box|Sent")
    person.follow(Own(subject))
    person.is_at(Own(subject))
    person.follow("History")
    expect(person.page.get_by_role("list", name=person.words("History"))).to_contain_text("250 2.0.0")
    check_accessible(person.page)


def check_arrived(server: MailServer, subject: str, *files: Path) -> EmailMessage:
    """The mail is in the mailbox, with each file as it was; the mail."""
    inbox = server.postfix.root / "mail" / "inbox" / "new"

    def look() -> Path | None:
        return next(
            (each for each in inbox.iterdir() if subject.encode() in each.open("rb").read(8_000)), None
        )

    path = wait_for(look, "the mail in the mailbox")
    assert path is not None
    with path.open("rb") as stream:
        mail = email.message_from_binary_file(stream, policy=email.policy.SMTP)
    path.unlink()
    assert isinstance(mail, EmailMessage)
    parts = {part.get_filename() or part.get_content_type(): part for part in mail.walk()}
    for file in files:
        content = parts[file.name].get_payload(decode=True)
        assert isinstance(content, bytes)
        assert hashlib.sha256(content).digest() == hashlib.sha256(file.read_bytes()).digest()
    return mail


def check_picture(mail: EmailMessage) -> None:
    """It is a linked part of the text."""
    [picture] = [part for part in mail.walk() if part.get_content_maintype() == "image"]
    [text] = [part for part in mail.walk() if part.get_content_type() == "text/html"]
    assert f"cid:{picture['Content-ID'].strip('<>')}" in text.get_content()
