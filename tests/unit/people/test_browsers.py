"""What a session's browser is called."""

import pytest

from mailhub.people.browsers import browser_of


@pytest.mark.parametrize(
    ("user_agent", "expected"),
    [
        (
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 "
                "Safari/537.36 Edg/156.0.0.0"
            ),
            ("Edge 156", "Windows"),
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0", ("Firefox 150", "Linux")),
        (
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 26_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
                "Version/26.1 Mobile/15E148 Safari/604.1"
            ),
            ("Safari 26", "iPhone"),
        ),
        (
            "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36",
            ("Chrome 156", "Android"),
        ),
        (
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 "
                "Safari/605.1.15"
            ),
            ("Safari 26", "macOS"),
        ),
        ("curl/8.0", (None, None)),
        ("", (None, None)),
    ],
)
def test_browser_and_system_are_called_what_people_call_them(
    user_agent: str, expected: tuple[str | None, str | None]
) -> None:
    assert browser_of(user_agent) == expected
