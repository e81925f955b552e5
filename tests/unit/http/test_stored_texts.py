"""Sentences that were stored in English are found again among the texts of the catalogues."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from mailhub.contract.texts import Text, TranslationString, plain
from mailhub.http.stored_texts import StoredTexts

TEXTS = {
    "mailhub": (
        "The account is paused.",
        "Failed",
        "The connector cannot use these settings: ${error}",
        "The server ${host} is not known: check its name. (${error})",
        "${name}: ${why}",
        "Message ${id} is not ${id}, whatever it says.",
    ),
    "mailhub-fax": ("The line is busy.", "The server ${host} hangs up."),
}


@pytest.fixture
def texts(tmp_path: Path) -> StoredTexts:
    for domain, ids in TEXTS.items():
        catalog = Catalog(locale="fr")
        for id in ids:
            catalog.add(id, f"FR {id}")
        catalog.add(("one file", "${count} files"), ("un fichier", "${count} fichiers"))
        catalog.add("Sent", "Envoyés", context="box")
        path = tmp_path / domain / "fr" / "LC_MESSAGES" / f"{domain}.mo"
        path.parent.mkdir(parents=True)
        with path.open("wb") as file:
            write_mo(file, catalog)
    return StoredTexts([tmp_path / domain for domain in TEXTS], "fr")


def of(text: Text) -> tuple[str, Any, Any]:
    assert isinstance(text, TranslationString)
    return str(text), text.domain, text.mapping


def test_a_sentence_without_values_is_the_text_itself(texts: StoredTexts) -> None:
    assert of(texts.recalled("The account is paused.")) == ("The account is paused.", "mailhub", None)
    assert of(texts.recalled("The line is busy."))[1] == "mailhub-fax"


def test_values_are_found_in_their_places(texts: StoredTexts) -> None:
    stored = "The server mail.example is not known: check its name. ([Errno -2] Name or service not known)"
    id, domain, mapping = of(texts.recalled(stored))

    assert (id, domain) == ("The server ${host} is not known: check its name. (${error})", "mailhub")
    assert mapping == {"host": "mail.example", "error": "[Errno -2] Name or service not known"}


def test_a_sentence_within_a_sentence_is_recalled_too(texts: StoredTexts) -> None:
    stored = "The connector cannot use these settings: The server a hangs up."
    _id, _domain, mapping = of(texts.recalled(stored))

    assert of(mapping["error"]) == ("The server ${host} hangs up.", "mailhub-fax", {"host": "a"})


def test_a_value_that_is_a_word_of_ours_stays_a_value(texts: StoredTexts) -> None:
    _id, _domain, mapping = of(texts.recalled("The connector cannot use these settings: Failed"))
    assert type(mapping["error"]) is str


def test_a_value_that_comes_twice_is_the_same_twice(texts: StoredTexts) -> None:
    assert of(texts.recalled("Message 7 is not 7, whatever it says."))[2] == {"id": "7"}
    assert type(texts.recalled("Message 7 is not 8, whatever it says.")) is str


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "550 5.1.1 No such user",
        "ada: gone",  # fits a text that is nearly all values, which tells nothing
        "The account is paused",
        "one file",
        "Sent",
    ],
)
def test_what_is_not_ours_stays_as_it_is(texts: StoredTexts, stored: str) -> None:
    found = texts.recalled(stored)
    assert type(found) is str
    assert found == stored


@pytest.mark.parametrize("id", [id for ids in TEXTS.values() for id in ids])
def test_what_is_recalled_says_the_same_in_english(
    texts: StoredTexts, id: str, made: Callable[[str], str]
) -> None:
    assert plain(texts.recalled(made(id))) == made(id)


@pytest.fixture
def made() -> Callable[[str], str]:
    values = {name: f"<{name}> (.*)" for name in ("error", "host", "name", "why", "id")}
    return lambda id: TranslationString(id, mapping=values).interpolate()
