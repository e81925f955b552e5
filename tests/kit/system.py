"""Tests that need something from the system say so: ``@pytest.mark.system("postfix", root=True)``."""

import os
from pathlib import Path

import pytest

PACKAGES_FILE = Path(__file__).parents[2] / "tools" / "system-packages"
REMEDY = "`make test-system`"


def programs_by_package(lines: str) -> dict[str, Path]:
    """The packages that tests may ask for, each with a program whose presence proves it."""
    rows = [line.split() for line in lines.splitlines() if line and not line.startswith("#")]
    return {package: Path(program) for package, program in rows}


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("system"):
        if lack := _lack(marker, programs_by_package(PACKAGES_FILE.read_text())):
            pytest.skip(lack)


def _lack(marker: pytest.Mark, programs: dict[str, Path]) -> str | None:
    """What the test asks for and the machine has not. Raises UsageError for a package that is in no list."""
    for package in marker.args:
        if package not in programs:
            raise pytest.UsageError(f"{package} is not in tools/system-packages")
        if not programs[package].exists():
            return f"needs the system package {package}: {REMEDY}"
    if marker.kwargs.get("root") and os.geteuid() != 0:
        return f"needs root, as {REMEDY} does"
    return None
