"""Every hook has a test that names it, and stands in the reference as its docstring says."""

import inspect
import re
from pathlib import Path

import pytest

from mailhub.contract import hookspecs
from mailhub.pluginhost.hook_check import hook_names
from tools.write_hooks import REFERENCE, reference_text

VERBS = {"register", "on", "choose", "change", "filter", "check"}
EVERY_HOOK = pytest.mark.parametrize("name", hook_names())


def test_the_reference_is_up_to_date() -> None:
    assert REFERENCE.read_text() == reference_text(), "run tools/write_hooks.py"


@EVERY_HOOK
def test_each_hook_is_in_the_reference(name: str) -> None:
    assert f"## `{name}`" in REFERENCE.read_text().splitlines()


@EVERY_HOOK
def test_each_hook_has_a_test(name: str) -> None:
    here = Path(__file__)
    assert any(name in path.read_text() for path in here.parent.glob("test_*.py") if path != here)


@EVERY_HOOK
def test_each_hook_says_when_it_is_called_and_what_an_error_does(name: str) -> None:
    docstring = inspect.getdoc(getattr(hookspecs, name)) or ""
    refers_to_another = re.search(r"Called as ``(mailhub_\w+)`` is\.", docstring)
    if refers_to_another:
        docstring = inspect.getdoc(getattr(hookspecs, refers_to_another[1])) or ""
    assert "Called" in docstring
    assert "exception" in docstring


@EVERY_HOOK
def test_each_hook_has_one_of_the_six_verbs(name: str) -> None:
    assert name.split("_")[1] in VERBS
