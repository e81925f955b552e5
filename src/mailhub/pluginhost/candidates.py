"""What may become a plugin: the built-ins, then the entry points of everything that is installed, in a fixed order."""

import importlib.metadata
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from mailhub.contract.hookspecs import PROJECT

BUILT_IN_DISTRIBUTION = "mailhub"


class EntryPointLike(Protocol):
    """What the host needs of ``importlib.metadata.EntryPoint``."""

    @property
    def name(self) -> str: ...
    @property
    def dist(self) -> Any:
        """The distribution with its ``name`` and ``version``, or None."""
        ...

    def load(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class Candidate:
    """A plugin that was found and not looked into yet. ``load`` runs its code for the first time."""

    name: str
    distribution: str
    version: str
    load: Callable[[], object]

    def is_named_by(self, names: Collection[str]) -> bool:
        """True when its own name or its distribution's is among these (case, ``-``, ``_`` and ``.`` do not matter)."""
        wanted = {_normal(name) for name in names}
        return _normal(self.name) in wanted or _normal(self.distribution) in wanted


def installed_entry_points() -> Iterable[EntryPointLike]:
    """The entry points of group ``mailhub`` of all installed distributions."""
    return importlib.metadata.entry_points(group=PROJECT)


def candidates(entry_points: Iterable[EntryPointLike], builtins: Sequence[object]) -> list[Candidate]:
    """All candidates in the order of loading: the built-ins as given, then by distribution and name."""
    installed = sorted((_from_entry_point(each) for each in entry_points), key=_order)
    return [_from_builtin(each) for each in builtins] + installed


def _from_builtin(plugin: object) -> Candidate:
    name = str(getattr(plugin, "plugin_name", type(plugin).__name__))
    return Candidate(name, BUILT_IN_DISTRIBUTION, _version_of_mailhub(), lambda: plugin)


def _from_entry_point(entry_point: EntryPointLike) -> Candidate:
    distribution = entry_point.dist
    return Candidate(
        name=entry_point.name,
        distribution=getattr(distribution, "name", None) or "",
        version=getattr(distribution, "version", None) or "",
        load=entry_point.load,
    )


def _version_of_mailhub() -> str:
    try:
        return importlib.metadata.version(BUILT_IN_DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:  # run from a checkout that is not installed
        return ""


def _order(candidate: Candidate) -> tuple[str, str]:
    return _normal(candidate.distribution), candidate.name


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
