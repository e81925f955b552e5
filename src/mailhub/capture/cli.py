"""The command ``mailhub capture``. It is a program of its own and talks to no hub."""

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mailhub.contract.texts import _, plain

if TYPE_CHECKING:
    # what argparse gives out for subcommands has no public name
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - as said

CAPTURED_FOLDER = "captured"


def add_parser(subparsers: "Subparsers") -> argparse.ArgumentParser:
    """Add ``capture`` to the commands; its arguments name ``run`` as their function."""
    help_text = plain(_("keep mail on this machine instead of sending it, and show it at a page"))
    parser = subparsers.add_parser("capture", help=help_text, description=help_text)
    argument = parser.add_argument
    argument(
        "--data", type=Path, default=Path("var"), metavar="DIR", help=plain(_("mail is kept in DIR/captured"))
    )
    argument("--host", default="127.0.0.1", help=plain(_("address to listen on (127.0.0.1)")))
    argument("--port", type=_port, default=1025, help=plain(_("port for SMTP (1025), 0 for any")))
    argument("--http-port", type=_port, default=8025, help=plain(_("port of the page (8025), 0 for any")))
    argument(
        "--keep", type=_count, default=1000, metavar="N", help=plain(_("keep the newest N mails (1000)"))
    )
    argument("--json", action="store_true", help=plain(_("print where it listens as JSON")))
    parser.set_defaults(run=run)
    return parser


def run(args: argparse.Namespace) -> int:
    """Run until SIGTERM or SIGINT; the exit code."""
    # the servers take a while to import, and every other command would wait for them
    from .program import run_capture

    folder = args.data / CAPTURED_FOLDER
    return run_capture(folder, args.host, args.port, args.http_port, args.keep, sys.stdout, as_json=args.json)


def _port(text: str) -> int:
    return _number(text, 0, 65535)


def _count(text: str) -> int:
    return _number(text, 1, 1_000_000)


def _number(text: str, low: int, high: int) -> int:
    if re.fullmatch("[0-9]{1,7}", text) is None or not low <= int(text) <= high:
        bounds = {"low": low, "high": high}
        raise argparse.ArgumentTypeError(
            plain(_("a number from ${low} to ${high} is needed", mapping=bounds))
        )
    return int(text)
