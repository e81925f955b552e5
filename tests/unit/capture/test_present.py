from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from io import BytesIO

import pytest

from mailhub.capture.envelope import Envelope
from mailhub.capture.mail import read_mail
from mailhub.capture.present import names_text, only_in_headers, recipient_lines, size_text, time_text

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("size_bytes", "expected"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 KB"),
        (9_960, "10 KB"),
        (999_499, "999 KB"),
        (999_500, "1.0 MB"),
        (157_286_400, "157 MB"),
        (5_000_000_000_000, "5000 GB"),
    ],
)
def test_lengths_are_short(size_bytes: int, expected: str) -> None:
    assert size_text(size_bytes) == expected


def test_times_are_as_exact_as_they_are_recent() -> None:
    assert len(time_text(NOW, NOW)) == len("12:00:00")
    assert time_text(NOW - timedelta(days=30), NOW).startswith("25 Oct ")
    assert time_text(NOW - timedelta(days=400), NOW).endswith(" 2025")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Ada Lovelace <ada@example.com>, bob@example.com", "Ada Lovelace, bob@example.com"),
        ("", ""),
        ("undisclosed-recipients:;", "undisclosed-recipients:;"),
    ],
)
def test_people_are_named_by_name_else_by_address(header: str, expected: str) -> None:
    assert names_text(header) == expected


def test_whoever_the_headers_do_not_name_got_a_blind_copy() -> None:
    mail = EmailMessage()
    mail["To"] = "Ada <Ada@Example.com>, eve@example.com"
    mail["Cc"] = "bob@example.com"
    parsed = read_mail(BytesIO(mail.as_bytes()))
    recipients = ("ada@example.com", "bob@example.com", "carol@example.com")
    envelope = Envelope(mail_from="x@example.com", recipients=recipients, received_at=NOW)

    lines = recipient_lines(envelope, parsed)

    assert [(line.address, line.place, line.is_bcc) for line in lines] == [
        ("ada@example.com", "To", False),
        ("bob@example.com", "Cc", False),
        ("carol@example.com", "Bcc", True),
    ]
    assert only_in_headers(envelope, parsed) == ["eve@example.com"]
