"""What a wheel of ours holds is what stands in its folder: code, data files, entry points."""

import configparser
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tools.make_locks import own_distributions

LEFT_OUT = {"__pycache__", "node_modules"}
BY_DISTRIBUTION = pytest.mark.parametrize(
    "folder", [path.parent for path in own_distributions()], ids=lambda folder: folder.name
)


@pytest.fixture
def wheel(folder: Path, tmp_path: Path) -> zipfile.ZipFile:
    """Built from a copy, so that nothing left in the folder by an earlier build gets into it; without any network."""
    shutil.copytree(
        folder / "src", tmp_path / "copy" / "src", ignore=shutil.ignore_patterns("*.egg-info", *LEFT_OUT)
    )
    for path in folder.iterdir():
        if path.is_file():
            shutil.copy(path, tmp_path / "copy")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--no-build-isolation",
    ]
    subprocess.run([*command, "--wheel-dir", tmp_path, tmp_path / "copy"], check=True)
    [built] = tmp_path.glob("*.whl")
    return zipfile.ZipFile(built)


def source_files(folder: Path) -> set[str]:
    """All files below src/, except what tools leave there."""
    files = (path.relative_to(folder / "src") for path in (folder / "src").rglob("*") if path.is_file())
    return {
        path.as_posix()
        for path in files
        if not LEFT_OUT.intersection(path.parts)
        and not path.parts[0].endswith(".egg-info")
        and path.suffix not in {".md", ".po"}
    }


@BY_DISTRIBUTION
def test_the_wheel_holds_every_file_of_the_source(wheel: zipfile.ZipFile, folder: Path) -> None:
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert packed == source_files(folder)
    assert any(name.endswith("/py.typed") for name in packed)


@BY_DISTRIBUTION
def test_the_wheel_announces_every_entry_point(wheel: zipfile.ZipFile, folder: Path) -> None:
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    wanted = dict(project.get("entry-points", {}))
    if "scripts" in project:
        wanted["console_scripts"] = project["scripts"]
    [name] = [name for name in wheel.namelist() if name.endswith(".dist-info/entry_points.txt")]
    announced = configparser.ConfigParser(delimiters="=")
    announced.read_string(wheel.read(name).decode())
    assert {group: dict(announced[group]) for group in announced.sections()} == wanted


@BY_DISTRIBUTION
def test_the_wheel_holds_its_licence(wheel: zipfile.ZipFile, folder: Path) -> None:
    metadata = next(
        wheel.read(name).decode() for name in wheel.namelist() if name.endswith(".dist-info/METADATA")
    )
    assert "License-Expression: MIT" in metadata
