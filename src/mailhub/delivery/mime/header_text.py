"""Text inside header fields: what is refused, and how a line is folded."""

import re
from collections.abc import Iterable

from mailhub.contract.texts import Text, _, plain

from .encoded_words import WORD_LENGTH, encoded_words, looks_encoded

LINE_LENGTH = 76
"""RFC 2047 2 for lines with encoded words; below the 78 of RFC 5322 2.1.1, so it serves for all."""
HARD_LENGTH = 998
"""RFC 5322 2.1.1, octets without CRLF."""

_LEAST_ROOM = 32
# All that starts a new line for some reader, all other controls, and what UTF-8 cannot say.
_REFUSED = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class HeaderInvalid(ValueError):
    """A header field cannot be written: ``name`` is the field, ``message`` a sentence for people.

    Answered as ``header.invalid``.
    """

    code = "header.invalid"

    def __init__(self, name: str, message: Text) -> None:
        super().__init__(plain(message))
        self.name = name
        self.message = message


def check_header_text(name: str, text: str) -> None:
    """Refuse line breaks of every kind, other control characters and lone surrogates.

    Raises ``HeaderInvalid``. RFC 5322 2.2; reliability.md B 37.
    """
    found = _REFUSED.search(text)
    if found is not None:
        raise HeaderInvalid(
            name,
            _(
                "${field} holds the control character U+${number}, which no header can carry.",
                mapping={"field": name, "number": f"{ord(found[0]):04X}"},
            ),
        )


def unstructured(name: str, text: str, *, utf8: bool = False, longest_word: int = LINE_LENGTH - 12) -> str:
    """The field ``name`` with free text, folded, ended by CRLF; it reads back as exactly ``text``.

    ``utf8``: characters beyond ASCII may stand as they are (RFC 6532). A word of more than ``longest_word``
    octets makes the whole text encoded words, which can be folded anywhere.
    """
    check_header_text(name, text)
    if not text:
        return f"{name}:\r\n"
    if not (utf8 or text.isascii()) or looks_encoded(text) or not _spaces_survive(text):
        return _all_encoded(name, text)
    if len(name) + 2 + len(text) <= LINE_LENGTH:
        return f"{name}: {text}\r\n"
    words = text.split(" ")
    if max(len(word.encode()) for word in words) > longest_word:
        return _all_encoded(name, text)
    return fold(name, words)


def _spaces_survive(text: str) -> bool:
    """True when no reader that trims or joins folded white space changes the text."""
    return text[0] != " " and text[-1] != " " and "  " not in text


def _all_encoded(name: str, text: str) -> str:
    room = first_room(name)
    words = encoded_words(text, min(WORD_LENGTH, room) if room >= _LEAST_ROOM else WORD_LENGTH)
    return fold(name, words)


def first_room(name: str) -> int:
    """Characters left on the first line of a field."""
    return LINE_LENGTH - len(name) - 2


def fold(name: str, tokens: Iterable[str]) -> str:
    """``name: token token ...`` ended by CRLF, a new line before each token that would pass column 76.

    The first token stays beside the name unless the name leaves it hardly any room: some readers lose a field
    whose first line is empty.
    """
    line_length = len(name) + 1
    pieces = [name, ":"]
    first = line_length + _LEAST_ROOM < LINE_LENGTH
    for token in tokens:
        if first or line_length + 1 + len(token) <= LINE_LENGTH:
            pieces.append(" ")
            line_length += 1 + len(token)
        else:
            pieces.append("\r\n ")
            line_length = 1 + len(token)
        pieces.append(token)
        first = False
    pieces.append("\r\n")
    return "".join(pieces)
