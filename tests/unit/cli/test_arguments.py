"""Addresses and files among the arguments."""

import io
from pathlib import Path

import pytest

from mailhub.cli.exits import FAILED, NOT_FOUND, WRONG_USE, CommandEnded
from mailhub.cli.files import open_file, read_secret, read_text
from mailhub.cli.recipients import addresses


def test_lists_are_separated_by_commas_and_semicolons() -> None:
    found = addresses(['Ada <ada@example.com>; "Doe, Joe" <joe@example.com>', "eve@example.com,", ""])
    assert found == [
        {"name": "Ada", "address": "ada@example.com"},
        {"name": "Doe, Joe", "address": "joe@example.com"},
        {"name": "", "address": "eve@example.com"},
    ]


def test_every_list_that_is_wrong_is_named() -> None:
    with pytest.raises(CommandEnded) as caught:
        addresses(["ada", "ok@example.com", "a\nb@example.com"])
    assert caught.value.exit_code == WRONG_USE
    assert len(str(caught.value).splitlines()) == 2


def test_a_text_is_utf_8_with_or_without_a_mark(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbfGr\xc3\xbc\xc3\x9fe")
    assert read_text(str(tmp_path / "a")) == "Grüße"


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("é\n".encode())))
    assert read_text("-") == "é\n"


def test_a_secret_ends_before_its_last_line_end_only(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b" two\n words \r\n")
    assert read_secret(str(tmp_path / "a")) == " two\n words "


def test_what_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"\xe9")
    for path, code in ((tmp_path / "missing", NOT_FOUND), (tmp_path, FAILED), (tmp_path / "latin", FAILED)):
        with pytest.raises(CommandEnded) as caught:
            read_text(str(path))
        assert caught.value.exit_code == code
        assert str(path) in str(caught.value)
    with pytest.raises(CommandEnded, match="cannot be read: No such file"):
        open_file(tmp_path / "missing")
