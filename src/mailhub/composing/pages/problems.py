"""Mistakes at their controls: the service's JSON Pointers, and the very address or file that each is about."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from mailhub.contract.texts import Text
from mailhub.errors import FieldError
from mailhub.web.forms.address_texts import split_addresses

_CONTROLS: Final = {
    "account": "from",
    "scenario": "from",
    "sender": "from",
    "html": "body",
    "text": "body",
    "body": "body",
    "attachments": "files",
    **{each: each for each in ("to", "cc", "bcc", "reply_to", "subject", "importance", "send_at", "tags")},
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """A mistake. ``control``: "" for one that is at no control of the page. ``number``: of the address that is meant;
    ``about``: what it says."""

    control: str
    message: Text
    number: int | None = None
    about: str = ""


def placed(errors: Iterable[FieldError], texts: Mapping[str, str]) -> list[Trouble]:
    """Each at its control, once."""
    return list(dict.fromkeys(_placed(error, texts) for error in errors))


def _placed(error: FieldError, texts: Mapping[str, str]) -> Trouble:
    name, _slash, rest = error.pointer.removeprefix("#").lstrip("/").partition("/")
    control = _CONTROLS.get(name, "")
    place = rest.partition("/")[0]
    if control not in texts or not place.isdigit():
        return Trouble(control, error.message)
    pieces = split_addresses(texts[control])
    number = int(place)
    return Trouble(control, error.message, number, pieces[number] if number < len(pieces) else "")
