"""Bring docs/reference/command-line.md up to date with the parsers of the commands; ``--check`` changes nothing."""

import argparse
import sys
from collections.abc import Iterator, Sequence

from mailhub.cli.main import make_parser
from tools.pages import REFERENCE, Pages, bring_up_to_date, code, table

PAGE = REFERENCE / "command-line.md"

HEAD = """\
# Command line

<!-- written by `make reference` from the parsers of the commands; do not edit -->

`mailhub <command>`. The commands work whether a hub is running or not: beside a running one they speak to it over the
socket `hub.sock` in its data folder, which only the owner of the data can open; else they open the database themselves. A
command that finds the database in use by another command, or by a hub that is starting, waits up to 30 seconds. A command's
own process delivers nothing, except `send --wait`, which delivers that one message.

All of them take

"""

EXITS = """
| exit code | meaning |
| --- | --- |
| 0 | done |
| 1 | failed, or refused |
| 2 | wrong use: arguments that are missing or cannot be |
| 3 | what was named is not there |
| 4 | conflict: not in this state, or somebody else was faster |

What went wrong is said on standard error, a sentence a line. With `--json`, standard output has one JSON document in the
form that the [API](api.md) answers in; lists are `{"items": [...]}`.
"""


def expected() -> Pages:
    """The page, as it should be."""
    return {PAGE: "".join(_parts())}


def _parts() -> Iterator[str]:
    commands = list(iter_commands(make_parser(), "mailhub"))
    common = _common([parser for _name, parser in commands])
    yield HEAD
    yield _options([each for each in actions_of(commands[0][1]) if _name(each) in common])
    yield EXITS
    for name, parser in commands:
        yield _entry(name, parser, common)


def iter_commands(
    parser: argparse.ArgumentParser, name: str
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """The commands that do something, as they are typed."""
    groups = [each for each in actions_of(parser) if isinstance(each.choices, dict)]
    if not groups:
        yield name, parser
    for group in groups:
        assert isinstance(group.choices, dict)
        for word, inner in group.choices.items():
            yield from iter_commands(inner, f"{name} {word}")


def actions_of(parser: argparse.ArgumentParser) -> Sequence[argparse.Action]:
    """Its arguments, ``--help`` left out."""
    actions = parser._actions  # noqa: SLF001 - argparse tells what it knows in no other way
    return [each for each in actions if not isinstance(each, argparse._HelpAction)]  # noqa: SLF001 - likewise


def _common(parsers: Sequence[argparse.ArgumentParser]) -> frozenset[str]:
    """What every command takes."""
    return frozenset.intersection(*(frozenset(map(_name, actions_of(parser))) for parser in parsers))


def _name(action: argparse.Action) -> str:
    return ", ".join(action.option_strings) or str(action.metavar)


def _entry(name: str, parser: argparse.ArgumentParser, common: frozenset[str]) -> str:
    own = [each for each in actions_of(parser) if _name(each) not in common]
    usage = " ".join([name, *map(_usage, own)])
    text = f"\n## {code(name)}\n\n{_sentence(parser.description or '')}\n\n```text\n{usage}\n```\n"
    return text + (f"\n{_options(own)}" if own else "")


def _usage(action: argparse.Action) -> str:
    words = [*action.option_strings[-1:], *([] if action.nargs == 0 else [_metavar(action)])]
    text = " ".join(words)
    is_free = not action.required if action.option_strings else action.nargs == "?"
    # argparse's class of repeated options has no public name
    is_repeated = type(action).__name__ == "_AppendAction"
    return (f"[{text}]" if is_free else text) + ("..." if is_repeated else "")


def _options(actions: Sequence[argparse.Action]) -> str:
    rows = [[code(_with_value(each)), each.help or ""] for each in actions]
    return table(["argument", "meaning"], rows)


def _with_value(action: argparse.Action) -> str:
    takes_value = action.option_strings and action.nargs != 0
    return f"{_name(action)} {_metavar(action)}" if takes_value else _name(action)


def _metavar(action: argparse.Action) -> str:
    return str(action.metavar or action.dest.upper())


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


if __name__ == "__main__":
    sys.exit(bring_up_to_date(__doc__ or "", expected))
