"""The command ``mailhub capture``. It is a program of its own and talks to no hub."""

import argparse
import re
import sys
from pathlib import Path

from mailhub.cli.command import Subparsers, add_command, port
from mailhub.cli.settings import load_settings
from mailhub.contract.texts import _, plain

CAPTURED_FOLDER = "captured"
MOST_KEPT = 1_000_000


def add_parser(subparsers: Subparsers) -> argparse.ArgumentParser:
    """Add ``capture`` to the commands; its arguments name ``run`` as their function."""
    text = _("keep mail on this machine instead of sending it, and show it at a page")
    parser = add_command(subparsers, "capture", text)
    argument = parser.add_argument
    argument("--host", default="127.0.0.1", metavar="H", help=plain(_("address to listen on (127.0.0.1)")))
    argument("--port", type=port, default=1025, metavar="N", help=plain(_("port for SMTP (1025), 0 for any")))
    argument(
        "--http-port",
        type=port,
        default=8025,
        metavar="N",
        help=plain(_("port of the page (8025), 0 for any")),
    )
    argument(
        "--keep", type=_count, default=1000, metavar="N", help=plain(_("keep the newest N mails (1000)"))
    )
    parser.set_defaults(run=run)
    return parser


def run(args: argparse.Namespace) -> int:
    """Run until SIGTERM or SIGINT; the exit code."""
    # the servers take a while to import, and every other command would wait for them
    from .program import run_capture

    folder = Path(load_settings(args.config, args.data).data_dir) / CAPTURED_FOLDER
    return run_capture(folder, args.host, args.port, args.http_port, args.keep, sys.stdout, as_json=args.json)


def _count(text: str) -> int:
    if re.fullmatch("[0-9]{1,7}", text) is None or not 1 <= int(text) <= MOST_KEPT:
        sentence = _("a number from 1 to ${most} is needed", mapping={"most": MOST_KEPT})
        raise argparse.ArgumentTypeError(plain(sentence))
    return int(text)
