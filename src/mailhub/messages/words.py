"""The words of a message that ``q`` finds: the beginnings of those of its subject and of its recipients' names and addresses.

Words are folded: case, accents and width do not count. ``ada.lovelace@example.com`` is four words.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import islice

from .model import MessageContent

WORD_CHARACTERS = 40
"""What of a word counts; two that differ later are one."""
MOST_WORDS = 2_000
"""Words of one message that are found: a subject, and some hundred recipients."""
MOST_PREFIXES = 10
"""Words of one question that count."""

_WORD = re.compile(r"[^\W_]+")


def words_of(content: MessageContent) -> frozenset[str]:
    """The folded words that a message is found by."""
    return frozenset(islice(_iter_words(content), MOST_WORDS))


def prefixes_of(question: str) -> tuple[str, ...]:
    """The folded beginnings that a question asks for; none where it holds no letter and no digit."""
    return tuple(dict.fromkeys(islice(folded_words(question), MOST_PREFIXES)))


def fits(words: frozenset[str], prefixes: tuple[str, ...]) -> bool:
    """Whether each beginning is that of a word."""
    return all(any(word.startswith(prefix) for word in words) for prefix in prefixes)


def folded_words(text: str) -> Iterator[str]:
    """The words of a text, folded, in their order."""
    for found in _WORD.finditer(_folded(text)):
        yield found[0][:WORD_CHARACTERS]


def _iter_words(content: MessageContent) -> Iterator[str]:
    yield from folded_words(content.subject)
    for mailboxes in (content.to, content.cc, content.bcc):
        for address, name in mailboxes:
            yield from folded_words(address)
            if name:
                yield from folded_words(name)


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))
