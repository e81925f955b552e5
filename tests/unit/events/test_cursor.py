import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.errors import Invalid
from mailhub.events.cursor import EventCursor

PLACES = st.dictionaries(
    st.integers(min_value=0, max_value=2**31 - 1), st.integers(min_value=0, max_value=2**63 - 1), max_size=20
)


@given(PLACES)
def test_reads_back_what_it_wrote(last_keys: dict[int, int]) -> None:
    assert EventCursor.parse(str(EventCursor(last_keys))) == EventCursor(last_keys)


@given(PLACES)
def test_its_text_needs_no_escaping(last_keys: dict[int, int]) -> None:
    assert re.fullmatch(r"[A-Za-z0-9._~-]+", str(EventCursor(last_keys)))


@given(st.text(max_size=60))
def test_anything_else_is_refused_or_a_cursor(text: str) -> None:
    with suppress(Invalid):
        assert EventCursor.parse(str(EventCursor.parse(text))) == EventCursor.parse(text)


@pytest.mark.parametrize(
    "text", ["", "2", "1A", "1AAAA", "1" + "_" * 16, "1=", "1!" * 9, "1" + "A" * 160_000, "1é"]
)
def test_what_no_hub_made_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        EventCursor.parse(text)
    assert (refused.value.code, refused.value.errors[0].pointer) == ("cursor.invalid", "/cursor")
