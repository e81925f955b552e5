"""Bring the ini files and docs/reference/settings.md up to date with the settings' own table.

In an ini file the lines between the two marks are written anew; values set there stay. ``--check`` changes nothing and
names each file that is out of date.
"""

import argparse
import configparser
import itertools
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path

from mailhub.contract.texts import plain
from mailhub.settings import AREAS, SETTINGS, Setting

ROOT = Path(__file__).parents[1]
INI_FILES = (ROOT / "development.ini", ROOT / "production.ini")
REFERENCE = ROOT / "docs" / "reference" / "settings.md"
BEGIN = "# -- every setting with its default; remove the # before a name to set it (written by `make settings`) --\n"
END = "# -- end of the settings --\n"


def expected() -> dict[Path, str]:
    """The right content of each file."""
    return {path: ini_text(path.read_text()) for path in INI_FILES} | {REFERENCE: reference_text()}


def ini_text(text: str) -> str:
    """An ini file with its settings written anew. Raises ValueError when a mark is missing."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # names are case-sensitive, as for PasteDeploy
    parser.read_string(text)
    head, rest = text.split(BEGIN)
    tail = rest.split(END)[1]
    return head + BEGIN + "\n".join(_ini_lines(dict(parser["app:main"]))) + "\n" + END + tail


def _ini_lines(active: Mapping[str, str]) -> Iterator[str]:
    for area, settings in itertools.groupby(SETTINGS, key=lambda setting: setting.area):
        yield ""
        yield f"# {area}: {plain(AREAS[area])}"
        for setting in settings:
            yield ""
            yield from textwrap.wrap(plain(setting.doc), 110, initial_indent="# ", subsequent_indent="# ")
            yield f"# {setting.ini_name} = {setting.default_text}".rstrip()
            if setting.ini_name in active:
                yield f"{setting.ini_name} = {active[setting.ini_name]}"
    yield ""


REFERENCE_HEAD = """\
# Settings

<!-- written by `make settings` from src/mailhub/settings.py; do not edit -->

A setting stands in the section `[app:main]` of an ini file by its name, or in the environment by its variable, which
wins. Settings that are unknown or wrong stop the start, and all of them are named at once. Sizes are numbers of bytes or
written with a unit: `64 KB`, `100 MB`, `2 GB` (1 KB is 1,024 bytes).
"""


def reference_text() -> str:
    """The page docs/reference/settings.md."""
    return REFERENCE_HEAD + "".join(_reference_parts())


def _reference_parts() -> Iterator[str]:
    for area, settings in itertools.groupby(SETTINGS, key=lambda setting: setting.area):
        yield f"\n## {area}\n\n{plain(AREAS[area])}\n"
        yield from (_reference_entry(setting) for setting in settings)


def _reference_entry(setting: Setting) -> str:
    default = f"`{setting.default_text}`" if setting.default_text else "empty"
    return (
        f"\n### `{setting.ini_name}`\n\n{plain(setting.doc)}\n\n"
        f"- Variable: `{setting.environment_name}`\n"
        f"- Value: {plain(setting.kind.name)}\n"
        f"- Default: {default}\n"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="change nothing, fail when something is out of date"
    )
    check = parser.parse_args().check
    stale = [path for path, text in expected().items() if not path.exists() or path.read_text() != text]
    for path in stale:
        if check:
            print(f"{path.relative_to(ROOT)} is out of date: run `make settings`")
        else:
            path.write_text(expected()[path])
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
