import io
import sys
from pathlib import Path
from typing import Any

import pytest

from mailhub.cli.command import print_json, print_table
from mailhub.cli.exits import CONFLICT, DONE, FAILED, WRONG_USE, CommandEnded, ended
from mailhub.cli.main import main, make_parser
from tools import write_commands


@pytest.mark.parametrize(
    ("arguments", "usage"), [([], "mailhub"), (["account"], "mailhub account"), (["token"], "mailhub token")]
)
def test_without_a_command_help_is_shown_and_nothing_done(
    arguments: list[str], usage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == WRONG_USE
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"usage: {usage} [-h]")


@pytest.mark.parametrize(
    "arguments",
    [
        ["fly"],
        ["serve", "--port", "65536"],
        ["account", "add"],
        ["scenario", "assign", "x"],
        ["send", "--text", "a", "--text-file", "b"],
    ],
)
def test_arguments_that_cannot_be_are_wrong_use(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == WRONG_USE
    assert capsys.readouterr().out == ""


def test_help_is_no_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["send", "--help"])
    assert caught.value.code == DONE
    assert "--attach" in capsys.readouterr().out


def test_a_refusal_is_told_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    def refuse() -> int:
        raise CommandEnded("Not now.", CONFLICT)

    assert ended(refuse) == CONFLICT
    assert capsys.readouterr() == ("", "Not now.\n")


def test_who_breaks_it_off_gets_1() -> None:
    def broken_off() -> int:
        raise KeyboardInterrupt

    assert ended(broken_off) == FAILED


def test_a_reader_who_has_read_enough_is_no_mistake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with (tmp_path / "out").open("w") as out:
        monkeypatch.setattr(sys, "stdout", out)

        def write() -> int:
            raise BrokenPipeError

        assert ended(write) == DONE
        out.write("lost")
    assert (tmp_path / "out").read_text() == ""


def test_a_missing_ini_file_is_wrong_use(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["plugins", "-c", str(tmp_path / "none.ini")]) == WRONG_USE
    assert "none.ini" in capsys.readouterr().err


def test_tables_show_no_control_characters() -> None:
    out = io.StringIO()
    rows: list[dict[str, Any]] = [
        {"a": "x\x1b[2J\ny", "b": True},
        {"a": None, "b": ["p", "q"]},
        {"a": [], "b": False},
    ]
    print_table(out, {"a": "A", "b": "Long title"}, rows, "none")
    assert out.getvalue() == "A        Long title\nx?[2J?y  yes\n-        p, q\n-        no\n"


def test_an_empty_table_is_a_sentence() -> None:
    out = io.StringIO()
    print_table(out, {"a": "A"}, [], "There is none.")
    assert out.getvalue() == "There is none.\n"


def test_json_is_written_as_it_is_read() -> None:
    out = io.StringIO()
    print_json(out, {"name": "Ünal"})
    assert out.getvalue() == '{\n  "name": "Ünal"\n}\n'


# -- the reference -------------------------------------------------------------------------------------------------


def test_the_reference_is_up_to_date() -> None:
    for path, text in write_commands.expected().items():
        assert path.read_text() == text, "run `make reference`"


def test_every_command_says_what_it_and_each_argument_is() -> None:
    for name, parser in write_commands.iter_commands(make_parser(), "mailhub"):
        assert parser.description, name
        assert not [each.dest for each in write_commands.actions_of(parser) if not each.help], name


def test_the_commands_are_those_that_clients_know() -> None:
    known = {
        *("init", "serve", "capture", "send", "plugins"),
        *("evolve", "pack", "check", "rotate-key", "export", "import"),
        *(f"account {verb}" for verb in ("add", "list", "test", "pause", "resume")),
        *(f"scenario {verb}" for verb in ("assign", "list")),
        *(f"user {verb}" for verb in ("add", "list", "reset-password")),
        *(f"token {verb}" for verb in ("create", "revoke", "list")),
    }
    names = {
        name.removeprefix("mailhub ")
        for name, _parser in write_commands.iter_commands(make_parser(), "mailhub")
    }
    assert names == known


@pytest.mark.parametrize("option", ["--json", "--data", "--config"])
def test_every_command_takes(option: str) -> None:
    for name, parser in write_commands.iter_commands(make_parser(), "mailhub"):
        options = {word for each in write_commands.actions_of(parser) for word in each.option_strings}
        assert option in options, name
