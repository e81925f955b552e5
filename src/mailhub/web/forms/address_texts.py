"""Addresses as people write and paste them."""

import re
from collections.abc import Mapping

_ATOMS = re.compile(r"[\w !#$%&'*+/=?^`{|}~.-]*")
_PIECE = re.compile(r'"(?:[^"\\\n]|\\.)*+"|<[^<>\n]*+>|[,;\n]|(?:\\["\\]|[^,;\n"<])+|["<]')
"""An escaped quote is none outside quotes either: where a quote has no end, each that follows would be tried as its
beginning, and a text of some kilobytes would take minutes."""


def split_addresses(text: str) -> list[str]:
    """One address a piece: separated by line breaks, "," and ";" outside quotes and angle brackets; blanks dropped."""
    found, current = [], ""
    for piece in _PIECE.findall(text):
        if piece in {",", ";", "\n"}:
            found.append(current)
            current = ""
        else:
            current += piece
    return [item for each in [*found, current] if (item := each.strip())]


def show_address(value: str | Mapping[str, str | None]) -> str:
    """``Ada Lovelace <ada@example.com>`` of an address as the API presents it."""
    if isinstance(value, str):
        return value
    name, address = value.get("name"), value.get("address") or ""
    if not name:
        return address
    if not _ATOMS.fullmatch(name) or name != name.strip():
        name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{name} <{address}>"
