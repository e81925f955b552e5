"""Each thing that readiness looks at, well and unwell."""

import shutil
from collections import namedtuple
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mailhub.delivery.journal import Journal
from mailhub.delivery.worker import WorkerHealth
from mailhub.errors import StorageUnavailable
from mailhub.http.codes import STATUS_BY_CODE
from mailhub.store.writer import WriterHealth
from mailhub.telemetry import checks
from mailhub.telemetry.checks import FATAL_CODES
from mailhub.telemetry.health import Finding
from mailhub.telemetry.schema import NOTE_CODES
from mailhub.testing.clock import FakeClock
from tests.unit.pluginhost.plugins import FakeEntryPoint, load, module
from tests.unit.telemetry.kit import Ears, Telemetry

Usage = namedtuple("Usage", "total used free")


def codes(check: Any) -> list[str]:
    """What it found; every code must be known and as grave as its list says."""
    findings: Sequence[Finding] = check()
    for each in findings:
        assert each.code in (FATAL_CODES if each.is_fatal else NOTE_CODES)
    return [each.code for each in findings]


def test_every_reason_has_a_place_in_the_catalogue_of_codes() -> None:
    assert {STATUS_BY_CODE[code] for code in FATAL_CODES} == {503}


def test_a_database_that_can_be_read_is_well(telemetry: Telemetry) -> None:
    assert codes(checks.check_database(telemetry.database)) == []


def test_a_database_that_cannot_be_read_is_unreachable(telemetry: Telemetry) -> None:
    @contextmanager
    def reading() -> Any:
        raise StorageUnavailable("gone")
        yield

    database: Any = SimpleNamespace(reading=reading)
    assert codes(checks.check_database(database)) == ["database.unreachable"]


@pytest.mark.parametrize(
    ("health", "found"),
    [
        ({}, []),
        ({"waiting": 4_000}, []),
        ({"busy_seconds": 9.0}, []),
        ({"alive": False}, ["writer.stopped"]),
        ({"fault": "disk full at /srv"}, ["writer.failing"]),
        ({"busy_seconds": 11.0}, ["writer.stuck"]),
    ],
)
def test_a_writer(health: dict[str, Any], found: list[str]) -> None:
    known: dict[str, Any] = {
        "alive": True,
        "last_commit_at": None,
        "waiting": 0,
        "fault": None,
        "busy_seconds": 0.0,
    }
    writer: Any = SimpleNamespace(health=lambda: WriterHealth(**known | health))
    assert codes(checks.check_writer(writer)) == found


def test_a_writer_that_runs_is_well_and_one_that_ended_is_not(telemetry: Telemetry) -> None:
    check = checks.check_writer(telemetry.writer)
    assert codes(check) == []
    telemetry.writer.stop()
    assert codes(check) == ["writer.stopped"]


def worker(*, is_running: bool = True, lease_seconds_left: float = 20.0) -> Any:
    health = WorkerHealth(is_running=is_running, lease_seconds_left=lease_seconds_left, lanes=0, unrecorded=0)
    return SimpleNamespace(health=lambda: health)


def test_delivery() -> None:
    assert codes(checks.check_delivery(lambda: None)) == []
    assert codes(checks.check_delivery(worker)) == []
    assert codes(checks.check_delivery(lambda: worker(is_running=False))) == ["delivery.stopped"]
    assert codes(checks.check_delivery(lambda: worker(lease_seconds_left=0.0))) == ["delivery.no_lease"]


def test_a_journal_that_is_there_is_well(tmp_path: Path, fake_clock: FakeClock) -> None:
    journal = Journal(tmp_path / "journal", "w1", fake_clock)
    before = {path: path.read_bytes() for path in (tmp_path / "journal").iterdir()}
    assert codes(checks.check_journal(tmp_path / "journal", worker)) == []
    assert {path: path.read_bytes() for path in (tmp_path / "journal").iterdir()} == before
    journal.close()


@pytest.mark.parametrize("trouble", ["no folder", "no file", "a folder in its place"])
def test_a_journal_that_cannot_be_written(tmp_path: Path, trouble: str) -> None:
    folder = tmp_path / "journal"
    if trouble != "no folder":
        folder.mkdir()
    if trouble == "a folder in its place":
        (folder / "w1.journal").mkdir()
    assert codes(checks.check_journal(folder, worker)) == ["journal.not_writable"]
    assert codes(checks.check_journal(folder, lambda: None)) == [], "where nothing is sent none is needed"


@pytest.mark.parametrize(("free", "found"), [(1_000, []), (999, ["disk.low"])])
def test_a_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, found: list[str]) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10_000, 10_000 - free, free))
    assert codes(checks.check_disk(tmp_path, low_bytes=1_000)) == found


def test_plugins_that_failed_or_hang_are_notes_without_names(fake_clock: FakeClock) -> None:
    good = load(FakeEntryPoint("good", module()))
    assert codes(checks.check_plugins(good)) == []
    failed = load(FakeEntryPoint("pigeon", ImportError("no wings")))
    (finding,) = checks.check_plugins(failed)()
    assert (finding.code, finding.is_fatal) == ("plugin.not_loaded", False)
    assert "pigeon" not in finding.message
    (key,) = failed._reports
    failed._faults.note_hung(key, "mailhub_on_message_sent", 30.0)
    assert codes(checks.check_plugins(failed)) == ["plugin.not_loaded", "plugin.hung"]


def test_readers_that_do_not_get_on_are_a_note(telemetry: Telemetry) -> None:
    reader = telemetry.reader(Ears())
    check = checks.check_readers(lambda: [reader])
    reader.start()
    assert codes(check) == []
    reader.stop()
    assert codes(check) == ["telemetry.behind"]
