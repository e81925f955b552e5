"""What others have made is what vendor.toml says: all files, each byte."""

import hashlib
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

STATIC = Path(str(files("mailhub.http"))) / "static"


def packages() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads((STATIC / "vendor.toml").read_text("utf-8"))["package"]
    return found


def test_every_file_has_its_sum() -> None:
    for package in packages():
        found = {name: hashlib.sha256((STATIC / name).read_bytes()).hexdigest() for name in package["files"]}
        assert found == package["files"]


def test_every_vendored_file_is_listed_with_version_and_licence() -> None:
    listed = {name for package in packages() for name in package["files"]}
    vendored = {path.relative_to(STATIC).as_posix() for path in STATIC.glob("*/**/*") if path.is_file()}

    assert vendored == listed
    for package in packages():
        assert package["version"]
        assert package["licence"]
        assert package["licence_file"] in package["files"]
