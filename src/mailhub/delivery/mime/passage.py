"""Attached messages: may their bytes go over SMTP as they are?"""

from collections.abc import Iterable
from typing import NamedTuple

from .transfer import scan_lines


class Passage(NamedTuple):
    """``is_clean``: nothing in the bytes is forbidden in mail. ``eight_bit``: they are more than ASCII."""

    is_clean: bool
    eight_bit: bool


def passage(chunks: Iterable[bytes]) -> Passage:
    """RFC 5321 2.3.7 and 4.5.3.1.6: lines ended by CRLF only, of at most 998 octets, no NUL; and not empty."""
    held = b""
    begun = 0
    eight_bit, empty = False, True
    for chunk in chunks:
        empty = False
        data = held + chunk
        held = b"\r" if data.endswith(b"\r") else b""
        if held:
            data = data[:-1]
        eight_bit = eight_bit or not data.isascii()
        is_long, begun = scan_lines(data, begun)
        if is_long or b"\0" in data or _has_lone_cr_or_lf(data):
            return Passage(False, eight_bit)
    return Passage(not held and not empty, eight_bit)


def _has_lone_cr_or_lf(data: bytes) -> bool:
    line_ends = data.count(b"\r\n")
    return data.count(b"\r") > line_ends or data.count(b"\n") > line_ends
