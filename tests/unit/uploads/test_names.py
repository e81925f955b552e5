"""What headers say of a raw file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.uploads.names import announced_name, announced_type


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="a b.pdf"', "a b.pdf"),
        ("attachment; filename=a.pdf", "a.pdf"),
        ("attachment; filename*=UTF-8''%e2%82%ac%20rates.pdf", "€ rates.pdf"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        (r'attachment; filename="C:\\Users\\ada\\scan.pdf"', "scan.pdf"),
        ("attachment; filename*=UTF-8''a%0d%0ab", ""),
        ("attachment; filename*=UTF-8''%ff%fe", ""),
        ("attachment; filename*=no-such''x", "x"),
        ("attachment", ""),
        (";;;=", ""),
        ("a\r\nb", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_the_name_is_taken_without_its_path_or_not_at_all(disposition: str | None, name: str) -> None:
    assert announced_name(disposition) == name


@given(st.text(st.characters(max_codepoint=255)))
def test_no_header_breaks_it(text: str) -> None:
    for disposition in (text, f'attachment; filename="{text}"', f"attachment; filename*=UTF-8''{text}"):
        name = announced_name(disposition)
        assert name == "" or name.isprintable()
        assert "/" not in name


@pytest.mark.parametrize(
    ("content_type", "kept"),
    [
        ("application/pdf", "application/pdf"),
        ("Text/CSV; charset=utf-8", "text/csv"),
        ("application/octet-stream", ""),
        ("application/x-www-form-urlencoded", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_a_type_that_says_nothing_is_not_kept(content_type: str | None, kept: str) -> None:
    assert announced_type(content_type) == kept
