"""What a browser sent: controls by name, in their order.

The name of a control is the JSON Pointer of its value without the slash in front; rows of a list have numbers that only
tell them apart, their order is that of the controls.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

Control = tuple[str, Any]
Act = Literal["add", "remove", "up", "down"]
MOST_ROWS = 5_000
_DEEPEST = 12


@dataclass(frozen=True, slots=True)
class RowCommand:
    """A button of a list that was pressed: ``path`` of the list (``add``) or of the row."""

    act: Act
    path: str


class Posted:
    """The controls of one form."""

    def __init__(self, controls: Iterable[Control]) -> None:
        self._values: dict[str, list[Any]] = {}
        self._beneath: dict[str, dict[str, None]] = {}
        self.command: RowCommand | None = None
        for name, value in controls:
            self._take(name, value)

    def _take(self, name: str, value: Any) -> None:
        if name.startswith("__"):
            self.command = self.command or _command_of(name)
            return
        self._values.setdefault(name, []).append(value)
        parts = name.split("/")[:_DEEPEST]
        for depth in range(1, len(parts)):
            self._beneath.setdefault("/".join(parts[:depth]), {})[parts[depth]] = None

    def texts(self, name: str) -> list[str]:
        """All texts of a name, as sent."""
        return [value for value in self._values.get(name, ()) if isinstance(value, str)]

    def find_text(self, name: str) -> str | None:
        """The last text of a name; None: the control was not sent."""
        texts = self.texts(name)
        return texts[-1] if texts else None

    def find_file(self, name: str) -> Any:
        """A file that was sent with content, or None."""
        files = [value for value in self._values.get(name, ()) if getattr(value, "filename", None)]
        return files[-1] if files else None

    def has(self, name: str) -> bool:
        """Whether a control of this name, or one beneath it, was sent."""
        return name in self._values or name in self._beneath

    def iter_rows(self, name: str) -> Iterator[str]:
        """The numbers of a list's rows, in their order."""
        rows = [
            row for row in self._beneath.get(name, ()) if row.isascii() and row.isdigit() and len(row) < 10
        ]
        yield from rows[:MOST_ROWS]


def _command_of(name: str) -> RowCommand | None:
    """``__add__/to`` and so on."""
    for act in ("add", "remove", "up", "down"):
        path = name.removeprefix(f"__{act}__/")
        if path != name:
            return RowCommand(act, path)
    return None
