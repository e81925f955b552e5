"""The document changes only on purpose: who changes it writes the golden file anew and sees what that does to clients."""

import difflib

from mailhub.http.openapi_api import DOCUMENT
from tests.kit.hub import HubKit
from tools.write_openapi import GOLDEN, golden_text


def test_the_document_is_the_one_that_was_agreed(kit: HubKit) -> None:
    served = golden_text(kit.application.registry[DOCUMENT].document)
    agreed = GOLDEN.read_text("utf-8")

    if served != agreed:
        lines = difflib.unified_diff(agreed.splitlines(), served.splitlines(), "agreed", "served", "", "", 3)
        raise AssertionError("run `make reference` if this is meant:\n" + "\n".join(list(lines)[:60]))
