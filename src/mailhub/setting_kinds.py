"""How the text of a setting becomes a value, and back: one small class for each kind of value.

``parse`` raises ``WrongValue`` with a sentence that can stand behind the setting's name; ``show`` is its opposite and
gives the text that an ini file would hold.
"""

import math
import re
from dataclasses import dataclass
from typing import Protocol, TypeVar

from mailhub.contract.texts import Text, _, plain

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class WrongValue(ValueError):
    """A text is no value of its kind; ``message`` says what was expected."""

    def __init__(self, message: Text) -> None:
        super().__init__(plain(message))
        self.message = message


class Kind(Protocol[T_co]):
    """A kind of value: its name for people, reading and writing it."""

    @property
    def name(self) -> Text: ...

    def parse(self, text: str) -> T_co:
        """The value that ``text`` stands for. Raises ``WrongValue``."""
        ...

    def show(self, value: object) -> str:
        """The text of a value, as an ini file holds it."""
        ...


@dataclass(frozen=True, slots=True)
class Words:
    """Any text on one line."""

    name: Text = _("text")

    def parse(self, text: str) -> str:
        return text

    def show(self, value: object) -> str:
        return str(value)


_HOST_NAME = re.compile(
    r"(?=.{1,253}\Z)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+"
)


@dataclass(frozen=True, slots=True)
class HostName(Words):
    """A full host name in ASCII (RFC 5321 2.3.5), or nothing."""

    name: Text = _("full host name")

    def parse(self, text: str) -> str:
        if text and _HOST_NAME.fullmatch(text) is None:
            raise WrongValue(_("a full host name such as mail.example.com was expected"))
        return text


@dataclass(frozen=True, slots=True)
class SecretWords(Words):
    """A text that is never printed: not by ``repr``, not in an error, not in the reference."""

    name: Text = _("secret text")

    def show(self, value: object) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class Switch:
    """On or off."""

    name: Text = _("true or false")

    def parse(self, text: str) -> bool:
        known = {
            "true": True,
            "yes": True,
            "on": True,
            "1": True,
            "false": False,
            "no": False,
            "off": False,
            "0": False,
        }
        if text.lower() not in known:
            raise WrongValue(_("expected true or false"))
        return known[text.lower()]

    def show(self, value: object) -> str:
        return "true" if value else "false"


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number within bounds, both included."""

    minimum: int
    maximum: int

    @property
    def name(self) -> Text:
        bounds = {"minimum": self.minimum, "maximum": self.maximum}
        return _("whole number from ${minimum} to ${maximum}", mapping=bounds)

    def parse(self, text: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,18}", text) or not self.minimum <= int(text) <= self.maximum:
            raise WrongValue(_("expected a ${kind}", mapping={"kind": plain(self.name)}))
        return int(text)

    def show(self, value: object) -> str:
        return str(value)


@dataclass(frozen=True, slots=True)
class Decimal:
    """A number within bounds, both included."""

    minimum: float
    maximum: float

    @property
    def name(self) -> Text:
        bounds = {"minimum": f"{self.minimum:g}", "maximum": f"{self.maximum:g}"}
        return _("number from ${minimum} to ${maximum}", mapping=bounds)

    def parse(self, text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not self.minimum <= value <= self.maximum:
            raise WrongValue(_("expected a ${kind}", mapping={"kind": plain(self.name)}))
        return value

    def show(self, value: object) -> str:
        return f"{value:g}" if isinstance(value, float) else str(value)


_UNITS = {"": 1, "B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3}


@dataclass(frozen=True, slots=True)
class Size:
    """A number of bytes, written as ``4096``, ``64 KB``, ``100 MB`` or ``2 GB`` (1 KB is 1,024 bytes)."""

    minimum: int
    maximum: int

    @property
    def name(self) -> Text:
        bounds = {"minimum": self.show(self.minimum), "maximum": self.show(self.maximum)}
        return _("size in bytes, KB, MB or GB from ${minimum} to ${maximum}", mapping=bounds)

    def parse(self, text: str) -> int:
        found = re.fullmatch(r"([0-9]{1,18}) ?([KMG]?B)?", text.upper())
        size = int(found[1]) * _UNITS[found[2] or ""] if found else -1
        if not self.minimum <= size <= self.maximum:
            raise WrongValue(_("expected a ${kind}", mapping={"kind": plain(self.name)}))
        return size

    def show(self, value: object) -> str:
        size = int(str(value))
        for unit in ("GB", "MB", "KB"):
            if size and size % _UNITS[unit] == 0:
                return f"{size // _UNITS[unit]} {unit}"
        return f"{size}"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some words."""

    words: tuple[str, ...]

    @property
    def name(self) -> Text:
        return " | ".join(self.words)

    def parse(self, text: str) -> str:
        if text not in self.words:
            raise WrongValue(_("expected one of: ${words}", mapping={"words": ", ".join(self.words)}))
        return text

    def show(self, value: object) -> str:
        return str(value)


@dataclass(frozen=True, slots=True)
class Names:
    """A list of names, separated by commas or white space."""

    name: Text = _("list of names, separated by commas or spaces")

    def parse(self, text: str) -> tuple[str, ...]:
        return tuple(name for name in re.split(r"[,\s]+", text) if name)

    def show(self, value: object) -> str:
        return ", ".join(value) if isinstance(value, tuple) else str(value)
