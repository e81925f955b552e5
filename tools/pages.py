"""What the programs that write pages of the reference have in common: ``--check``, tables, generated parts of a page."""

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs" / "reference"

Pages = Mapping[Path, str]
"""The right content of each file."""


def bring_up_to_date(description: str, expected: Callable[[], Pages]) -> int:
    """The command line of such a program; the exit code. ``--check`` changes nothing, names what is out of date."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--check", action="store_true", help="change nothing, fail when a page is out of date"
    )
    check = parser.parse_args().check
    stale = {path: text for path, text in expected().items() if not path.exists() or path.read_text() != text}
    for path, text in stale.items():
        if check:
            print(f"{path.relative_to(ROOT)} is out of date: run `make reference`")
        else:
            path.write_text(text)
    return 1 if check and stale else 0


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table, with a newline at its end."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def code(text: str) -> str:
    """As code."""
    return f"`{text}`"


def codes(texts: Iterable[str]) -> str:
    """Several, as code, separated by commas."""
    return ", ".join(map(code, texts))


def with_generated(page: Path, begin: str, end: str, text: str) -> str:
    """A page with what stands between its two marks written anew. Raises ValueError when a mark is missing."""
    head, rest = page.read_text().split(begin)
    _old, tail = rest.split(end)
    return f"{head}{begin}{text}{end}{tail}"
