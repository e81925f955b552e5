"""``mailhub init``: create or check the database, the secret key and the first administrator."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from mailhub.contract.texts import _, plain
from mailhub.errors import Invalid
from mailhub.people.model import users_of
from mailhub.people.service import NewUser, UsersService
from mailhub.settings import Settings

from .client import ApiClient, SocketTransport
from .command import print_json, print_sentence
from .exits import DONE, WRONG_USE, CommandEnded
from .opening import open_unless_running
from .settings import load_settings, socket_path

if TYPE_CHECKING:
    from mailhub.app import Hub


def initialise(settings: Settings, login: str, password: str | None) -> dict[str, Any]:
    """Make what is missing; ``{"login", "password", "data"}``, the password only when it was made up just now.

    Raises ``CommandEnded``.
    """
    data = str(Path(settings.data_dir).absolute())
    hub = open_unless_running(settings, create=True)
    if hub is None:
        me = ApiClient(SocketTransport(socket_path(settings))).get("/me")
        return {"login": me["user"]["login"], "password": None, "data": data}
    try:
        made = _first_administrator(hub, login, password)
        one_time = made.one_time_password if made else None
        return {"login": _login(hub, made), "password": one_time, "data": data}
    finally:
        hub.close()


def _first_administrator(hub: "Hub", login: str, password: str | None) -> NewUser | None:
    """Make the first administrator unless there is one. Raises ``CommandEnded`` for a login or password that won't do."""
    try:
        return hub.run(
            lambda work: work.service(UsersService).create_first_administrator(login, password), "init"
        )
    except Invalid as error:
        wrong = "\n".join(plain(each.message) for each in error.errors)
        raise CommandEnded(wrong, WRONG_USE) from error


def _login(hub: "Hub", made: NewUser | None) -> str:
    if made is not None:
        return made.user.login
    with hub.database.reading() as root:
        administrator = users_of(root).find_first_administrator()
        return administrator.login if administrator is not None else ""


def run(args: argparse.Namespace) -> int:
    """The command."""
    settings = load_settings(args.config, args.data)
    result = initialise(settings, args.admin_login, args.admin_password)
    if args.json:
        print_json(sys.stdout, result)
    else:
        _print(result, sys.stdout)
    return DONE


def _print(result: dict[str, Any], out: TextIO) -> None:
    print_sentence(out, _("The hub in ${data} is ready.", mapping={"data": result["data"]}))
    if result["password"]:
        words = {"login": result["login"], "password": result["password"]}
        print_sentence(out, _("Administrator ${login}, one-time password: ${password}", mapping=words))
