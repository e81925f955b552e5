"""The plugin host: what is loaded, by id, and the calls of hooks, each implementation guarded on its own."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any, TypeVar

import pluggy

from mailhub.contract.body import RendererType
from mailhub.contract.clock import Clock
from mailhub.contract.connector import ConnectorType
from mailhub.contract.errors import Refusal
from mailhub.contract.events import (
    AccountDeleted,
    DefaultAttachment,
    MessageChanges,
    MessageEvent,
    TestMailRequest,
)
from mailhub.contract.message import Address
from mailhub.contract.policy import PolicyType
from mailhub.contract.scenario import ScenarioSpec
from mailhub.contract.texts import Text, _
from mailhub.errors import Invalid, NotFound

from . import guard
from .contributions import Catalogues
from .guard import FaultLedger
from .notifying import Notifier
from .report import PluginReport

D = TypeVar("D")


class PluginHost:
    """Made by ``load_plugins``; what is loaded never changes while the program runs. Used by many threads."""

    def __init__(
        self,
        manager: pluggy.PluginManager,
        reports: Mapping[str, PluginReport],
        catalogues: Catalogues,
        clock: Clock,
        log: logging.Logger,
        notify_seconds: float,
    ) -> None:
        self._manager = manager
        self._reports = dict(reports)
        self._catalogues = catalogues
        self._faults = FaultLedger(log)
        self._notifier = Notifier(clock, self._faults, notify_seconds)
        self.connectors: Mapping[str, ConnectorType] = MappingProxyType(catalogues.connectors.sorted())
        self.scenarios: Mapping[str, ScenarioSpec] = MappingProxyType(catalogues.scenarios.sorted())
        self.policies: Mapping[str, PolicyType] = MappingProxyType(catalogues.policies.sorted())
        self.renderers: Mapping[str, RendererType] = MappingProxyType(catalogues.renderers.sorted())

    @property
    def plugins(self) -> tuple[PluginReport, ...]:
        """All plugins that were found, in the order of loading, with the faults they have had until now."""
        return tuple(self._with_faults(key, report) for key, report in self._reports.items())

    def get_connector(self, id: str) -> ConnectorType:
        """Raises ``NotFound`` with code ``connector.not_found``."""
        return _get(self.connectors, id, "connector", _("There is no connector ${id}.", mapping={"id": id}))

    def find_connector(self, id: str) -> ConnectorType | None:
        return self.connectors.get(id)

    def get_scenario(self, id: str) -> ScenarioSpec:
        """Raises ``NotFound`` with code ``scenario.not_found``."""
        return _get(self.scenarios, id, "scenario", _("There is no scenario ${id}.", mapping={"id": id}))

    def find_scenario(self, id: str) -> ScenarioSpec | None:
        return self.scenarios.get(id)

    def get_policy(self, id: str) -> PolicyType:
        """Raises ``NotFound`` with code ``policy.not_found``."""
        return _get(self.policies, id, "policy", _("There is no view policy ${id}.", mapping={"id": id}))

    def find_policy(self, id: str) -> PolicyType | None:
        return self.policies.get(id)

    def get_renderer(self, id: str) -> RendererType:
        """Raises ``NotFound`` with code ``renderer.not_found``."""
        return _get(self.renderers, id, "renderer", _("There is no renderer ${id}.", mapping={"id": id}))

    def find_renderer(self, id: str) -> RendererType | None:
        return self.renderers.get(id)

    def note_connector_fault(self, connector_id: str, error: BaseException) -> None:
        """A connector raised what it may not; logged and counted as a fault of the plugin that brought it."""
        plugin = self._catalogues.connectors.owner(connector_id)
        if plugin is not None:
            self._faults.note(plugin, connector_id, error)

    def choose_test_body(self, request: TestMailRequest) -> str | None:
        """Another HTML body for a test mail, or None (``mailhub_choose_test_body``)."""
        answer: str | None = self._first("mailhub_choose_test_body", {"request": request}, str)
        return answer

    def check_address(self, address: Address) -> list[Text]:
        """Why plugins refuse this address; empty when none does (``mailhub_check_address``)."""
        hook = "mailhub_check_address"
        asked = self._calls(hook, {"address": address})
        answers = [self._answer(plugin, hook, partial(_reason, call), str) for plugin, call in asked]
        return [answer for answer in answers if answer]

    def change_message(self, changes: MessageChanges) -> None:
        """Let plugins change a message (``mailhub_change_message``).

        Raises ``Invalid`` with a plugin's sentence when it refuses, with code ``plugin.failed`` when it fails.
        """
        hook = "mailhub_change_message"
        for plugin, call in self._calls(hook, {"message": changes}):
            self._insist(plugin, hook, call)

    def filter_default_attachments(
        self, scenario: str, attachments: Sequence[DefaultAttachment]
    ) -> list[DefaultAttachment]:
        """The attachments that plugins leave, in their order (``mailhub_filter_default_attachments``).

        Raises ``Invalid`` as ``change_message`` does. Ids that were not among those offered change nothing.
        """
        hook = "mailhub_filter_default_attachments"
        left = list(attachments)
        for plugin, implementation in self._implementations(hook):
            call = _bound(implementation, {"scenario": scenario, "attachments": tuple(left)})
            kept = self._insist(plugin, hook, partial(_ids, call))
            left = left if kept is None else [each for each in left if each.id in kept]
        return left

    def has_listeners(self, hook: str) -> bool:
        """True when any plugin implements this hook."""
        return any(True for _implementation in self._implementations(hook))

    def notify(self, hook: str, event: MessageEvent | AccountDeleted) -> None:
        """Tell every plugin of an event (an ``on_`` hook); returns when each was told or given up.

        Called by one thread that does nothing else. A plugin that does not return in time costs this thread its
        time once: it is marked as hung and told of nothing more.
        """
        for plugin, call in self._calls(hook, {"event": event}):
            self._notifier.tell(plugin, hook, call)

    def _with_faults(self, key: str, report: PluginReport) -> PluginReport:
        faults, last_fault, is_hung = self._faults.count(key)
        return replace(report, faults=faults, last_fault=last_fault, is_hung=is_hung)

    def _implementations(self, hook: str) -> Iterator[tuple[str, pluggy.HookImpl]]:
        caller: pluggy.HookCaller = getattr(self._manager.hook, hook)
        for implementation in reversed(caller.get_hookimpls()):
            yield implementation.plugin_name, implementation

    def _calls(self, hook: str, arguments: Mapping[str, object]) -> Iterator[tuple[str, Callable[[], Any]]]:
        for plugin, implementation in self._implementations(hook):
            yield plugin, _bound(implementation, arguments)

    def _first(self, hook: str, arguments: Mapping[str, object], kind: type[D]) -> D | None:
        for plugin, call in self._calls(hook, arguments):
            answer = self._answer(plugin, hook, call, kind)
            if answer is not None:
                return answer
        return None

    def _answer(self, plugin: str, hook: str, call: Callable[[], Any], kind: type[D]) -> D | None:
        """What it returns; None, logged, when it raises or returns something of another kind."""
        outcome = guard.run(partial(_of_kind, call, kind))
        if isinstance(outcome, guard.Raised):
            self._faults.note(plugin, hook, outcome.error)
            return None
        return outcome

    def _insist(self, plugin: str, hook: str, call: Callable[[], D]) -> D:
        """What it returns; ``Invalid`` when it raises."""
        outcome = guard.run(call)
        if not isinstance(outcome, guard.Raised):
            return outcome
        if isinstance(outcome.error, Refusal):
            raise Invalid.of("", outcome.error.code, outcome.error.message) from outcome.error
        self._faults.note(plugin, hook, outcome.error)
        sentence = _("The plugin ${plugin} failed; the message was not taken.", mapping={"plugin": plugin})
        raise Invalid.of("", "plugin.failed", sentence) from outcome.error


def _get(catalogue: Mapping[str, D], id: str, kind: str, message: Text) -> D:
    found = catalogue.get(id)
    if found is None:
        raise NotFound(message, code=f"{kind}.not_found")
    return found


def _bound(implementation: pluggy.HookImpl, arguments: Mapping[str, object]) -> Callable[[], Any]:
    return partial(implementation.function, *(arguments[name] for name in implementation.argnames))


def _of_kind(call: Callable[[], Any], kind: type[D]) -> D | None:
    answer = call()
    if answer is not None and not isinstance(answer, kind):
        raise TypeError(f"{kind.__name__} or None was expected, not {type(answer).__name__}")
    return answer


def _reason(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except Refusal as refusal:
        return refusal.message


def _ids(call: Callable[[], Any]) -> frozenset[str] | None:
    answer = call()
    if answer is None:
        return None
    if isinstance(answer, str | bytes) or not isinstance(answer, Iterable):
        raise TypeError(f"ids were expected, not {type(answer).__name__}")
    return frozenset(str(each) for each in answer)
