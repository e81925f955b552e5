import io
from pathlib import Path
from typing import Any

import pytest

from mailhub.cli.exits import WRONG_USE, CommandEnded
from mailhub.cli.setting_values import SecretSources, settings_of

SCHEMA = {
    "properties": {
        "server": {"type": "string"},
        "port": {"type": "integer"},
        "weight": {"type": "number"},
        "verify": {"type": "boolean"},
        "substitute": {"type": ["string", "null"]},
        "senders": {"type": "array", "items": {"type": "string"}},
        "ports": {"type": "array", "items": {"type": "integer"}},
        "extra": {"type": "object"},
        "password": {"type": ["string", "null"], "writeOnly": True},
    }
}
NONE = SecretSources((), ())


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("server=a=b", "a=b"),
        ("server=587", "587"),
        ("port=587", 587),
        ("weight=0.5", 0.5),
        ("verify=Yes", True),
        ("verify=false", False),
        ("substitute=", None),
        ("substitute=a@b.test", "a@b.test"),
        ("senders=a@b.test", ["a@b.test"]),
        ('senders=["a@b.test", "c.test"]', ["a@b.test", "c.test"]),
        ("ports=25", [25]),
        ('extra={"a": 1}', {"a": 1}),
        ("unknown=1", "1"),
        # what cannot be is left to the API, which says where and why
        ("port=many", "many"),
        ("verify=perhaps", "perhaps"),
        ("senders=[", "["),
    ],
)
def test_a_value_becomes_what_the_schema_asks_for(given: str, value: object) -> None:
    assert settings_of(SCHEMA, [given], NONE) == {given.partition("=")[0]: value}


def test_a_list_is_given_item_by_item() -> None:
    given = ["senders=a@b.test", "port=25", "senders=c.test"]
    assert settings_of(SCHEMA, given, NONE) == {"senders": ["a@b.test", "c.test"], "port": 25}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["port"], "KEY=VALUE"),
        (["=25"], "KEY=VALUE"),
        (["port=25", "port=26"], "port is given twice"),
        (["password=hunter2"], "--secret password"),
    ],
)
def test_what_was_typed_wrongly_is_said(given: list[str], words: str) -> None:
    with pytest.raises(CommandEnded, match=words) as caught:
        settings_of(SCHEMA, given, NONE)
    assert caught.value.exit_code == WRONG_USE
    assert "hunter2" not in str(caught.value)


def test_secrets_come_from_files_and_from_lines_of_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "key").write_text("from file \n")
    monkeypatch.setattr("sys.stdin", io.StringIO("first\r\nsecond\n"))
    sources = SecretSources(("password", "other"), (f"key={tmp_path}/key",))
    assert settings_of({}, [], sources) == {"key": "from file ", "password": "first", "other": "second"}


def test_a_person_is_asked_without_an_echo(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    def asked(prompt: str) -> Any:
        return f"answer to {prompt}"

    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("getpass.getpass", asked)
    assert SecretSources(("password",), ()).read() == {"password": "answer to password: "}
