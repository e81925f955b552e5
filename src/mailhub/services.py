"""One unit of work: a transaction's view of the hub, who acts, and the services that work on it.

Factories are registered by ``app.py`` alone; whoever needs a service asks for its class.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from mailhub.answers import RunsCommands
    from mailhub.people.identity import Identity
    from mailhub.store.root import HubRoot

S = TypeVar("S")


class ServiceRegistry:
    """Knows how to make each service for a unit of work."""

    def __init__(self) -> None:
        self._factories: dict[type[Any], Callable[[Work], Any]] = {}

    def register(self, service: type[S], factory: Callable[["Work"], S]) -> None:
        """Register the factory of a service class. Raises ValueError for a second one."""
        if service in self._factories:
            raise ValueError(f"{service.__name__} is registered twice")
        self._factories[service] = factory

    def make(self, service: type[S], work: "Work") -> S:
        return cast(S, self._factories[service](work))


class Work:
    """A transaction's view of the hub. Lives as long as its transaction and is used by one thread.

    ``runner``: what runs write commands for this piece of work; None: the hub's writer.
    """

    def __init__(
        self,
        registry: ServiceRegistry,
        root: "HubRoot",
        identity: "Identity",
        runner: "RunsCommands | None" = None,
    ) -> None:
        self._registry = registry
        self._made: dict[type[Any], Any] = {}
        self.root = root
        self.identity = identity
        self.runner = runner

    def service(self, service: type[S]) -> S:
        """The service of this class for this unit of work, made once."""
        if service not in self._made:
            self._made[service] = self._registry.make(service, self)
        return cast(S, self._made[service])
