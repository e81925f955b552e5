"""``mailhub scenario``: which account sends what."""

import argparse
import sys
from typing import Any

from mailhub.cli.client import segment
from mailhub.cli.command import (
    Subparsers,
    add_command,
    add_group,
    client_of,
    print_json,
    print_sentence,
    print_table,
)
from mailhub.cli.exits import DONE
from mailhub.cli.lookup import get_account
from mailhub.contract.texts import _, plain

COLUMNS = {
    "id": _("Scenario"),
    "title": _("Title"),
    "account": _("Account"),
    "effective_account": _("Sends by"),
    "source": _("From"),
}


def add_parser(subparsers: Subparsers) -> None:
    """Add ``scenario``."""
    scenarios = add_group(subparsers, "scenario", _("say which account sends what"))
    add_command(scenarios, "list", _("list scenarios with their accounts")).set_defaults(run=list_scenarios)
    assign = add_command(scenarios, "assign", _("let an account send for a scenario"))
    assign.add_argument("scenario", metavar="SCENARIO", help=plain(_("id of the scenario")))
    target = assign.add_mutually_exclusive_group(required=True)
    target.add_argument("account", nargs="?", metavar="ACCOUNT", help=plain(_("name or id of the account")))
    target.add_argument(
        "--none", action="store_true", help=plain(_("take its account away: the default one sends"))
    )
    assign.set_defaults(run=assign_scenario)


def list_scenarios(args: argparse.Namespace) -> int:
    with client_of(args) as client:
        scenarios = client.get_all("/scenarios")
        accounts = [] if args.json else client.get_all("/accounts")
    if args.json:
        print_json(sys.stdout, {"items": scenarios})
        return DONE
    names = {account["id"]: account["name"] for account in accounts}
    print_table(sys.stdout, COLUMNS, [_named(each, names) for each in scenarios], _("There is no scenario."))
    return DONE


def _named(scenario: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    ids = {name: scenario[name] for name in ("account", "effective_account")}
    return {**scenario, **{name: id and names.get(id, id) for name, id in ids.items()}}


def assign_scenario(args: argparse.Namespace) -> int:
    with client_of(args) as client:
        account = None if args.none else get_account(client, args.account)
        target = None if account is None else account["id"]
        client.put(f"/scenarios/{segment(args.scenario)}/account", {"account": target})
    if args.json:
        print_json(sys.stdout, {"scenario": args.scenario, "account": target})
        return DONE
    words = {"scenario": args.scenario, "account": account["name"] if account else ""}
    sentence = (
        _("${account} sends for ${scenario}.", mapping=words)
        if account
        else _("${scenario} has no account of its own.", mapping=words)
    )
    print_sentence(sys.stdout, sentence)
    return DONE
