"""Single JSON values, exactly of the type a colander node asks for."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any

import colander

from mailhub.contract.texts import Text, _
from mailhub.schema_errors import coded_invalid
from mailhub.schema_types import UNFIT_TEXT, WRONG_TYPE, unfit_text
from mailhub.schema_walk import may_be_empty

Reader = Callable[[Any, Any], Any]

MAX_INTEGER = 2**53 - 1
"""Whole numbers beyond this are not the same number for every JSON reader (RFC 7493)."""

_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def scalar_reader(typ: Any) -> Reader:
    """The reader of a colander type. Raises TypeError for a type that has none."""
    for cls in type(typ).__mro__:
        if cls in _READERS:
            return _READERS[cls]
    raise TypeError(f"no strict reader for the type {type(typ).__name__}")


def _wrong_type(node: Any, message: Text) -> colander.Invalid:
    return coded_invalid(node, message, WRONG_TYPE)


def read_text(node: Any, value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong_type(node, _("A text is needed here."))
    if unfit_text(value):
        raise colander.Invalid(node, UNFIT_TEXT)
    if not value and not may_be_empty(node):
        raise coded_invalid(node, _("This must not be empty."), "schema.required")
    return value


def read_integer(node: Any, value: Any) -> int:
    if type(value) is not int:
        raise _wrong_type(node, _("A whole number is needed here."))
    if abs(value) > MAX_INTEGER:
        raise colander.Invalid(node, _("This number is too large."))
    return value


def read_float(node: Any, value: Any) -> float:
    if type(value) not in (int, float):
        raise _wrong_type(node, _("A number is needed here."))
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise colander.Invalid(node, _("This number is too large."))
    return number


def read_boolean(node: Any, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong_type(node, _("true or false is needed here."))
    return value


def read_date_time(node: Any, value: Any) -> datetime:
    """RFC 3339 with an offset, as aware UTC."""
    if not isinstance(value, str):
        raise _wrong_type(node, _DATE_TIME_NEEDED)
    if _DATE_TIME.fullmatch(value.upper()) is None:
        raise colander.Invalid(node, _DATE_TIME_NEEDED)
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise colander.Invalid(node, _("There is no such time.")) from None


def read_date(node: Any, value: Any) -> date:
    if not isinstance(value, str):
        raise _wrong_type(node, _("A date (2026-11-24) is needed here."))
    try:
        if _DATE.fullmatch(value) is not None:
            return date.fromisoformat(value)
    except ValueError:
        pass  # said below, as for any other text that is no date
    raise colander.Invalid(node, _("A date (2026-11-24) is needed here."))


_DATE_TIME_NEEDED = _("A time with its offset (2026-11-24T09:30:00Z) is needed here.")

_READERS: Mapping[type, Reader] = MappingProxyType(
    {
        colander.String: read_text,
        colander.Integer: read_integer,
        colander.Float: read_float,
        colander.Boolean: read_boolean,
        colander.DateTime: read_date_time,
        colander.Date: read_date,
    }
)
