"""Finds the error codes in the source: whatever is raised, answered or recorded has one."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from .pages import ROOT

CODE = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
CATALOGUE = ROOT / "src" / "mailhub" / "http" / "codes.py"
KIT = ROOT / "src" / "mailhub" / "testing"
PLACES = {
    "Failure": 0,
    "FieldError": 1,
    "Finding": 0,
    "Invalid.of": 1,
    "RecipientState": 1,
    "SenderRefused": 1,
    "SettingInvalid": 2,
    "SettingsNotice": 0,
}
"""Where a code stands among the arguments of what carries one."""


def source_files() -> list[Path]:
    """The code whose codes people meet: ours and our plugins', without the kit for tests and the catalogue itself."""
    files = [*(ROOT / "src").rglob("*.py"), *ROOT.glob("plugins/*/src/**/*.py")]
    return sorted(path for path in files if path != CATALOGUE and KIT not in path.parents)


def codes_in(source: str) -> set[str]:
    """The codes that this source gives to errors."""
    return {found for node in ast.walk(ast.parse(source)) for found in _codes_of(node)}


def all_codes() -> dict[str, set[str]]:
    """Each code of the source with the files that have it."""
    found: dict[str, set[str]] = {}
    for path in source_files():
        for each in codes_in(path.read_text()):
            found.setdefault(each, set()).add(str(path.relative_to(ROOT)))
    return found


def constants() -> set[str]:
    """Every text in the source that is a constant."""
    trees = (ast.parse(path.read_text()) for path in source_files())
    nodes = (node for tree in trees for node in ast.walk(tree))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def dotted_constants() -> set[str]:
    """Those that look like a code, wherever they stand."""
    return {each for each in constants() if CODE.fullmatch(each)}


def _codes_of(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.ClassDef):
        for statement in node.body:
            if isinstance(statement, ast.Assign) and _name(statement.targets[0]) == "code":
                yield from _constant(statement.value)
    elif isinstance(node, ast.Call):
        yield from _codes_of_call(node)


def _codes_of_call(call: ast.Call) -> Iterator[str]:
    for keyword in call.keywords:
        if keyword.arg in ("code", "error_code"):
            yield from _constant(keyword.value)
    place = PLACES.get(_name(call.func))
    if place is not None and len(call.args) > place:
        yield from _constant(call.args[place])


def _name(node: ast.expr) -> str:
    """``Invalid.of`` for the attribute of a name, else the last name."""
    if isinstance(node, ast.Attribute):
        owner = f"{node.value.id}." if isinstance(node.value, ast.Name) else ""
        return f"{owner}{node.attr}" if f"{owner}{node.attr}" in PLACES else node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _constant(node: ast.expr) -> Iterator[str]:
    """Also both branches of a choice."""
    if isinstance(node, ast.IfExp):
        yield from _constant(node.body)
        yield from _constant(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
        yield node.value
