"""Bring docs/reference/hooks.md up to date with the docstrings of the hooks; ``--check`` changes nothing."""

import argparse
import inspect
import sys
from pathlib import Path
from typing import Any

from mailhub.contract import CONTRACT_VERSION, hookspecs
from mailhub.pluginhost.hook_check import hook_names

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs" / "reference" / "hooks.md"

HEAD = f"""\
# Hooks

<!-- written by tools/write_hooks.py from src/mailhub/contract/hookspecs.py; do not edit -->

All hooks of version {CONTRACT_VERSION} of the plugin contract.
"""


def reference_text() -> str:
    """The page docs/reference/hooks.md."""
    introduction = _markdown(inspect.getdoc(hookspecs) or "")
    return "\n".join([HEAD, introduction, *(_entry(name) for name in hook_names())])


def _entry(name: str) -> str:
    hook = getattr(hookspecs, name)
    return f"\n## `{name}`\n\n```python\n{_signature(name, hook)}\n```\n\n{_markdown(inspect.getdoc(hook) or '')}"


def _signature(name: str, hook: Any) -> str:
    given = inspect.signature(hook)
    arguments = ", ".join(f"{each.name}: {_type(each.annotation)}" for each in given.parameters.values())
    return f"def {name}({arguments}) -> {_type(given.return_annotation)}: ..."


def _type(annotation: Any) -> str:
    """A type as an author writes it, without the modules it comes from."""
    text = (
        annotation.__name__
        if inspect.isclass(annotation) and not hasattr(annotation, "__args__")
        else str(annotation)
    )
    for module in ("collections.abc.", "typing.", "translationstring."):
        text = text.replace(module, "")
    words = text.replace("[", "[ ").replace("]", " ]").split(" ")
    text = " ".join(word.rpartition(".")[2] for word in words).replace("[ ", "[").replace(" ]", "]")
    return text.replace("TranslationString | str", "Text").replace("NoneType", "None")


def _markdown(docstring: str) -> str:
    """What these docstrings use of reStructuredText, as Markdown."""
    lines: list[str] = []
    is_code = False
    for line in docstring.replace("``", "`").splitlines():
        if not is_code and line.endswith("::"):
            lines += [line.removesuffix(":"), "", "```python"]
            is_code = True
        elif is_code and line and not line.startswith("    "):
            lines += ["```", "", line]
            is_code = False
        elif not (is_code and not line and lines[-1] == "```python"):
            lines.append(line.removeprefix("    ") if is_code else line)
    return "\n".join([*lines, "```"] if is_code else lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="change nothing, fail when the page is out of date"
    )
    check = parser.parse_args().check
    is_stale = not REFERENCE.exists() or REFERENCE.read_text() != reference_text()
    if is_stale and check:
        print(f"{REFERENCE.relative_to(ROOT)} is out of date: run tools/write_hooks.py")
    elif is_stale:
        REFERENCE.write_text(reference_text())
    return 1 if check and is_stale else 0


if __name__ == "__main__":
    sys.exit(main())
