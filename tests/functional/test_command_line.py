"""Every command as a process, beside a running hub and without one: the same answers, the same exit codes."""

import hashlib
import json
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from mailhub.testing.smtp_server import SmtpServer
from tests.kit.commands import Commands

pytestmark = pytest.mark.enable_socket

BESIDE, ALONE = "beside a hub", "without a hub"


@pytest.fixture(
    scope="module",
    params=[pytest.param(each, marks=pytest.mark.xdist_group(each)) for each in (BESIDE, ALONE)],
)
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def mailhub(mode: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    """Commands on a hub that is set up, and that runs or not."""
    commands = Commands(tmp_path_factory.mktemp("hub") / "data")
    made = commands("init", "--json").json
    assert made["login"] == "admin"
    assert made["password"]
    assert made["data"] == str(commands.data)
    if mode == ALONE:
        yield commands
        return
    with commands.serving():
        yield commands


@pytest.fixture(scope="module")
def smtp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmtpServer]:
    with SmtpServer(tmp_path_factory.mktemp("smtp")) as server:
        server.answer_recipient("nobody@example.com", "550 5.1.1 no such mailbox")
        server.answer_recipient("busy@example.com", "450 4.2.0 come back later")
        yield server


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    return iter(count(1))


@pytest.fixture
def name(numbers: Iterator[int]) -> str:
    """A name that no other test has."""
    return f"Account {next(numbers)}"


def server_settings(smtp: SmtpServer) -> list[str]:
    values = {"server": smtp.host, "port": smtp.port, "security": "none", "authentication": "anonymous"}
    return [word for key, value in values.items() for word in ("--set", f"{key}={value}")]


def add_account(mailhub: Commands, smtp: SmtpServer, name: str) -> dict[str, Any]:
    """An account that sends to the test's own server."""
    arguments = ("--connector", "smtp", "--name", name, "--address", "hub@example.com", "--rate", "0")
    made: dict[str, Any] = mailhub("account", "add", *arguments, *server_settings(smtp), "--json").json
    return made


@pytest.fixture(scope="module")
def account(mailhub: Commands, smtp: SmtpServer) -> dict[str, Any]:
    """An account that all tests share and none changes."""
    return add_account(mailhub, smtp, "Shared")


@pytest.fixture(scope="module")
def scenario(mailhub: Commands, account: dict[str, Any]) -> str:
    """A scenario that goes by that account."""
    assert mailhub("scenario", "assign", "reminder", account["id"]).code == 0
    return "reminder"


def received(smtp: SmtpServer, subject: str) -> tuple[tuple[str, ...], Message]:
    """The one mail with this subject: whom it went to, and what they got."""
    mails = [(each.recipients, message_from_bytes(each.read())) for each in smtp.received]
    [found] = [(recipients, mail) for recipients, mail in mails if mail["Subject"] == subject]
    return found


# -- accounts ------------------------------------------------------------------------------------------------------


def test_an_account_is_made_of_typed_settings(account: dict[str, Any], smtp: SmtpServer) -> None:
    assert account["settings"]["port"] == smtp.port
    assert account["rate_limit_per_minute"] == 0
    assert account["state"] == "ready"


def test_accounts_are_listed(mailhub: Commands, account: dict[str, Any]) -> None:
    listed = {each["id"]: each for each in mailhub("account", "list", "--json").json["items"]}
    assert listed[account["id"]]["settings"] == account["settings"]
    shown = mailhub("account", "list")
    assert shown.code == 0
    [line] = [line for line in shown.out.splitlines() if account["id"] in line]
    assert line.split("  ")[0] == account["name"]


def test_a_test_shows_each_step(mailhub: Commands, account: dict[str, Any]) -> None:
    ended = mailhub("account", "test", account["name"].upper(), "--to", "ada@example.com")
    assert (ended.code, ended.err) == (0, "")
    assert [line.split()[:2] for line in ended.out.splitlines()] == [
        ["resolve", "ok"],
        ["connect", "ok"],
        ["tls", "skipped"],
        ["authenticate", "skipped"],
        ["send", "ok"],
    ]


def test_a_test_that_fails_says_why_and_exits_with_1(mailhub: Commands, account: dict[str, Any]) -> None:
    ended = mailhub("account", "test", account["id"], "--to", "nobody@example.com", "--json")
    assert ended.code == 1
    assert json.loads(ended.out)["outcome"] == "failed"
    assert "no such mailbox" in ended.err


def test_an_account_is_paused_and_resumed(mailhub: Commands, smtp: SmtpServer, name: str) -> None:
    account = add_account(mailhub, smtp, name)
    assert mailhub("account", "pause", name, "--json").json["state"] == "paused"
    assert mailhub("scenario", "assign", "sales-order", name).code == 0
    sent = mailhub("send", "--scenario", "sales-order", "--to", "ada@example.com", "--text", "x", "--wait")
    assert sent.code == 1
    assert "waits for its account, which is paused" in sent.err
    ended = mailhub("account", "resume", account["id"])
    assert (ended.code, ended.out) == (0, f"Account {name}: ready\n")


def test_all_mistakes_in_settings_are_told_and_nothing_is_made(mailhub: Commands, name: str) -> None:
    wrong = ("--set", "server=", "--set", "port=many", "--set", "colour=red")
    ended = mailhub("account", "add", "--connector", "smtp", "--name", name, "--address", "a@b.test", *wrong)
    assert (ended.code, ended.out) == (2, "")
    assert sorted(line.split(":")[0] for line in ended.err.splitlines()) == [
        "settings.colour",
        "settings.port",
        "settings.server",
    ]
    assert name not in mailhub("account", "list").out


def test_a_secret_is_read_from_standard_input_and_shown_nowhere(
    mailhub: Commands, tmp_path: Path, name: str
) -> None:
    with SmtpServer(tmp_path, users={"ada": "open sesame"}) as smtp:
        settings = [*server_settings(smtp)[:-2], "--set", "authentication=basic", "--set", "user_name=ada"]
        arguments = ("--connector", "smtp", "--name", name, "--address", "ada@example.com")
        made = mailhub(
            "account", "add", *arguments, *settings, "--secret", "password", "--json", stdin="open sesame\n"
        )
        assert made.json["settings"]["password"] == {"is_set": True}
        tested = mailhub("account", "test", name)
    assert tested.code == 0, tested.err
    assert "open sesame" not in made.out + made.err + tested.out + tested.err


def test_a_secret_among_the_arguments_is_refused(mailhub: Commands, name: str) -> None:
    ended = mailhub("account", "add", "--connector", "smtp", "--name", name, "--set", "password=secret")
    assert (ended.code, ended.out) == (2, "")
    assert "--secret password" in ended.err


MISSING = (
    ("account", "test", "Nowhere"),
    ("send", "--user", "nobody", "--to", "ada@example.com", "--text", "x"),
    ("token", "create", "--user", "nobody"),
    ("token", "revoke", "../me"),
    ("account", "pause", "Nowhere"),
    ("account", "add", "--connector", "pigeon", "--name", "P"),
    ("scenario", "assign", "no-such-scenario", "--none"),
    ("scenario", "assign", "reminder", "Nowhere"),
    ("user", "reset-password", "nobody"),
    ("send", "--to", "ada@example.com", "--text-file", "missing.txt"),
)


def test_what_is_not_there_exits_with_3(mailhub: Commands, mode: str) -> None:
    for arguments in MISSING if mode == BESIDE else MISSING[:4]:
        ended = mailhub(*arguments)
        assert (ended.code, ended.out, ended.err.count("\n")) == (3, "", 1), (arguments, ended)


def test_a_name_that_two_accounts_have_is_wrong_use(mailhub: Commands, smtp: SmtpServer, name: str) -> None:
    arguments = ("--connector", "smtp", "--name", name, "--address", "a@b.test", *server_settings(smtp))
    made = [mailhub("account", "add", *arguments, "--json").json for _each in range(2)]
    ended = mailhub("account", "pause", name)
    assert (ended.code, ended.out) == (2, "")
    assert all(each["id"] in ended.err for each in made)


# -- scenarios -----------------------------------------------------------------------------------------------------


def test_a_scenario_gets_an_account_and_loses_it(mailhub: Commands, account: dict[str, Any]) -> None:
    def assigned() -> Any:
        items = mailhub("scenario", "list", "--json").json["items"]
        return next(each["account"] for each in items if each["id"] == "sales-quote")

    given = mailhub("scenario", "assign", "sales-quote", account["name"])
    assert (given.code, given.out) == (0, f"{account['name']} sends for sales-quote.\n")
    assert assigned() == account["id"]
    shown = mailhub("scenario", "list").out
    assert account["name"] in next(line for line in shown.splitlines() if line.startswith("sales-quote "))
    taken = mailhub("scenario", "assign", "sales-quote", "--none", "--json")
    assert taken.json == {"scenario": "sales-quote", "account": None}
    assert assigned() is None


# -- people --------------------------------------------------------------------------------------------------------


def test_a_user_is_made_listed_and_gets_a_new_password(mailhub: Commands, name: str) -> None:
    login = f"user{name[-2:].strip()}"
    arguments = ("--name", "Ada Lovelace", "--email", "ada@example.com", "--permission-set", "email-edit")
    made = mailhub("user", "add", login, *arguments, "--json").json
    assert (made["login"], made["permission_sets"]) == (login, ["email-edit"])
    assert made["one_time_password"]
    assert login in [each["login"] for each in mailhub("user", "list", "--json").json["items"]]
    assert "Ada Lovelace" in mailhub("user", "list").out
    again = mailhub("user", "reset-password", login.upper(), "--json").json
    assert again["one_time_password"] not in (None, made["one_time_password"])
    taken = mailhub("user", "add", login)
    assert (taken.code, taken.out) == (2, "")
    assert taken.err.startswith("login: ")


def test_a_password_may_be_given_in_a_file(mailhub: Commands, name: str) -> None:
    login = f"own{name[-2:].strip()}"
    made = mailhub("user", "add", login, "--password-file", "-", stdin="a long enough phrase 41\n")
    assert (made.code, made.out) == (0, f"User {login} was made.\n")


def test_a_token_is_made_listed_and_revoked(mailhub: Commands, account: dict[str, Any]) -> None:
    bounds = (
        "--scope",
        "messages:read",
        "--account",
        account["name"],
        "--expires",
        "2099-01-31",
        "--name",
        "ERP",
    )
    made = mailhub("token", "create", "--user", "admin", *bounds, "--json").json
    assert made.keys() == {"id", "token"}
    [listed] = [each for each in mailhub("token", "list", "--json").json["items"] if each["id"] == made["id"]]
    assert (listed["name"], listed["scopes"]) == ("ERP", ["messages:read"])
    assert (listed["accounts"], listed["expires_at"]) == ([account["id"]], "2099-01-31T00:00:00Z")
    assert made["token"] not in json.dumps(listed)
    assert mailhub("token", "revoke", made["id"]).code == 0
    assert mailhub("token", "revoke", made["id"]).code == 3


def test_a_token_that_is_printed_by_itself_can_be_put_into_a_file(mailhub: Commands) -> None:
    ended = mailhub("token", "create", "--user", "admin")
    assert ended.out.startswith("mh_")
    assert len(ended.out.split()) == 1


# -- plugins, init -------------------------------------------------------------------------------------------------


def test_plugins_are_listed(mailhub: Commands) -> None:
    items = mailhub("plugins", "--json").json["items"]
    assert {"smtp", "capture", "file"} <= {each for item in items for each in item["connectors"]}
    assert "mailhub-smtp" in mailhub("plugins").out


def test_init_again_changes_nothing(mailhub: Commands) -> None:
    again = mailhub("init", "--admin-login", "other", "--json").json
    assert again == {"login": "admin", "password": None, "data": str(mailhub.data)}


# -- sending -------------------------------------------------------------------------------------------------------


def test_a_mail_is_queued(mailhub: Commands, scenario: str) -> None:
    sent = mailhub(
        "send", "--scenario", scenario, "--to", "ada@example.com", "--text", "Hello", "--json"
    ).json
    assert sent["status"] == "queued"
    assert sent["to"] == [{"name": "", "address": "ada@example.com"}]


def test_send_and_wait_delivers_everything_it_was_given(
    mailhub: Commands, scenario: str, smtp: SmtpServer, tmp_path: Path, name: str
) -> None:
    small, large, html = tmp_path / "a.txt", tmp_path / "b.pdf", tmp_path / "body.html"
    small.write_bytes(b"small")
    large.write_bytes(b"%PDF-" + bytes(range(256)) * 8192)
    html.write_text("<p>Good day, <b>Ada</b></p>", "utf-8")
    ended = mailhub(
        "send",
        *("--scenario", scenario, "--subject", f"To {name}", "--html-file", str(html), "--text", "Good day"),
        *("--to", 'Ada <ada@example.com>; "Doe, Joe" <joe@example.com>', "--to", "eve@example.com"),
        *("--cc", "cc@example.com", "--bcc", "secret@example.com, hidden@example.com"),
        *("--attach", str(small), "--attach", str(large), "--user", "admin", "--wait"),
    )
    assert ended.code == 0, ended.err
    assert ended.out.endswith("is sent.\n")
    recipients, mail = received(smtp, f"To {name}")
    assert len(recipients) == 6
    assert "secret" not in mail.as_string()
    parts = {part.get_filename(): part for part in mail.walk()}
    content = parts["b.pdf"].get_payload(decode=True)
    assert isinstance(content, bytes)
    assert hashlib.sha256(content).digest() == hashlib.sha256(large.read_bytes()).digest()
    assert (parts["b.pdf"].get_content_type(), parts["a.txt"].get_content_type()) == (
        "application/pdf",
        "text/plain",
    )


def test_a_body_may_come_from_standard_input(
    mailhub: Commands, scenario: str, smtp: SmtpServer, name: str
) -> None:
    arguments = ("--to", "ada@example.com", "--subject", f"By hand {name}", "--text-file", "-", "--wait")
    assert mailhub("send", "--scenario", scenario, *arguments, stdin="Grüße\n").code == 0
    _recipients, mail = received(smtp, f"By hand {name}")
    content = mail.get_payload(decode=True)
    assert isinstance(content, bytes)
    assert content.decode().strip() == "Grüße"


def test_a_mail_that_nobody_takes_exits_with_1_and_the_server_s_words(
    mailhub: Commands, scenario: str
) -> None:
    ended = mailhub("send", "--scenario", scenario, "--to", "nobody@example.com", "--text", "x", "--wait")
    assert ended.code == 1
    assert "is failed" in ended.out
    assert "no such mailbox" in ended.err


def test_a_recipient_who_is_refused_is_named_though_the_mail_is_sent(
    mailhub: Commands, scenario: str
) -> None:
    to = "ada@example.com,nobody@example.com"
    ended = mailhub("send", "--scenario", scenario, "--to", to, "--text", "x", "--wait", "--json")
    assert ended.json["partial"] is True
    assert ended.err.startswith("nobody@example.com: ")


def test_lists_of_addresses_that_are_wrong_are_all_named(mailhub: Commands) -> None:
    ended = mailhub("send", "--to", "ada", "--cc", "Team: bob@example.com;", "--text", "x")
    assert (ended.code, ended.out) == (2, "")
    assert '"ada"' in ended.err


def test_all_that_is_wrong_with_a_mail_is_told(mailhub: Commands) -> None:
    ended = mailhub("send", "--scenario", "no-such", "--subject", "a\nb")
    assert (ended.code, ended.out) == (2, "")
    assert {"scenario", "subject", "to"} <= {line.split(":")[0] for line in ended.err.splitlines()}


def test_a_user_who_may_not_is_told_so(mailhub: Commands, name: str) -> None:
    login = f"guest{name[-2:].strip()}"
    assert mailhub("user", "add", login).code == 0
    ended = mailhub("send", "--user", login, "--to", "ada@example.com", "--text", "x")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.count("\n") == 1
