"""Answers kept under a key: found for a day, met across the full hour, dropped by whole trees."""

from datetime import UTC, datetime, timedelta

import pytest

from mailhub.store.kept_answers import KeptAnswer, KeptAnswers, digest

NOON = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
KEY = digest(b"user", b"/messages", b"key")


def answer(kept_at: datetime) -> KeptAnswer:
    return KeptAnswer(b"digest", 201, b"{}", "/api/v1/x", kept_at)


@pytest.mark.parametrize("later", [timedelta(0), timedelta(hours=1), timedelta(hours=23, minutes=59)])
def test_an_answer_is_found_for_a_day(later: timedelta) -> None:
    kept = KeptAnswers()
    kept.keep(KEY, answer(NOON))
    assert kept.find(KEY, NOON + later) == answer(NOON)


def test_after_a_day_it_is_not_found_though_its_tree_is_still_there() -> None:
    kept = KeptAnswers()
    kept.keep(KEY, answer(NOON))
    assert kept.drop_before(NOON + timedelta(hours=24)) == 0
    assert kept.find(KEY, NOON + timedelta(hours=24)) is None


def test_another_key_finds_nothing() -> None:
    kept = KeptAnswers()
    kept.keep(KEY, answer(NOON))
    assert kept.find(digest(b"user", b"/messages", b"other"), NOON) is None


def test_right_after_the_full_hour_it_lies_in_both_trees_so_that_straddling_transactions_meet() -> None:
    kept = KeptAnswers()
    kept.keep(KEY, answer(datetime(2026, 11, 24, 13, 0, 30, tzinfo=UTC)))
    assert list(kept.hours.keys()) == ["2026-11-24T12", "2026-11-24T13"]


def test_later_in_the_hour_it_lies_in_one_tree() -> None:
    kept = KeptAnswers()
    kept.keep(KEY, answer(datetime(2026, 11, 24, 13, 1, 30, tzinfo=UTC)))
    assert list(kept.hours.keys()) == ["2026-11-24T13"]


def test_whole_trees_are_dropped_by_time() -> None:
    kept = KeptAnswers()
    for hours in range(30):
        kept.keep(digest(str(hours).encode()), answer(NOON + timedelta(hours=hours)))
    now = NOON + timedelta(hours=29)
    assert kept.drop_before(now) == 5
    assert next(iter(kept.hours.keys())) == "2026-11-24T17"
    assert kept.find(digest(b"29"), now) is not None


def test_parts_of_a_digest_cannot_run_into_each_other() -> None:
    assert digest(b"ab", b"c") != digest(b"a", b"bc")
