import io
from email.message import EmailMessage

import pytest

from mailhub.capture.mail import MAX_PARTS, ParsedMail, read_mail, read_outline

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


def parse(content: bytes) -> ParsedMail:
    return read_mail(io.BytesIO(content))


def invoice() -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Ada <ada@example.com>"
    mail["To"] = "Bob <BOB@example.com>, carol@example.com"
    mail["Subject"] = "Rechnung für Müller"
    mail.set_content("Guten Tag\n")
    mail.add_alternative('<p>Guten Tag <img src="cid:logo@x">', subtype="html")
    mail.get_payload()[1].add_related(PNG, "image", "png", cid="<logo@x>")  # type: ignore[union-attr, index] # is a list
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="Rechnung für Müller.pdf")
    return mail


def test_bodies_pictures_and_attachments_are_told_apart() -> None:
    parsed = parse(invoice().as_bytes())

    assert parsed.header("subject") == "Rechnung für Müller"
    assert parsed.text is not None
    assert parsed.text.text.strip() == "Guten Tag"
    assert parsed.html is not None
    assert "cid:logo@x" in parsed.html.text
    assert [part.content for part in parsed.attachments] == [PNG, b"%PDF"]
    assert parsed.attachments[1].file_name == "Rechnung für Müller.pdf"
    assert parsed.attachment_count == 1
    assert parsed.find_by_content_id("logo@x") == parsed.attachments[0]
    assert [(part.depth, part.content_type) for part in parsed.parts] == [
        (0, "multipart/mixed"),
        (1, "multipart/alternative"),
        (2, "text/plain"),
        (2, "multipart/related"),
        (3, "text/html"),
        (3, "image/png"),
        (1, "application/pdf"),
    ]


def test_addresses_are_bare_and_in_lower_case() -> None:
    assert parse(invoice().as_bytes()).addresses("To", "Cc") == ["bob@example.com", "carol@example.com"]


def test_an_outline_has_the_same_structure_in_little_memory() -> None:
    mail = invoice()
    mail.add_attachment(bytes(3_000_000), maintype="application", subtype="zip", filename="big.zip")
    content = mail.as_bytes()

    outline, whole = read_outline(io.BytesIO(content)), parse(content)

    assert outline.headers == whole.headers
    assert [part.content_type for part in outline.parts] == [part.content_type for part in whole.parts]
    assert outline.attachment_count == whole.attachment_count == 2
    assert sum(part.size_bytes for part in outline.parts) < 100_000


def test_a_forwarded_mail_is_a_file_and_its_text_is_not_ours() -> None:
    outer = EmailMessage()
    outer["Subject"] = "Fwd"
    outer.add_attachment(invoice())

    parsed = parse(outer.as_bytes())

    assert parsed.text is None
    assert [part.content_type for part in parsed.attachments] == ["message/rfc822"]
    assert b"Guten Tag" in parsed.attachments[0].content
    assert parsed.attachments[0].file_name.endswith(".eml")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\r\n",
        b"garbage",
        b"\0\xff\xfe\x80",
        b"Subject\r\n\r\n",
        b": no name\r\n\r\nx",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nnever closed",
        b'Content-Type: multipart/mixed; boundary="\xff"\r\n\r\n--\xff\r\n\r\nx',
        b"Content-Type: text/plain; charset=no-such-charset\r\n\r\nx",
        b"Content-Type: text/plain; charset=idna\r\n\r\nx",
        b"Content-Type: text/plain; charset=zlib\r\n\r\nx",
        b"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!not base64!!!",
        b"Content-Type: text/html\r\nContent-Transfer-Encoding: no-such\r\n\r\nx",
        b"Content-Type: text/html\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nx",
        b"Content-Type: text/html; charset*=bad'en'%ff%00\r\n\r\nx",
        b"Content-Type: \xff/\xfe\r\nContent-Disposition: \xff; filename*=utf-9''%ff\r\n\r\nx",
        b"Subject: =?utf-8?b?!?= =?x?q?y?= =?utf-8?q?=ff?=\r\n\r\nx",
        b"Subject: =?utf-8?q?x?= \\uzz \xc3\xbc\r\n\r\nx",
        b"From: \xff <@@@>\r\nTo: ,,,;:<<>>\r\n\r\nx",
        b"Content-Type: message/rfc822\r\n\r\n" * 200,
        b"".join(b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (n, n) for n in range(3000)),
    ],
)
def test_whatever_comes_is_read_or_called_unreadable(content: bytes) -> None:
    for parsed in (parse(content), read_outline(io.BytesIO(content))):
        for part in parsed.parts:
            assert isinstance(part.text, str)
            assert "/" not in part.file_name
        assert isinstance(parsed.header("Subject"), str)
        "".join(f"{name}{value}{raw}" for name, value, raw in parsed.headers).encode()
        parsed.addresses("From", "To")


def test_parts_beyond_the_limit_are_left_out() -> None:
    boundary = b"--x\r\n\r\ny\r\n"
    content = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + boundary * (MAX_PARTS + 50) + b"--x--"

    assert len(parse(content).parts) == MAX_PARTS


@pytest.mark.parametrize(
    ("name", "shown"),
    [("../../etc/passwd", "passwd"), ("C:\\temp\\a.txt", "a.txt"), ("..", "part-0.bin"), ("/", "part-0.bin")],
)
def test_a_file_name_never_holds_a_path(name: str, shown: str) -> None:
    content = f"Content-Type: application/x-thing\r\nContent-Disposition: attachment; filename*=utf-8''{name}\r\n\r\nx"

    assert parse(content.encode()).parts[0].file_name == shown


def test_raw_utf8_headers_are_read() -> None:
    assert parse("Subject: Grüße 🎉\r\n\r\nx".encode()).header("Subject") == "Grüße 🎉"
