"""Everything the loaded plugins bring: typed descriptors by id, each id taken once."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

import pluggy

from mailhub.contract.body import RendererType
from mailhub.contract.connector import ConnectorType
from mailhub.contract.policy import PolicyType
from mailhub.contract.scenario import ScenarioSpec
from mailhub.contract.texts import Text, _

from .descriptors import SchemaCheck, checked
from .report import PluginProblem


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


D = TypeVar("D", bound=_HasId)


@dataclass(frozen=True, slots=True)
class Contributions:
    """What one plugin brings."""

    connectors: tuple[ConnectorType, ...] = ()
    scenarios: tuple[ScenarioSpec, ...] = ()
    policies: tuple[PolicyType, ...] = ()
    renderers: tuple[RendererType, ...] = ()


def collect(manager: pluggy.PluginManager, check_schema: SchemaCheck | None) -> Contributions:
    """Call the ``register_`` hooks of the one plugin this manager knows. Raises ``PluginProblem``, or what it raises."""
    hook = manager.hook

    def returned(answers: list[object]) -> list[object]:
        return [each for answer in answers for each in _listed(answer)]

    return Contributions(
        checked(ConnectorType, returned(hook.mailhub_register_connectors()), check_schema),
        checked(ScenarioSpec, returned(hook.mailhub_register_scenarios()), check_schema),
        checked(PolicyType, returned(hook.mailhub_register_policies()), check_schema),
        checked(RendererType, returned(hook.mailhub_register_renderers()), check_schema),
    )


def _listed(answer: object) -> list[object]:
    if isinstance(answer, str | bytes) or not isinstance(answer, Iterable):
        raise PluginProblem(
            _("A hook returned ${found}, not a list.", mapping={"found": type(answer).__name__})
        )
    return list(answer)


class Catalogue(Mapping[str, D], Generic[D]):
    """Descriptors of one kind by id, in the order they were added; knows who brought each."""

    def __init__(self) -> None:
        self._descriptors: dict[str, D] = {}
        self._owners: dict[str, str] = {}

    def __getitem__(self, id: str) -> D:
        return self._descriptors[id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._descriptors)

    def __len__(self) -> int:
        return len(self._descriptors)

    def refuse_clashes(self, descriptors: tuple[D, ...]) -> None:
        """Raises ``PluginProblem`` when one of these ids is taken or comes twice."""
        seen: set[str] = set()
        for each in descriptors:
            if each.id in seen or each.id in self._descriptors:
                raise PluginProblem(self._clash(each, seen))
            seen.add(each.id)

    def add(self, descriptors: tuple[D, ...], owner: str) -> None:
        for each in descriptors:
            self._descriptors[each.id] = each
            self._owners[each.id] = owner

    def owner(self, id: str) -> str | None:
        """The key of the plugin that brought it."""
        return self._owners.get(id)

    def sorted(self) -> dict[str, D]:
        """By ``sort_order`` where the kind has one, then by id."""
        order = sorted(self._descriptors.values(), key=lambda each: (getattr(each, "sort_order", 0), each.id))
        return {each.id: each for each in order}

    def _clash(self, descriptor: D, seen: set[str]) -> Text:
        mapping = {
            "kind": type(descriptor).__name__,
            "id": descriptor.id,
            "owner": self._owners.get(descriptor.id, ""),
        }
        if descriptor.id in seen:
            return _("${kind} ${id} comes twice.", mapping=mapping)
        return _("${kind} ${id} is already brought by ${owner}.", mapping=mapping)


@dataclass(frozen=True, slots=True)
class Catalogues:
    """All kinds of descriptors."""

    connectors: Catalogue[ConnectorType] = field(default_factory=Catalogue)
    scenarios: Catalogue[ScenarioSpec] = field(default_factory=Catalogue)
    policies: Catalogue[PolicyType] = field(default_factory=Catalogue)
    renderers: Catalogue[RendererType] = field(default_factory=Catalogue)

    def refuse_clashes(self, brought: Contributions) -> None:
        self.connectors.refuse_clashes(brought.connectors)
        self.scenarios.refuse_clashes(brought.scenarios)
        self.policies.refuse_clashes(brought.policies)
        self.renderers.refuse_clashes(brought.renderers)

    def add(self, brought: Contributions, owner: str) -> None:
        """Take all of it; call ``refuse_clashes`` before."""
        self.connectors.add(brought.connectors, owner)
        self.scenarios.add(brought.scenarios, owner)
        self.policies.add(brought.policies, owner)
        self.renderers.add(brought.renderers, owner)
