"""Import rules that import-linter has no words for; the others are in pyproject.toml."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
HUB = ROOT / "src" / "mailhub"
SUBJECTS = (
    "events", "people", "uploads", "company", "accounts", "signin", "scenarios", "bodies", "messages", "visibility",
    "delivery", "composing", "documents", "telemetry", "maintenance",
)  # fmt: skip
OTHER_ROOMS = {"app", "contract", "pluginhost", "testing", "store", "http", "web", "cli", "capture"}
STORAGE_LIBRARIES = {"transaction", "ZODB", "ZEO", "relstorage", "zc", "zodburi", "zodbpickle"}
PERSISTENCE = {"persistent", "BTrees"}


def imports_of(path: Path) -> Iterator[str]:
    """The modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def libraries_of(path: Path) -> set[str]:
    """The top-level packages that a file imports, ours left out."""
    return {name.partition(".")[0] for name in imports_of(path)} - {"mailhub"} - sys.stdlib_module_names


def room_of(path: Path) -> str:
    """The folder below src/mailhub that a file is in; for a file beside the folders its own name."""
    return path.relative_to(HUB).parts[0]


def inner_room_of(path: Path) -> str:
    """The part of a subject that a file belongs to: ``service`` for service.py and for all below service/."""
    return path.relative_to(HUB).parts[1].removesuffix(".py")


def breaches(allowed: set[str], files: Iterator[Path]) -> dict[str, set[str]]:
    """Files that import other libraries than the allowed ones."""
    found = {str(path.relative_to(ROOT)): libraries_of(path) - allowed for path in files}
    return {path: libraries for path, libraries in found.items() if libraries}


def test_the_contract_needs_three_libraries_only() -> None:
    assert not breaches({"pluggy", "colander", "translationstring"}, (HUB / "contract").rglob("*.py"))


def test_transactions_and_storages_are_known_to_the_store_only() -> None:
    users = {room_of(path) for path in HUB.rglob("*.py") if libraries_of(path) & STORAGE_LIBRARIES}
    assert users <= {"store"}


def test_persistent_objects_are_made_by_models_and_the_store_only() -> None:
    outside = {"api", "cli", "pages", "schema", "service", "writes"}
    users = [
        path for path in HUB.rglob("*.py") if libraries_of(path) & PERSISTENCE and room_of(path) != "store"
    ]
    wrong = [str(path) for path in users if room_of(path) not in SUBJECTS or inner_room_of(path) in outside]
    assert not wrong


def test_forms_are_for_pages() -> None:
    users = [path for path in HUB.rglob("*.py") if "deform" in libraries_of(path)]
    assert all(room_of(path) == "web" or inner_room_of(path) == "pages" for path in users)


def test_pyramid_is_for_the_doors() -> None:
    users = [path for path in HUB.rglob("*.py") if libraries_of(path) & {"pyramid", "webob"}]
    doors = {"app.py", "app", "http", "web"}
    wrong = [
        str(path)
        for path in users
        if room_of(path) not in doors and inner_room_of(path) not in {"api", "pages"}
    ]
    assert not wrong


def test_plugins_know_the_contract_only() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in ROOT.glob("plugins/*/src/**/*.py")
        for name in imports_of(path)
        if name.split(".")[0] == "mailhub" and name.split(".")[:2] != ["mailhub", "contract"]
    ]
    assert not wrong


def test_every_room_is_known_and_every_subject_is_in_the_linted_lists() -> None:
    rooms = {path.parent.name for path in HUB.glob("*/__init__.py")}
    assert rooms <= {*SUBJECTS, *OTHER_ROOMS}
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    order, inside = (contract for contract in linter if contract["type"] == "layers")
    assert [layer.strip("()") for layer in reversed(order["layers"])] == list(SUBJECTS)
    assert {f"mailhub.{room}" for room in rooms & set(SUBJECTS)} == set(inside["containers"])
    store = next(contract for contract in linter if contract.get("source_modules") == ["mailhub.store"])
    assert set(inside["containers"]) <= set(store["forbidden_modules"])
