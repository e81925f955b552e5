"""A plugin that is a distribution of its own appears by being installed and is gone by being uninstalled."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.plugin_example.environment import EXAMPLE, PluginEnvironment, build_wheel

SHOW = """
import json, logging
from mailhub.clock import SystemClock
from mailhub.contract.texts import plain
from mailhub.http.json_schema import json_schema_of
from mailhub.pluginhost import load_plugins

host = load_plugins(clock=SystemClock(), log=logging.getLogger(), check_schema=json_schema_of)
plugins = {
    each.distribution: [each.name, each.version, each.state, plain(each.error)] for each in host.plugins
}
connector = host.find_connector("notebook")
print(json.dumps({
    "plugins": plugins,
    "settings": connector and json_schema_of(connector.settings_schema()),
    "scenario": plain(host.scenarios["shopping-list"].title) if "shopping-list" in host.scenarios else None,
}))
"""


def shown(environment: PluginEnvironment) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(environment.run("-W", "ignore", "-c", SHOW))
    return found


@pytest.mark.timeout(240)
def test_a_connector_of_its_own_distribution_comes_and_goes(tmp_path: Path) -> None:
    environment = PluginEnvironment.make(tmp_path)
    before = shown(environment)
    assert "mailhub-example" not in before["plugins"]
    assert before["settings"] is None

    environment.install(build_wheel(EXAMPLE, tmp_path))
    installed = shown(environment)
    assert installed["plugins"]["mailhub-example"] == ["notebook", "1.0.0", "loaded", ""]
    assert list(installed["settings"]["properties"]) == ["notebook", "ink", "password"]
    assert installed["settings"]["properties"]["password"]["writeOnly"] is True
    assert installed["settings"]["required"] == ["notebook"]
    assert installed["scenario"] == "Shopping list"

    environment.uninstall("mailhub-example")
    gone = shown(environment)
    assert gone["plugins"].keys() == before["plugins"].keys()
    assert (gone["settings"], gone["scenario"]) == (None, None)
