"""A Python environment beside the one that runs the tests, in which distributions come and go by pip.

It sees everything of the tests' own environment (mailhub, its dependencies), so nothing is downloaded::

    environment = PluginEnvironment.make(tmp_path)
    environment.install(build_wheel(EXAMPLE, tmp_path))
    environment.run("-m", "mailhub.cli.main", "plugins", "--json")
    environment.uninstall("mailhub-example")
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

EXAMPLE = Path(__file__).parent / "distribution"
PIP = ("--disable-pip-version-check", "--quiet", "--no-input")


@dataclass(frozen=True, slots=True)
class PluginEnvironment:
    """``folder``: of the environment. ``python``: its interpreter, for programs that a test starts itself."""

    folder: Path
    python: Path

    @classmethod
    def make(cls, parent: Path) -> Self:
        """Make one in a folder of its own beneath ``parent``."""
        folder = parent / "environment"
        venv.create(folder, symlinks=True, with_pip=False)
        made = cls(folder, folder / "bin" / "python")
        # addsitedir also follows the .pth files of editable installs, which a path in a .pth file would not
        tests_own = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
        made._add("tests-own-environment", *dict.fromkeys(tests_own))
        return made

    def add_folders(self, *folders: Path) -> None:
        """Let it import from folders as they are; records of distributions (``.dist-info``) are found in them too."""
        self._add("added-folders", *map(str, folders))

    def install(self, wheel: Path) -> None:
        """Install a wheel as it is. Raises AssertionError with pip's words."""
        self._pip("install", "--no-deps", "--no-index", str(wheel))

    def uninstall(self, distribution: str) -> None:
        """Uninstall a distribution. Raises AssertionError with pip's words."""
        self._pip("uninstall", "--yes", distribution)

    def run(self, *arguments: str, environ: Mapping[str, str] | None = None) -> str:
        """Run this environment's Python; what it printed. Raises AssertionError when it fails."""
        return _run(str(self.python), *arguments, environ=environ)

    def _add(self, name: str, *paths: str) -> None:
        lines = "".join(f"import site; site.addsitedir({path!r})\n" for path in paths)
        (self._site_packages() / f"{name}.pth").write_text(lines)

    def _pip(self, *arguments: str) -> None:
        _run(sys.executable, "-m", "pip", "--python", str(self.python), *PIP, *arguments)

    def _site_packages(self) -> Path:
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return self.folder / "lib" / version / "site-packages"


def build_wheel(project: Path, parent: Path) -> Path:
    """The wheel of a project, built offline from a copy, in a folder of its own beneath ``parent``."""
    source = parent / "source" / project.name
    shutil.copytree(project, source, ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))
    wheels = parent / "wheels"
    _run(
        sys.executable, "-m", "pip", "wheel", *PIP,
        "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(wheels), str(source),
    )  # fmt: skip
    [wheel] = wheels.iterdir()
    return wheel


def _run(*command: str, environ: Mapping[str, str] | None = None) -> str:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))}
    done = subprocess.run(  # a command of ours
        command, capture_output=True, text=True, env=inherited | dict(environ or {}), timeout=100, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout
