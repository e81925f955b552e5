"""Attachments: their bytes arrive as they are, or the message is not finished."""

import tracemalloc
from hashlib import sha256

import pytest

from mailhub.contract.errors import Permanent
from mailhub.contract.message import Attachment, WireOptions
from mailhub.delivery.mime import HeaderInvalid, MessageWriter
from tests.unit.delivery.mime.forms import EIGHT_BIT, ManyZeros, Stored, form, pdf, stored, written
from tests.unit.delivery.mime.readers import decoded, files, parsed

EML = b"From: a@example.com\r\nSubject: hi\r\n\r\nbody\r\n"


def attached(content_type: str, octets: bytes, name: str = "x") -> Attachment:
    return Attachment(name, content_type, Stored(octets))


@pytest.mark.parametrize("size", [0, 1, 56, 57, 58, 29_183, 29_184, 29_185, 100_000])
def test_any_size_comes_back(size: int) -> None:
    octets = bytes(index * 7 % 256 for index in range(size))
    assert [one.octets for one in files(parsed(written(form(attachments=(pdf(octets),)))))] == [octets]


def test_a_text_attachment_keeps_its_bytes() -> None:
    octets = b"a\nb\rc\r\n\xff\0no end"
    message = parsed(
        written(form(attachments=(attached("text/csv; charset=latin1; header=present", octets),)))
    )
    part = list(message.iter_parts())[1]
    assert decoded(part) == octets
    assert part["Content-Transfer-Encoding"] == "base64"
    assert dict(part["Content-Type"].params) == {"charset": "latin1", "header": "present", "name": "x"}


@pytest.mark.parametrize(
    ("octets", "charset"), [(b"a;b", "utf-8"), ("ä;b".encode(), "utf-8"), (b"\xe4", None)]
)
def test_a_text_attachment_that_is_utf8_says_so(octets: bytes, charset: str | None) -> None:
    part = list(parsed(written(form(attachments=(attached("text/csv", octets),)))).iter_parts())[1]
    assert part.get_param("charset") == charset


@pytest.mark.parametrize(
    ("octets", "options", "expected"),
    [
        (EML, WireOptions(), "7bit"),
        (EML, EIGHT_BIT, "7bit"),
        (EML + b"\xe4\r\n", EIGHT_BIT, "8bit"),
        (EML + b"x" * 998, WireOptions(), "7bit"),
        (EML * 2_000, WireOptions(), "7bit"),
    ],
)
def test_an_attached_message_is_never_base64(octets: bytes, options: WireOptions, expected: str) -> None:
    message = form(attachments=(attached("message/rfc822", octets, "a.eml"),))
    wire = written(message, options)
    part = list(parsed(wire).iter_parts())[1]
    assert part.get_content_type() == "message/rfc822"
    assert part["Content-Transfer-Encoding"] == expected
    assert octets in wire
    assert MessageWriter(message).relabelled_attachments(options) == ()


@pytest.mark.parametrize(
    ("content_type", "octets", "options"),
    [
        ("message/rfc822", EML + b"\xe4\r\n", WireOptions()),
        ("message/rfc822", EML.replace(b"\r\n", b"\n"), EIGHT_BIT),
        ("message/rfc822", EML + b"x" * 999, EIGHT_BIT),
        ("message/rfc822", EML + b"a\0b", EIGHT_BIT),
        ("message/rfc822", EML + b"\r", EIGHT_BIT),
        ("message/rfc822", EML + b"x" * 29_141 + b"\r\nx", EIGHT_BIT),
        ("message/rfc822", b"", EIGHT_BIT),
        ("message/partial; id=x", EML, EIGHT_BIT),
        ("message/external-body; access-type=URL", EML, EIGHT_BIT),
        ("multipart/mixed; boundary=x", EML, EIGHT_BIT),
    ],
)
def test_what_cannot_go_as_a_message_goes_as_a_file(
    content_type: str, octets: bytes, options: WireOptions
) -> None:
    message = form(attachments=(attached(content_type, octets, "a.eml"),))
    [file] = files(parsed(written(message, options)))
    assert (file.name, file.content_type, file.octets) == ("a.eml", "application/octet-stream", octets)
    assert MessageWriter(message).relabelled_attachments(options) == ("a.eml",)


@pytest.mark.parametrize("size", [10, 29_184, 29_184 * 3, 29_184 * 3 + 1])
@pytest.mark.parametrize("content_type", ["application/pdf", "message/rfc822"])
def test_a_damaged_attachment_never_completes_the_message(size: int, content_type: str) -> None:
    octets = b"x" * size
    for found in (octets[:-1] + b"y", octets[:-1], octets + b"y", b""):
        damaged = Attachment("a.pdf", content_type, Stored(octets, found=found))
        sent: list[bytes] = []
        with pytest.raises(Permanent) as refused:
            sent.extend(MessageWriter(form(attachments=(damaged,))).iter_bytes())
        assert refused.value.code == "attachment.damaged"
        assert "a.pdf" in str(refused.value)
        assert b"--\r\n" not in b"".join(sent)[-4:]


@pytest.mark.parametrize("size", [10, 300_000])
def test_a_damaged_body_never_completes_the_message(size: int) -> None:
    damaged = Stored(b"x\n" * size, found=b"y\n" * size)
    with pytest.raises(Permanent, match="damaged"):
        b"".join(MessageWriter(form(text=damaged)).iter_bytes())


def test_every_reader_is_closed() -> None:
    contents = [Stored(b"a" * 100), Stored(b"b" * 100_000), stored("c" * 400_000)]
    message = form(
        text=contents[2], attachments=tuple(Attachment("x", "text/csv", content) for content in contents[:2])
    )
    written(message)
    assert all(reader.closed for content in contents for reader in content.opened)


def test_a_big_attachment_is_never_whole_in_memory() -> None:
    big = ManyZeros.of(100_000_000)
    writer = MessageWriter(form(attachments=(Attachment("big.bin", "application/octet-stream", big),)))
    tracemalloc.start()
    sent = sum(map(len, writer.iter_bytes()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sent == writer.size() > 133_000_000
    assert peak < 1_000_000


def test_size_reads_no_attachment() -> None:
    content = Stored(b"x" * 1_000)
    MessageWriter(form(attachments=(Attachment("a.pdf", "application/pdf", content),))).size()
    assert content.opened == []


@pytest.mark.parametrize("content_id", ["", "a b", "a>", "<a>", "ä", "a\r\nX: y", "a\0"])
def test_a_wrong_content_id_is_refused(content_id: str) -> None:
    wrong = Attachment("a.png", "image/png", Stored(b"x"), inline=True, content_id=content_id)
    with pytest.raises(HeaderInvalid):
        MessageWriter(form(attachments=(wrong,))).size()


def test_the_hash_is_over_what_was_accepted() -> None:
    octets = bytes(range(256)) * 400
    [file] = files(parsed(written(form(attachments=(pdf(octets),)))))
    assert sha256(file.octets).digest() == sha256(octets).digest()
