"""Addresses as pasted come apart where the reading of addresses takes them apart, and are shown so that they come back."""

from hypothesis import given
from hypothesis import strategies as st

from mailhub.composing.addresses import AddressInvalid, parse_address, parse_address_list
from mailhub.web.forms.address_texts import show_address, split_addresses

NAMES = st.text(st.sampled_from('Ada ,;"\\<>@.-é'), max_size=8).map(str.strip).filter(bool)
ADDRESSES = st.sampled_from(["ada@example.com", "b.c@d.example", '"o, k"@example.com'])


@given(name=NAMES, address=ADDRESSES)
def test_an_address_that_is_shown_is_read_as_itself(name: str, address: str) -> None:
    shown = show_address({"name": name, "address": address})
    assert split_addresses(shown) == [shown]
    try:
        expected = parse_address({"name": name, "address": address})
    except AddressInvalid:
        return
    assert parse_address(shown) == expected


@given(items=st.lists(st.tuples(NAMES, ADDRESSES), max_size=4), by=st.sampled_from([",", "; ", "\n", " ,\n"]))
def test_a_list_comes_apart_between_its_addresses(items: list[tuple[str, str]], by: str) -> None:
    shown = [show_address({"name": name, "address": address}) for name, address in items]
    assert split_addresses(by.join(shown)) == shown


@given(text=st.text(st.sampled_from('ab@.,; "<>'), max_size=30))
def test_what_is_a_list_for_others_is_the_same_list_here(text: str) -> None:
    try:
        expected = parse_address_list(text)
    except AddressInvalid:
        return
    assert [parse_address(each) for each in split_addresses(text)] == expected


def test_without_a_name_only_the_address_is_shown() -> None:
    assert show_address({"name": None, "address": "a@b.example"}) == "a@b.example"
    assert show_address("a@b.example") == "a@b.example"


def test_quotes_without_an_end_cost_no_more_than_other_signs() -> None:
    # tried each as the beginning of a quoted name, so many would take hours
    text = '"' + '\\"' * 200_000
    assert split_addresses(f"{text}, a@b.example") == [text, "a@b.example"]
