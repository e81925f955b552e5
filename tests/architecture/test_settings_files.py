"""The ini files and the reference show every setting, and show it as it is."""

import configparser
from importlib.metadata import distribution
from pathlib import Path

import plaster
import pytest

from mailhub.settings import SETTINGS, Settings
from tools.write_settings import INI_FILES, REFERENCE, expected, ini_text

BY_NAME = pytest.mark.parametrize("path", INI_FILES, ids=lambda path: path.name)


@pytest.mark.parametrize("path", [*INI_FILES, REFERENCE], ids=lambda path: path.name)
def test_the_file_is_up_to_date(path: Path) -> None:
    assert path.read_text() == expected()[path], "run `make settings`"


@BY_NAME
def test_each_setting_stands_in_the_ini_file_with_its_default(path: Path) -> None:
    lines = path.read_text().splitlines()
    for setting in SETTINGS:
        assert f"# {setting.ini_name} = {setting.default_text}".rstrip() in lines


def test_each_setting_is_in_the_reference() -> None:
    headings = [line for line in REFERENCE.read_text().splitlines() if line.startswith("### ")]
    assert headings == [f"### `{setting.ini_name}`" for setting in SETTINGS]


@BY_NAME
def test_the_settings_that_are_set_there_are_valid(path: Path) -> None:
    Settings.load(plaster.get_settings(str(path), "app:main"), {})


@BY_NAME
def test_app_and_server_are_entry_points_that_are_installed(path: Path) -> None:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(path)
    assert parser["app:main"]["use"] == "egg:mailhub"
    assert parser["server:main"]["use"] == "egg:waitress#main"
    for name, group in (("mailhub", "paste.app_factory"), ("waitress", "paste.server_runner")):
        assert distribution(name).entry_points.select(group=group, name="main")


def test_what_is_set_in_an_ini_file_stays_when_it_is_written_anew() -> None:
    text = INI_FILES[0].read_text()
    changed = text.replace(
        "# mailhub.http.port = 6543\n", "# mailhub.http.port = 6543\nmailhub.http.port = 8080\n"
    )
    assert changed != text
    assert ini_text(changed) == changed


def test_a_default_that_is_out_of_date_is_put_right() -> None:
    text = INI_FILES[0].read_text()
    assert ini_text(text.replace("# mailhub.http.port = 6543", "# mailhub.http.port = 80")) == text
