"""Days, and moments in the reader's time zone."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from mailhub.contract.texts import Text, _
from mailhub.web.forms.posted import Posted

from .base import Field, FormWidget, Wrong

_LOCAL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?")
_WRITTEN: Text = _("Give a day and a time, such as 2026-11-24 09:30.")
_SKIPPED: Text = _("The clocks go forward and skip this time on that day. Choose another.")


class DateWidget(FormWidget):
    """A day."""

    template: str = "date"
    columns: int = 6

    def show(self, field: Field, value: Any) -> None:
        field.held = value.isoformat() if isinstance(value, date) else value or ""

    def take(self, field: Field, posted: Posted) -> None:
        super().take(field, posted)
        field.held = field.held.strip()


class MomentWidget(FormWidget):
    """A moment, shown and typed in the reader's zone, given as UTC.

    Of a time that clocks show twice in autumn the first is meant. A stored moment that nobody changes stays as it is, to the
    microsecond: it is sent along.
    """

    template: str = "moment"
    columns: int = 6

    def show(self, field: Field, value: Any) -> None:
        at = datetime.fromisoformat(value) if isinstance(value, str) else value
        field.was = at.astimezone(UTC).isoformat() if at is not None else ""
        field.held = local_text(at, field.reader.time_zone) if at is not None else ""

    def take(self, field: Field, posted: Posted) -> None:
        super().take(field, posted)
        field.held = field.held.strip()
        field.was = posted.find_text(f"{field.path}/was") or field.was

    def iter_described_by(self, field: Field) -> Iterator[str]:
        yield "zone"

    def value_of(self, field: Field, text: str) -> Any:
        if (stored := _stored(field, text)) is not None:
            return stored
        return read_moment(text, field.reader.time_zone)

    def shown(self, field: Field) -> dict[str, Any]:
        # a control of minutes would refuse to show seconds
        step = "" if len(field.held) <= len("2026-11-24T09:30") else "any"
        return {**super().shown(field), "was": field.was, "step": step, "zone": str(field.reader.time_zone)}


def local_text(at: datetime, zone: ZoneInfo) -> str:
    """A moment as its control shows it."""
    local = at.astimezone(zone).replace(tzinfo=None)
    if local.microsecond:
        return local.isoformat(timespec="milliseconds")
    return local.isoformat(timespec="seconds" if local.second else "minutes")


def _stored(field: Field, text: str) -> str | None:
    """The moment that was shown, if this is still what the control holds."""
    try:
        at = datetime.fromisoformat(field.was)
        is_same = at.tzinfo is not None and local_text(at, field.reader.time_zone) == text
    except (ValueError, OverflowError):
        return None
    return at.astimezone(UTC).isoformat() if is_same else None


def read_moment(text: str, zone: ZoneInfo) -> "str | Wrong":
    """The moment, in UTC by ISO 8601, that a control says in this zone; ``Wrong`` for none."""
    if _LOCAL.fullmatch(text) is None:
        return Wrong(text, _WRITTEN)
    try:
        local = datetime.fromisoformat(text).replace(tzinfo=zone)
        at = local.astimezone(UTC)
    except (ValueError, OverflowError):
        return Wrong(text, _WRITTEN)
    if at.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        return Wrong(text, _SKIPPED)
    return at.isoformat()
