"""Bring tests/functional/openapi.golden.json up to date with the declared calls; ``--check`` changes nothing.

It is the document of a hub with the connectors that are built in and the fake one of tests, so that what is installed
beside has no part in it.
"""

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mailhub.builtin import builtin_plugins
from mailhub.contract.connector import ConnectorType
from mailhub.http.openapi import build_document
from mailhub.testing import FakeProvider, fake_connector_type
from tools.endpoints import mounted
from tools.pages import ROOT, Pages, bring_up_to_date

GOLDEN = ROOT / "tests" / "functional" / "openapi.golden.json"
ANY_VERSION = "0"
"""In place of the hub's own: a release is no change of the API."""


def expected() -> Pages:
    """The file, as it should be."""
    with tempfile.TemporaryDirectory() as folder:
        schemas = {kind.id: kind.settings_schema for kind in _connectors(Path(folder))}
    return {GOLDEN: golden_text(build_document(mounted(), schemas, version=ANY_VERSION).document)}


def golden_text(document: Mapping[str, Any]) -> str:
    """A document as the file has it."""
    made = {**document, "info": {**document["info"], "version": ANY_VERSION}}
    return json.dumps(made, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _connectors(folder: Path) -> Iterator[ConnectorType]:
    yield fake_connector_type(FakeProvider(spool=folder))
    for plugin in builtin_plugins(folder):
        yield from getattr(plugin, "mailhub_register_connectors", tuple)()


if __name__ == "__main__":
    sys.exit(bring_up_to_date(__doc__ or "", expected))
