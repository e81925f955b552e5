"""Notices travel in a signed cookie."""

import base64

from hypothesis import given
from hypothesis import strategies as st

from mailhub.web.notices import KINDS, LONGEST_BYTES, Notice, packed, unpacked

KEY = b"k" * 32
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=100)


@given(st.lists(st.builds(Notice, st.sampled_from(KINDS), TEXTS), max_size=5))
def test_what_is_packed_is_unpacked(notices: list[Notice]) -> None:
    assert unpacked(packed(notices, KEY), KEY) == notices


@given(st.binary(max_size=200))
def test_what_others_made_says_nothing(content: bytes) -> None:
    assert unpacked(base64.urlsafe_b64encode(content).decode(), KEY) == []
    assert unpacked(content.decode("latin-1"), KEY) == []


def test_a_cookie_signed_by_another_hub_says_nothing() -> None:
    assert unpacked(packed([Notice("info", "Hello")], b"o" * 32), KEY) == []
    assert unpacked(None, KEY) == []


def test_more_than_a_cookie_holds_leaves_the_last_ones() -> None:
    notices = [Notice("info", f"{number} {'x' * 400}") for number in range(20)]
    cookie = packed(notices, KEY)
    assert len(cookie) < 4_096
    kept = unpacked(cookie, KEY)
    assert kept == notices[-len(kept) :]
    assert 0 < len(kept) * 400 <= LONGEST_BYTES
