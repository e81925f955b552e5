"""What the shell of the pages is made with. ``app`` puts it together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from mailhub.http.parts import ApiParts
from mailhub.people.identity import Identity
from mailhub.store.root import HubRoot

from .assets import Assets
from .frame import NavEntry

WEB_PARTS = "mailhub.web.parts"


class SignedIn(Protocol):
    """Who is signed in, by which session. ``user`` is stored and must not be changed by the shell."""

    @property
    def identity(self) -> Identity: ...

    @property
    def session(self) -> Any: ...

    @property
    def user(self) -> Any: ...


class SessionChecker(Protocol):
    """Finds out who is signed in; ``mailhub.people`` implements it."""

    def find(self, text: str, address: str) -> SignedIn | None:
        """Whom the text of a session's cookie stands for; None when it is not good (any more)."""
        ...

    def is_use_due(self, session: Any) -> bool:
        """Whether it is time to put the session's idle limit off."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WebParts:
    """Everything the shell needs beyond what the API's has. ``key``: signs what browsers keep for us.

    ``session_checker``: makes one that reads from this root. ``note_use``: puts the idle limit of the session of this cookie
    off, in a transaction of its own. ``navigation``: in the order it is shown.
    ``plain_http_on_loopback``: whether people may sign in without TLS at the machine itself.
    """

    api: ApiParts
    key: bytes
    session_checker: Callable[[HubRoot], SessionChecker]
    note_use: Callable[[str], None]
    assets: Assets
    navigation: Sequence[NavEntry]
    version: str
    environment: str = "production"
    plain_http_on_loopback: bool = True
