"""What a dead worker's journal still knows: cut at any byte, of another boot, of another worker, damaged."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from threading import Semaphore
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.delivery import journal as journal_module
from mailhub.delivery.journal import (
    AttemptKey,
    Journal,
    JournalFacts,
    boot_id,
    read_journal,
    read_journals,
    remove_journals,
)
from mailhub.delivery.reports import AttemptReport, Failure, StepReport
from mailhub.testing import FakeClock


def report(message_id: str = "m", attempt: int = 1, **values: Any) -> AttemptReport:
    fields: dict[str, Any] = {"lane_id": "sales", "epoch": 1, "verdict": "done", "replied_at": 1}
    return AttemptReport(message_id=message_id, attempt=attempt, **{**fields, **values})


class Crashing(Journal):
    """A journal whose process dies: the file stays as it is."""

    def text(self) -> str:
        return self._path.read_text("ascii")

    @property
    def path(self) -> Path:
        return self._path


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Crashing]:
    made = Crashing(tmp_path, "worker", FakeClock(), sync=lambda fd: None)
    yield made
    made.close()


def facts_of(journal: Crashing) -> JournalFacts:
    return read_journal(journal.path, boot_id())


def test_what_was_on_the_wire_is_known_by_its_start_alone(journal: Crashing) -> None:
    journal.started("a", 1)
    journal.started("b", 2)
    journal.answered(report("b", 2))
    facts = facts_of(journal)
    assert facts.is_complete
    assert facts.started == {("a", 1), ("b", 2)}
    assert facts.answered == {("b", 2): report("b", 2)}
    assert journal.started_attempts() == {("a", 1), ("b", 2)}


def test_what_is_recorded_is_forgotten(journal: Crashing) -> None:
    journal.started("a", 1)
    journal.answered(report("a", 1, verdict="throttle"))
    journal.recorded("a", 1)
    assert facts_of(journal) == JournalFacts(is_complete=True)
    assert journal.started_attempts() == set()


def test_an_attempt_number_used_again_is_not_answered_by_its_earlier_use(journal: Crashing) -> None:
    """A throttled attempt uses up no number: the next one has the same, and may be the one on the wire."""
    journal.started("a", 1)
    journal.answered(report("a", 1, verdict="throttle"))
    journal.started("a", 1)
    facts = facts_of(journal)
    assert facts.started == {("a", 1)}
    assert not facts.answered


def test_a_file_cut_at_any_byte_never_says_what_is_not_so(journal: Crashing) -> None:
    journal.started("a", 1)
    journal.answered(report("a", 1, answers=(("x@example.com", "accepted", "250", "ok"),)))
    journal.started("b", 1)
    journal.recorded("a", 1)
    whole = journal.path.read_bytes()
    header = len(f"B {boot_id()}\n")
    cut = journal.path.with_name("cut.journal")
    for length in range(len(whole) + 1):
        cut.write_bytes(whole[:length])
        facts = read_journal(cut, boot_id())
        lines = whole[header:length].count(b"\n")
        assert facts.is_complete == (length >= header - 1)
        assert facts.started == [set(), {("a", 1)}, {("a", 1)}, {("a", 1), ("b", 1)}, {("b", 1)}][lines]
        assert set(facts.answered) == [set(), set(), {("a", 1)}, {("a", 1)}, set()][lines]


def test_a_journal_of_another_boot_may_have_lost_its_end(journal: Crashing) -> None:
    journal.started("a", 1)
    facts = read_journal(journal.path, "another-boot")
    assert not facts.is_complete
    assert facts.started == {("a", 1)}


def test_where_the_system_names_no_boot_nothing_is_complete(journal: Crashing) -> None:
    assert not read_journal(journal.path, "").is_complete


def test_a_missing_journal_knows_nothing(tmp_path: Path) -> None:
    assert read_journal(tmp_path / "none.journal", boot_id()) == JournalFacts()


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_damage_is_never_an_error_and_never_complete_knowledge(chunks: list[bytes]) -> None:
    path = Path(os.environ.get("TMPDIR", "/tmp")) / f"damaged-{os.getpid()}.journal"
    lines = b"\n".join(chunks)
    path.write_bytes(b"B " + boot_id().encode() + b"\n" + lines + b"\n")
    try:
        facts = read_journal(path, boot_id())
    finally:
        path.unlink()
    known: set[AttemptKey] = {*facts.started, *facts.answered}
    assert not known or b"S " in lines or b"A " in lines


@pytest.mark.parametrize(
    "line", ["S m x", "S m", "A {", "A []", 'A {"message_id": 1}', "X m 1", "\0\0\0", "S"]
)
def test_a_damaged_line_makes_the_journal_incomplete(tmp_path: Path, line: str) -> None:
    path = tmp_path / "worker.journal"
    path.write_text(f"B {boot_id()}\nS m 1\n{line}\nS n 1\n")
    facts = read_journal(path, boot_id())
    assert not facts.is_complete
    assert facts.started == {("m", 1), ("n", 1)}


def test_each_worker_has_a_journal_of_its_own(tmp_path: Path) -> None:
    for worker_id in ("one", "two"):
        journal = Crashing(tmp_path, worker_id, FakeClock(), sync=lambda fd: None)
        journal.started(worker_id, 1)
        journal.close()
    facts = read_journals(tmp_path, boot_id())
    assert {worker_id: each.started for worker_id, each in facts.items()} == {
        "one": {("one", 1)},
        "two": {("two", 1)},
    }
    remove_journals(tmp_path, ["one", "never"])
    assert list(read_journals(tmp_path, boot_id())) == ["two"]


def test_a_journal_that_nobody_needs_goes_when_it_is_closed(tmp_path: Path) -> None:
    journal = Crashing(tmp_path, "worker", FakeClock(), sync=lambda fd: None)
    journal.started("a", 1)
    journal.answered(report("a", 1))
    journal.recorded("a", 1)
    journal.close()
    journal.close()
    assert not journal.path.exists()


def test_one_that_is_still_needed_stays(tmp_path: Path) -> None:
    journal = Crashing(tmp_path, "worker", FakeClock(), sync=lambda fd: None)
    journal.answered(report("a", 1))
    journal.close()
    assert set(facts_of(journal).answered) == {("a", 1)}


def test_after_it_is_closed_nothing_may_be_begun(tmp_path: Path) -> None:
    journal = Crashing(tmp_path, "worker", FakeClock(), sync=lambda fd: None)
    journal.close()
    with pytest.raises(OSError, match="closed"):
        journal.started("a", 1)
    journal.recorded("a", 1)


def test_a_long_journal_is_shortened_to_what_is_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "ROTATE_AT_BYTES", 2_000)
    clock, flushed = FakeClock(), Semaphore(0)
    journal = Crashing(tmp_path, "worker", clock, sync=lambda fd: flushed.release())
    journal.started("open", 1)
    for number in range(1_000):
        journal.started(str(number), 1)
        journal.recorded(str(number), 1)
    for _try in range(1_000):
        if journal.path.stat().st_size < 2_200:
            break
        journal.started("later", 1)
        flushed.acquire(timeout=0.01)
        clock.advance(0.05)
    else:
        pytest.fail("the journal is never shortened")
    facts = facts_of(journal)
    assert {("open", 1)} <= facts.started <= {("open", 1), ("later", 1)}
    assert facts.is_complete
    journal.close()


def test_appends_are_flushed_in_groups(tmp_path: Path) -> None:
    clock = FakeClock()
    flushed: list[int] = []
    journal = Crashing(tmp_path, "worker", clock, sync=flushed.append)
    journal.started("a", 1)
    clock.wait_until_waiting()
    first = len(flushed)
    assert first == 1
    journal.close()


def test_a_disk_that_cannot_be_flushed_does_not_end_the_flushing(tmp_path: Path) -> None:
    clock = FakeClock()
    tries: list[int] = []

    def broken(fd: int) -> None:
        tries.append(fd)
        if len(tries) == 1:
            raise OSError(errno.EIO, "broken")

    journal = Crashing(tmp_path, "worker", clock, sync=broken)
    journal.started("a", 1)
    clock.wait_until_waiting()
    journal.started("b", 1)
    clock.wait_until_waiting()
    clock.advance(0.05)
    journal.close()
    assert len(tries) >= 2


def test_a_line_that_does_not_fit_leaves_no_half_line(
    journal: Crashing, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.started("a", 1)
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:3]))
    with pytest.raises(OSError, match="whole line"):
        journal.started("b", 1)
    monkeypatch.undo()
    journal.started("c", 1)
    facts = facts_of(journal)
    assert facts.is_complete
    assert facts.started == {("a", 1), ("c", 1)}
    assert journal.started_attempts() == {("a", 1), ("c", 1)}


texts = st.text(max_size=20)
REPORTS = st.builds(
    AttemptReport,
    lane_id=texts,
    message_id=texts,
    attempt=st.integers(1, 99),
    epoch=st.integers(1, 99),
    verdict=st.sampled_from(["done", "retry", "throttle", "fail", "stop_account", "uncertain", "hand_back"]),
    answers=st.lists(st.tuples(texts, texts, texts, texts), max_size=3).map(tuple),
    reply=texts,
    failure=st.none() | st.builds(Failure, texts, texts, texts),
    delay_seconds=st.floats(0, 1e6),
    on_uncertain=st.sampled_from(["resend", "hold"]),
    has_attempts_left=st.booleans(),
    replied_at=st.integers(0, 2**62),
    duration_seconds=st.floats(0, 1e6),
    steps=st.lists(
        st.builds(StepReport, texts, st.booleans(), st.floats(0, 1e3), texts, texts), max_size=2
    ).map(tuple),
    telemetry_prefix=texts,
)


@given(REPORTS)
def test_a_report_comes_back_from_its_line_as_it_was(written: AttemptReport) -> None:
    line = written.to_json()
    assert "\n" not in line
    assert line.isascii()
    assert AttemptReport.from_json(line) == written
