"""The words of a message that ``q`` finds: the beginnings of those of its subject and of its recipients' names and addresses.

Words are folded: case, accents and width do not count. ``ada.lovelace@example.com`` is four words.
"""

import re
import unicodedata
from typing import Final

from .model import MessageContent

WORD_CHARACTERS = 40
"""What of a word counts; two that differ later are one."""
MOST_WORDS = 2_000
"""Words of one message that are found: a subject, and some hundred recipients."""
MOST_PREFIXES = 10
"""Words of one question that count."""

_WORD = re.compile(r"[^\W_]+")
_ASCII: Final = "".join(chr(code).lower() if chr(code).isalnum() else " " for code in range(128))
"""What each ASCII character becomes before a text is split: the same as by ``_WORD``, in a third of the time."""


def words_of(content: MessageContent) -> frozenset[str]:
    """The folded words that a message is found by."""
    texts = [content.subject]
    for mailboxes in (content.to, content.cc, content.bcc):
        for mailbox in mailboxes:
            texts += mailbox
    return frozenset(folded_words(" ".join(texts))[:MOST_WORDS])


def prefixes_of(question: str) -> tuple[str, ...]:
    """The folded beginnings that a question asks for; none where it holds no letter and no digit."""
    return tuple(dict.fromkeys(folded_words(question)[:MOST_PREFIXES]))


def fits(words: frozenset[str], prefixes: tuple[str, ...]) -> bool:
    """Whether each beginning is that of a word."""
    return all(any(word.startswith(prefix) for word in words) for prefix in prefixes)


def folded_words(text: str) -> list[str]:
    """The words of a text, folded, in their order."""
    found = text.translate(_ASCII).split() if text.isascii() else _WORD.findall(_folded(text))
    return [word[:WORD_CHARACTERS] for word in found]


def _folded(text: str) -> str:
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))
