"""Which language an answer is in, and where its texts are found."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyramid import testing
from pyramid.i18n import get_localizer

from mailhub.contract.texts import TranslationStringFactory, _, in_context
from mailhub.http.locale import LANGUAGES, include_texts, locale_of, localized


@pytest.fixture
def french() -> Iterator[Any]:
    """The localizer of a French reader of an application with our texts and a plugin's."""
    found = importlib.util.find_spec("mailhub_smtp")
    assert found is not None
    assert found.origin is not None
    with testing.testConfig() as config:
        include_texts(config, [Path(found.origin).parent / "locale"])
        request = testing.DummyRequest()
        request.locale_name = "fr"
        yield get_localizer(request)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("fr", "fr"),
        ("fr-CA,fr;q=0.9", "fr"),
        ("fr-CA", "fr"),
        ("de,fr;q=0.5,en;q=0.3", "fr"),
        ("en-GB,fr;q=0.9", "en"),
        ("de", "en"),
        ("fr;q=0", "en"),
    ],
)
def test_a_language_is_the_best_of_those_asked_for(header: str | None, language: str) -> None:
    assert locale_of(header, LANGUAGES) == language


def test_our_texts_are_found(french: Any) -> None:
    assert localized(french, _("Draft")) == "Brouillon"


def test_a_text_is_told_by_where_it_stands(french: Any) -> None:
    assert localized(french, in_context("box", "Sent")) == "Éléments envoyés"
    assert localized(french, _("Sent")) == "Envoyé"
    assert localized(french, in_context("nowhere", "Sent")) == "Sent"


def test_a_plugins_texts_are_found_in_its_own_domain(french: Any) -> None:
    assert localized(french, TranslationStringFactory("mailhub-smtp")("Security")) == "Sécurité"
    assert localized(french, TranslationStringFactory("mailhub-fax")("Security")) == "Security"


@pytest.mark.parametrize(
    ("domain", "text", "translation"),
    [
        ("colander", "Required", "Requis"),
        ("colander", "Invalid UUID string", "Chaîne UUID non valide"),
        ("deform", "Remove", "Enlever"),
        ("deform", "Reorder (via drag and drop)", "Réorganiser (par glisser-déposer)"),
    ],
)
def test_the_libraries_texts_are_theirs_and_what_they_lack_is_ours(
    french: Any, domain: str, text: str, translation: str
) -> None:
    assert localized(french, TranslationStringFactory(domain)(text)) == translation


def test_a_value_that_is_a_text_is_translated_too(french: Any) -> None:
    reason = _("in the file ${path}", mapping={"path": "/srv/secret.key"})
    text = _("The secret key ${path} cannot be read: ${reason}", mapping={"path": "A", "reason": reason})

    assert localized(
        french, text
    ) == "La clé secrète A est illisible : dans le fichier /srv/secret.key".replace(
        " :", "\N{NO-BREAK SPACE}:"
    )


def test_what_is_no_text_of_ours_stays_as_it_is(french: Any) -> None:
    assert localized(french, "Draft ${x}") == "Draft ${x}"
