"""What a list shows, as its address says it: read, turned into filters of the service, and written again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from urllib.parse import urlencode

import colander

from mailhub.contract.texts import Text, _
from mailhub.errors import FieldError, Invalid
from mailhub.messages.schema import message_filters
from mailhub.messages.states import GROUPS
from mailhub.strict_values import strict_values
from mailhub.visibility.service import MessageFilters
from mailhub.web.request import PageRequest

WAITING: Final = "waiting"
"""Instead of a status: those that wait, and those being sent at this moment."""

ANY_TIME: Final = "any"
DEFAULT_PERIODS: Final[Mapping[str, str]] = {"sent": "30-days"}
"""How far back a box goes where the address does not say it (RS1)."""

PERIODS: Final[Mapping[str, tuple[Text, int]]] = {
    "today": (_("Today"), 0),
    "7-days": (_("Last 7 days"), 7),
    "30-days": (_("Last 30 days"), 30),
    "365-days": (_("Last 12 months"), 365),
}
"""Words, and how many days before now; 0: since midnight."""

LABELS: Final[Mapping[str, Text]] = {
    "status": _("State"),
    "account": _("Account"),
    "scenario": _("Scenario"),
    "owner": _("Owner"),
    "period": _("Period"),
    "since": _("From and including"),
    "until": _("To and including"),
    "tag": _("Tag"),
    "kind": _("Kind of record"),
    "record": _("Record"),
    "q": _("Search"),
    "cursor": _("Page"),
}
"""What the filters of an address are called."""

_PLAIN: Final = ("account", "scenario", "owner", "kind", "record", "tag", "q")
_DAYS: Final = ("since", "until")
_NAMES: Final = (
    "q",
    "status",
    "account",
    "scenario",
    "period",
    "since",
    "until",
    "tag",
    "kind",
    "record",
    "owner",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader asks of a box. ``values``: by the names of the address, those that are set."""

    box: str
    values: Mapping[str, str]

    @classmethod
    def of(cls, box: str, query: Mapping[str, str]) -> "Asked":
        given = {name: query.get(name, "").strip() for name in _NAMES}
        if given["period"] == DEFAULT_PERIODS.get(box, ANY_TIME):
            given["period"] = ""
        return cls(box, {name: value for name, value in given.items() if value})

    @property
    def period(self) -> str:
        """A name of ``PERIODS``, or ``ANY_TIME``; days that are named overrule it."""
        if any(name in self.values for name in _DAYS):
            return ANY_TIME
        return self.values.get("period", DEFAULT_PERIODS.get(self.box, ANY_TIME))

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the box decides what is shown."""
        return bool(self.values) or self.period != ANY_TIME

    def day(self, name: str) -> str:
        """The day of ``since`` or ``until`` as a form shows it; "" for what is none."""
        day = _find_day(self.values.get(name, ""))
        return "" if day is None else f"{day:%Y-%m-%d}"

    def address(self, **changes: str) -> str:
        """Where the list is with other values; "" leaves one out."""
        values = {name: value for name, value in {**self.values, **changes}.items() if value}
        return f"/{self.box}?{urlencode(values)}" if values else f"/{self.box}"

    def filters(self, request: PageRequest) -> MessageFilters:
        """Raises ``Invalid`` for a value that says nothing; its pointers are the names of the address."""
        plain = {name: value for name, value in self.values.items() if name in _PLAIN}
        status = self.values.get("status")
        if status is not None and status != WAITING:
            plain["status"] = status
        checked = strict_values(_schema(), plain)
        return MessageFilters(
            box=self.box,
            group=GROUPS["queued"] if status == WAITING else None,
            since=self._since(request),
            until=self._until(request),
            **{name: checked[name] for name in (*_PLAIN, "status")},
        )

    def _since(self, request: PageRequest) -> datetime | None:
        if "since" in self.values:
            return _midnight(self.values["since"], "since", request)
        if self.period == ANY_TIME:
            return None
        if self.period not in PERIODS:
            raise _unclear("period")
        days = PERIODS[self.period][1]
        if days:
            return request.now - timedelta(days=days)
        local = request.now.astimezone(request.time_zone)
        return datetime.combine(local.date(), time(), request.time_zone)

    def _until(self, request: PageRequest) -> datetime | None:
        """The day that is named belongs to it."""
        if "until" not in self.values:
            return None
        last = _midnight(self.values["until"], "until", request)
        return last + timedelta(days=1)


def _midnight(text: str, name: str, request: PageRequest) -> datetime:
    """The beginning of a day of the reader's calendar."""
    day = _find_day(text)
    if day is None:
        raise _unclear(name)
    return day.replace(tzinfo=request.time_zone)


def _find_day(text: str) -> datetime | None:
    """Years are those that messages can be of."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None
    return day if 1970 <= day.year <= 9000 else None


def problem_text(error: FieldError) -> Text:
    """What is wrong with a filter, for who has an address and no schema before him."""
    return _UNCLEAR if error.code == "schema.invalid" else error.message


_UNCLEAR: Final = _("This cannot be understood.")


def _unclear(name: str) -> Invalid:
    return Invalid.of(f"/{name}", "schema.invalid", _UNCLEAR)


def _schema() -> colander.SchemaNode:
    wanted = {*_PLAIN, "status"}
    nodes = [node for node in message_filters() if node.name in wanted]
    return colander.SchemaNode(colander.Mapping(), *nodes)
