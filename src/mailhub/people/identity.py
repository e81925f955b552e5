"""Who acts: what every service is told about its caller."""

from dataclasses import dataclass, field
from typing import Literal

from mailhub.contract.connector import UserKind
from mailhub.contract.texts import _
from mailhub.errors import Denied

from .permissions import ON_BEHALF_SCOPE, Permission

Via = Literal["api", "command line", "page", "hub"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A user as he acts now: his permissions after the token took its share, and the token's bounds.

    ``scenarios`` and ``accounts``: None, or the only ones the token may use. ``session_id``: which session at the pages.
    ``via``: the door, for the audit log. ``address``: the network address the call came from ("" on the local socket).
    """

    user_id: str
    login: str
    name: str = ""
    contact_email: str = ""
    kind: UserKind = "internal"
    is_licensed: bool = True
    permissions: frozenset[Permission] = frozenset()
    token_id: str | None = None
    session_id: str | None = None
    scopes: frozenset[str] | None = None
    scenarios: frozenset[str] | None = None
    accounts: frozenset[str] | None = None
    language: str = "en"
    via: Via = "api"
    address: str = field(default="", compare=False)

    def may(self, permission: Permission) -> bool:
        return permission is Permission.PUBLIC or permission in self.permissions

    @property
    def may_act_on_behalf(self) -> bool:
        """True for a token whose scopes name ``messages:on-behalf``; never for one without scopes, nor without a token."""
        return self.scopes is not None and ON_BEHALF_SCOPE in self.scopes

    def require(self, permission: Permission) -> None:
        """Raises ``Denied`` without the permission."""
        if not self.may(permission):
            raise Denied(_("Your permission sets, or the scopes of your token, do not allow this."))


HUB = Identity(user_id="", login="mailhub", permissions=frozenset(Permission), via="hub")
"""The hub itself, where nobody signed in acts: making the first administrator."""
