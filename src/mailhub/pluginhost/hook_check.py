"""Looks at a plugin's hooks before any of them is called: the mistakes that would otherwise be silent."""

import difflib
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pluggy

from mailhub.contract import hookspecs
from mailhub.contract.hookspecs import PROJECT
from mailhub.contract.texts import Text, _

from .report import PluginProblem

_ITERATED = ("register", "filter")
"""Verbs whose hooks may be generator functions, because their result is iterated over."""


def new_manager() -> pluggy.PluginManager:
    """A manager that knows the hooks of the contract and no plugin."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hookspecs)
    return manager


def check_hooks(plugin: object) -> None:
    """Raises ``PluginProblem`` for the first hook that could not work as its author means it.

    That is: not marked with ``hookimpl``, a name the contract does not have (unless marked ``optionalhook``, for
    plugins that know newer hubs), an argument the hook does not give, or a kind of function it cannot be.
    """
    if plugin is None or inspect.isclass(plugin):
        raise PluginProblem(_("A plugin is a module or an object, not a class and not None."))
    manager = new_manager()
    for name, function in _functions(plugin):
        options = manager.parse_hookimpl_opts(plugin, name)
        if options is None:
            _refuse_unmarked(name)
            continue
        hook = options.get("specname") or name
        specified = getattr(manager.hook, hook, None)
        if specified is not None:
            _check_kind(hook, function, options)
            _check_arguments(hook, function, options, specified.spec.argnames)
        elif not options.get("optionalhook"):
            raise PluginProblem(_unknown(hook))


def _functions(plugin: object) -> Iterator[tuple[str, Callable[..., Any]]]:
    for name in dir(plugin):
        value = inspect.getattr_static(plugin, name, None)
        if isinstance(value, property):
            continue
        value = getattr(plugin, name, None)
        if inspect.isroutine(value):
            yield name, value


def _refuse_unmarked(name: str) -> None:
    if name.startswith(f"{PROJECT}_"):
        raise PluginProblem(
            _("${name} looks like a hook but is not marked with @hookimpl.", mapping={"name": name})
        )


def _unknown(hook: str) -> Text:
    near = difflib.get_close_matches(hook, hook_names(), n=1)
    if near:
        return _(
            "There is no hook ${hook}; is ${near} meant?",
            mapping={"hook": hook, "near": near[0]},
        )
    return _("There is no hook ${hook}.", mapping={"hook": hook})


def hook_names() -> list[str]:
    """The names of all hooks of the contract, in their order."""
    return [name for name in vars(hookspecs) if name.startswith(f"{PROJECT}_")]


def _check_kind(hook: str, function: Callable[..., Any], options: Any) -> None:
    if options.get("wrapper") or options.get("hookwrapper"):
        raise PluginProblem(_("${hook} is a hook wrapper; mailhub has none.", mapping={"hook": hook}))
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise PluginProblem(_("${hook} is asynchronous; hooks are plain functions.", mapping={"hook": hook}))
    if inspect.isgeneratorfunction(function) and hook.split("_")[1] not in _ITERATED:
        raise PluginProblem(_("${hook} yields; its body would never be run.", mapping={"hook": hook}))


def _check_arguments(hook: str, function: Callable[..., Any], options: Any, known: tuple[str, ...]) -> None:
    wanted = pluggy.HookImpl(None, "", function, options).argnames
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise PluginProblem(
            _(
                "${hook} takes no argument ${unknown}; it is given: ${known}.",
                mapping={
                    "hook": hook,
                    "unknown": ", ".join(unknown),
                    "known": ", ".join(known) or "-",
                },
            )
        )
