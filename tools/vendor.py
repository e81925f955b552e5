"""Take the parts of the pages that others have made from their published archives, as ``vendor.toml`` says.

``python -m tools.vendor`` fetches each archive with ``npm pack``, holds it against its sum, writes the files that are used
and the sums of these into ``src/mailhub/web/vendored/vendor.toml``. To take another version, change it in ``PARTS`` here.
"""

import hashlib
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
VENDORED = ROOT / "src" / "mailhub" / "web" / "vendored"
HEAD = """\
# What others have made and is served as they made it; tools/vendor.py writes all of this folder.
# tests/unit/http/test_vendored.py holds the files against the sums.
"""
ICONS = (
    "arrow-clockwise",
    "arrow-counterclockwise",
    "arrow-down",
    "arrow-repeat",
    "arrow-up",
    "at",
    "box-arrow-right",
    "box-arrow-up-right",
    "calendar-event",
    "calendar-x",
    "check-circle",
    "check-lg",
    "chevron-down",
    "chevron-left",
    "chevron-right",
    "circle-half",
    "clipboard",
    "clock",
    "copy",
    "dash-circle",
    "diagram-3",
    "display",
    "download",
    "envelope",
    "exclamation-octagon",
    "exclamation-triangle",
    "eye",
    "file-earmark",
    "files",
    "funnel",
    "gear",
    "grip-vertical",
    "hourglass-split",
    "house",
    "image",
    "inbox",
    "info-circle",
    "key",
    "list",
    "lock",
    "moon-stars",
    "paperclip",
    "pause-circle",
    "pencil",
    "pencil-square",
    "people",
    "person-circle",
    "play-circle",
    "plug",
    "plus-lg",
    "question-circle",
    "reply",
    "search",
    "send",
    "send-check",
    "server",
    "shield-lock",
    "slash-circle",
    "sliders",
    "speedometer2",
    "star",
    "star-fill",
    "stopwatch",
    "sun",
    "three-dots",
    "translate",
    "trash",
    "upload",
    "wifi-off",
    "x-circle",
    "x-lg",
)
_EDITOR_PLUGINS = ("advlist", "autolink", "image", "link", "lists", "searchreplace", "table")


@dataclass(frozen=True)
class Part:
    """One package: where its files stand in the archive, by the name they get in its folder."""

    name: str
    version: str
    licence: str
    archive_sha256: str
    files: Mapping[str, str]
    licence_file: str = "LICENSE.txt"
    icons: Iterable[str] = ()

    @property
    def folder(self) -> str:
        """Its folder below ``vendored``."""
        return self.name.removesuffix(".org").removesuffix("-js-client")


PARTS = (
    Part(
        name="bootstrap",
        version="5.3.9",
        licence="MIT",
        archive_sha256="06bdf78289c3c12ea99d40df84eedf6278c724c73eebf38f11f3a65b44ec8c94",
        files={"LICENSE.txt": "LICENSE", "bootstrap.min.css": "dist/css/bootstrap.min.css"},
    ),
    Part(
        name="bootstrap-icons",
        version="1.13.2",
        licence="MIT",
        archive_sha256="7b5960145e1ab14a49a117f96a9e5a54a94fdf07f21e302d9e4f88d73dd19f9c",
        files={"LICENSE.txt": "LICENSE"},
        icons=ICONS,
    ),
    Part(
        name="htmx.org",
        version="4.0.1",
        licence="0BSD",
        archive_sha256="5fba65616ca148a86d377e9771bcada7f35faee3558651feb929eea425e13b3c",
        files={"LICENSE.txt": "LICENSE", "htmx.min.js": "dist/htmx.min.js"},
    ),
    Part(
        name="hugerte",
        version="1.0.14",
        licence="MIT AND (MPL-2.0 OR Apache-2.0)",  # it bundles DOMPurify
        archive_sha256="067d99b549d234cc2fb2b1f53fb0b120e5e777f122b963a074e80f511961be78",
        files={
            "LICENSE.txt": "license.txt",
            **{
                name: name
                for name in (
                    "hugerte.min.js",
                    "icons/default/icons.min.js",
                    "models/dom/model.min.js",
                    "themes/silver/theme.min.js",
                    "skins/ui/oxide/skin.min.css",
                    "skins/ui/oxide/content.min.css",
                    "skins/ui/oxide-dark/skin.min.css",
                    "skins/ui/oxide-dark/content.min.css",
                    "skins/content/default/content.min.css",
                    "skins/content/dark/content.min.css",
                    *(f"plugins/{plugin}/plugin.min.js" for plugin in _EDITOR_PLUGINS),
                )
            },
        },
    ),
    Part(
        name="tus-js-client",
        version="4.3.1",
        licence="MIT",
        archive_sha256="919f46808b2c689be9214df5c0f21879bee4a4599b34e212ada8f14de1db9bc0",
        files={"LICENSE.txt": "LICENSE", "tus.min.js": "dist/tus.min.js"},
    ),
)


def main() -> None:
    """Write the whole folder anew."""
    shutil.rmtree(VENDORED, ignore_errors=True)
    entries = [_entry(part, _take(part)) for part in PARTS]
    (VENDORED / "vendor.toml").write_text(HEAD + "".join(entries), "utf-8")


def _take(part: Part) -> list[Path]:
    with tempfile.TemporaryDirectory() as work:
        archive = _archive(part, Path(work))
        if hashlib.sha256(archive.read_bytes()).hexdigest() != part.archive_sha256:
            raise SystemExit(f"{part.name} {part.version} is not the archive that was looked at")
        with tarfile.open(archive) as packed:
            packed.extractall(work, filter="data")
        package = Path(work) / "package"
        contents = {name: (package / source).read_bytes() for name, source in part.files.items()}
        if part.icons:
            contents["icons.svg"] = _sprite(package / "icons", part.icons)
    return [_written(VENDORED / part.folder / name, content) for name, content in sorted(contents.items())]


def _archive(part: Part, work: Path) -> Path:
    command = ["npm", "pack", "--silent", f"{part.name}@{part.version}"]
    name = subprocess.run(command, cwd=work, check=True, capture_output=True, text=True).stdout.strip()
    return work / name


def _written(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def _sprite(folder: Path, names: Iterable[str]) -> bytes:
    """One file of symbols, each under the icon's name."""
    symbols = [
        re.sub(
            r"<svg [^>]*>(.*)</svg>",
            rf'<symbol id="{name}" viewBox="0 0 16 16">\1</symbol>',
            drawing,
            flags=re.DOTALL,
        )
        for name in sorted(names)
        for drawing in [re.sub(r"\n\s*", "", (folder / f"{name}.svg").read_text("utf-8"))]
    ]
    return "\n".join(['<svg xmlns="http://www.w3.org/2000/svg">', *symbols, "</svg>", ""]).encode()


def _entry(part: Part, files: Iterable[Path]) -> str:
    sums = {
        path.relative_to(VENDORED).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }
    return f"""
[[package]]
name = "{part.name}"
version = "{part.version}"
registry = "npm"
licence = "{part.licence}"
licence_file = "{part.folder}/{part.licence_file}"
archive_sha256 = "{part.archive_sha256}"

[package.files]
""" + "".join(f'"{name}" = "{digest}"\n' for name, digest in sums.items())


if __name__ == "__main__":
    main()
