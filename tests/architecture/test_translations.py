"""Every text that people can read is in every language, and what is compiled is what was translated."""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from tools.pages import ROOT
from tools.translations import TRANSLATED, TextDomain, missing_from, mo_bytes, po_bytes, text_domains

DOMAINS = tuple(text_domains())
BY_DOMAIN = pytest.mark.parametrize("domain", DOMAINS, ids=lambda domain: str(domain.name))
BY_LANGUAGE = pytest.mark.parametrize("language", TRANSLATED)

VALUE = re.compile(r"\$\{\w+\}|%\(\w+\)s|(?<!\$)\{\w+\}")
TAG = re.compile(r"</?(?:a|b|code|em|i|kbd|span|strong)\b[^>]*>")
MISSET_FRENCH = re.compile(r"(?<=\w)'(?=\w)|(?<=[^\s:]) [:;!?»](?=\s|$)|« ")
"""A straight apostrophe within a sentence; a blank, where a line may break, before a mark or inside quotation marks."""


@BY_LANGUAGE
@BY_DOMAIN
def test_every_text_is_translated(domain: TextDomain, language: str) -> None:
    missing = missing_from(domain, language)
    where = domain.po_path(language).relative_to(ROOT)
    assert not missing, f"give these a translation in {where}, after `make translations`:\n" + "\n".join(
        missing
    )


@BY_LANGUAGE
@BY_DOMAIN
def test_what_is_compiled_is_what_was_translated(domain: TextDomain, language: str) -> None:
    compiled = domain.mo_path(language).read_bytes()
    assert compiled == mo_bytes(domain.read(language)), "run `make translations`"


@BY_LANGUAGE
@BY_DOMAIN
def test_a_translation_has_the_values_and_tags_of_its_text(domain: TextDomain, language: str) -> None:
    wrong = [pair for pair in pairs(domain.read(language)) if marks(pair[0]) != marks(pair[1])]
    assert not wrong


@BY_LANGUAGE
@BY_DOMAIN
def test_a_translation_with_values_can_be_filled_in(domain: TextDomain, language: str) -> None:
    for _text, translation in pairs(domain.read(language)):
        if "%(" in translation:
            assert translation % defaultdict(str)


@BY_LANGUAGE
@BY_DOMAIN
def test_a_text_is_one_line(domain: TextDomain, language: str) -> None:
    broken = [text for text, _translation in pairs(domain.read(language)) if re.search(r"\s\s*\n|\n\s", text)]
    assert not broken, "write {% trans trimmed %} where a text goes over lines"


@BY_DOMAIN
def test_french_is_set_as_french_is(domain: TextDomain) -> None:
    misset = [each for _text, each in pairs(domain.read("fr")) if MISSET_FRENCH.search(each)]
    assert not misset, "use ’, and no-break spaces before : ; ! ? » and after «"


@pytest.mark.parametrize(
    ("text", "is_misset"),
    [
        ("L'adresse", True),
        ("Attention !", True),
        ("« oui\xa0»", True),
        ("«\xa0oui »", True),
        ("À : ${name}", True),
        ("L’adresse", False),
        ("Attention\u202f!", False),
        ("«\xa0oui\xa0»", False),
        ("Content-Type: text/plain", False),
        ("cid: http://x.example", False),
    ],
)
def test_ill_set_french_is_seen(text: str, is_misset: bool) -> None:
    assert bool(MISSET_FRENCH.search(text)) is is_misset


@pytest.fixture
def domain(tmp_path: Path) -> TextDomain:
    """Three texts in the code, of which a .po has one whole, one without a translation and one that is unsure."""
    template = Catalog()
    for number, text in enumerate(("Yes", "No", "Perhaps")):
        template.add(text, locations=[("src/mailhub/answer.py", number)])
    made = TextDomain("test", tmp_path, lambda: template)
    known = Catalog(locale="fr")
    known.add("Yes", "Oui")
    known.add("Perhaps", "Peut-être", flags={"fuzzy"})
    known.add("Never", "Jamais")
    made.po_path("fr").parent.mkdir(parents=True)
    made.po_path("fr").write_bytes(po_bytes(known))
    return made


def test_a_missing_text_is_named_with_its_place(domain: TextDomain) -> None:
    assert missing_from(domain, "fr") == ["src/mailhub/answer.py:1: No", "src/mailhub/answer.py:2: Perhaps"]


def test_what_is_translated_stays_and_what_left_the_code_goes(domain: TextDomain) -> None:
    merged = domain.merged("fr")
    assert {str(each.id): each.string for each in merged if each.id} == {
        "Yes": "Oui",
        "No": None,
        "Perhaps": "Peut-être",
    }


def test_a_plural_needs_all_its_forms(tmp_path: Path) -> None:
    template = Catalog()
    template.add(("one file", "%(count)s files"))
    domain = TextDomain("test", tmp_path, lambda: template)
    domain.po_path("fr").parent.mkdir(parents=True)
    for strings, missing in (
        (("un fichier", ""), [": one file"]),
        (("un fichier", "%(count)s fichiers"), []),
    ):
        known = Catalog(locale="fr")
        known.add(("one file", "%(count)s files"), strings)
        domain.po_path("fr").write_bytes(po_bytes(known))
        assert missing_from(domain, "fr") == missing


def pairs(catalog: Catalog) -> Iterator[tuple[str, str]]:
    """Each text with its translation; of one with a plural, the plural."""
    for message in catalog:
        if message.id:
            yield last_form(message.id), last_form(message.string or "")


def last_form(text: str | tuple[str, ...] | list[str]) -> str:
    return text if isinstance(text, str) else str(text[-1])


def marks(text: str) -> tuple[set[str], list[str]]:
    """What has to be in a translation as it is in its text."""
    return set(VALUE.findall(text)), sorted(TAG.findall(text))
