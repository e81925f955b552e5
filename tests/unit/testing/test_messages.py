import email
import email.policy
import hashlib

from mailhub.contract import Address, Recipient
from mailhub.testing import BytesContent, GeneratedContent, make_attachment, make_message


def test_a_message_is_whole_without_saying_anything() -> None:
    message = make_message()
    parsed = email.message_from_bytes(b"".join(message.mime.iter_bytes()), policy=email.policy.default)
    assert parsed["from"] == "Sales <sales@example.com>"
    assert parsed["to"] == "ada@example.com"
    assert parsed["subject"] == message.subject
    assert message.recipients == (Recipient("ada@example.com", "to"),)


def test_everybody_is_a_recipient_and_bcc_is_not_shown() -> None:
    message = make_message(to=[Address("a@x.example", "A")], cc=["b@x.example"], bcc=["c@x.example"])
    assert [(each.address, each.kind) for each in message.recipients] == [
        ("a@x.example", "to"),
        ("b@x.example", "cc"),
        ("c@x.example", "bcc"),
    ]
    assert b"c@x.example" not in b"".join(message.mime.iter_bytes())


def test_contents_may_be_given_in_any_form() -> None:
    content = BytesContent(b"%PDF")
    assert content.sha256 == hashlib.sha256(b"%PDF").hexdigest()
    message = make_message(
        text=BytesContent(b"Hello"), html="<p>Hello</p>", attachments=[make_attachment(content=content)]
    )
    parsed = email.message_from_bytes(b"".join(message.mime.iter_bytes()), policy=email.policy.default)
    assert [part.get_content_type() for part in parsed.walk() if not part.is_multipart()] == [
        "text/plain",
        "text/html",
        "application/pdf",
    ]


def test_generated_content_is_as_long_as_it_says_and_the_same_every_time() -> None:
    content = GeneratedContent(1000, b"abc")
    with content.open() as reader:
        read = reader.read()
    assert read == (b"abc" * 334)[:1000]
    assert (content.size, content.sha256) == (1000, hashlib.sha256(read).hexdigest())
