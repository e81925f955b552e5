"""The content of a message on its way through DATA: CRLF only, dots doubled, ended by the one final dot."""

import re
from collections.abc import Iterable, Iterator

_ANY_LINE_END = re.compile(rb"\r\n|\r|\n")
FINAL_DOT = b".\r\n"


def transparent(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks as RFC 5321 4.5.2 wants them; the last one given is the final dot, with a CRLF before it if needed.

    A lone CR or LF becomes CRLF, so that no server can take it for the end of the message (SMTP smuggling).
    """
    at_line_start, held = True, b""
    for chunk in chunks:
        chunk = held + chunk
        held = b"\r" if chunk.endswith(b"\r") else b""
        if ready := _proper_lines(chunk[:-1] if held else chunk):
            yield _dots_doubled(ready, at_line_start)
            at_line_start = ready.endswith(b"\n")
    yield FINAL_DOT if at_line_start and not held else b"\r\n" + FINAL_DOT


def _proper_lines(chunk: bytes) -> bytes:
    # counting is many times faster than a regular expression, and the MIME writer makes no other line ends
    ends = chunk.count(b"\r\n")
    if chunk.count(b"\n") == ends and chunk.count(b"\r") == ends:
        return chunk
    return _ANY_LINE_END.sub(b"\r\n", chunk)


def _dots_doubled(chunk: bytes, at_line_start: bool) -> bytes:
    if at_line_start and chunk.startswith(b"."):
        chunk = b"." + chunk
    return chunk.replace(b"\r\n.", b"\r\n..")
