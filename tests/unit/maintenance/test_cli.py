"""The commands without a hub: their exit codes, and what they print where."""

import json
from pathlib import Path

import pytest

from mailhub.cli.main import main

PASSPHRASE = "twelve chars or more"


@pytest.fixture
def data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    folder = tmp_path / "var"
    assert main(["init", "--data", str(folder)]) == 0
    capsys.readouterr()
    return folder


def test_check_says_that_all_is_well(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--data", str(data)]) == 0
    printed = capsys.readouterr()
    assert printed.out == "Everything is as it should be.\n"
    assert printed.err.startswith("read_records: ok")


def test_check_fails_with_a_line_for_each_finding(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = data / "blobs" / "0x00" / "0x00" / "0x00" / "0x00" / "0x00" / "0x00" / "0x00" / "0x77"
    folder.mkdir(parents=True)
    (folder / "0x0001.blob").write_bytes(b"x")
    assert main(["check", "--data", str(data)]) == 1
    printed = capsys.readouterr()
    assert printed.out.startswith("orphaned_blob: ")
    assert printed.err.endswith("1 things are wrong.\n")
    assert main(["check", "--data", str(data), "--json"]) == 1
    report = json.loads(capsys.readouterr().out)["report"]
    assert [each["kind"] for each in report["findings"]] == ["orphaned_blob"]
    assert main(["pack", "--data", str(data)]) == 0
    assert main(["check", "--data", str(data)]) == 0


def test_a_configuration_goes_through_a_private_file(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, passphrase = tmp_path / "hub.json", tmp_path / "passphrase"
    passphrase.write_text(f"{PASSPHRASE}\n")
    sealed = ["--passphrase-file", str(passphrase)]
    assert main(["export", str(file), "--secrets", *sealed, "--data", str(data)]) == 0
    assert file.stat().st_mode & 0o777 == 0o600
    capsys.readouterr()
    assert main(["import", str(file), "--dry-run", *sealed, "--data", str(data)]) == 0
    assert capsys.readouterr().out == "Everything is as the file says; nothing was changed.\n"
    assert main(["export", "-", "--data", str(data)]) == 0
    assert json.loads(capsys.readouterr().out)["users"][0]["login"] == "admin"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["export", "-", "--passphrase-file", "x"], 2),
        (["export", "-", "--secrets", "--passphrase-file", "/nowhere"], 3),
        (["import", "/nowhere"], 3),
        (["import", "-", "--passphrase-file", "-"], 2),
        (["export", "/nowhere/hub.json"], 1),
    ],
)
def test_wrong_use_has_its_exit_code(data: Path, arguments: list[str], code: int) -> None:
    assert main([*arguments, "--data", str(data)]) == code


def test_evolve_lists_its_steps(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evolve", "--list", "--json", "--data", str(data)]) == 0
    items = json.loads(capsys.readouterr().out)["items"]
    assert items[0]["name"] == "0001-record-of-steps"
    assert {item["state"] for item in items} == {"done"}
    assert main(["evolve", "--data", str(data)]) == 0
    assert capsys.readouterr().out == "The data have the form of this release already.\n"


def test_where_there_is_no_hub_nothing_is_made(tmp_path: Path) -> None:
    for command in ("evolve", "pack", "check", "rotate-key"):
        assert main([command, "--data", str(tmp_path)]) == 1
    assert list(tmp_path.iterdir()) == []
