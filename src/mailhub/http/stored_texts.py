"""Texts that were stored in English are found again in the catalogues, so that a page can say them in another language.

What is stored when something happens (why an account was stopped, what a check found) is one English sentence: whoever
reads it later may speak another language than whoever met it, and may have another release. Nothing is stored for this.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from babel.messages.mofile import read_mo

from mailhub.contract.texts import Text, TranslationString

_VALUE: Final = re.compile(r"\$\{(\w+)\}")
_WORDS: Final = re.compile(r"[^\W\d_]{2,}\W+[^\W\d_]{2,}")
_SENTENCE: Final = re.compile(r"\w.* .*[.!?]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A text with values. ``landmark``: its longest part that is always there."""

    id: str
    domain: str
    landmark: str

    def values(self, stored: str) -> dict[str, str] | None:
        """What stands in the places of the values, or None when the sentence was not made of this text."""
        if self.landmark not in stored:
            return None
        found = re.fullmatch(_expression(self.id), stored, re.DOTALL)
        return None if found is None else found.groupdict()


class StoredTexts:
    """Knows the texts of the catalogues in these folders, which are read when one is first asked for."""

    def __init__(self, folders: Iterable[Path], language: str) -> None:
        self._folders = tuple(folders)
        self._language = language

    def recalled(self, stored: str) -> Text:
        """The text that this sentence was made of, with its values; the sentence itself when none of ours fits.

        Values that are whole sentences (a reason within a reason) are recalled too.
        """
        if domain := self._plain.get(stored):
            return TranslationString(stored, domain=domain)
        for pattern in self._patterns:
            values = pattern.values(stored)
            if values is not None:
                said = {name: self._value(value) for name, value in values.items()}
                return TranslationString(pattern.id, domain=pattern.domain, mapping=said)
        return stored

    def _value(self, value: str) -> Text:
        return self.recalled(value) if _SENTENCE.fullmatch(value) else value

    @cached_property
    def _texts(self) -> tuple[tuple[str, str], ...]:
        return tuple(_iter_texts(self._folders, self._language))

    @cached_property
    def _plain(self) -> dict[str, str]:
        return {text: domain for text, domain in self._texts if not _VALUE.search(text)}

    @cached_property
    def _patterns(self) -> tuple[_Pattern, ...]:
        """Those with two words in a row that are always there, the most telling first."""
        made = (
            _Pattern(text, domain, _landmark(text)) for text, domain in self._texts if _VALUE.search(text)
        )
        telling = (each for each in made if _WORDS.search(each.landmark))
        return tuple(sorted(telling, key=lambda each: -len(_VALUE.sub("", each.id))))


def _iter_texts(folders: Iterable[Path], language: str) -> Iterator[tuple[str, str]]:
    """Each text with its domain; those that depend on a number are worded for a page and never stored."""
    for path in (path for folder in folders for path in sorted(folder.glob(f"{language}/LC_MESSAGES/*.mo"))):
        with path.open("rb") as file:
            catalog = read_mo(file)
        for message in catalog:
            if isinstance(message.id, str) and message.id and message.context is None:
                yield message.id, path.stem


def _landmark(text: str) -> str:
    return max(_VALUE.sub("\0", text).split("\0"), key=len)


def _expression(text: str) -> str:
    """A regular expression for what is made of the text; a value that comes twice is the same twice."""
    parts = _VALUE.split(text)
    made, seen = [re.escape(parts[0])], set[str]()
    for name, literal in zip(parts[1::2], parts[2::2], strict=True):
        made.append(f"(?P={name})" if name in seen else f"(?P<{name}>.*)")
        made.append(re.escape(literal))
        seen.add(name)
    return "".join(made)
