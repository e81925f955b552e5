"""Whose form it is: by a token bound to the session, and by where the browser says it comes from."""

import pytest
from webob import Request

from mailhub.web.forgery import Forged, require_own, token_for

KEY, SECRET, OWN = b"k" * 32, "id.secret", "https://hub.example.com"
GOOD = token_for(KEY, SECRET)


def check(token: str | None = GOOD, secret: str | None = SECRET, **headers: str) -> None:
    request = Request.blank("/", headers=headers or {"Origin": OWN})
    require_own(request, KEY, secret, token, OWN)


def test_our_own_form_is_taken() -> None:
    check()
    check(Origin="HTTPS://HUB.example.com")
    check(Referer=f"{OWN}/accounts?x=1")


@pytest.mark.parametrize(
    "token", [None, "", "x", GOOD[:-1], token_for(KEY, "other"), token_for(b"o" * 32, SECRET), "é"]
)
def test_another_token_is_refused(token: str | None) -> None:
    with pytest.raises(Forged, match="no longer good"):
        check(token)


def test_without_a_cookie_there_is_no_good_token() -> None:
    with pytest.raises(Forged):
        check(secret=None)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "null"},
        {"Origin": "http://hub.example.com"},
        {"Origin": "https://hub.example.com.evil.example"},
        {"Origin": "https://evil.example", "Referer": f"{OWN}/"},
        {"Referer": "https://evil.example/https://hub.example.com/"},
        {"X-Nothing": "1"},
    ],
)
def test_a_form_from_elsewhere_is_refused_also_with_a_good_token(headers: dict[str, str]) -> None:
    with pytest.raises(Forged, match="Another site"):
        check(**headers)


def test_a_token_is_bound_to_its_session_and_hub() -> None:
    assert len({token_for(KEY, "a"), token_for(KEY, "b"), token_for(b"o" * 32, "a")}) == 3
