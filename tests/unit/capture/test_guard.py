import pytest

from mailhub.capture.guard import is_same_origin
from mailhub.capture.listening import is_allowed_host

OWN = "http://127.0.0.1:8025"


@pytest.mark.parametrize(
    ("headers", "is_allowed"),
    [
        ({}, True),
        ({"Origin": OWN}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "cross-site", "Origin": OWN}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "http://127.0.0.1:9999"}, False),
        ({"Origin": "https://evil.example"}, False),
    ],
)
def test_changes_come_from_our_own_page_or_from_a_program(headers: dict[str, str], is_allowed: bool) -> None:
    assert is_same_origin(headers, OWN) is is_allowed


@pytest.mark.parametrize(
    ("header", "bound", "is_allowed"),
    [
        ("127.0.0.1:8025", "127.0.0.1", True),
        ("localhost:8025", "127.0.0.1", True),
        ("LOCALHOST", "127.0.0.1", True),
        ("[::1]:8025", "::1", True),
        ("mail.lan:8025", "mail.lan", True),
        ("192.0.2.7:8025", "192.0.2.7", True),
        ("192.0.2.7:8025", "0.0.0.0", True),
        ("[2001:db8::1]:8025", "::", True),
        ("192.0.2.7:8025", "127.0.0.1", False),
        ("evil.example:8025", "127.0.0.1", False),
        ("evil.example", "0.0.0.0", False),
        ("localhost.evil.example", "127.0.0.1", False),
        ("127.0.0.1.evil.example", "127.0.0.1", False),
        ("", "127.0.0.1", False),
        ("[::1", "127.0.0.1", True),
    ],
)
def test_foreign_host_names_are_refused(header: str, bound: str, is_allowed: bool) -> None:
    assert is_allowed_host(header, bound) is is_allowed
