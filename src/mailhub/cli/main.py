"""The command ``mailhub``: finds the command named, runs it, turns what happened into an exit code."""

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version

from mailhub.accounts import cli as accounts_cli
from mailhub.capture import cli as capture_cli
from mailhub.composing import cli as composing_cli
from mailhub.contract.texts import _, plain
from mailhub.people import cli as people_cli
from mailhub.pluginhost import cli as plugins_cli
from mailhub.scenarios import cli as scenarios_cli

from . import initialising, serving
from .command import Subparsers, add_command
from .exits import DONE, FAILED, CommandEnded

COMMANDS = (
    capture_cli.add_parser,
    composing_cli.add_parser,
    accounts_cli.add_parser,
    scenarios_cli.add_parser,
    people_cli.add_parsers,
    plugins_cli.add_parser,
)


def make_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = argparse.ArgumentParser(prog="mailhub", description=plain(_("A hub for outbound e-mail.")))
    parser.add_argument("--version", action="version", version=f"mailhub {version('mailhub')}")
    subparsers = parser.add_subparsers(title=plain(_("commands")), metavar="COMMAND", required=True)
    _add_init(subparsers)
    _add_serve(subparsers)
    for add in COMMANDS:
        add(subparsers)
    return parser


def _add_init(subparsers: Subparsers) -> None:
    parser = add_command(
        subparsers, "init", _("create or check the database, the key, the first administrator")
    )
    parser.add_argument("--admin-login", default=initialising.DEFAULT_LOGIN, metavar="L")
    parser.add_argument(
        "--admin-password", metavar="P", help=plain(_("without it one is made up and printed"))
    )
    parser.set_defaults(run=initialising.run)


def _add_serve(subparsers: Subparsers) -> None:
    parser = add_command(subparsers, "serve", _("run the hub: API and delivery in one process"))
    parser.add_argument("--host", help=plain(_("address to listen on (127.0.0.1)")))
    parser.add_argument("--port", type=int, help=plain(_("port to listen on (6543), 0 for any")))
    parser.set_defaults(run=serving.run)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code (0 done, 1 failed, 2 wrong use, 3 not found, 4 conflict)."""
    args = make_parser().parse_args(arguments)
    try:
        return int(args.run(args))
    except CommandEnded as ended:
        sys.stderr.write(plain(ended.message) + "\n")
        return ended.exit_code
    except KeyboardInterrupt:
        return FAILED
    except BrokenPipeError:
        # whoever read our output has read enough
        sys.stderr.close()
        return DONE


if __name__ == "__main__":
    sys.exit(main())
