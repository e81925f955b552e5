"""The command ``mailhub``: finds the command named, runs it, turns what happened into an exit code."""

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version

from mailhub.accounts import cli as accounts_cli
from mailhub.capture import cli as capture_cli
from mailhub.composing import cli as composing_cli
from mailhub.contract.texts import _, plain
from mailhub.maintenance import cli as maintenance_cli
from mailhub.people import cli as people_cli
from mailhub.pluginhost import cli as plugins_cli
from mailhub.scenarios import cli as scenarios_cli

from .command import Subparsers, add_command, port
from .exits import WRONG_USE, ended

COMMANDS = (
    capture_cli.add_parser,
    composing_cli.add_parser,
    accounts_cli.add_parser,
    scenarios_cli.add_parser,
    people_cli.add_parsers,
    plugins_cli.add_parser,
    maintenance_cli.add_parsers,
)


def make_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = argparse.ArgumentParser(prog="mailhub", description=plain(_("A hub for outbound e-mail.")))
    parser.add_argument("--version", action="version", version=f"mailhub {version('mailhub')}")
    parser.set_defaults(help_of=parser)
    subparsers = parser.add_subparsers(title=plain(_("commands")), metavar="COMMAND")
    _add_init(subparsers)
    _add_serve(subparsers)
    _add_evolve(subparsers)
    for add in COMMANDS:
        add(subparsers)
    return parser


def _add_init(subparsers: Subparsers) -> None:
    text = _("create or check the database, the secret key and the first administrator")
    parser = add_command(subparsers, "init", text)
    parser.add_argument(
        "--admin-login",
        default="admin",
        metavar="L",
        help=plain(_("login of the first administrator (admin)")),
    )
    parser.add_argument(
        "--admin-password",
        metavar="P",
        help=plain(_("his password; without it one is made up and printed once")),
    )
    parser.set_defaults(run=_run_init)


def _add_serve(subparsers: Subparsers) -> None:
    parser = add_command(subparsers, "serve", _("run the hub: API and delivery in one process"))
    parser.add_argument("--host", metavar="H", help=plain(_("address to listen on (127.0.0.1)")))
    parser.add_argument(
        "--port", type=port, metavar="N", help=plain(_("port to listen on (6543), 0 for any"))
    )
    parser.set_defaults(run=_run_serve)


def _add_evolve(subparsers: Subparsers) -> None:
    text = _("bring the data to the form of this release; the hub must be stopped")
    parser = add_command(subparsers, "evolve", text)
    parser.add_argument(
        "--list", action="store_true", help=plain(_("only tell which steps there are, and which were taken"))
    )
    parser.add_argument(
        "--dry-run", action="store_true", help=plain(_("take the steps on a layer that is thrown away"))
    )
    parser.set_defaults(run=_run_evolve)


def _run_init(args: argparse.Namespace) -> int:
    # these bring the whole hub with them, for which other commands need not wait
    from . import initialising

    return initialising.run(args)


def _run_serve(args: argparse.Namespace) -> int:
    from . import serving

    return serving.run(args)


def _run_evolve(args: argparse.Namespace) -> int:
    from . import evolving

    return evolving.run(args)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code (0 done, 1 failed, 2 wrong use, 3 not found, 4 conflict)."""
    args = make_parser().parse_args(arguments)
    if not hasattr(args, "run"):
        args.help_of.print_help(sys.stderr)
        return WRONG_USE
    return ended(lambda: args.run(args))


if __name__ == "__main__":
    sys.exit(main())
