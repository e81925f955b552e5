"""Brings the translations up to date with the texts in the code: extracted, merged into each .po, compiled to its .mo.

Every package has the catalogues of its own texts below its ``locale``: mailhub in the domain ``mailhub``, each plugin in
one named like its distribution. ``src/mailhub/locale`` also fills the gaps of the libraries whose texts people meet.
English is the message id. ``--check`` changes nothing and tells what is missing.
"""

import argparse
import io
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from mailhub.http.locale import LANGUAGES
from tools.pages import ROOT

LOCALE = ROOT / "src" / "mailhub" / "locale"
TRANSLATED = LANGUAGES[1:]
KEYWORDS: Mapping[str, tuple[Any, ...] | None] = {
    "_": None,
    "gettext": None,
    "in_context": ((1, "c"), 2),
    "ngettext": (1, 2),
    "pluralize": (1, 2),
    "pluralized": (1, 2),
}
LIBRARIES = ("colander", "deform")
_FIXED = datetime(2026, 1, 1, tzinfo=UTC)
"""The date in each header, so that a file changes only where a text does; git knows when."""


@dataclass(frozen=True, slots=True)
class TextDomain:
    """The texts of one domain. ``folder``: where its catalogues are; ``template``: the texts, as they are in the code."""

    name: str
    folder: Path
    template: Callable[[], Catalog]

    def po_path(self, language: str) -> Path:
        return self.folder / language / "LC_MESSAGES" / f"{self.name}.po"

    def mo_path(self, language: str) -> Path:
        return self.po_path(language).with_suffix(".mo")

    def read(self, language: str) -> Catalog:
        """What is translated; nothing where there is no file yet."""
        path = self.po_path(language)
        if not path.exists():
            return Catalog(locale=language, domain=self.name)
        with path.open("rb") as file:
            return read_po(file, locale=language, domain=self.name)

    def merged(self, language: str) -> Catalog:
        """Every text of the code with its translation, or with none yet. Texts that left the code are left out."""
        known, merged = self.read(language), self._new(language)
        for message in self.template():
            if message.id:
                before = known.get(message.id, context=message.context)
                merged.add(
                    message.id,
                    before.string if before else None,
                    locations=message.locations,
                    flags=_flags(message, before),
                    context=message.context,
                )
        return merged

    def _new(self, language: str) -> Catalog:
        return Catalog(
            locale=language,
            domain=self.name,
            project=self.name,
            version="",
            msgid_bugs_address="",
            copyright_holder="mailhub contributors",
            header_comment=f"# {self.name}: written by `make translations`; give the translations here",
            creation_date=_FIXED,
            revision_date=_FIXED,
            last_translator="mailhub contributors",
            language_team=language,
            fuzzy=False,
        )


def _flags(message: Message, before: Message | None) -> set[str]:
    """Babel takes ``${x}`` for a format of Python; what it is, tests/architecture/test_translations.py looks at."""
    flags = message.flags - {"python-brace-format"}
    return flags | {"fuzzy"} if before is not None and before.fuzzy else flags


def text_domains() -> Iterator[TextDomain]:
    """Mailhub's own, each plugin's, then what the libraries lack."""
    yield TextDomain("mailhub", LOCALE, partial(extracted, ROOT / "src" / "mailhub"))
    for package in sorted(ROOT.glob("plugins/*/src/*/__init__.py")):
        folder = package.parent
        yield TextDomain(folder.parents[1].name, folder / "locale", partial(extracted, folder))
    for library in LIBRARIES:
        yield TextDomain(library, LOCALE, partial(gaps, library))


def extracted(folder: Path) -> Catalog:
    """The texts in the code and the templates of this folder, with where they stand."""
    catalog = Catalog()
    methods, options = _methods()
    found = extract_from_dir(
        folder, methods, options_map=options, keywords=dict(KEYWORDS), comment_tags=("translators:",)
    )
    for path, line, message, comments, context in found:
        where = str((folder / path).relative_to(ROOT))
        catalog.add(message, None, [(where, line)], auto_comments=comments, context=context)
    return catalog


def _methods() -> tuple[list[tuple[str, str]], dict[str, dict[str, str]]]:
    """What pyproject.toml says to Babel: which reader a file has, and the options of each reader."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        mappings = tomllib.load(file)["tool"]["babel"]["mappings"]
    methods = [(each["pattern"], each["method"]) for each in mappings]
    known = ("pattern", "method")
    options = {
        each["pattern"]: {key: str(value) for key, value in each.items() if key not in known}
        for each in mappings
    }
    return methods, options


def gaps(library: str) -> Catalog:
    """The texts of a library that it has not in every language of ours."""
    shipped = files(library) / "locale"
    with (shipped / f"{library}.pot").open("rb") as file:
        catalog = read_po(file)
    lacking = Catalog()
    translated = [_translations_of(library, language) for language in TRANSLATED]
    for message in catalog:
        in_tests = all("/tests/" in path for path, _line in message.locations)
        if message.id and not in_tests and not all(message.id in each for each in translated):
            lacking.add(message.id, None, message.locations, context=message.context)
    return lacking


def _translations_of(library: str, language: str) -> set[object]:
    with (files(library) / "locale" / language / "LC_MESSAGES" / f"{library}.po").open("rb") as file:
        return {message.id for message in read_po(file) if message.string and not message.fuzzy}


def po_bytes(catalog: Catalog) -> bytes:
    """The .po as it is kept: by text, without the lines of the code, which change too often."""
    out = io.BytesIO()
    write_po(out, catalog, width=120, no_location=True, sort_output=True, ignore_obsolete=True)
    return out.getvalue()


def mo_bytes(catalog: Catalog) -> bytes:
    """What the program reads."""
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def missing_from(domain: TextDomain, language: str) -> list[str]:
    """The texts without a translation that can be shown, each with where it stands."""
    return [
        _described(message) for message in domain.merged(language) if message.id and not _is_done(message)
    ]


def _is_done(message: Message) -> bool:
    strings = message.string if isinstance(message.string, Sequence) else ()
    return not message.fuzzy and all(strings) and bool(strings)


def _described(message: Message) -> str:
    text = message.id if isinstance(message.id, str) else message.id[0]
    places = ", ".join(f"{path}:{line}" for path, line in message.locations[:2])
    return f"{places}: {text}"


def main() -> int:
    """The command line; the exit code."""
    parser = argparse.ArgumentParser(description="Bring the translations up to date with the code.")
    parser.add_argument("--check", action="store_true", help="change nothing, fail when a text is missing")
    check = parser.parse_args().check
    lacking = 0
    for domain in text_domains():
        for language in TRANSLATED:
            if not check:
                _write(domain, language)
            missing = missing_from(domain, language)
            lacking += len(missing)
            for each in missing:
                print(f"{language}: {each}")
    if lacking:
        print(f"{lacking} texts are not translated: give them a msgstr, then run `make translations`")
    return 1 if lacking else 0


def _write(domain: TextDomain, language: str) -> None:
    catalog = domain.merged(language)
    domain.po_path(language).parent.mkdir(parents=True, exist_ok=True)
    domain.po_path(language).write_bytes(po_bytes(catalog))
    domain.mo_path(language).write_bytes(mo_bytes(catalog))


if __name__ == "__main__":
    sys.exit(main())
