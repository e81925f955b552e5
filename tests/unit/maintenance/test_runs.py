"""Who may begin maintenance, how it is followed, and that only one piece of it is at work."""

from threading import Event
from typing import Any

import pytest

from mailhub.contract.texts import _
from mailhub.delivery.check_runs import CheckRuns
from mailhub.entropy import SystemEntropy
from mailhub.errors import FieldError, Invalid, WrongState
from mailhub.maintenance.report import Progress, Report
from mailhub.maintenance.runs import MaintenanceRun, MaintenanceRuns
from mailhub.store.check import Finding
from mailhub.testing import FakeClock
from tests.unit.maintenance.conftest import Owner

NAMES = ("pack", "check", "rotate-key", "export", "import")


@pytest.mark.parametrize("name", NAMES)
def test_over_the_network_there_is_no_maintenance(owner: Owner, name: str) -> None:
    api = owner.kit.user("admin")
    answer = api.app.post_json(f"/api/v1/maintenance/{name}", {}, status=404)
    assert answer.json["code"] == "not_found"


@pytest.mark.parametrize("name", NAMES[:3])
def test_the_owner_may_act_as_somebody_who_may_not(owner: Owner, name: str) -> None:
    owner.kit.user("reader", "email-read")
    headers = {"Mailhub-User": "reader"}
    owner.app.post(f"/api/v1/maintenance/{name}", headers=headers, status=403)


def test_a_run_belongs_to_whoever_began_it(owner: Owner) -> None:
    run = owner.maintain("pack")
    owner.kit.user("other").get(f"/checks/{run['id']}", 404)


def test_steps_and_report_are_told(owner: Owner) -> None:
    run = owner.maintain("pack")
    assert (run["outcome"], run["error"]) == ("ok", None)
    assert [(step["name"], step["outcome"]) for step in run["steps"]] == [("pack", "ok")]
    assert run["report"] == {"findings": [], "changes": [], "content": None}


class Kit:
    """Runs that a test leads by hand."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.runs = CheckRuns(self.clock, SystemEntropy())
        self.maintenance = MaintenanceRuns(self.runs, self.clock, SystemEntropy())

    def ended(self, operation: Any) -> MaintenanceRun:
        done = Event()

        def run(progress: Progress) -> Report:
            try:
                made: Report = operation(progress)
                return made
            finally:
                done.set()

        started = self.maintenance.start("owner", run)
        assert done.wait(10)
        while started.is_running:
            done.wait(0.001)
        return started


@pytest.fixture
def kit() -> Kit:
    return Kit()


def test_one_piece_is_at_work_at_a_time(kit: Kit) -> None:
    go, entered = Event(), Event()

    def wait(_progress: Progress) -> Report:
        entered.set()
        assert go.wait(10)
        return Report()

    first = kit.maintenance.start("owner", wait)
    assert entered.wait(10)
    with pytest.raises(WrongState) as refused:
        kit.maintenance.start("owner", wait)
    assert refused.value.code == "maintenance.running"
    assert first.result().outcome is None
    go.set()
    while first.is_running:
        entered.wait(0.001)
    assert kit.ended(lambda _progress: Report()).result().outcome == "ok"


def test_steps_are_seen_while_it_works(kit: Kit) -> None:
    go, entered = Event(), Event()

    def work(progress: Progress) -> Report:
        with progress.step("first") as step:
            kit.clock.advance(2)
            step.detail = _("Done ${count}", mapping={"count": 3})
        entered.set()
        assert go.wait(10)
        return Report()

    run = kit.maintenance.start("owner", work)
    assert entered.wait(10)
    seen = kit.runs.get(run.id, "owner").result()
    assert [(step.name, step.outcome, step.duration_seconds, step.detail) for step in seen.steps] == [
        ("first", "ok", 2.0, "Done 3")
    ]
    go.set()


def test_a_refusal_is_told_with_every_mistake(kit: Kit) -> None:
    def refuse(progress: Progress) -> Report:
        with progress.step("read"):
            raise Invalid([FieldError("/a", "schema.invalid", "A"), FieldError("/b", "schema.required", "B")])

    result = kit.ended(refuse).result()
    assert result.outcome == "failed"
    assert result.error is not None
    assert result.error.code == "schema.invalid"
    assert result.report is not None
    assert [each["subject"] for each in result.report["findings"]] == ["/a", "/b"]
    assert [(step.name, step.outcome) for step in result.steps] == [("read", "failed")]


def test_what_nobody_expected_is_told_without_its_words(kit: Kit, caplog: pytest.LogCaptureFixture) -> None:
    def fail(_progress: Progress) -> Report:
        raise RuntimeError("a secret word")

    result = kit.ended(fail).result()
    assert result.error is not None
    assert result.error.code == "internal.error"
    assert "secret word" not in result.error.message
    assert "secret word" in caplog.text


def test_findings_that_are_wrong_make_it_fail(kit: Kit) -> None:
    note = Finding("a", "", "worth knowing", is_wrong=False)
    assert kit.ended(lambda _progress: Report(findings=(note,))).result().outcome == "ok"
    result = kit.ended(lambda _progress: Report(findings=(note, Finding("b", "", "wrong")))).result()
    assert result.outcome == "failed"
    assert result.error is not None
    assert result.error.code == "maintenance.findings"
