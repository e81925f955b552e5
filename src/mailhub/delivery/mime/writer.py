"""The message as bytes: multipart/mixed > multipart/related > multipart/alternative, only the levels it needs."""

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import chain
from typing import Literal, NamedTuple

from mailhub.contract.message import WireOptions

from .bodies import AttachmentBody, Body, Leaf, TextBody
from .fields import ascii_form, header_block
from .form import MessageForm
from .mailboxes import needs_smtputf8
from .stored import CHUNK_BYTES


class Multipart(NamedTuple):
    """Parts between delimiters. ``kind`` is the whole type with its parameters but for the boundary."""

    kind: str
    boundary: str
    parts: "tuple[Part, ...]"
    encoding: Literal["7bit", "8bit"]

    @property
    def headers(self) -> str:
        """RFC 2045 6.4: 8bit is said at each level above a part that is 8bit."""
        encoding = "Content-Transfer-Encoding: 8bit\r\n" if self.encoding == "8bit" else ""
        return f'Content-Type: {self.kind};\r\n boundary="{self.boundary}"\r\n{encoding}'


SEVEN_BIT = WireOptions()
"""What every server takes."""

Part = Leaf | Multipart
Segment = bytes | Body


class MessageWriter:
    """``MimeForm`` of a ``MessageForm``: the same form and options give the same bytes at every call.

    Contents are read when the bytes are asked for, never whole if they are big, and checked against their SHA-256.
    Nothing is checked when the writer is made; ``size`` raises all that ``iter_bytes`` may raise on account of the
    form (``HeaderInvalid``; ``Permanent`` with code ``address.needs_smtputf8``), so whoever accepts a message calls
    it once.
    """

    def __init__(self, form: MessageForm) -> None:
        self._form = form
        self._text = None if form.text is None and form.html is not None else TextBody(form.text, "plain")
        self._html = None if form.html is None else TextBody(form.html, "html")
        self._attachments = [AttachmentBody(attachment) for attachment in form.attachments]
        self._boundary_mark = _boundary_mark(form.boundary_seed)
        self._planned: tuple[WireOptions, list[Segment]] | None = None

    def needs_smtputf8(self) -> bool:
        """True when an address in the header has a local part beyond ASCII (RFC 6531)."""
        form = self._form
        sender = () if form.sender is None else (form.sender,)
        return needs_smtputf8(chain((form.from_,), sender, form.to, form.cc, form.reply_to))

    def relabelled_attachments(self, options: WireOptions = SEVEN_BIT) -> tuple[str, ...]:
        """Names of attached messages that go as application/octet-stream, since their bytes cannot go as they are."""
        return tuple(
            body.attachment.name
            for body in self._attachments
            if body.is_relabelled(eight_bit=options.eight_bit)
        )

    def size(self, options: WireOptions = SEVEN_BIT) -> int:
        """Exact number of octets of ``iter_bytes``, without encoding any attachment."""
        plan = self._plan(options)
        return sum(len(segment) if isinstance(segment, bytes) else segment.size for segment in plan)

    def iter_bytes(self, options: WireOptions = SEVEN_BIT) -> Iterator[bytes]:
        """Chunks with CRLF line ends, the last one ending with CRLF; a small message is one chunk.

        Raises ``Permanent`` with code ``attachment.damaged`` before the message is complete.
        """
        waiting: list[bytes] = []
        waiting_bytes = 0
        for piece in _pieces(self._plan(options)):
            waiting.append(piece)
            waiting_bytes += len(piece)
            if waiting_bytes >= CHUNK_BYTES:
                yield b"".join(waiting)
                waiting, waiting_bytes = [], 0
        if waiting:
            yield b"".join(waiting)

    def _plan(self, options: WireOptions) -> list[Segment]:
        if self._planned is None or self._planned[0] != options:
            self._planned = (options, self._make_plan(options))
        return self._planned[1]

    def _make_plan(self, options: WireOptions) -> list[Segment]:
        root = self._tree(options.eight_bit)
        plan = _Plan(self._header_block(options))
        plan.add_part(root)
        if isinstance(root, Multipart) or root.encoding == "base64":
            plan.add_text("\r\n")
        return plan.segments()

    def _header_block(self, options: WireOptions) -> str:
        if not self.needs_smtputf8():
            return header_block(self._form, utf8=False)
        form = self._form if options.smtputf8 else ascii_form(self._form)
        return header_block(form, utf8=options.smtputf8)

    def _tree(self, eight_bit: bool) -> Part:
        root = self._alternative(eight_bit)
        related = [body for body in self._attachments if self._is_shown_in_html(body)]
        mixed = [body for body in self._attachments if not self._is_shown_in_html(body)]
        if related:
            kind = f'multipart/related; type="{_type_of(root)}"'
            root = self._multipart(kind, (root, *_leaves(related, eight_bit)))
        if mixed:
            root = self._multipart("multipart/mixed", (root, *_leaves(mixed, eight_bit)))
        return root

    def _alternative(self, eight_bit: bool) -> Part:
        leaves = [body.leaf(eight_bit=eight_bit) for body in (self._text, self._html) if body is not None]
        return leaves[0] if len(leaves) == 1 else self._multipart("multipart/alternative", tuple(leaves))

    def _is_shown_in_html(self, body: AttachmentBody) -> bool:
        attachment = body.attachment
        return self._html is not None and attachment.inline and attachment.content_id is not None

    def _multipart(self, kind: str, parts: tuple[Part, ...]) -> Multipart:
        encoding: Literal["7bit", "8bit"] = (
            "8bit" if any(part.encoding == "8bit" for part in parts) else "7bit"
        )
        return Multipart(kind, f"=_{kind[len('multipart/')]}_{self._boundary_mark}", parts, encoding)


def _boundary_mark(seed: str) -> str:
    """128 bits nobody can guess; the ``=_`` before them can be in no base64 and no quoted-printable body."""
    return blake2b(seed.encode(), digest_size=16, person=b"mailhub boundary").hexdigest()


def _leaves(bodies: Iterable[AttachmentBody], eight_bit: bool) -> list[Leaf]:
    return [body.leaf(eight_bit=eight_bit) for body in bodies]


def _type_of(part: Part) -> str:
    return part.kind if isinstance(part, Multipart) else "text/html"


def _pieces(plan: Iterable[Segment]) -> Iterator[bytes]:
    for segment in plan:
        if isinstance(segment, bytes):
            yield segment
        else:
            yield from segment.chunks()


class _Plan:
    """Joins the fixed text between bodies, so that a small message has few segments."""

    def __init__(self, headers: str) -> None:
        self._segments: list[Segment] = []
        self._text = [headers]

    def add_text(self, text: str) -> None:
        self._text.append(text)

    def add_part(self, part: Part) -> None:
        self._text.append(part.headers)
        self._text.append("\r\n")
        if isinstance(part, Leaf):
            self._close_text()
            self._segments.append(part.body)
            return
        for child in part.parts:
            self._text.append(f"--{part.boundary}\r\n")
            self.add_part(child)
            self._text.append("\r\n")
        self._text.append(f"--{part.boundary}--")

    def segments(self) -> list[Segment]:
        self._close_text()
        return self._segments

    def _close_text(self) -> None:
        if self._text:
            self._segments.append("".join(self._text).encode())
            self._text = []
