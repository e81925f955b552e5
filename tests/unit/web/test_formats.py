"""Forms in English and French; NNBSP and NBSP are the narrow and the wide no-break space."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from babel import UnknownLocaleError

from mailhub.web import formats

NNBSP, NBSP = "\u202f", "\xa0"
PARIS = ZoneInfo("Europe/Paris")
KOLKATA = ZoneInfo("Asia/Kolkata")
NOW = datetime(2026, 11, 24, 20, 40, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("locale", "zone", "expected"),
    [
        ("en", PARIS, "24 Nov 2026, 21:40"),
        ("fr", PARIS, "24 nov. 2026, 21:40"),
        ("en", UTC, "24 Nov 2026, 20:40"),
        ("en", KOLKATA, "25 Nov 2026, 02:10"),
        ("fr", timezone(-timedelta(hours=21)), "23 nov. 2026, 23:40"),
    ],
)
def test_a_moment_is_told_in_the_readers_zone(locale: str, zone: ZoneInfo, expected: str) -> None:
    assert formats.when(NOW, locale, zone) == expected


def test_a_moment_in_another_zone_is_the_same_moment() -> None:
    assert formats.when(NOW.astimezone(KOLKATA), "en", PARIS) == "24 Nov 2026, 21:40"


@pytest.mark.parametrize(
    ("hour", "locale", "expected"),
    [
        (datetime(2026, 10, 24, 23, 59, tzinfo=UTC), "en", "25 Oct 2026, 01:59"),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "en", "25 Oct 2026, 02:30 GMT+02:00"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "en", "25 Oct 2026, 02:30 GMT+01:00"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "fr", "25 oct. 2026, 02:30 UTC+01:00"),
        (datetime(2026, 10, 25, 2, 0, tzinfo=UTC), "en", "25 Oct 2026, 03:00"),
    ],
)
def test_the_hour_that_clocks_have_twice_is_told_apart(hour: datetime, locale: str, expected: str) -> None:
    assert formats.when(hour, locale, PARIS) == expected


def test_the_hour_that_clocks_leave_out_does_not_appear() -> None:
    last, first = datetime(2026, 3, 29, 0, 59, tzinfo=UTC), datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert [formats.when(each, "en", PARIS) for each in (last, first)] == [
        "29 Mar 2026, 01:59",
        "29 Mar 2026, 03:00",
    ]


def test_an_exact_moment_has_seconds_and_an_offset() -> None:
    assert formats.when_exactly(NOW, "en", PARIS) == "24 Nov 2026, 21:40:12 GMT+01:00"
    assert formats.when_exactly(NOW, "fr", PARIS) == "24 nov. 2026, 21:40:12 UTC+01:00"


def test_a_day_is_that_of_the_zone() -> None:
    assert formats.day(NOW, "en", KOLKATA) == "25 Nov 2026"
    assert formats.day(date(2026, 8, 1), "fr", KOLKATA) == "1 août 2026"


def test_a_time_of_day_has_24_hours() -> None:
    assert formats.time_of_day(NOW, "en", PARIS) == "21:40"


@pytest.mark.parametrize(
    ("delta", "english", "french"),
    [
        (timedelta(0), "1 second ago", "il y a 1 seconde"),
        (timedelta(seconds=-30), "30 seconds ago", "il y a 30 secondes"),
        (timedelta(minutes=-3), "3 minutes ago", "il y a 3 minutes"),
        (timedelta(hours=2), "in 2 hours", "dans 2 heures"),
        (timedelta(days=-1), "1 day ago", "il y a 1 jour"),
        (timedelta(days=-60), "2 months ago", "il y a 2 mois"),
        (timedelta(milliseconds=200), "in 1 second", "dans 1 seconde"),
    ],
)
def test_a_moment_is_told_by_its_distance_from_now(delta: timedelta, english: str, french: str) -> None:
    assert formats.ago(NOW + delta, NOW, "en") == english
    assert formats.ago(NOW + delta, NOW, "fr") == french


def test_a_distance_is_real_time_where_clocks_are_turned_back() -> None:
    before, after = (
        datetime(2026, 10, 25, 2, 30, fold=0, tzinfo=PARIS),
        datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=PARIS),
    )
    assert formats.ago(before, after, "en") == "1 hour ago"


@pytest.mark.parametrize(
    ("value", "english", "french"),
    [
        (0, "0", "0"),
        (1234567, "1,234,567", f"1{NNBSP}234{NNBSP}567"),
        (-1234.5, "-1,234.5", f"-1{NNBSP}234,5"),
        (0.12345, "0.123", "0,123"),
    ],
)
def test_a_number_has_the_separators_of_the_language(value: float, english: str, french: str) -> None:
    assert formats.number(value, "en") == english
    assert formats.number(value, "fr") == french


def test_a_share_is_told_in_whole_per_cent() -> None:
    assert formats.percent(0.128, "en") == "13%"
    assert formats.percent(0.128, "fr") == f"13{NBSP}%"


@pytest.mark.parametrize(
    ("size_bytes", "english", "french"),
    [
        (0, "0 bytes", f"0{NBSP}octet"),
        (1, "1 byte", f"1{NBSP}octet"),
        (1023, "1,023 bytes", f"1{NNBSP}023{NBSP}octets"),
        (1024, "1 kB", f"1{NNBSP}ko"),
        (1484, "1.4 kB", f"1,4{NNBSP}ko"),
        (int(9.94 * 1024), "9.9 kB", f"9,9{NNBSP}ko"),
        (int(9.96 * 1024), "10 kB", f"10{NNBSP}ko"),
        (int(999.4 * 1024), "999 kB", f"999{NNBSP}ko"),
        (int(999.6 * 1024), "1 MB", f"1{NNBSP}Mo"),
        (100 * 1024**2, "100 MB", f"100{NNBSP}Mo"),
        (int(2.5 * 1024**4), "2.5 TB", f"2,5{NNBSP}To"),
        (1_234 * 1024**4, "1,234 TB", f"1{NNBSP}234{NNBSP}To"),
    ],
)
def test_a_size_has_two_digits_and_a_unit(size_bytes: int, english: str, french: str) -> None:
    assert formats.size(size_bytes, "en") == english
    assert formats.size(size_bytes, "fr") == french


@pytest.mark.parametrize(
    ("seconds", "english", "french"),
    [
        (0.04, "0 seconds", "0 seconde"),
        (1.25, "1.2 seconds", "1,2 seconde"),
        (59, "59 seconds", "59 secondes"),
        (60, "1 minute", "1 minute"),
        (125, "2 minutes, 5 seconds", "2 minutes et 5 secondes"),
        (3600, "1 hour", "1 heure"),
        (3605, "1 hour", "1 heure"),
        (93_784, "1 day, 2 hours", "1 jour et 2 heures"),
    ],
)
def test_a_duration_has_its_two_largest_units(seconds: float, english: str, french: str) -> None:
    assert formats.duration(seconds, "en") == english
    # the CLDR joins some units to their number by a blank, others by a no-break space
    assert formats.duration(seconds, "fr").replace(NBSP, " ") == french


def test_items_are_listed_as_in_a_sentence() -> None:
    assert formats.joined([], "en") == ""
    assert formats.joined(["a"], "fr") == "a"
    assert formats.joined(["a", "b", "c"], "en") == "a, b and c"
    assert formats.joined(["a", "b", "c"], "fr") == "a, b et c"
    assert formats.joined(iter(["a", "b"]), "fr", "or") == "a ou b"


def test_titles_are_sorted_and_found_whatever_their_accents() -> None:
    titles = ["Relance", "Réception", "Rapport", "état", "Émission", "Œuvre"]
    assert sorted(titles, key=formats.folded) == [
        "Émission",
        "état",
        "Rapport",
        "Réception",
        "Relance",
        "Œuvre",
    ]
    assert formats.folded("RÉCEPTION d’Entrepôt") == "reception d’entrepot"


def test_a_title_has_the_colon_of_the_language() -> None:
    assert formats.with_colon("Name", "en") == "Name:"
    assert formats.with_colon("Nom", "fr") == f"Nom{NBSP}:"
    assert formats.with_colon("Nom", "fr-CA") == f"Nom{NBSP}:"


def test_a_language_with_a_country_is_understood() -> None:
    assert formats.number(1234.5, "fr-CA") == f"1{NBSP}234,5"


def test_an_unknown_language_is_an_error() -> None:
    with pytest.raises(UnknownLocaleError):
        formats.number(1, "xx")
