"""``mailhub plugins``: what is loaded, and what failed to load and why."""

import argparse
import sys

from mailhub.cli.command import Subparsers, add_command, client_of, print_json, print_table
from mailhub.cli.exits import DONE
from mailhub.contract.texts import _

COLUMNS = {
    "name": _("Plugin"),
    "distribution": _("Distribution"),
    "version": _("Version"),
    "state": _("State"),
    "connectors": _("Connectors"),
    "error": _("Error"),
}


def add_parser(subparsers: Subparsers) -> None:
    """Add ``plugins``."""
    parser = add_command(subparsers, "plugins", _("list plugins, and why some failed to load"))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    with client_of(args) as client:
        found = client.get("/plugins")
    if args.json:
        print_json(sys.stdout, found)
    else:
        print_table(sys.stdout, COLUMNS, found["items"], _("No plugin is installed."))
    return DONE
