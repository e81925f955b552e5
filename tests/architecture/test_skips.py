"""A run of the tests says at its end what it did not look at."""

from pathlib import Path

import pytest

from tests.kit.skips import closing_line, skips_fail

ROOT = Path(__file__).parents[2]

A_SKIPPED_AND_A_GOOD_TEST = """
import pytest

@pytest.mark.skip(reason="needs the system package postfix: `make test-system`")
def test_skipped(): pass

def test_good(): pass

@pytest.mark.xfail(reason="known")
def test_known(): raise AssertionError
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    for name in ("CI", "MAILHUB_SKIPS_FAIL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makeconftest('pytest_plugins = ["tests.kit.system", "tests.kit.skips"]')
    pytester.makeini("[pytest]\nmarkers =\n    system(package): needs a package\n")
    return pytester


@pytest.mark.parametrize("processes", ["0", "2"])
def test_the_last_line_counts_the_skipped_tests(suite: pytest.Pytester, processes: str) -> None:
    suite.makepyfile(A_SKIPPED_AND_A_GOOD_TEST)
    result = suite.runpytest_subprocess("-n", processes)
    assert result.ret == pytest.ExitCode.OK
    assert result.outlines[-1] == "skipped: 1; `make test-system` as root would make 1 of them run"
    result.assert_outcomes(passed=1, skipped=1, xfailed=1)


@pytest.mark.parametrize("variable", ["CI", "MAILHUB_SKIPS_FAIL"])
def test_at_the_gate_a_skipped_test_fails_the_run(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "true")
    suite.makepyfile(A_SKIPPED_AND_A_GOOD_TEST)
    result = suite.runpytest_subprocess("-n", "2")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert result.outlines[-1].endswith("here a skipped test fails the run")


def test_a_module_that_skips_itself_is_counted(suite: pytest.Pytester) -> None:
    suite.makepyfile("import pytest\npytest.skip('not here', allow_module_level=True)")
    result = suite.runpytest_subprocess("-n", "0")
    assert result.outlines[-1] == "skipped: 1; 1 for the reasons listed above"


def test_a_test_may_not_ask_for_a_package_that_nobody_installs(suite: pytest.Pytester) -> None:
    suite.makepyfile("import pytest\n\n@pytest.mark.system('postfixx')\ndef test_it(): pass")
    result = suite.runpytest_subprocess("-n", "0")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*postfixx is not in tools/system-packages*"])


def test_a_run_that_skipped_nothing_says_so() -> None:
    assert closing_line([], fails=True) == "skipped: none"


@pytest.mark.parametrize(
    ("environ", "fails"),
    [
        ({}, False),
        ({"CI": "true"}, True),
        ({"MAILHUB_SKIPS_FAIL": "1"}, True),
        ({"MAILHUB_SKIPS_FAIL": "0"}, False),
    ],
)
def test_who_makes_skips_fail(environ: dict[str, str], fails: bool) -> None:
    assert skips_fail(environ) is fails
