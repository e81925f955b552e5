"""A kept mail taken apart for people to look at. Whatever arrives, this does not raise: it may be shown as unreadable.

The parser is the standard library's with its oldest policy, the one that never refuses a header.
"""

import hashlib
import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.feedparser import BytesFeedParser
from email.message import Message
from email.policy import compat32
from email.utils import getaddresses
from functools import cached_property
from typing import BinaryIO

from .shown import decode_header_value, decode_text, without_surrogates

_log = logging.getLogger(__name__)

MAX_PARTS = 1000
MAX_DEPTH = 50
_SKELETON_LINES = 500
_LINE_BYTES = 64 * 1024
_CONTENT_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,64}/[a-z0-9!#$&^_.+-]{1,64}")


@dataclass(frozen=True)
class Part:
    """One node of the MIME tree (RFC 2046). ``index`` counts in reading order, the root is 0."""

    index: int
    depth: int
    content_type: str
    name: str
    disposition: str
    content_id: str
    encoding: str
    charset: str
    is_leaf: bool
    is_forwarded: bool
    _message: Message

    @cached_property
    def content(self) -> bytes:
        """The decoded bytes of a leaf; of a forwarded mail its source."""
        if self.content_type == "message/rfc822" and self._message.is_multipart():
            return _source_of(self._message)
        payload = self._message.get_payload(decode=True)
        return payload if isinstance(payload, bytes) else b""

    @property
    def text(self) -> str:
        """The content of a text part; undecodable bytes are replaced."""
        return decode_text(self.content, self.charset or None)

    @property
    def size_bytes(self) -> int:
        return len(self.content)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def file_name(self) -> str:
        """The part's name without any folder, or one made from its place and type."""
        base = re.split(r"[/\\]", self.name)[-1].strip(". ")
        return base or f"part-{self.index}.{_ending(self.content_type)}"


@dataclass(frozen=True)
class ParsedMail:
    """Headers as (name, decoded value, raw value) and parts in reading order; ``problem`` when it cannot be taken apart."""

    headers: tuple[tuple[str, str, str], ...] = ()
    parts: tuple[Part, ...] = ()
    defects: tuple[str, ...] = ()
    problem: str = ""

    def header(self, name: str) -> str:
        """The decoded value of the first header of that name, or an empty text."""
        return next((value for each, value, _raw in self.headers if each.lower() == name.lower()), "")

    def addresses(self, *names: str) -> list[str]:
        """The bare addresses in all headers of these names, in lower case."""
        wanted = {name.lower() for name in names}
        values = [raw for name, _value, raw in self.headers if name.lower() in wanted]
        return [address.lower() for _name, address in getaddresses(values) if address]

    @cached_property
    def html(self) -> Part | None:
        """The part that a mail program shows as HTML."""
        return self._body("text/html")

    @cached_property
    def text(self) -> Part | None:
        """The part that a mail program shows as plain text."""
        return self._body("text/plain")

    @cached_property
    def attachments(self) -> tuple[Part, ...]:
        """All leaves that are not a body, inline pictures included."""
        bodies = [each.index for each in (self.html, self.text) if each is not None]
        return tuple(
            part
            for part in self.parts
            if not part.is_forwarded and _is_file(part) and part.index not in bodies
        )

    @property
    def attachment_count(self) -> int:
        """How many attachments a mail program would list: pictures that the HTML shows are left out."""
        return sum(1 for part in self.attachments if part.disposition == "attachment" or not part.content_id)

    def find_by_content_id(self, content_id: str) -> Part | None:
        """The part that ``cid:<content_id>`` means (RFC 2392)."""
        return next((part for part in self.parts if part.is_leaf and part.content_id == content_id), None)

    def _body(self, content_type: str) -> Part | None:
        return next(
            (
                part
                for part in self.parts
                if part.content_type == content_type
                and part.is_leaf
                and not part.is_forwarded
                and part.disposition != "attachment"
            ),
            None,
        )


def read_mail(file: BinaryIO) -> ParsedMail:
    """Take a whole mail apart. Raises OSError only."""
    return _parse(iter(lambda: file.read(_LINE_BYTES), b""))


def read_outline(file: BinaryIO) -> ParsedMail:
    """Headers and structure of a mail of any length, in little memory. Raises OSError only.

    Contents are cut: a boundary begins with two hyphens, so what lies far behind the last such line changes nothing
    about the structure and is skipped.
    """
    return _parse(_iter_outline(file))


def _iter_outline(file: BinaryIO) -> Iterator[bytes]:
    since_boundary = 0
    is_line_start = True
    for piece in iter(lambda: file.readline(_LINE_BYTES), b""):
        since_boundary = 0 if is_line_start and piece.startswith(b"--") else since_boundary + 1
        is_line_start = piece.endswith(b"\n")
        if since_boundary <= _SKELETON_LINES:
            yield piece


def _parse(chunks: Iterable[bytes]) -> ParsedMail:
    parser = BytesFeedParser(policy=compat32)
    try:
        for chunk in chunks:
            parser.feed(chunk)
        return _taken_apart(parser.close())
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 - see below
        # The parser fails on some hostile mails in ways of its own (a RecursionError on deep nesting is one). Such a
        # mail must not take the list of all others with it; its source can still be read.
        _log.info("a kept mail cannot be taken apart: %r", error)
        return ParsedMail(problem=type(error).__name__)


def _taken_apart(root: Message) -> ParsedMail:
    headers = tuple((name, decode_header_value(raw), _raw(raw)) for name, raw in root.raw_items())
    parts: list[Part] = []
    for message, depth, is_forwarded in _walk(root, 0, False):
        if len(parts) == MAX_PARTS:
            break
        parts.append(_part(message, len(parts), depth, is_forwarded))
    defects = {type(defect).__name__ for message in root.walk() for defect in message.defects}
    return ParsedMail(headers, tuple(parts), tuple(sorted(defects)))


def _walk(message: Message, depth: int, is_forwarded: bool) -> Iterator[tuple[Message, int, bool]]:
    yield message, depth, is_forwarded
    if message.is_multipart() and depth < MAX_DEPTH:
        is_inside = is_forwarded or message.get_content_maintype() == "message"
        for child in message.get_payload():
            if isinstance(child, Message):
                yield from _walk(child, depth + 1, is_inside)


def _part(message: Message, index: int, depth: int, is_forwarded: bool) -> Part:
    content_type = message.get_content_type()
    return Part(
        index=index,
        depth=depth,
        content_type=content_type if _CONTENT_TYPE.fullmatch(content_type) else "application/octet-stream",
        name=decode_header_value(message.get_filename() or ""),
        disposition=_raw(message.get_content_disposition() or ""),
        content_id=_raw(message.get("Content-ID", "")).strip().removeprefix("<").removesuffix(">"),
        encoding=_raw(message.get("Content-Transfer-Encoding", "")).strip().lower(),
        charset=_raw(message.get_content_charset() or ""),
        is_leaf=not message.is_multipart() or content_type == "message/rfc822",
        is_forwarded=is_forwarded,
        _message=message,
    )


def _is_file(part: Part) -> bool:
    """A leaf, except an empty one that only the parser made of a broken multipart."""
    return part.is_leaf and not part.content_type.startswith("multipart/")


def _source_of(forwarded: Message) -> bytes:
    inner = forwarded.get_payload(0)
    if not isinstance(inner, Message):
        return b""
    try:
        return inner.as_bytes()
    except Exception as error:  # noqa: BLE001 - see below
        # the generator of the standard library cannot write back all that its parser reads
        _log.info("a forwarded mail cannot be written: %r", error)
        return b""


def _raw(value: object) -> str:
    return without_surrogates(str(value))


def _ending(content_type: str) -> str:
    endings = {"text/plain": "txt", "text/html": "html", "message/rfc822": "eml", "text/calendar": "ics"}
    subtype = content_type.partition("/")[2]
    return endings.get(content_type, subtype if subtype.isalnum() and len(subtype) <= 5 else "bin")
