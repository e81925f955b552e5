"""Bring docs/examples/first-invoice.json up to date with the files beside it; ``--check`` changes nothing.

It is the body of the `POST /messages` that `make run` proposes: what a person would write, with the files in base64.
"""

import argparse
import base64
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "docs" / "examples" / "first-invoice.json"
FILES = ROOT / "docs" / "examples" / "first-invoice"


def first_invoice() -> dict[str, Any]:
    """An invoice with HTML, a picture inside it, and the invoice itself as PDF."""
    logo = {"inline": True, "content_id": "logo"}
    return {
        "scenario": "sales-invoice",
        "to": [{"name": "Ada Byron", "address": "ada@example.com"}],
        "subject": "Invoice 103001",
        "html": (FILES / "invoice.html").read_text(),
        "attachments": [
            _attached("logo.png", "image/png") | logo,
            _attached("invoice-103001.pdf", "application/pdf"),
        ],
        "related": [
            {"kind": "sales-invoice", "id": "103001", "title": "Invoice 103001", "relation": "primary"}
        ],
    }


def _attached(name: str, content_type: str) -> dict[str, Any]:
    content = base64.b64encode((FILES / name).read_bytes()).decode("ascii")
    return {"name": name, "content_type": content_type, "content": content}


def example_text() -> str:
    """The right content of the file."""
    return json.dumps(first_invoice(), indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="change nothing, fail when the file is out of date"
    )
    check = parser.parse_args().check
    is_stale = not EXAMPLE.exists() or EXAMPLE.read_text() != example_text()
    if is_stale and check:
        print(f"{EXAMPLE.relative_to(ROOT)} is out of date: run tools/write_examples.py")
    elif is_stale:
        EXAMPLE.write_text(example_text())
    return 1 if check and is_stale else 0


if __name__ == "__main__":
    sys.exit(main())
