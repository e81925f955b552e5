"""Whose message it is: the caller's own, or that of a user whom a service names (design decision 25, api.md)."""

from typing import NamedTuple

from mailhub.contract.texts import _
from mailhub.errors import Denied, FieldError
from mailhub.people.identity import Identity
from mailhub.people.model import users_of
from mailhub.store.root import HubRoot

from .senders import Owner


class Owned(NamedTuple):
    """The owner of a message; with an error the caller stands in for one who cannot be."""

    owner: Owner
    error: FieldError | None = None


def require_naming(caller: Identity, on_behalf_of: str | None) -> None:
    """Raises ``Denied`` with ``token.no_on_behalf`` when somebody is named and the token may name nobody."""
    if on_behalf_of is not None and not caller.may_act_on_behalf:
        raise Denied(
            _("Your token may not act on behalf of others. An administrator makes one that may."),
            code="token.no_on_behalf",
        )


def owner_of(hub: HubRoot, caller: Identity, on_behalf_of: str | None) -> Owned:
    """The owner of a message in which the caller names this login or id, or nobody.

    What the caller may do is the caller's affair; the owner must be active and needs no permission of his own.
    """
    if on_behalf_of is None:
        return Owned(Owner.of(caller))
    user = users_of(hub).find_by_login_or_id(on_behalf_of)
    if user is None or not user.is_active:
        text = _("There is no active user ${user}.", mapping={"user": on_behalf_of})
        return Owned(Owner.of(caller), FieldError("/on_behalf_of", "user.not_found", text))
    return Owned(Owner(user.name, user.contact_email, user.id, user.kind, user.is_licensed))
