"""What ``make run`` starts: a hub with a first account, and the capture server which that account sends to.

Asks nothing. Run again it finds what it made and changes nothing.
"""

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from mailhub.capture.cli import CAPTURED_FOLDER
from mailhub.capture.listening import CannotListen, listen
from mailhub.contract.texts import _, plain
from mailhub.settings import Settings
from mailhub.signals import until_signalled

from .client import API, ApiClient, SocketTransport
from .command import port
from .exits import FAILED, CommandEnded, ended
from .initialising import initialise
from .local_socket import is_listening
from .serving import already_running, serve, with_address
from .settings import load_settings, socket_path

if TYPE_CHECKING:
    from mailhub.app import Hub
    from mailhub.capture.server import CaptureServer

HOST = "127.0.0.1"
LOGIN = "admin"
ACCOUNT_NAME = "Local capture"
ACCOUNT_ADDRESS = "hub@mailhub.test"
TOKEN_NAME = "make run"
TOKEN_FILE = "first-token"
EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "first-invoice.json"


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the capture server takes mail, and where its page is."""

    smtp: int
    page: int


def first_run(settings: Settings, ports: Ports, out: TextIO) -> int:
    """Run hub and capture server until SIGTERM or SIGINT; the exit code. Raises ``CommandEnded``."""
    # the servers take a while to import
    from mailhub.capture.server import CaptureServer

    if is_listening(socket_path(settings)):
        raise already_running(settings)
    _check_ports(settings, ports)
    with until_signalled() as stopped:
        made = initialise(settings, LOGIN, None)
        folder = Path(settings.data_dir) / CAPTURED_FOLDER
        with CaptureServer(folder, host=HOST, port=ports.smtp, http_port=ports.page) as capture:

            def welcome(_hub: "Hub", url: str) -> None:
                client = ApiClient(SocketTransport(socket_path(settings)))
                _set_up_account(client, capture.port)
                _set_up_token(client, Path(settings.data_dir) / TOKEN_FILE)
                out.write(_welcome(settings, url, capture, made["password"]))
                out.flush()

            return serve(settings, out, stopped, started=welcome)


def _check_ports(settings: Settings, ports: Ports) -> None:
    """Before anything is made. Raises ``CommandEnded`` naming the port that is taken and how to choose another."""
    for host, number, variable in (
        (settings.http_host, settings.http_port, "PORT"),
        (HOST, ports.smtp, "CAPTURE_PORT"),
        (HOST, ports.page, "PAGE_PORT"),
    ):
        try:
            listen(host, number, f"make run {variable}={number + 1}").close()
        except CannotListen as error:
            raise CommandEnded(error.message, FAILED) from error


def _set_up_account(client: ApiClient, smtp_port: int) -> None:
    """Make the first account of a hub that has none; let one made here earlier follow the capture server's port."""
    accounts = client.get_all("/accounts")
    if not accounts:
        server = {"server": HOST, "port": smtp_port, "security": "none", "authentication": "anonymous"}
        first = {"connector": "smtp", "name": ACCOUNT_NAME, "address": ACCOUNT_ADDRESS, "is_default": True}
        client.post("/accounts", {**first, "settings": server})
    for account in accounts:
        is_ours = account["name"] == ACCOUNT_NAME and account["settings"].get("server") == HOST
        if is_ours and account["settings"]["port"] != smtp_port:
            changes = {"settings": {"port": smtp_port}}
            client.patch(f"/accounts/{account['id']}", changes, account["revision"])


def _set_up_token(client: ApiClient, path: Path) -> None:
    """A token in a file of its own, which only its owner can read. One that was revoked is replaced."""
    ours = [token for token in client.get_all("/tokens") if token["name"] == TOKEN_NAME]
    if ours and path.exists():
        return
    for token in ours:
        # its file is lost, and nobody can read it anywhere else
        client.delete(f"/tokens/{token['id']}")
    _write_privately(path, client.post("/tokens", {"name": TOKEN_NAME})["token"])


def _write_privately(path: Path, text: str) -> None:
    """Whole or not at all."""
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(f"{text}\n")
    unfinished.replace(path)


def _welcome(settings: Settings, url: str, capture: "CaptureServer", password: str | None) -> str:
    lines = [
        "",
        _("hub            ${url}", mapping={"url": url}),
        _("capture page   ${url}", mapping={"url": capture.url}),
    ]
    if password is not None:
        words = {"login": LOGIN, "password": password}
        lines.append(
            _("administrator  ${login}, one-time password ${password} (shown this once)", mapping=words)
        )
    lines += [
        "",
        _("Send a first invoice from another terminal:"),
        "",
        curl_line(url, Path(settings.data_dir) / TOKEN_FILE),
        "",
        _("Ctrl-C ends both."),
        "",
    ]
    return "\n".join(plain(line) for line in lines)


def curl_line(url: str, token_file: Path) -> str:
    """The command that sends the example, ready to be pasted into a shell in this folder."""
    token = f'"Authorization: Bearer $(cat {_shown(token_file)})"'
    body = f"-H 'Content-Type: application/json' --data-binary @{_shown(EXAMPLE)}"
    return f"curl -sS -w '\\n' -H {token} {body} {url}{API}/messages"


def _shown(path: Path) -> str:
    """A path as the shell takes it; relative where it is below the current folder."""
    absolute, here = path.absolute(), Path.cwd()
    return shlex.quote(str(absolute.relative_to(here) if absolute.is_relative_to(here) else absolute))


def main(arguments: Sequence[str] | None = None) -> int:
    """The program; its exit code."""
    parser = argparse.ArgumentParser(prog="python -m mailhub.cli.first_run", description=__doc__)
    argument = parser.add_argument
    argument("-c", "--config", type=Path, metavar="INI", help=plain(_("ini file (./development.ini)")))
    argument("--data", type=Path, metavar="DIR", help=plain(_("the hub's data folder (var)")))
    argument("--port", type=port, help=plain(_("port of the hub (6543), 0 for any")))
    argument("--capture-port", type=port, default=1025, help=plain(_("port that captures mail (1025)")))
    argument("--page-port", type=port, default=8025, help=plain(_("port of the capture page (8025)")))
    args = parser.parse_args(arguments)
    ports = Ports(args.capture_port, args.page_port)
    settings = with_address(load_settings(args.config, args.data), None, args.port)
    return ended(lambda: first_run(settings, ports, sys.stdout))


if __name__ == "__main__":
    sys.exit(main())
