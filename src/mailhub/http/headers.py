"""Headers that a call has of its own, as the document tells of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from mailhub.contract.texts import Text

TEXT: Mapping[str, Any] = MappingProxyType({"type": "string"})
NUMBER: Mapping[str, Any] = MappingProxyType({"type": "integer", "minimum": 0})


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """One header. ``schema``: JSON Schema of its value, as text or number. ``is_required``: of a request."""

    name: str
    text: Text
    schema: Mapping[str, Any] = field(default_factory=lambda: TEXT)  # Python 3.11 takes a proxy for mutable
    is_required: bool = False
