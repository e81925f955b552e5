"""Encoded words (RFC 2047): text beyond ASCII inside header fields."""

import re
from collections.abc import Callable, Iterator

import pybase64

WORD_LENGTH = 75
_FRAME = len("=?utf-8?q??=")
# What a phrase may hold unencoded (RFC 2047 5.3); used everywhere, so a word is safe wherever it stands.
_Q_SAFE = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/"
_Q_SAFE_OR_SPACE = _Q_SAFE + b" "
_Q_FORMS = tuple(chr(b) if b in _Q_SAFE else "_" if b == 0x20 else f"={b:02X}" for b in range(256))
# The beginning is enough: readers differ in what they take for the rest of an encoded word.
_LOOKS_ENCODED = re.compile(r"=\?[^?]*\?[bBqQ]\?")


def looks_encoded(text: str) -> bool:
    """True when a reader would decode a part of ``text``, which was meant literally."""
    return "=?" in text and _LOOKS_ENCODED.search(text) is not None


def encoded_words(text: str, first_length: int = WORD_LENGTH) -> list[str]:
    """``text`` as words of at most 75 characters, the first of at most ``first_length`` (at least 32).

    White space between the words belongs to none of them. No character is split between two.
    """
    octets = text.encode()
    q_length = len(octets) + 2 * len(octets.translate(None, _Q_SAFE_OR_SPACE))
    b_length = -(-len(octets) // 3) * 4
    if q_length <= b_length:
        if _FRAME + q_length <= first_length:
            return [_q_word(octets)]
        return [_q_word(piece.encode()) for piece in _q_pieces(text, first_length - _FRAME)]
    if _FRAME + b_length <= first_length:
        return [_b_word(octets)]
    return [_b_word(piece.encode()) for piece in _b_pieces(text, first_length - _FRAME)]


def _q_word(octets: bytes) -> str:
    return f"=?utf-8?q?{''.join([_Q_FORMS[octet] for octet in octets])}?="


def _b_word(octets: bytes) -> str:
    return f"=?utf-8?b?{pybase64.b64encode_as_string(octets)}?="


def _q_pieces(text: str, first_room: int) -> Iterator[str]:
    return _pieces(text, _q_cost, first_room, WORD_LENGTH - _FRAME)


def _b_pieces(text: str, first_room: int) -> Iterator[str]:
    return _pieces(text, _octet_cost, first_room // 4 * 3, (WORD_LENGTH - _FRAME) // 4 * 3)


def _q_cost(character: str) -> int:
    if character.isascii():
        return len(_Q_FORMS[ord(character)])
    return 3 * len(character.encode())


def _octet_cost(character: str) -> int:
    return len(character.encode())


def _pieces(text: str, cost: Callable[[str], int], first_room: int, room: int) -> Iterator[str]:
    start, used, allowed = 0, 0, first_room
    for index, character in enumerate(text):
        price = cost(character)
        if used + price > allowed:
            yield text[start:index]
            start, used, allowed = index, 0, room
        used += price
    yield text[start:]
