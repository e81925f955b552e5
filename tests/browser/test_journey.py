"""From an empty folder to a mail in Sent, as people go: with a mouse, with keys alone, in French (issue of the pages)."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.kit.commands import Commands, ended, read_line
from tests.smtp import conftest as real_servers
from tests.smtp.conftest import HASHED_USER, PASSWORD, PLAIN_USER, MailServer

from .kit import Browsing, check_accessible
from .people import KeysPerson, MousePerson, Person, english, french

pytestmark = [
    pytest.mark.system("postfix", "dovecot-core", root=True),
    pytest.mark.xdist_group("journey"),
    pytest.mark.timeout(240),
]

ROOT = Path(__file__).parents[2]
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
def base_url(first_run: FirstRun) -> str:
    return first_run.url


@pytest.fixture(params=["mouse", "keys", "french"])
def person(request: pytest.FixtureRequest, browsing: Browsing) -> Person:
    if request.param == "french":
        return MousePerson(browsing.open(language="fr-FR"), french())
    page = browsing.open()
    return KeysPerson(page) if request.param == "keys" else MousePerson(page, english)


def test_from_an_empty_folder_to_sent(person: Person, first_run: FirstRun, mail_server: MailServer) -> None:
    begin(person, first_run)
    add_account(person, mail_server)


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
        person.choose("Français", of="Language")
        person.press("Save")
        person.words = words
        person.is_at(words("My profile"))


def add_account(person: Person, server: MailServer) -> None:
    """Add an SMTP account, try it before it is saved, make it the default."""
    person.follow("E-mail accounts")
    person.follow("Add an account")
    person.follow("SMTP")
    person.fill("Name", "Sales")
    person.fill("E-mail address", PLAIN_USER)
    person.fill("Server", "localhost")
    person.fill("Port", str(server.postfix.ports["submission"]))
    person.fill("User name", PLAIN_USER)
    person.fill("Password", "not this one")
    person.fill("Own certificate authority", str(server.authority.ca_file))
    person.press("Check now")
    person.sees("It does not work yet.")
    check_accessible(person.page)
    person.fill("Password", PASSWORD)
    person.fill("Test mail to (optional)", HASHED_USER)
    person.press("Check now")
    person.sees("It works: the test mail was accepted.")
    check_accessible(person.page)
    person.press("Save the account")
    person.is_at("Sales")
    person.open_menu("More")
    person.press("Make it the default")
    person.sees("Default")
    check_accessible(person.page)
