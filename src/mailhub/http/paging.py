"""Lists in pages: ``?limit=`` and ``?cursor=``, and what a cursor is.

A cursor is the last position of a list, sealed, so that one that was garbled, made up or taken from another list or
another caller is told apart from a good one. It is opaque to clients and costs nothing to keep: nothing is kept.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import colander

from mailhub.contract.texts import _
from mailhub.errors import Invalid

MAX_LIMIT = 200
DEFAULT_LIMIT = 50
_SEAL_BYTES = 12
_NOT_FILTERS = frozenset({"limit", "cursor", "wait"})

Position = Sequence[str | int | None]
"""The last key of a list, as its service knows it: a few plain values."""


class PageQuery(colander.MappingSchema):
    """Query parameters of every list; a list with filters adds them in a subclass."""

    limit = colander.SchemaNode(
        colander.Integer(),
        title=_("Items per page"),
        missing=DEFAULT_LIMIT,
        validator=colander.Range(min=1, max=MAX_LIMIT),
    )
    cursor = colander.SchemaNode(
        colander.String(),
        title=_("Where the page before ended"),
        missing=None,
        validator=colander.Length(max=2000),
    )


@dataclass(frozen=True, slots=True)
class CursorSeal:
    """Turns positions into cursors and back. ``key``: secret bytes, the same in all processes of a hub."""

    key: bytes

    def close(self, position: Position, list_name: str) -> str:
        """The cursor of a position in the list of this name; ``A-Za-z0-9_-`` only."""
        content = json.dumps(list(position), separators=(",", ":")).encode("ascii")
        return base64.urlsafe_b64encode(self._seal(content, list_name) + content).rstrip(b"=").decode("ascii")

    def open(self, cursor: str, list_name: str) -> list[Any]:
        """The position in a cursor. Raises ``Invalid`` with ``cursor.invalid``."""
        try:
            sealed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars="-_", validate=True)
        except (binascii.Error, ValueError):
            sealed = b""
        seal, content = sealed[:_SEAL_BYTES], sealed[_SEAL_BYTES:]
        if not hmac.compare_digest(seal, self._seal(content, list_name)):
            raise Invalid.of("/cursor", "cursor.invalid", _("This cursor does not belong to this list."))
        position: list[Any] = json.loads(content)
        return position

    def _seal(self, content: bytes, list_name: str) -> bytes:
        digest = hmac.new(self.key, list_name.encode("utf-8", "surrogatepass"), hashlib.sha256)
        digest.update(b"\0" + content)
        return digest.digest()[:_SEAL_BYTES]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: ``position`` is the last one of the page before (None: begin), ``limit`` at most 200."""

    limit: int
    position: list[Any] | None
    _seal: CursorSeal
    _list_name: str

    def reply(self, items: Sequence[Mapping[str, Any]], next_position: Position | None) -> dict[str, Any]:
        """The body of the answer; ``next_position`` is None at the end of the list."""
        cursor = None if next_position is None else self._seal.close(next_position, self._list_name)
        return {"items": list(items), "next_cursor": cursor}


def page_of(seal: CursorSeal, query: Mapping[str, Any], list_name: str) -> Page:
    """The page that a checked query asks for; cursors are bound to the query's filters too."""
    filters = {name: str(value) for name, value in query.items() if name not in _NOT_FILTERS}
    list_name = f"{list_name}\n{json.dumps(filters, sort_keys=True)}"
    cursor = query["cursor"]
    return Page(query["limit"], None if cursor is None else seal.open(cursor, list_name), seal, list_name)
