"""``mailhub init``: create or check the database, the secret key and the first administrator."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, TextIO

from mailhub.app import Hub
from mailhub.contract.texts import _, plain
from mailhub.errors import HubError, Invalid
from mailhub.people.model import users_of
from mailhub.people.service import NewUser, UsersService
from mailhub.settings import Settings
from mailhub.store.problems import DatabaseLocked

from .client import ApiClient, SocketTransport
from .exits import CONFLICT, DONE, FAILED, CommandEnded
from .opening import WAIT_SECONDS, is_running, open_hub
from .settings import load_settings, socket_path

DEFAULT_LOGIN = "admin"


def initialise(settings: Settings, login: str, password: str | None) -> dict[str, Any]:
    """Make what is missing; ``{"login", "password", "data"}``, the password only when it was made up just now."""
    data = str(Path(settings.data_dir).absolute())
    if is_running(socket_path(settings)):
        me = ApiClient(SocketTransport(socket_path(settings))).get("/me")
        return {"login": me["user"]["login"], "password": None, "data": data}
    hub = _created(settings)
    try:
        made = first_administrator(hub, login, password)
        return {
            "login": _login(hub, made),
            "password": made.one_time_password if made else None,
            "data": data,
        }
    finally:
        hub.close()


def first_administrator(hub: Hub, login: str, password: str | None) -> NewUser | None:
    """Make the first administrator unless there is one. Raises ``CommandEnded`` for a login or password that won't do."""
    try:
        return hub.run(lambda work: work.service(UsersService).create_first_administrator(login, password), "init")
    except Invalid as error:
        raise CommandEnded("\n".join(plain(each.message) for each in error.errors)) from error


def _created(settings: Settings) -> Hub:
    try:
        return open_hub(settings, create=True, wait_seconds=WAIT_SECONDS)
    except DatabaseLocked as error:
        raise CommandEnded(error.message, CONFLICT) from error
    except HubError as error:
        raise CommandEnded(error.message, FAILED) from error


def _login(hub: Hub, made: NewUser | None) -> str:
    if made is not None:
        return made.user.login
    with hub.database.reading() as root:
        administrator = users_of(root).find_first_administrator()
        return administrator.login if administrator is not None else ""


def run(args: argparse.Namespace) -> int:
    """The command."""
    settings = load_settings(args.config, args.data)
    result = initialise(settings, args.admin_login, args.admin_password)
    _print(result, sys.stdout, as_json=args.json)
    return DONE


def _print(result: dict[str, Any], out: TextIO, *, as_json: bool) -> None:
    if as_json:
        out.write(json.dumps(result) + "\n")
        return
    out.write(plain(_("The hub in ${data} is ready.", mapping={"data": result["data"]})) + "\n")
    if result["password"]:
        words = {"login": result["login"], "password": result["password"]}
        text = _("Administrator ${login}, one-time password: ${password}", mapping=words)
        out.write(plain(text) + "\n")
