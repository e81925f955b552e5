"""Loads plugins one by one, each guarded: a broken one is recorded and the rest starts."""

import logging
import traceback
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

from mailhub.contract.clock import Clock
from mailhub.contract.texts import Text, _

from . import guard
from .candidates import Candidate, EntryPointLike, candidates, installed_entry_points
from .contributions import Catalogues, Contributions, collect
from .descriptors import SchemaCheck
from .hook_check import check_hooks, new_manager
from .host import PluginHost
from .report import PluginProblem, PluginReport, PluginState

NOTIFY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class _Ready:
    plugin: object
    brought: Contributions


def load_plugins(
    entry_points: Iterable[EntryPointLike] | None = None,
    *,
    builtins: Sequence[object] = (),
    disabled: Collection[str] = (),
    clock: Clock,
    log: logging.Logger,
    notify_seconds: float = NOTIFY_SECONDS,
    check_schema: SchemaCheck | None = None,
) -> PluginHost:
    """Load all plugins and make their host; raises nothing that a plugin is to blame for.

    ``entry_points``: None takes those that are installed. ``builtins``: plugin objects of mailhub itself; they come
    first, through the same checks, and cannot be disabled. ``disabled``: names of entry points or distributions whose
    code is not run. ``notify_seconds``: how long a notification may take. ``check_schema``: refuses, by raising, a
    settings schema that a door cannot be made of.
    """
    found = candidates(installed_entry_points() if entry_points is None else entry_points, builtins)
    loader = _Loader(log, check_schema)
    for number, candidate in enumerate(found):
        is_builtin = number < len(builtins)
        loader.take(candidate, is_disabled=not is_builtin and candidate.is_named_by(disabled))
    return PluginHost(loader.manager, loader.reports, loader.catalogues, clock, log, notify_seconds)


class _Loader:
    def __init__(self, log: logging.Logger, check_schema: SchemaCheck | None) -> None:
        self.manager = new_manager()
        self.catalogues = Catalogues()
        self.reports: dict[str, PluginReport] = {}
        self._log = log
        self._check_schema = check_schema

    def take(self, candidate: Candidate, *, is_disabled: bool) -> None:
        key = self._key(candidate)
        if is_disabled:
            self.reports[key] = _report(candidate, "disabled")
            return
        outcome = guard.run(lambda: self._look_into(candidate, key))
        if isinstance(outcome, guard.Raised):
            self.reports[key] = self._failed(candidate, outcome)
            return
        self.catalogues.add(outcome.brought, key)
        report = _report(candidate, "loaded", outcome.brought)
        self.reports[key] = replace(report, text_folder=_text_folder(outcome.plugin))
        self._log.info("plugin %s %s is loaded", key, candidate.version)

    def _key(self, candidate: Candidate) -> str:
        parts = dict.fromkeys((candidate.distribution, candidate.name))
        key = wanted = ":".join(part for part in parts if part)
        number = 1
        while key in self.reports:
            number += 1
            key = f"{wanted}#{number}"
        return key

    def _look_into(self, candidate: Candidate, key: str) -> _Ready:
        """All that may fail; the host's own manager takes the plugin last, so that a failed one leaves no trace."""
        plugin = _imported(candidate)
        self._refuse_second_coming(plugin)
        check_hooks(plugin)
        alone = new_manager()
        alone.register(plugin, key)
        alone.check_pending()
        brought = collect(alone, self._check_schema)
        self.catalogues.refuse_clashes(brought)
        self.manager.register(plugin, key)
        return _Ready(plugin, brought)

    def _refuse_second_coming(self, plugin: object) -> None:
        for name, other in self.manager.list_name_plugin():
            if other is plugin:
                raise PluginProblem(_("It is already loaded as ${name}.", mapping={"name": name}))

    def _failed(self, candidate: Candidate, raised: guard.Raised) -> PluginReport:
        self._log.error(
            "plugin %s cannot be used: %s", candidate.name, raised.sentence, exc_info=raised.error
        )
        return _report(candidate, "failed", error=_reason(raised), traceback=_traceback(raised.error))


class _NotImported(PluginProblem):
    """The import itself failed."""


def _imported(candidate: Candidate) -> object:
    outcome = guard.run(candidate.load)
    if isinstance(outcome, guard.Raised):
        reason = _("It cannot be imported: ${error}", mapping={"error": outcome.sentence})
        raise _NotImported(reason) from outcome.error
    return outcome


def _text_folder(plugin: object) -> Path | None:
    """``locale`` beside the plugin's module; a module that is in no package has none of its own."""
    if not isinstance(plugin, ModuleType) or not plugin.__package__ or plugin.__file__ is None:
        return None
    folder = Path(plugin.__file__).parent / "locale"
    return folder if folder.is_dir() else None


def _reason(raised: guard.Raised) -> Text:
    if isinstance(raised.error, PluginProblem):
        return raised.error.message
    return _("A hook that registers failed: ${error}", mapping={"error": raised.sentence})


def _traceback(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


def _report(
    candidate: Candidate,
    state: PluginState,
    brought: Contributions | None = None,
    *,
    error: Text = "",
    traceback: str = "",
) -> PluginReport:
    brought = brought or Contributions()
    return PluginReport(
        name=candidate.name,
        distribution=candidate.distribution,
        version=candidate.version,
        state=state,
        error=error,
        traceback=traceback,
        connectors=tuple(each.id for each in brought.connectors),
        scenarios=tuple(each.id for each in brought.scenarios),
        policies=tuple(each.id for each in brought.policies),
        renderers=tuple(each.id for each in brought.renderers),
    )
