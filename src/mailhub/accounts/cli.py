"""``mailhub account``: add, list, test, pause and resume accounts."""

import argparse
import sys
from typing import Any

from mailhub.cli.client import ApiClient
from mailhub.cli.command import (
    Subparsers,
    add_command,
    add_group,
    client_of,
    print_json,
    print_sentence,
    print_table,
)
from mailhub.cli.exits import DONE, FAILED, NOT_FOUND, CommandEnded
from mailhub.cli.lookup import get_account
from mailhub.cli.setting_values import SecretSources, settings_of
from mailhub.contract.texts import Text, _, plain

COLUMNS = {
    "name": _("Name"),
    "address": _("Address"),
    "connector": _("Connector"),
    "is_default": _("Default"),
    "state": _("State"),
    "id": _("Id"),
}
OUTCOMES: dict[str, Text] = {"ok": _("ok"), "failed": _("failed"), "skipped": _("skipped")}

Account = dict[str, Any]


def add_parser(subparsers: Subparsers) -> None:
    """Add ``account``."""
    accounts = add_group(subparsers, "account", _("add, list, test, pause and resume accounts"))
    _add_add(accounts)
    add_command(accounts, "list", _("list accounts, by name")).set_defaults(run=list_accounts)
    test = _add_on_one(accounts, "test", _("send a test mail, and show how far it got"))
    test.add_argument(
        "--to", metavar="A", help=plain(_("where the test mail goes (the account's own address)"))
    )
    test.set_defaults(run=test_account)
    pause = _add_on_one(accounts, "pause", _("hold back the account's mail"))
    pause.set_defaults(run=change_state, verb="pause")
    resume = _add_on_one(accounts, "resume", _("let the account's mail leave again"))
    resume.set_defaults(run=change_state, verb="resume")


def _add_on_one(accounts: Subparsers, name: str, help_text: Text) -> argparse.ArgumentParser:
    parser = add_command(accounts, name, help_text)
    parser.add_argument("account", metavar="ACCOUNT", help=plain(_("name or id of the account")))
    return parser


def _add_add(accounts: Subparsers) -> None:
    parser = add_command(accounts, "add", _("make an account"))
    argument = parser.add_argument
    argument(
        "--connector",
        required=True,
        metavar="C",
        help=plain(_("kind of account: smtp, capture, file or a plugin's")),
    )
    argument("--name", required=True, metavar="N", help=plain(_("what it is called")))
    argument("--address", default="", metavar="A", help=plain(_("its e-mail address, which From shows")))
    argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help=plain(_("a setting of its connector; repeat it for each item of a list")),
    )
    argument(
        "--secret",
        action="append",
        default=[],
        metavar="KEY",
        help=plain(_("a secret setting: asked for, or read from a line of standard input")),
    )
    argument(
        "--secret-file",
        action="append",
        default=[],
        metavar="KEY=FILE",
        help=plain(_("a secret setting, read from a file")),
    )
    argument(
        "--rate",
        type=int,
        metavar="N",
        help=plain(_("mails per minute at most, 0 for no limit (what the connector proposes)")),
    )
    argument("--default", action="store_true", help=plain(_("let it send for scenarios without an account")))
    parser.set_defaults(run=add_account)


def add_account(args: argparse.Namespace) -> int:
    with client_of(args) as client:
        secrets = SecretSources(args.secret, args.secret_file)
        settings = settings_of(_settings_schema(client, args.connector), args.set, secrets)
        account = client.post(
            "/accounts",
            {
                "connector": args.connector,
                "name": args.name,
                "address": args.address,
                "settings": settings,
                "rate_limit_per_minute": args.rate,
                "is_default": args.default,
            },
        )
    for warning in account.get("warnings") or ():
        sys.stderr.write(f"{warning['message']}\n")
    words = {"name": account["name"], "id": account["id"]}
    return _done(account, _("Account ${name} was made. Its id is ${id}.", mapping=words), as_json=args.json)


def _settings_schema(client: ApiClient, connector: str) -> dict[str, Any]:
    connectors = {each["id"]: each for each in client.get("/connectors")["items"]}
    if connector not in connectors:
        words = {"connector": connector, "known": ", ".join(sorted(connectors))}
        text = _("There is no connector ${connector}. There are: ${known}.", mapping=words)
        raise CommandEnded(text, NOT_FOUND)
    schema: dict[str, Any] = connectors[connector]["settings_schema"]
    return schema


def list_accounts(args: argparse.Namespace) -> int:
    with client_of(args) as client:
        accounts = client.get_all("/accounts")
    if args.json:
        print_json(sys.stdout, {"items": accounts})
        return DONE
    print_table(sys.stdout, COLUMNS, accounts, _("There is no account."))
    for account in accounts:
        if account.get("attention"):
            words = {"name": account["name"], "message": account["attention"]["message"]}
            print_sentence(sys.stdout, _("${name}: ${message}", mapping=words))
    return DONE


def test_account(args: argparse.Namespace) -> int:
    with client_of(args) as client:
        account = get_account(client, args.account)
        result = client.post(f"/accounts/{account['id']}/test", {"to": args.to or account["address"]})
    if args.json:
        print_json(sys.stdout, result)
    else:
        for step in result["steps"]:
            print_sentence(sys.stdout, _line(step))
    if result["outcome"] != "failed":
        return DONE
    if result["error"] is not None:
        sys.stderr.write(f"{result['error']['message']}\n")
    return FAILED


def _line(step: dict[str, Any]) -> str:
    """One step of the way: ``connect  ok  0.012 s  250 mail.example.com``."""
    outcome = plain(OUTCOMES[step["outcome"]])
    return f"{step['name']:<14}{outcome:<9}{step['duration_seconds']:>8.3f} s  {step['detail']}".rstrip()


def change_state(args: argparse.Namespace) -> int:
    """``pause`` and ``resume``."""
    with client_of(args) as client:
        found = get_account(client, args.account)
        client.post(f"/accounts/{found['id']}/{args.verb}")
        account = client.get(f"/accounts/{found['id']}")
    words = {"name": account["name"], "state": account["state"]}
    return _done(account, _("Account ${name}: ${state}", mapping=words), as_json=args.json)


def _done(account: Account, sentence: Text, *, as_json: bool) -> int:
    if as_json:
        print_json(sys.stdout, account)
    else:
        print_sentence(sys.stdout, sentence)
    return DONE
