"""``mailhub user`` and ``mailhub token``: who may do what."""

import argparse
import re
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
from mailhub.cli.files import read_secret
from mailhub.cli.lookup import get_account, get_user
from mailhub.contract.texts import _, plain

USER_COLUMNS = {
    "login": _("Login"),
    "name": _("Name"),
    "contact_email": _("E-mail"),
    "kind": _("Kind"),
    "permission_sets": _("Permission sets"),
    "is_active": _("Active"),
    "id": _("Id"),
}
TOKEN_COLUMNS = {
    "id": _("Id"),
    "user": _("User"),
    "name": _("Name"),
    "scopes": _("Scopes"),
    "scenarios": _("Scenarios"),
    "accounts": _("Accounts"),
    "expires_at": _("Expires"),
}


def add_parsers(subparsers: Subparsers) -> None:
    """Add ``user`` and ``token``."""
    users = add_group(subparsers, "user", _("add and list users, reset their passwords"))
    _add_user_add(users)
    add_command(users, "list", _("list users, newest first")).set_defaults(run=list_users)
    reset = add_command(users, "reset-password", _("give a user a new one-time password"))
    reset.add_argument("user", metavar="USER", help=plain(_("login or id")))
    reset.set_defaults(run=reset_password)
    tokens = add_group(subparsers, "token", _("make, list and revoke tokens for the API"))
    _add_token_create(tokens)
    add_command(tokens, "list", _("list tokens, newest first")).set_defaults(run=list_tokens)
    revoke = add_command(tokens, "revoke", _("end a token at once"))
    revoke.add_argument("token", metavar="ID", help=plain(_("id of the token")))
    revoke.set_defaults(run=revoke_token)


def _add_user_add(users: Subparsers) -> None:
    parser = add_command(users, "add", _("make a user, and print a password for the first sign-in"))
    argument = parser.add_argument
    argument("login", metavar="LOGIN", help=plain(_("what he signs in with")))
    argument(
        "--name", default="", metavar="N", help=plain(_("shown in From where mail leaves as the user's own"))
    )
    argument("--email", default="", metavar="A", help=plain(_("contact e-mail")))
    argument(
        "--kind",
        default="internal",
        metavar="K",
        help=plain(_("internal (if not given), delegated_admin, external_accountant or guest")),
    )
    argument(
        "--permission-set",
        action="append",
        default=[],
        metavar="P",
        help=plain(_("email-read, email-edit, email-setup, email-operator, email-admin; as often as needed")),
    )
    argument("--not-licensed", action="store_true", help=plain(_("has no mailbox licence")))
    argument("--language", default="en", metavar="L", help=plain(_("language (en)")))
    argument("--time-zone", default="UTC", metavar="Z", help=plain(_("time zone (UTC)")))
    argument(
        "--password-file", metavar="F", help=plain(_("read the password from a file, - for standard input"))
    )
    parser.set_defaults(run=add_user)


def _add_token_create(tokens: Subparsers) -> None:
    parser = add_command(tokens, "create", _("make a token and print it, this once"))
    argument = parser.add_argument
    argument("--user", required=True, metavar="L", help=plain(_("login or id of whom it acts as")))
    argument("--name", default="", metavar="N", help=plain(_("what it is for")))
    argument(
        "--scope",
        action="append",
        metavar="S",
        help=plain(
            _(
                "keep only this of what the user may do, as often as needed: messages:read, messages:write, "
                "setup:read, setup:write, admin, operations; messages:on-behalf is granted by naming it only"
            )
        ),
    )
    argument(
        "--scenario", action="append", metavar="S", help=plain(_("bind it to a scenario, as often as needed"))
    )
    argument(
        "--account",
        action="append",
        metavar="A",
        help=plain(_("bind it to an account (name or id), as often as needed")),
    )
    argument(
        "--network",
        action="append",
        metavar="N",
        help=plain(_("bind it to a network of clients, as 192.0.2.0/24")),
    )
    argument("--expires", metavar="T", help=plain(_("when it ends: 2027-01-31, or 2027-01-31T18:00:00Z")))
    parser.set_defaults(run=create_token)


def add_user(args: argparse.Namespace) -> int:
    fields: dict[str, Any] = {
        "login": args.login,
        "name": args.name,
        "contact_email": args.email,
        "kind": args.kind,
        "is_licensed": not args.not_licensed,
        "permission_sets": args.permission_set,
        "language": args.language,
        "time_zone": args.time_zone,
    }
    if args.password_file is not None:
        fields["password"] = read_secret(args.password_file)
    with client_of(args) as client:
        user = client.post("/users", fields)
    if args.json:
        print_json(sys.stdout, user)
    else:
        print_sentence(sys.stdout, _("User ${login} was made.", mapping={"login": user["login"]}))
        _print_password(user["one_time_password"])
    return DONE


def _print_password(password: str | None) -> None:
    if password is not None:
        print_sentence(sys.stdout, _("One-time password: ${password}", mapping={"password": password}))


def list_users(args: argparse.Namespace) -> int:
    with client_of(args) as client:
        users = client.get_all("/users")
    if args.json:
        print_json(sys.stdout, {"items": users})
    else:
        print_table(sys.stdout, USER_COLUMNS, users, _("There is no user."))
    return DONE


def reset_password(args: argparse.Namespace) -> int:
    with client_of(args) as client:
        user = get_user(client, args.user)
        answer = client.post(f"/users/{user['id']}/password-reset")
    if args.json:
        print_json(sys.stdout, {"id": user["id"], "login": user["login"], **answer})
    else:
        _print_password(answer["one_time_password"])
    return DONE


def create_token(args: argparse.Namespace) -> int:
    with client_of(args) as client:
        accounts = args.account and [get_account(client, each)["id"] for each in args.account]
        fields = {
            "user": args.user,
            "name": args.name,
            "scopes": args.scope,
            "scenarios": args.scenario,
            "accounts": accounts,
            "networks": args.network,
            "expires_at": args.expires and _moment(args.expires),
        }
        token = client.post("/tokens", fields)
    if args.json:
        print_json(sys.stdout, {"id": token["id"], "token": token["token"]})
    else:
        sys.stdout.write(f"{token['token']}\n")
    return DONE


def _moment(text: str) -> str:
    """A day is its beginning, in UTC."""
    return f"{text}T00:00:00Z" if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else text


def list_tokens(args: argparse.Namespace) -> int:
    with client_of(args) as client:
        tokens = client.get_all("/tokens")
        logins = {} if args.json else {user["id"]: user["login"] for user in client.get_all("/users")}
    if args.json:
        print_json(sys.stdout, {"items": tokens})
    else:
        named = [{**token, "user": logins.get(token["user"], token["user"])} for token in tokens]
        print_table(sys.stdout, TOKEN_COLUMNS, named, _("There is no token."))
    return DONE


def revoke_token(args: argparse.Namespace) -> int:
    with client_of(args) as client:
        client.delete(f"/tokens/{segment(args.token)}")
    if args.json:
        print_json(sys.stdout, {"id": args.token, "is_revoked": True})
    else:
        print_sentence(sys.stdout, _("The token was revoked."))
    return DONE
