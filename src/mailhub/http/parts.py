"""What the shell of the API is made with. ``app.py`` puts it together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import colander

from mailhub.answers import RunsCommands
from mailhub.contract.clock import Clock
from mailhub.entropy import Entropy
from mailhub.people.identity import Identity
from mailhub.services import ServiceRegistry
from mailhub.store.root import HubRoot

from .limiting import CallLimiter
from .paging import CursorSeal

PARTS = "mailhub.http.parts"


class OpensConnections(Protocol):
    """``mailhub.store.database.Database`` as the shell uses it."""

    def open_for(self, transaction_manager: Any) -> Any:
        """A connection that takes part in this explicit manager's transactions."""
        ...

    def discard(self, connection: Any) -> None:
        """Throw away a connection that may hold what was never stored."""
        ...


class TokenChecker(Protocol):
    """Finds out who calls; ``mailhub.people`` implements it."""

    def identify(self, token: str, address: str) -> Identity | None:
        """The identity behind a token used from this network address; None when the token is not good (any more)."""
        ...

    def identify_local(self, login: str | None) -> Identity | None:
        """Who acts over the local socket: the user of this login, or the first administrator."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiParts:
    """Everything the shell needs. ``runner``: the writer, for calls that hand it commands.

    ``token_checker``: makes a checker that reads from this root. ``settings_schemas``: the settings schema of each
    connector, plugins' included. ``languages``: those that texts are translated to, the default first. ``public_url``:
    scheme and host people reach the hub by; "" takes the request's. ``limiter``: None where callers are not limited.
    """

    database: OpensConnections
    runner: RunsCommands
    clock: Clock
    services: ServiceRegistry
    token_checker: Callable[[HubRoot], TokenChecker]
    entropy: Entropy
    cursors: CursorSeal
    settings_schemas: Mapping[str, Callable[[], colander.SchemaNode]] = field(default_factory=dict)
    languages: tuple[str, ...] = ("en",)
    public_url: str = ""
    retry_attempts: int = 3
    limiter: CallLimiter | None = None
    max_json_bytes: int = 32 * 1024 * 1024
