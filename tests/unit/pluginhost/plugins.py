"""Plugins made on the spot, and entry points that lead to them."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace
from typing import Any

import colander

from mailhub.contract import (
    Connector,
    ConnectorType,
    OutgoingMessage,
    ScenarioSpec,
    SendOutcome,
    SessionContext,
    Step,
    hookimpl,
)
from mailhub.contract.clock import Clock
from mailhub.pluginhost import PluginHost, PluginReport, load_plugins
from mailhub.testing.clock import FakeClock

LOG = logging.getLogger("tests.pluginhost")


class NoConnector(Connector):
    def send(self, message: OutgoingMessage, context: SessionContext) -> SendOutcome:
        return SendOutcome.accepted(message)

    def check(self, message: OutgoingMessage | None, context: SessionContext) -> Iterator[Step]:
        yield Step("send", "ok")


class NoSettings(colander.MappingSchema):
    pass


def connector(id: str = "pigeon", **changes: Any) -> ConnectorType:
    given: dict[str, Any] = {
        "id": id,
        "title": "Pigeon post",
        "description": "Sends by pigeon.",
        "settings_schema": NoSettings,
        "make": lambda settings: NoConnector(),
    }
    return ConnectorType(**(given | changes))


def module(*hooks: Callable[..., Any], name: str = "a_plugin") -> ModuleType:
    """A plugin module with these functions, each marked as a hook."""
    made = ModuleType(name)
    for hook in hooks:
        setattr(made, hook.__name__, hookimpl(hook))
    return made


def with_connectors(*connectors: ConnectorType) -> ModuleType:
    def mailhub_register_connectors() -> tuple[ConnectorType, ...]:
        return connectors

    return module(mailhub_register_connectors)


def with_scenarios(*ids: str) -> ModuleType:
    def mailhub_register_scenarios() -> list[ScenarioSpec]:
        return [ScenarioSpec(id, id.title()) for id in ids]

    return module(mailhub_register_scenarios)


@dataclass
class FakeEntryPoint:
    """Leads to a plugin, or to an exception."""

    name: str
    plugin: object
    distribution: str = ""
    version: str = "1.0"
    dist: Any = field(init=False)

    def __post_init__(self) -> None:
        distribution = self.distribution or f"dist-{self.name}"
        self.dist = SimpleNamespace(name=distribution, version=self.version)

    def load(self) -> object:
        if isinstance(self.plugin, BaseException):
            raise self.plugin
        return self.plugin


def load(*entry_points: FakeEntryPoint, clock: Clock | None = None, **options: Any) -> PluginHost:
    return load_plugins(entry_points, clock=clock or FakeClock(), log=LOG, **options)


def load_one(plugin: object, **options: Any) -> PluginHost:
    return load(FakeEntryPoint("one", plugin), **options)


def report(host: PluginHost, name: str = "one") -> PluginReport:
    (found,) = [each for each in host.plugins if each.name == name]
    return found
