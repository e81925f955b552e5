"""What every hub can do without anything installed beside it, as plugins like all others."""

from collections.abc import Sequence
from pathlib import Path

from mailhub.bodies.renderers import BUILTIN_RENDERERS
from mailhub.capture.connectors import connector_types
from mailhub.contract import ConnectorType, PolicyType, RendererType, ScenarioSpec, hookimpl
from mailhub.scenarios.builtin import BUILTIN_SCENARIOS
from mailhub.visibility.policies import BUILTIN_POLICIES


class LocalConnectors:
    """``capture`` and ``file``; they keep mail under the hub's data directory."""

    plugin_name = "connectors"

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir

    @hookimpl
    def mailhub_register_connectors(self) -> Sequence[ConnectorType]:
        return connector_types(self._data_dir)


class BusinessScenarios:
    """What a business sends."""

    plugin_name = "scenarios"

    @hookimpl
    def mailhub_register_scenarios(self) -> Sequence[ScenarioSpec]:
        return BUILTIN_SCENARIOS


class BasicPolicies:
    """``own``."""

    plugin_name = "policies"

    @hookimpl
    def mailhub_register_policies(self) -> Sequence[PolicyType]:
        return BUILTIN_POLICIES


class BasicRenderers:
    """``plain``."""

    plugin_name = "renderers"

    @hookimpl
    def mailhub_register_renderers(self) -> Sequence[RendererType]:
        return BUILTIN_RENDERERS


def builtin_plugins(data_dir: Path) -> list[object]:
    """The plugins to give to ``load_plugins(builtins=...)``; they come in through the same door as all others."""
    return [LocalConnectors(data_dir), BusinessScenarios(), BasicPolicies(), BasicRenderers()]
