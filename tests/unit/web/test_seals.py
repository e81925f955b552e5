"""What was sealed comes back to whose it is, and nothing else does."""

import pytest

from mailhub.web.seals import find_opened, sealed

KEY = b"k" * 32


@pytest.mark.parametrize("text", ["", "a~b~", "sales-order~3~orders", "é \ud800"])
def test_what_was_sealed_is_opened(text: str) -> None:
    assert find_opened(sealed(text, KEY, "ada"), KEY, "ada") == text


def test_nothing_else_is_opened() -> None:
    good = sealed("a~1~b", KEY, "ada")
    changed = good.replace("b~", "c~")
    for other in ("", "~", "a~1~b", "a~1~b~", changed, f"{good}0", good[:-1], "a~1~b~\ud800"):
        assert find_opened(other, KEY, "ada") is None
    assert find_opened(good, KEY, "bob") is None
    assert find_opened(good, b"x" * 32, "ada") is None
