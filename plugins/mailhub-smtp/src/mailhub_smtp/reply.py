"""A server's replies: read from bytes, bounded, never trusted."""

import re
from collections.abc import Iterable
from typing import NamedTuple

MAX_LINE_BYTES = 4096
MAX_LINES = 200
MAX_TEXT_CHARACTERS = 1000
STARS = b"********"

_ONE_LINE = re.compile(rb"([2-5][0-9]{2}) ([^\r\n]{0,%d})\r\n" % (MAX_LINE_BYTES - 6))
_REPLY_LINE = re.compile(rb"[2-5][0-9]{2}(?:[ -]|\Z)")
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)")


class MalformedReply(Exception):
    """What came is not a reply of RFC 5321 4.2. Its bytes are not repeated: the peer may be no SMTP server at all."""


class Reply(NamedTuple):
    """One reply. ``lines`` are its text lines without code and line end."""

    code: int
    lines: tuple[bytes, ...]

    @property
    def is_success(self) -> bool:
        return 200 <= self.code < 300

    @property
    def is_transient(self) -> bool:
        return 400 <= self.code < 500

    @property
    def is_permanent(self) -> bool:
        return 500 <= self.code < 600

    @property
    def enhanced(self) -> str:
        """The enhanced status code of RFC 3463 (``5.1.1``), or nothing."""
        found = _ENHANCED.match(_readable(self.lines[0]))
        return found[1] if found else ""

    @property
    def codes(self) -> str:
        """Both codes without the text, for servers that are not known to speak SMTP."""
        return f"{self.code} {self.enhanced}".rstrip()

    @property
    def text(self) -> str:
        """The text in one line, the enhanced code said once, control characters made visible, cut when very long."""
        if len(self.lines) == 1:
            return _readable(self.lines[0])[:MAX_TEXT_CHARACTERS]
        enhanced = self.enhanced
        first, *more = (_readable(line) for line in self.lines)
        said = [first, *(line.removeprefix(enhanced).lstrip() for line in more)]
        return " ".join(filter(None, said))[:MAX_TEXT_CHARACTERS]

    def without(self, secrets: Iterable[bytes]) -> "Reply":
        """The reply with stars where it repeats one of these."""
        lines = self.lines
        for secret in secrets:
            lines = tuple(line.replace(secret, STARS) for line in lines)
        return self if lines == self.lines else Reply(self.code, lines)

    def __str__(self) -> str:
        return f"{self.code} {self.text}".rstrip()


def _readable(line: bytes) -> str:
    text = line.decode("utf-8", "replace").strip()
    return text if text.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in text)


class ReplyReader:
    """Cuts replies out of what was received. Raises MalformedReply; the connection is of no use afterwards."""

    def __init__(self) -> None:
        self._received = b""
        self._start = 0
        self._code = b""
        self._lines: list[bytes] = []

    @property
    def is_empty(self) -> bool:
        """True when nothing was received beyond the last complete reply."""
        return self._start == len(self._received) and not self._lines

    def feed(self, received: bytes) -> None:
        """Add what the socket gave."""
        self._received = self._received[self._start :] + received
        self._start = 0

    def next(self) -> Reply | None:
        """The next complete reply, or None while more must be received."""
        # nearly all replies of a mail on its way have one line
        one_line = None if self._lines else _ONE_LINE.match(self._received, self._start)
        if one_line is None:
            return self._next_of_several_lines()
        self._start = one_line.end()
        return Reply(int(one_line[1]), (one_line[2],))

    def _next_of_several_lines(self) -> Reply | None:
        while True:
            end = self._received.find(b"\n", self._start)
            if (len(self._received) if end < 0 else end) - self._start > MAX_LINE_BYTES:
                raise MalformedReply("line too long")
            if end < 0:
                return None
            line = self._received[self._start : end].removesuffix(b"\r")
            self._start = end + 1
            if self._is_last(line):
                return self._finished()

    def _is_last(self, line: bytes) -> bool:
        if not _REPLY_LINE.match(line):
            raise MalformedReply("not a reply line")
        code = line[:3]
        if (self._lines and code != self._code) or len(self._lines) >= MAX_LINES:
            raise MalformedReply("lines that do not belong together")
        self._code = code
        self._lines.append(line[4:])
        return line[3:4] != b"-"

    def _finished(self) -> Reply:
        reply = Reply(int(self._code), tuple(self._lines))
        self._lines = []
        return reply
