"""What gets installed is what was locked: each file by its hash, from wherever the machine gets its packages."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.make_locks import LOCKS, ROOT, asked_for

RUNTIME, DEVELOPMENT = LOCKS / "runtime.txt", LOCKS / "development.txt"
BOTH = pytest.mark.parametrize("path", [RUNTIME, DEVELOPMENT], ids=lambda path: path.stem)
BY_PYTHON = pytest.mark.parametrize("python", ["3.11.0", "3.11.7", "3.12.0", "3.13.0", "3.14.0"])


def locked(path: Path) -> list[tuple[Requirement, list[str]]]:
    """The requirements of a lock, each with the options that follow it."""
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    entries = "\n".join(lines).replace("\\\n", " ").splitlines()
    parts = [re.split(r"\s+(?=--)", entry.strip()) for entry in entries]
    return [(Requirement(requirement), options) for requirement, *options in parts]


def versions(path: Path, python: str) -> dict[str, str]:
    """What a lock installs under a version of Python on Linux."""
    environment = {
        "python_full_version": python,
        "python_version": ".".join(python.split(".")[:2]),
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "os_name": "posix",
        "sys_platform": "linux",
    }
    found: dict[str, str] = {}
    for requirement, _options in locked(path):
        if applies(requirement.marker, environment):
            name = canonicalize_name(requirement.name)
            assert name not in found, f"{name} is locked twice for Python {python}"
            found[name] = next(iter(requirement.specifier)).version
    return found


def applies(marker: Marker | None, environment: dict[str, str]) -> bool:
    return marker is None or marker.evaluate(environment)


@BY_PYTHON
@BOTH
def test_all_that_is_asked_for_is_locked_and_fits(path: Path, python: str) -> None:
    runtime, development = asked_for()
    installed = versions(path, python)
    for need in map(Requirement, runtime if path == RUNTIME else [*runtime, *development]):
        version = installed[canonicalize_name(need.name)]
        assert need.specifier.contains(version, prereleases=True), f"{need} is locked at {version}"


@BOTH
def test_each_package_has_one_version_and_its_hashes(path: Path) -> None:
    for requirement, options in locked(path):
        assert re.fullmatch(r"==[^,*]+", str(requirement.specifier)), requirement
        assert options, f"{requirement} has no hash"
        for option in options:
            assert re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", option)


@BOTH
def test_no_lock_says_where_packages_come_from(path: Path) -> None:
    assert not re.search(r"://|@ |^-|find-links|index", path.read_text(), re.MULTILINE)


@BY_PYTHON
def test_developers_run_what_users_run(python: str) -> None:
    assert versions(RUNTIME, python).items() <= versions(DEVELOPMENT, python).items()


@BY_PYTHON
def test_setuptools_still_has_what_pyramid_imports(python: str) -> None:
    assert int(versions(RUNTIME, python)["setuptools"].partition(".")[0]) < 81


def test_a_build_takes_no_newer_setuptools_either() -> None:
    for path in (ROOT / "pyproject.toml", *ROOT.glob("plugins/*/pyproject.toml")):
        needs = tomllib.loads(path.read_text())["build-system"]["requires"]
        assert not any(Requirement(need).specifier.contains("81") for need in needs), path
