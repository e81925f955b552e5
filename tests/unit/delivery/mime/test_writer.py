"""Structure, headers and promises of the written message (reliability.md C)."""

import re
from pathlib import Path

import pytest

from mailhub.contract.errors import Permanent
from mailhub.contract.message import Address, Attachment, MimeForm, WireOptions
from mailhub.delivery.mime import HeaderInvalid, MessageForm, MessageWriter
from tests.unit.delivery.mime.forms import (
    ALL_OPTIONS,
    EIGHT_BIT,
    EVERYTHING,
    Stored,
    form,
    header_lines,
    logo,
    pdf,
    stored,
    written,
)
from tests.unit.delivery.mime.readers import SecondReader, decoded, defects, mailboxes, parsed, tree

GOLDEN = Path(__file__).parent / "golden"
HTML = stored('<p>Dear Zoë,</p>\n<img src="cid:logo">\n')

GOLDEN_FORMS = {
    "text": form(),
    "invoice": form(
        from_=Address("billing@cronus.example", "CRONUS, Köln"),
        sender=Address("ada@cronus.example"),
        to=(Address("ada@example.com", 'Ada "Countess" Lovelace'), Address("bob@exämple.de", "Zoë Müller")),
        cc=(Address("cc@example.com"),),
        reply_to=(Address("reply@cronus.example", "Reply me"),),
        subject="Rechnung 103001 für März: bitte zahlen Sie bis zum 30. November 2026, danke schön",
        html=HTML,
        attachments=(
            pdf(),
            logo(),
            pdf(b"%PDF", "Übersicht der Lieferungen und Leistungen im Geschäftsjahr 2026.pdf"),
        ),
        headers=(("X-Invoice", "103001"), ("List-Unsubscribe", "<https://cronus.example/u?t=?q?>")),
        importance="high",
    ),
    "unseen": form(
        to=(),
        importance="low",
        text=stored("Grüße\r\n.\r\nFrom here \r\n" + "long " * 250),
        attachments=(Attachment("mail.eml", "message/rfc822", Stored(b"Subject: a\r\n\r\nb\r\n")),),
    ),
}


@pytest.mark.parametrize("name", GOLDEN_FORMS)
def test_writes_the_same_bytes_as_ever(name: str) -> None:
    assert written(GOLDEN_FORMS[name]) == (GOLDEN / f"{name}.eml").read_bytes()


def test_is_a_mime_form() -> None:
    form_of_mime: MimeForm = MessageWriter(form())
    assert form_of_mime.size() == len(b"".join(form_of_mime.iter_bytes()))


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (form(), "text/plain"),
        (form(text=None, html=HTML), "text/html"),
        (form(html=HTML), ("multipart/alternative", ("text/plain", "text/html"))),
        (form(attachments=(pdf(),)), ("multipart/mixed", ("text/plain", "application/pdf"))),
        (
            form(text=None, html=HTML, attachments=(logo(),)),
            ("multipart/related", ("text/html", "image/png")),
        ),
        (form(attachments=(logo(),)), ("multipart/mixed", ("text/plain", "image/png"))),
        (form(text=None, attachments=(pdf(),)), ("multipart/mixed", ("text/plain", "application/pdf"))),
        (
            form(html=HTML, attachments=(pdf(), logo())),
            (
                "multipart/mixed",
                (
                    (
                        "multipart/related",
                        (("multipart/alternative", ("text/plain", "text/html")), "image/png"),
                    ),
                    "application/pdf",
                ),
            ),
        ),
    ],
)
def test_has_only_the_levels_it_needs(message: MessageForm, expected: object) -> None:
    octets = written(message)
    assert tree(parsed(octets)) == expected
    assert defects(parsed(octets)) == []
    assert SecondReader(octets).types == [part.get_content_type() for part in parsed(octets).walk()]


def test_an_inline_picture_is_found_by_its_content_id() -> None:
    message = parsed(written(form(html=HTML, attachments=(logo(),))))
    picture = next(part for part in message.walk() if part.get_content_type() == "image/png")
    assert picture["Content-ID"] == "<logo>"
    assert picture.get_content_disposition() == "inline"
    assert message["Content-Type"].params["type"] == "multipart/alternative"


def test_each_field_stands_there_once_in_a_fixed_order() -> None:
    message = parsed(written(GOLDEN_FORMS["invoice"]))
    assert message.keys() == [
        "From",
        "Sender",
        "Reply-To",
        "To",
        "Cc",
        "Subject",
        "Date",
        "Message-ID",
        "Importance",
        "X-Priority",
        "X-Invoice",
        "List-Unsubscribe",
        "MIME-Version",
        "Content-Type",
    ]
    assert message["Date"] == "Mon, 02 Nov 2026 10:00:05 +0000"
    assert message["Message-ID"] == "<1.abc@cronus.example>"
    assert message["Importance"] == "high"
    assert message["X-Priority"] == "1"


def test_header_lines_are_folded_at_78_columns() -> None:
    assert max(map(len, header_lines(written(GOLDEN_FORMS["invoice"])))) <= 78


def test_the_sender_is_named_only_when_it_is_not_the_author() -> None:
    assert "Sender" not in parsed(written(form(sender=Address("billing@cronus.example", "Other name"))))


def test_a_message_to_hidden_recipients_only_names_nobody() -> None:
    octets = written(form(to=()))
    assert b"\r\nTo: undisclosed-recipients:;\r\n" in octets
    assert parsed(octets)["To"].addresses == ()


def test_a_message_with_copies_only_has_no_to() -> None:
    assert "To" not in parsed(written(form(to=(), cc=(Address("c@example.com"),))))


def test_there_is_no_place_for_hidden_recipients() -> None:
    assert "bcc" not in {name.lower() for name in MessageForm.__dataclass_fields__}
    for options in ALL_OPTIONS:
        assert b"bcc" not in written(GOLDEN_FORMS["invoice"], options).lower()


def test_a_long_subject_comes_back_whole() -> None:
    for subject in ("x" * 5_000, "word " * 999 + "end", "ünï" * 1_666, "😀" * 1_250, "a\u0301" * 2_500):
        octets = written(form(subject=subject))
        assert max(map(len, header_lines(octets))) <= 78
        assert parsed(octets)["Subject"] == subject
        assert SecondReader(octets).is_subject(subject)


def test_an_empty_subject_is_said() -> None:
    assert b"\r\nSubject:\r\n" in written(form(subject=""))


def test_a_body_of_one_long_line_is_folded_by_its_encoding() -> None:
    text = "x" * 1_000_000
    octets = written(form(text=stored(text), html=stored("é" * 500_000)))
    plain, html = parsed(octets).iter_parts()
    assert decoded(plain).decode() == text + "\r\n"
    assert decoded(html).decode() == "é" * 500_000 + "\r\n"
    body = octets.partition(b"\r\n\r\n")[2]
    assert max(map(len, body.split(b"\r\n"))) <= 78


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("plain", WireOptions(), "7bit"),
        ("x" * 998, WireOptions(), "7bit"),
        ("x" * 999, WireOptions(), "quoted-printable"),
        ("x" * 999, EIGHT_BIT, "quoted-printable"),
        ("Grüße an alle, die das lesen", WireOptions(), "quoted-printable"),
        ("Grüße", EIGHT_BIT, "8bit"),
        ("привет", WireOptions(), "base64"),
        ("привет", EIGHT_BIT, "8bit"),
        ("bell \a in a text", EIGHT_BIT, "quoted-printable"),
        ("", WireOptions(), "7bit"),
    ],
)
def test_the_transfer_encoding_follows_the_content(text: str, options: WireOptions, expected: str) -> None:
    octets = written(form(text=stored(text)), options)
    message = parsed(octets)
    assert message["Content-Transfer-Encoding"] == expected
    assert decoded(message).decode() == (text + "\r\n" if text else "")


@pytest.mark.parametrize("size", [10, 300_000])
def test_line_ends_become_crlf_and_nul_goes(size: int) -> None:
    octets = written(form(text=stored("a\rb\nc\r\nd\0\n\r" * size)))
    assert decoded(parsed(octets)).decode() == "a\r\nb\r\nc\r\nd\r\n\r\n" * size


def test_levels_above_an_8bit_part_say_so() -> None:
    message = parsed(written(form(text=stored("é"), html=HTML, attachments=(pdf(),)), EIGHT_BIT))
    assert [part["Content-Transfer-Encoding"] for part in message.walk()] == [
        "8bit",
        "8bit",
        "8bit",
        "8bit",
        "base64",
    ]


def test_boundaries_come_from_the_seed_alone() -> None:
    def boundaries(octets: bytes) -> list[bytes]:
        return re.findall(rb'boundary="([^"]+)"', octets)

    first = boundaries(written(form(html=HTML, attachments=(pdf(), logo()))))
    other_text = boundaries(written(form(text=stored("other"), html=HTML, attachments=(pdf(), logo()))))
    other_seed = boundaries(written(form(html=HTML, attachments=(pdf(), logo()), boundary_seed="x" * 22)))
    assert len(set(first)) == 3
    assert first == other_text
    assert not set(first) & set(other_seed)


def test_a_body_that_quotes_another_messages_boundaries_stays_one_part() -> None:
    foreign = written(form(html=HTML, attachments=(pdf(),), boundary_seed="another seed of a mail"))
    for options in ALL_OPTIONS:
        octets = written(form(text=Stored(foreign), html=HTML, attachments=(pdf(),)), options)
        assert tree(parsed(octets)) == (
            "multipart/mixed",
            (("multipart/alternative", ("text/plain", "text/html")), "application/pdf"),
        )


def test_an_international_mailbox_needs_smtputf8() -> None:
    international = Address("zoë@exämple.de", "Zoë")
    message = form(to=(international, Address("ada@example.com")), subject="Grüße")
    writer = MessageWriter(message)
    assert writer.needs_smtputf8()
    assert not MessageWriter(form(to=(Address("bob@exämple.de"),))).needs_smtputf8()
    raw = written(message, EVERYTHING).decode()
    assert '\r\nTo: "Zoë" <zoë@exämple.de>, ada@example.com\r\nSubject: Grüße\r\n' in raw
    assert mailboxes(parsed(written(message)), "To") == [("", "ada@example.com")]


@pytest.mark.parametrize(
    "author", [{"from_": Address("zoë@x.example")}, {"sender": Address("zoë@x.example")}]
)
def test_an_international_author_cannot_go_without_smtputf8(author: dict[str, Address]) -> None:
    writer = MessageWriter(form(**author))
    with pytest.raises(Permanent) as refused:
        writer.size()
    assert refused.value.code == "address.needs_smtputf8"
    assert b"zo\xc3\xab@x.example" in b"".join(writer.iter_bytes(EVERYTHING))


def test_header_text_stays_ascii_where_no_mailbox_needs_more() -> None:
    octets = written(form(subject="Grüße", to=(Address("bob@exämple.de", "Bøb"),)), EVERYTHING)
    assert octets.isascii()
    assert mailboxes(parsed(octets), "To") == [("Bøb", "bob@xn--exmple-cua.de")]


@pytest.mark.parametrize(
    "message_id", ["", "a@b", "<a>", "<a@b", "<a@b>\r\nX: y", "<a b@c>", "<ä@b>", f"<{'a' * 999}@b>"]
)
def test_a_wrong_message_id_is_refused(message_id: str) -> None:
    with pytest.raises(HeaderInvalid):
        MessageWriter(form(message_id=message_id)).size()


def test_a_form_needs_a_time_zone_and_a_long_seed() -> None:
    with pytest.raises(ValueError, match="aware"):
        form(date=form().date.replace(tzinfo=None))
    with pytest.raises(ValueError, match="128"):
        form(boundary_seed="short")
