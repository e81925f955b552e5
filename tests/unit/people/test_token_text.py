import re

import pytest

from mailhub.entropy import new_id
from mailhub.people.token_text import digest_of, find_token_id, is_text_of, new_token_text
from mailhub.testing.entropy import FakeEntropy


def test_a_new_text_has_the_form_and_names_its_id(fake_entropy: FakeEntropy) -> None:
    for _ in range(200):
        id = new_id(fake_entropy)
        text = new_token_text(id, fake_entropy)

        assert re.fullmatch(r"mh_[A-Za-z0-9_-]{22}_[A-Za-z0-9_-]{43}", text)
        assert find_token_id(text) == id


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mh_",
        "mh_a_b",
        "mh_" + "a" * 66,
        "xx_" + "a" * 22 + "_" + "b" * 43,
        "mh_" + "é" * 22 + "_" + "b" * 43,
    ],
)
def test_what_is_no_token_has_no_id(text: str) -> None:
    assert find_token_id(text) is None


def test_the_digest_knows_its_text_only(fake_entropy: FakeEntropy) -> None:
    text = new_token_text(new_id(fake_entropy), fake_entropy)
    digest = digest_of(text)

    assert is_text_of(text, digest)
    assert not is_text_of(text[:-1] + ("a" if text[-1] != "a" else "b"), digest)
    assert len(digest) == 32
    assert text.encode() not in digest
