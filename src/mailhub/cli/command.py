"""What every command has in common: its arguments, its way to the hub, how it prints."""

import argparse
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from mailhub.contract.texts import Text, _, plain

from .client import ApiClient
from .opening import api_client
from .settings import load_settings

HIGHEST_PORT = 65535

Subparsers = Any
"""What ``argparse`` gives out for subcommands; it has no public name there."""


def add_command(subparsers: Subparsers, name: str, help_text: Text) -> argparse.ArgumentParser:
    """A command with the arguments that all have: ``-c``, ``--data``, ``--json``."""
    text = plain(help_text)
    parser: argparse.ArgumentParser = subparsers.add_parser(name, help=text, description=text)
    add_common(parser)
    return parser


def add_common(parser: argparse.ArgumentParser) -> None:
    """``-c``, ``--data`` and ``--json``."""
    parser.add_argument(
        "-c",
        "--config",
        type=Path,
        metavar="INI",
        help=plain(_("ini file (./development.ini, if it is there)")),
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help=plain(_("the hub's data folder (var)")))
    parser.add_argument("--json", action="store_true", help=plain(_("print JSON")))


def add_group(subparsers: Subparsers, name: str, help_text: Text) -> Subparsers:
    """A command that is followed by another: ``mailhub account add``. Returns where those are added."""
    text = plain(help_text)
    parser = subparsers.add_parser(name, help=text, description=text)
    parser.set_defaults(help_of=parser)
    return parser.add_subparsers(title=plain(_("commands")), metavar="COMMAND")


def port(text: str) -> int:
    """A port as an argument."""
    if re.fullmatch("[0-9]{1,5}", text) is None or int(text) > HIGHEST_PORT:
        raise argparse.ArgumentTypeError(plain(_("a number from 0 to 65535 is needed")))
    return int(text)


@contextmanager
def client_of(args: argparse.Namespace) -> Iterator[ApiClient]:
    """The way to the hub that the arguments name."""
    with api_client(load_settings(args.config, args.data)) as client:
        yield client


def print_json(out: TextIO, value: Any) -> None:
    out.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def print_sentence(out: TextIO, text: Text) -> None:
    out.write(one_line(plain(text)) + "\n")


def one_line(text: str) -> str:
    """Without what would move the cursor or forge another line of a terminal."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)


def print_table(
    out: TextIO, columns: Mapping[str, Text], rows: Sequence[Mapping[str, Any]], empty: Text
) -> None:
    """Rows under their titles, as wide as they need; ``empty`` where there are none."""
    if not rows:
        out.write(plain(empty) + "\n")
        return
    table = [[plain(title) for title in columns.values()]]
    table += [[_cell(row.get(name)) for name in columns] for row in rows]
    widths = [max(len(line[number]) for line in table) for number in range(len(columns))]
    for line in table:
        padded = "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        out.write(padded.rstrip() + "\n")


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return one_line(", ".join(map(str, value))) or "-"
    return one_line(str(value))
