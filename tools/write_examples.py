"""Bring docs/examples/first-invoice.json up to date with the files beside it; ``--check`` changes nothing.

It is the body of the ``POST /messages`` that ``make run`` proposes.
"""

import base64
import json
import sys
from typing import Any

from tools.pages import ROOT, Pages, bring_up_to_date

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


def expected() -> Pages:
    """The file, as it should be."""
    return {EXAMPLE: json.dumps(first_invoice(), indent=2, ensure_ascii=False) + "\n"}


if __name__ == "__main__":
    sys.exit(bring_up_to_date(__doc__ or "", expected))
