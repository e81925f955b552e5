"""Content transfer encodings (RFC 2045 6), streaming; every encoded form of a text ends with CRLF."""

import re
from binascii import b2a_qp
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

import pybase64

from .stored import BASE64_LINE_BYTES, CHUNK_BYTES

TransferEncoding = Literal["7bit", "8bit", "quoted-printable", "base64"]

LONGEST_LINE = 998
_PLAIN = bytes(range(0x20, 0x7F)) + b"\t\r\n"
_OVERLONG = re.compile(rb"^([^\r\n]{74,})(=20|=09)\r\n", re.MULTILINE)
_BASE64_LINE = 76


class TextFacts(NamedTuple):
    """What decides the transfer encoding. ``odd_bytes`` are not printable ASCII, tab or line end."""

    size: int
    odd_bytes: int
    has_controls: bool
    has_long_line: bool


def measure(chunks: Iterable[bytes]) -> TextFacts:
    """Facts of a text whose lines end with CRLF."""
    size = odd_bytes = begun = 0
    has_controls = has_long_line = False
    for chunk in chunks:
        size += len(chunk)
        odd = chunk.translate(None, _PLAIN)
        if odd:
            odd_bytes += len(odd)
            has_controls = has_controls or min(odd) < 0x80
        is_long, begun = scan_lines(chunk, begun)
        has_long_line = has_long_line or is_long
    return TextFacts(size, odd_bytes, has_controls, has_long_line)


def scan_lines(chunk: bytes, begun: int) -> tuple[bool, int]:
    """Whether a line of ``chunk`` is longer than 998 octets and CRLF, and the length of its last, unfinished line.

    ``begun``: length of the line that earlier chunks left unfinished. Looks at one line end in a thousand bytes.
    """
    start = -begun
    end = len(chunk)
    is_long = False
    while end - start > LONGEST_LINE:
        newline = chunk.rfind(b"\n", max(0, start), start + LONGEST_LINE + 2)
        is_long = is_long or newline < 0
        if newline < 0:
            newline = chunk.find(b"\n", max(0, start))
        if newline < 0:
            break
        start = newline + 1
    last = chunk.rfind(b"\n")
    return is_long, end - (start if last < 0 else last + 1)


def choose_encoding(facts: TextFacts, *, eight_bit: bool) -> TransferEncoding:
    """7bit or 8bit where the bytes may go as they are, else the shorter of quoted-printable and base64.

    Controls other than tab are encoded although 7bit may carry them: not every relay leaves them alone.
    """
    if not facts.has_long_line and not facts.has_controls:
        if not facts.odd_bytes:
            return "7bit"
        if eight_bit:
            return "8bit"
    return "quoted-printable" if facts.odd_bytes * 6 <= facts.size else "base64"


def crlf_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Text with CRLF line ends, also after the last line, whatever ended its lines before; NUL is taken out."""
    held = b""
    ended = True
    for chunk in chunks:
        chunk = held + chunk.replace(b"\0", b"") if b"\0" in chunk or held else chunk
        held = b"\r" if chunk.endswith(b"\r") else b""
        normal = _with_crlf(chunk[:-1] if held else chunk)
        if normal:
            yield normal
            ended = normal.endswith(b"\n")
    if held or not ended:
        yield b"\r\n"


def crlf_whole(text: bytes) -> bytes:
    """``crlf_lines`` for what is whole in memory."""
    if b"\0" in text:
        text = text.replace(b"\0", b"")
    text = _with_crlf(text)
    return text if not text or text.endswith(b"\n") else text + b"\r\n"


def _with_crlf(text: bytes) -> bytes:
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return text.replace(b"\n", b"\r\n")


def base64_size(size: int) -> int:
    """Octets of ``base64_lines`` over ``size`` bytes."""
    encoded = -(-size // 3) * 4
    lines = -(-encoded // _BASE64_LINE)
    return encoded + 2 * max(0, lines - 1)


def base64_whole(content: bytes) -> bytes:
    """``base64_lines`` for what is whole in memory."""
    return pybase64.encodebytes(content).replace(b"\n", b"\r\n")[:-2]


def base64_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Lines of 76 characters, CRLF between them but not after the last."""
    held = b""
    for chunk in _whole_lines(chunks):
        if held:
            yield held
        held = pybase64.encodebytes(chunk).replace(b"\n", b"\r\n")
    if held:
        yield held[:-2]


def _whole_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes cut at multiples of a base64 line."""
    rest = b""
    for chunk in chunks:
        data = rest + chunk if rest else chunk
        over = len(data) % BASE64_LINE_BYTES
        rest = data[len(data) - over :] if over else b""
        whole = data[: len(data) - over] if over else data
        if whole:
            yield whole
    if rest:
        yield rest


def quoted_printable(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """RFC 2045 6.7 over text whose lines end with CRLF, cut where lines end or, in very long ones, softly."""
    rest = b""
    for chunk in chunks:
        data = rest + chunk
        cut = data.rfind(b"\n") + 1
        if cut:
            yield _qp(data[:cut])
        elif len(data) >= CHUNK_BYTES:
            yield _qp(data + b"\r\n")[:-2] + b"=\r\n"
            cut = len(data)
        rest = data[cut:]


def _qp(lines: bytes) -> bytes:
    encoded = b2a_qp(lines, quotetabs=False, istext=True, header=False)
    # b2a_qp encodes white space before a line end without counting: such a line can have 77 characters.
    if b"=20\r\n" in encoded or b"=09\r\n" in encoded:
        return _OVERLONG.sub(rb"\1=\r\n\2\r\n", encoded)
    return encoded
