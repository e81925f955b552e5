"""Every plugin of this repository is loaded by the hub as it is installed, with the checks the hub makes."""

import logging
from pathlib import Path

from mailhub.builtin import builtin_plugins
from mailhub.clock import SystemClock
from mailhub.contract.texts import plain
from mailhub.http.json_schema import json_schema_of
from mailhub.pluginhost import load_plugins


def test_everything_that_is_installed_is_loaded(tmp_path: Path) -> None:
    host = load_plugins(
        builtins=builtin_plugins(tmp_path),
        clock=SystemClock(),
        log=logging.getLogger(__name__),
        check_schema=json_schema_of,
    )
    assert {each.name: plain(each.error) for each in host.plugins if each.state != "loaded"} == {}
    assert {"capture", "file", "smtp"} <= set(host.connectors)
