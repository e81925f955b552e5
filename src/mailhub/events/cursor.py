"""Where a reader of events stands: the last key it has seen of each writer."""

import base64
import binascii
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from mailhub.contract.texts import _
from mailhub.errors import Invalid

if TYPE_CHECKING:
    from .rows import Event

_PLACE = struct.Struct(">IQ")
_VERSION = "1"
_MOST_WRITERS = 1_000


@dataclass(frozen=True)
class EventCursor:
    """A last key per writer. A slower writer may commit an older event later: it is still after *its* last key.

    The beginning is ``EventCursor()``. As text it is opaque, of ``A-Za-z0-9_-``.
    """

    last_keys: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))

    def after(self, event: "Event") -> "EventCursor":
        """The cursor of a reader that has also dealt with this event."""
        last_key = max(event.key, self.last_keys.get(event.writer, 0))
        return EventCursor(MappingProxyType({**self.last_keys, event.writer: last_key}))

    def __str__(self) -> str:
        packed = b"".join(_PLACE.pack(*place) for place in sorted(self.last_keys.items()))
        return _VERSION + base64.urlsafe_b64encode(packed).decode("ascii")

    @classmethod
    def parse(cls, text: str) -> "EventCursor":
        """The cursor that ``str`` gave. Raises ``Invalid`` (``cursor.invalid``) for anything else."""
        try:
            return cls(MappingProxyType(dict(_places(text))))
        except (ValueError, struct.error) as error:
            message = _("This cursor was not made by this hub. Begin again without one.")
            raise Invalid.of("/cursor", "cursor.invalid", message) from error


def _places(text: str) -> list[tuple[int, int]]:
    if not text.startswith(_VERSION) or len(text) > 16 * _MOST_WRITERS:
        raise ValueError("not a cursor")
    try:
        packed = base64.b64decode(text[1:], altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not a cursor") from error
    return [(writer, _checked(key)) for writer, key in _PLACE.iter_unpack(packed)]


def _checked(key: int) -> int:
    if key >= 1 << 63:
        raise ValueError("no key is that large")
    return key
