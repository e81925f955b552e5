"""Which code may read which data."""

import pytest

from mailhub.store.format import FORMAT, READABLE_FROM, DataFormat, check_format, record_format
from mailhub.store.problems import FormatTooNew
from mailhub.store.root import HubRoot


def test_new_data_are_marked_as_written_by_this_code() -> None:
    hub = HubRoot()
    record_format(hub)
    assert (hub.format.written_by, hub.format.readable_from) == (FORMAT, READABLE_FROM)
    assert hub.format.release


def test_newer_code_marks_the_data_when_it_starts() -> None:
    hub = HubRoot()
    record_format(hub, 1, 1)
    record_format(hub, 3, 2)
    assert (hub.format.written_by, hub.format.readable_from) == (3, 2)


def test_older_code_that_is_allowed_changes_no_mark() -> None:
    hub = HubRoot()
    record_format(hub, 3, 2)
    record_format(hub, 2, 1)
    assert (hub.format.written_by, hub.format.readable_from) == (3, 2)


def test_what_has_become_unreadable_for_old_code_stays_so() -> None:
    hub = HubRoot()
    record_format(hub, 3, 3)
    record_format(hub, 4, 2)
    assert hub.format.readable_from == 3


@pytest.mark.parametrize(("known", "is_allowed"), [(1, False), (2, True), (3, True), (4, True)])
def test_code_starts_if_it_is_at_least_readable_from(known: int, is_allowed: bool) -> None:
    hub = HubRoot()
    hub.format = DataFormat(3, 2, "7.0")
    if is_allowed:
        check_format(hub, known)
        return
    with pytest.raises(FormatTooNew, match=r"mailhub 7\.0"):
        check_format(hub, known)


def test_a_hub_without_a_mark_is_new() -> None:
    check_format(HubRoot())
