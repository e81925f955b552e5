"""What others have made is what vendor.toml says: all files, each byte."""

import hashlib
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

FOLDERS = pytest.mark.parametrize(
    "folder",
    [Path(str(files("mailhub.http"))) / "static", Path(str(files("mailhub.web"))) / "vendored"],
    ids=["http", "web"],
)


def packages(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads((folder / "vendor.toml").read_text("utf-8"))["package"]
    return found


@FOLDERS
def test_every_file_has_its_sum(folder: Path) -> None:
    for package in packages(folder):
        found = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in package["files"]}
        assert found == package["files"]


@FOLDERS
def test_every_vendored_file_is_listed_with_version_and_licence(folder: Path) -> None:
    listed = {name for package in packages(folder) for name in package["files"]}
    vendored = {path.relative_to(folder).as_posix() for path in folder.glob("*/**/*") if path.is_file()}

    assert vendored == listed
    for package in packages(folder):
        assert package["version"]
        assert package["licence"]
        assert package["licence_file"] in package["files"]
        assert len(package["archive_sha256"]) == 64
