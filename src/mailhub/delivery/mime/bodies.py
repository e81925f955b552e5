"""The leaves of the MIME tree: each a header block and a body that is made while it is read."""

import codecs
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from mailhub.contract.message import Attachment, Content
from mailhub.contract.texts import _

from .header_text import HeaderInvalid
from .parameters import file_name_parameters, parametrised, parse_content_type
from .passage import Passage, passage
from .stored import CHUNK_BYTES, verified_chunks, verified_whole
from .transfer import (
    TextFacts,
    TransferEncoding,
    base64_lines,
    base64_size,
    base64_whole,
    choose_encoding,
    crlf_lines,
    crlf_whole,
    measure,
    quoted_printable,
)

KEPT_TEXT_BYTES = 262_144
"""A text up to here is read once and kept while its message is written; a longer one is read anew each time."""

_CONTENT_ID = re.compile(r"[!-;=?-~]{1,900}")
_UNKNOWN_TYPE = "application/octet-stream"


class Body(NamedTuple):
    """Encoded octets that can be made any number of times; ``size`` is known before."""

    size: int
    chunks: Callable[[], Iterable[bytes]]


class Leaf(NamedTuple):
    """A part without parts. ``headers`` end with CRLF; only a base64 body does not end with CRLF."""

    headers: str
    encoding: TransferEncoding
    body: Body


class TextBody:
    """A text of the message itself: UTF-8, lines ended by CRLF."""

    def __init__(self, content: Content | None, subtype: str) -> None:
        self._content = content
        self._label = f"text/{subtype}"
        self._kept: tuple[bytes, ...] | None = None
        self._facts: TextFacts | None = None

    def leaf(self, *, eight_bit: bool) -> Leaf:
        facts = self._look()
        encoding = choose_encoding(facts, eight_bit=eight_bit)
        headers = f"Content-Type: {self._label}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n"
        return Leaf(headers, encoding, self._body(encoding, facts))

    def _look(self) -> TextFacts:
        """Read the text once; keep it if it is not too long."""
        if self._facts is None:
            if self._content is None:
                self._kept = ()
            elif self._content.size <= KEPT_TEXT_BYTES:
                self._kept = (crlf_whole(verified_whole(self._content, self._label)),)
            self._facts = measure(self._lines())
        return self._facts

    def _body(self, encoding: TransferEncoding, facts: TextFacts) -> Body:
        if encoding == "base64":
            return Body(base64_size(facts.size), lambda: base64_lines(self._lines()))
        if encoding == "quoted-printable":
            return self._quoted_printable()
        return Body(facts.size, self._lines)

    def _quoted_printable(self) -> Body:
        """Its size is known only by encoding; what is kept anyway is kept encoded."""
        if self._kept is None:
            size = sum(map(len, quoted_printable(self._lines())))
            return Body(size, lambda: quoted_printable(self._lines()))
        encoded = tuple(quoted_printable(self._kept))
        return Body(sum(map(len, encoded)), lambda: encoded)

    def _lines(self) -> Iterable[bytes]:
        if self._kept is not None or self._content is None:
            return self._kept or ()
        return crlf_lines(verified_chunks(self._content, self._label))


class AttachmentBody:
    """A file of the message: its bytes arrive exactly as they are."""

    def __init__(self, attachment: Attachment) -> None:
        self.attachment = attachment
        self._label = attachment.name or attachment.content_type
        self._type, self._parameters = parse_content_type(attachment.content_type)
        self._is_composite = self._type.startswith(("message/", "multipart/"))

    def leaf(self, *, eight_bit: bool) -> Leaf:
        size = self.attachment.content.size
        if not self._is_composite:
            return Leaf(self._headers(self._type, "base64"), "base64", Body(base64_size(size), self._base64))
        if not self._may_go_as_it_is(eight_bit):
            return Leaf(
                self._headers(_UNKNOWN_TYPE, "base64"), "base64", Body(base64_size(size), self._base64)
            )
        encoding: TransferEncoding = "8bit" if self._passage.eight_bit else "7bit"
        return Leaf(self._headers(self._type, encoding), encoding, Body(size, self._read))

    def is_relabelled(self, *, eight_bit: bool) -> bool:
        """True when it goes as application/octet-stream: a message may not be base64 (RFC 2046 5.2.1), and its
        bytes cannot pass as they are (lone CR or LF, NUL, long lines, 8 bits where the server takes 7)."""
        return self._is_composite and not self._may_go_as_it_is(eight_bit)

    def _may_go_as_it_is(self, eight_bit: bool) -> bool:
        if self._type.startswith("multipart/") or self._type in {"message/partial", "message/external-body"}:
            return False
        return self._passage.is_clean and (eight_bit or not self._passage.eight_bit)

    @cached_property
    def _passage(self) -> Passage:
        return passage(self._read())

    def _base64(self) -> Iterable[bytes]:
        if self.attachment.content.size <= CHUNK_BYTES:
            return (base64_whole(verified_whole(self.attachment.content, self._label)),)
        return base64_lines(self._read())

    def _read(self) -> Iterator[bytes]:
        return verified_chunks(self.attachment.content, self._label)

    def _headers(self, content_type: str, encoding: TransferEncoding) -> str:
        type_name, disposition_name = file_name_parameters(self.attachment.name)
        parameters = self._type_parameters() if content_type == self._type else []
        shown = "inline" if self.attachment.inline else "attachment"
        return (
            parametrised("Content-Type", content_type, parameters + type_name)
            + f"Content-Transfer-Encoding: {encoding}\r\n"
            + parametrised("Content-Disposition", shown, disposition_name)
            + self._content_id()
        )

    def _type_parameters(self) -> list[str]:
        """As given, and the charset of a text: readers take one without for ASCII."""
        parameters = [f"{name}={value}" for name, value in self._parameters]
        if self._type.startswith("text/") and self._says_no_charset() and self._is_utf8:
            parameters.append("charset=utf-8")
        return parameters

    def _says_no_charset(self) -> bool:
        return all(name.lower() != "charset" for name, _value in self._parameters)

    @cached_property
    def _is_utf8(self) -> bool:
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            for chunk in self._read():
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
        return True

    def _content_id(self) -> str:
        value = self.attachment.content_id
        if value is None:
            return ""
        if _CONTENT_ID.fullmatch(value) is None:
            sentence = _('"${value}" is not a content id.', mapping={"value": value[:200]})
            raise HeaderInvalid("Content-ID", sentence)
        return f"Content-ID: <{value}>\r\n"
