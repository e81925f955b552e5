"""How dates, numbers and sizes are written in a reader's language and time zone.

The forms are those of the Unicode CLDR by Babel, with its no-break spaces. English days come before months and hours
go to 24, which no reader takes for anything else (11/12/2026 has two meanings, 24 Nov 2026 has one).
"""

import unicodedata
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final, Literal

from babel import Locale
from babel.dates import format_date, format_time, format_timedelta, get_datetime_format
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit

_FORMS: Final = {"en": "en_GB"}
_COLONS: Final = {"fr": "\N{NO-BREAK SPACE}:"}
_SIZES: Final = ("kilobyte", "megabyte", "gigabyte", "terabyte")
_DURATIONS: Final = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def when(at: datetime, locale: str, zone: tzinfo) -> str:
    """A moment to the minute: ``24 Nov 2026, 21:40``. In the hour that clocks have twice it says which one it is."""
    pattern = "HH:mm ZZZZ" if _comes_twice(at, zone) else "HH:mm"
    return _date_and_time(at, locale, zone, pattern)


def when_exactly(at: datetime, locale: str, zone: tzinfo) -> str:
    """A moment to the second with its offset from UTC: ``24 Nov 2026, 21:40:12 GMT+01:00``."""
    return _date_and_time(at, locale, zone, "HH:mm:ss ZZZZ")


def day(at: date | datetime, locale: str, zone: tzinfo) -> str:
    """``24 Nov 2026``: a date as it is, a moment as the day it is on in this zone."""
    local = at.astimezone(zone).date() if isinstance(at, datetime) else at
    return format_date(local, "medium", locale=_locale(locale))


def time_of_day(at: datetime, locale: str, zone: tzinfo) -> str:
    """``21:40``."""
    return format_time(at, "HH:mm", tzinfo=zone, locale=_locale(locale))


def ago(at: datetime, now: datetime, locale: str) -> str:
    """How long before or after now, in its largest unit: ``3 minutes ago``, ``in 2 hours``; a second at least."""
    delta = at.astimezone(UTC) - now.astimezone(UTC)
    if abs(delta) < timedelta(seconds=1):
        delta = timedelta(seconds=1 if delta > timedelta(0) else -1)
    return format_timedelta(delta, add_direction=True, locale=_locale(locale))


def number(value: float, locale: str) -> str:
    """With the separators of the language and at most three decimals: ``1,234.5``, ``1 234,5``."""
    return format_decimal(value, locale=_locale(locale))


def percent(share: float, locale: str) -> str:
    """A share of 1 in whole per cent: ``12%``, ``12 %``."""
    return format_percent(share, locale=_locale(locale))


def size(size_bytes: int, locale: str) -> str:
    """A size in units of 1024, as the settings and most mail programs have them: ``812 bytes``, ``1.4 kB``, ``23 MB``."""
    if size_bytes < 1024:
        return _unit(size_bytes, "digital-byte", "long", locale)
    steps = [(size_bytes / 1024 ** (step + 1), name) for step, name in enumerate(_SIZES)]
    value, name = next((each for each in steps if each[0] < 999.5), steps[-1])
    rounded = round(value, 1) if value < 9.95 else round(value)
    return _unit(rounded, f"digital-{name}", "short", locale)


def duration(seconds: float, locale: str) -> str:
    """A length of time in its two largest units: ``2 hours, 5 minutes``; below a minute in seconds to a tenth."""
    if seconds < 60:
        return _unit(round(seconds, 1), "duration-second", "long", locale)
    left = round(seconds)
    parts: list[tuple[int, str]] = []
    for name, length in _DURATIONS:
        count, left = divmod(left, length)
        if count or parts:
            parts.append((count, name))
    said = [_unit(count, f"duration-{name}", "long", locale) for count, name in parts[:2] if count]
    return joined(said, locale, "unit")


def joined(items: Iterable[str], locale: str, kind: Literal["standard", "or", "unit"] = "standard") -> str:
    """Items as a sentence lists them: ``a, b and c``."""
    return format_list(list(items), kind, locale=_locale(locale))


def folded(text: str) -> str:
    """How titles are sorted and found: case and accents do not count (``Émission`` is an E)."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in decomposed if not unicodedata.combining(each))


def with_colon(text: str, locale: str) -> str:
    """A title before what it is of: ``Name:``, in French ``Nom :`` with a no-break space."""
    return f"{text}{_COLONS.get(locale.partition('-')[0], ':')}"


def _unit(value: float, name: str, length: Literal["short", "long"], locale: str) -> str:
    return format_unit(value, name, length, locale=_locale(locale))


def _date_and_time(at: datetime, locale: str, zone: tzinfo, pattern: str) -> str:
    form = _locale(locale)
    time = format_time(at, pattern, tzinfo=zone, locale=form)
    glue = str(get_datetime_format("medium", locale=form)).replace("'", "")
    return glue.replace("{0}", time).replace("{1}", day(at, locale, zone))


def _comes_twice(at: datetime, zone: tzinfo) -> bool:
    """A moment is never in the hour that clocks leave out, so two offsets mean that they are turned back."""
    local = at.astimezone(zone)
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def _locale(name: str) -> Locale:
    """Raises ``babel.UnknownLocaleError``."""
    return Locale.parse(_FORMS.get(name, name), sep="-" if "-" in name else "_")
