"""Kinds of settings: which texts are values, and what the others are told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.setting_kinds import (
    Choice,
    Decimal,
    HostName,
    Names,
    SecretWords,
    Size,
    Switch,
    Whole,
    WrongValue,
)

MB = 1024**2


@pytest.mark.parametrize(("text", "value"), [("true", True), ("Yes", True), ("0", False), ("off", False)])
def test_a_switch_takes_the_usual_words(text: str, value: bool) -> None:
    assert Switch().parse(text) is value


@pytest.mark.parametrize("text", ["", "maybe", "2", "truee"])
def test_a_switch_takes_nothing_else(text: str) -> None:
    with pytest.raises(WrongValue, match="expected true or false"):
        Switch().parse(text)


@pytest.mark.parametrize("text", ["", "x", "1.5", "0", "11", "1_0", "٣", "9" * 30])
def test_a_whole_number_outside_its_bounds_or_none_at_all_is_refused(text: str) -> None:
    with pytest.raises(WrongValue, match="expected a whole number from 1 to 10"):
        Whole(1, 10).parse(text)


@pytest.mark.parametrize(("text", "value"), [("1", 1), ("10", 10), ("007", 7)])
def test_the_bounds_of_a_whole_number_are_included(text: str, value: int) -> None:
    assert Whole(1, 10).parse(text) == value


@pytest.mark.parametrize("text", ["", "x", "nan", "inf", "-0.1", "10.5"])
def test_a_number_outside_its_bounds_or_none_at_all_is_refused(text: str) -> None:
    with pytest.raises(WrongValue, match="expected a number from 0 to 10"):
        Decimal(0, 10).parse(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [("4096", 4096), ("1 KB", 1024), ("100 MB", 100 * MB), ("100mb", 100 * MB), ("1 GB", 1024 * MB)],
)
def test_a_size_may_have_a_unit(text: str, value: int) -> None:
    assert Size(1, 2048 * MB).parse(text) == value


@pytest.mark.parametrize("text", ["", "MB", "1 TB", "1.5 MB", "-1", "3 GB"])
def test_a_size_outside_its_bounds_or_none_at_all_is_refused(text: str) -> None:
    with pytest.raises(WrongValue, match="from 1 to 2 GB"):
        Size(1, 2048 * MB).parse(text)


@given(st.integers(min_value=0, max_value=2048 * MB))
def test_a_shown_size_reads_back(size: int) -> None:
    kind = Size(0, 2048 * MB)
    assert kind.parse(kind.show(size)) == size


def test_a_choice_takes_its_words_only() -> None:
    kind = Choice(("json", "text"))
    assert kind.parse("json") == "json"
    with pytest.raises(WrongValue, match="expected one of: json, text"):
        kind.parse("JSON")


@pytest.mark.parametrize("text", ["one two", "one, two", "one,two", "\n  one\n  two\n"])
def test_names_are_separated_by_commas_or_white_space(text: str) -> None:
    assert Names().parse(text) == ("one", "two")


def test_no_names_are_an_empty_list() -> None:
    assert Names().parse("") == ()


def test_a_secret_is_never_shown() -> None:
    assert SecretWords().show("c2VjcmV0") == ""


@pytest.mark.parametrize("text", ["", "mail.example.com", "a.b", "mx-1.example.co.uk"])
def test_a_full_host_name_or_none_is_taken(text: str) -> None:
    assert HostName().parse(text) == text


@pytest.mark.parametrize(
    "text",
    ["mail", "mail.example.com.", "-a.b", "a b.c", "a.b\r\nMAIL FROM:<x>", "bücher.example", "a." * 130],
)
def test_what_is_no_full_host_name_is_refused(text: str) -> None:
    with pytest.raises(WrongValue, match=r"mail\.example\.com was expected"):
        HostName().parse(text)
