"""Write requirements/*.txt anew: name, version, marker and sha256 of what gets installed, for every Python.

The input is what pyproject.toml and every plugins/*/pyproject.toml ask for. The locks name no index: where packages come
from is for the machine that installs them to say, what they are is said here. Give names to upgrade only those, ``--all``
to upgrade everything; without either only what pyproject.toml requires is changed.
"""

import argparse
import re
import subprocess
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCKS = ROOT / "requirements"
UV = "uv==0.13.9"
HEADER = "# Made by `make lock` from pyproject.toml and plugins/*/pyproject.toml; do not edit.\n"
OLDEST_PYTHON = "3.11"


def own_distributions() -> list[Path]:
    """The pyproject.toml of each distribution in this repository."""
    return [ROOT / "pyproject.toml", *sorted(ROOT.glob("plugins/*/pyproject.toml"))]


def asked_for() -> tuple[list[str], list[str]]:
    """What our distributions need to run, and what their developers need besides; none of our own among them."""
    projects = [tomllib.loads(path.read_text()) for path in own_distributions()]
    ours = {normal(project["project"]["name"]) for project in projects}
    runtime = [name for project in projects for name in project["project"].get("dependencies", ())]
    development = [
        name for project in projects for name in project.get("dependency-groups", {}).get("dev", ())
    ]
    return [need for need in runtime if name_of(need) not in ours], development


def name_of(requirement: str) -> str:
    """The normal form of the name that a requirement begins with."""
    return normal(re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0])


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def compile_lock(
    uv: Path, needs: list[str], lock: Path, constraints: list[Path], upgrades: list[str]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "needs.in"
        source.write_text("\n".join([*needs, "setuptools<81"]) + "\n")
        command = [uv, "--no-config", "pip", "compile", source, "--output-file", lock, "--universal"]
        command += ["--python-version", OLDEST_PYTHON, "--generate-hashes", "--no-header", "--no-annotate"]
        command += ["--no-emit-index-url", "--no-emit-find-links", "--allow-unsafe", "--quiet", *upgrades]
        for constraint in constraints:
            command += ["--constraints", constraint]
        subprocess.run([str(word) for word in command], check=True, cwd=ROOT)
    lock.write_text(HEADER + lock.read_text())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="upgrade these")
    parser.add_argument("--all", action="store_true", help="upgrade everything")
    chosen = parser.parse_args()
    upgrades = ["--upgrade"] if chosen.all else [f"--upgrade-package={name}" for name in chosen.names]
    runtime, development = asked_for()
    LOCKS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        subprocess.run([f"{folder}/bin/python", "-m", "pip", "install", "--quiet", UV], check=True)
        uv = Path(folder) / "bin" / "uv"
        compile_lock(uv, runtime, LOCKS / "runtime.txt", [], upgrades)
        both = [*runtime, *development]
        compile_lock(uv, both, LOCKS / "development.txt", [LOCKS / "runtime.txt"], upgrades)


if __name__ == "__main__":
    main()
