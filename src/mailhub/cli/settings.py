"""The settings of a command: built-in defaults, ini file, environment, ``--data``, each stronger than the one before."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import plaster

from mailhub.contract.texts import _
from mailhub.settings import Settings, SettingsError

from .exits import FAILED, WRONG_USE, CommandEnded

DEFAULT_INI = Path("development.ini")
SOCKET_NAME = "hub.sock"


def load_settings(ini: Path | None, data: Path | None, environ: Mapping[str, str] | None = None) -> Settings:
    """Raises ``CommandEnded`` for a file that cannot be read and for wrong settings, all of them named."""
    try:
        settings = Settings.load(_ini_values(ini), os.environ if environ is None else environ)
    except SettingsError as error:
        raise CommandEnded(str(error), FAILED) from error
    return settings if data is None else replace(settings, data_dir=str(data))


def socket_path(settings: Settings) -> Path:
    """Where a running hub listens for commands."""
    return Path(settings.data_dir).absolute() / SOCKET_NAME


def _ini_values(ini: Path | None) -> dict[str, str]:
    path = ini or (DEFAULT_INI if DEFAULT_INI.is_file() else None)
    if path is None:
        return {}
    if not path.is_file():
        raise CommandEnded(_("There is no file ${path}.", mapping={"path": str(path)}), WRONG_USE)
    values: dict[str, str] = plaster.get_settings(str(path), "app:main")
    return dict(values)
