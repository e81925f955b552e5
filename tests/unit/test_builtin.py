"""What a hub can do by itself comes in through the plugins' door."""

import logging
from pathlib import Path

import pytest

from mailhub.builtin import builtin_plugins
from mailhub.http.json_schema import json_schema_of
from mailhub.pluginhost import PluginHost, load_plugins
from mailhub.testing import FakeClock


@pytest.fixture
def host(tmp_path: Path) -> PluginHost:
    return load_plugins(
        [],
        builtins=builtin_plugins(tmp_path),
        clock=FakeClock(),
        log=logging.getLogger(__name__),
        check_schema=json_schema_of,
    )


def test_all_built_ins_are_loaded(host: PluginHost) -> None:
    assert {(each.name, each.state, each.error) for each in host.plugins} == {
        ("connectors", "loaded", ""),
        ("scenarios", "loaded", ""),
        ("policies", "loaded", ""),
        ("renderers", "loaded", ""),
    }
    assert {each.distribution for each in host.plugins} == {"mailhub"}


def test_the_built_ins_are_those_that_a_hub_promises(host: PluginHost) -> None:
    assert list(host.connectors) == ["capture", "file"]
    assert list(host.policies) == ["own"]
    assert list(host.renderers) == ["plain"]
    assert {"default", "sales-invoice", "approval-request", "production-order"} <= set(host.scenarios)
    assert len(host.scenarios) == 27
