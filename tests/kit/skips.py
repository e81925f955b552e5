"""The last line of a run says how many tests were skipped and what would run them.

With ``MAILHUB_SKIPS_FAIL=1`` or ``CI=true`` in the environment a skipped test fails the run: a gate that passes because
it looked at nothing is none.
"""

import os
from collections.abc import Generator, Mapping

import pytest

from tests.kit.system import REMEDY

IS_ON = {"1", "true", "yes"}


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # a process of pytest-xdist reports to the one that started it
        config.pluginmanager.register(Skips(), "mailhub-skips")


def skips_fail(environ: Mapping[str, str]) -> bool:
    """Whether a skipped test fails the run."""
    return any(environ.get(name, "").lower() in IS_ON for name in ("MAILHUB_SKIPS_FAIL", "CI"))


def closing_line(reasons: list[str], *, fails: bool) -> str:
    """One line about the skipped tests, given the reason of each."""
    if not reasons:
        return "skipped: none"
    curable = sum(REMEDY in reason for reason in reasons)
    parts = [f"skipped: {len(reasons)}"]
    if curable:
        parts.append(f"{REMEDY} as root would make {curable} of them run")
    if curable < len(reasons):
        parts.append(f"{len(reasons) - curable} for the reasons listed above")
    if fails:
        parts.append("here a skipped test fails the run")
    return "; ".join(parts)


class Skips:
    """Collects the reason of each skipped test, also from the processes of pytest-xdist."""

    def __init__(self) -> None:
        self._reasons: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note(report)

    def _note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            self._reasons[report.nodeid] = str(report.longrepr)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """Runs outside of the terminal reporter's own ending, so that its line is the last one."""
        fails = skips_fail(os.environ)
        if fails and self._reasons and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        result = yield
        print(closing_line(list(self._reasons.values()), fails=fails))
        return result
