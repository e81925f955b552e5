"""Which words a message is found by."""

from hypothesis import given
from hypothesis import strategies as st

from mailhub.messages.model import MessageContent
from mailhub.messages.words import (
    MOST_PREFIXES,
    MOST_WORDS,
    WORD_CHARACTERS,
    fits,
    folded_words,
    prefixes_of,
    words_of,
)


def test_words_are_letters_and_digits_without_case_accents_and_width() -> None:
    assert folded_words("Réf_12-B: STRASSE Straße ＡＢ ǅ Ω İ") == [
        "ref",
        "12",
        "b",
        "strasse",
        "strasse",
        "ab",
        "dz",
        "ω",
        "i",
    ]


@given(st.text())
def test_ascii_is_split_as_every_other_text_is(text: str) -> None:
    """A sign that is no letter and no ASCII takes the other way, and adds no word."""
    ascii_part = text.encode("ascii", "ignore").decode()

    assert folded_words(ascii_part) == folded_words(ascii_part + " \N{EM DASH}")


def test_a_message_is_found_by_its_subject_and_whom_it_goes_to() -> None:
    content = MessageContent(
        subject="Invoice 1",
        from_=("sales@example.org", "Sales"),
        to=(("ada@example.com", "Ada L"),),
        cc=(("c@example.com", ""),),
        bcc=(("half typed", ""),),
    )

    assert words_of(content) == {"invoice", "1", "ada", "example", "com", "l", "c", "half", "typed"}


def test_there_is_a_bound_to_everything() -> None:
    many = MessageContent(subject=" ".join(map(str, range(MOST_WORDS + 5))))

    assert len(words_of(many)) == MOST_WORDS
    assert len(prefixes_of(" ".join(map(str, range(99))))) == MOST_PREFIXES
    long = "x" * (WORD_CHARACTERS + 1)
    assert fits(words_of(MessageContent(subject=long)), prefixes_of(long + "y"))


def test_all_beginnings_must_be_there() -> None:
    words = frozenset({"invoice", "103001"})

    assert fits(words, ("inv", "103"))
    assert not fits(words, ("inv", "104"))
    assert fits(words, ())
