"""Things by the names that people have for them."""

from collections.abc import Sequence
from typing import Any

from mailhub.contract.texts import Text, _

from .client import ApiClient
from .exits import NOT_FOUND, WRONG_USE, CommandEnded


def get_account(client: ApiClient, named: str) -> dict[str, Any]:
    """The account with this id or name (whatever its case). Raises ``CommandEnded`` unless there is exactly one."""
    found = _found(client.get_all("/accounts"), named, "name")
    if not found:
        raise CommandEnded(_("There is no account ${name}.", mapping={"name": named}), NOT_FOUND)
    if len(found) > 1:
        raise CommandEnded(_several(named, found), WRONG_USE)
    return found[0]


def get_user(client: ApiClient, named: str) -> dict[str, Any]:
    """The user with this id or login (whatever its case). Raises ``CommandEnded``."""
    found = _found(client.get_all("/users"), named, "login")
    if not found:
        raise CommandEnded(_("There is no user ${name}.", mapping={"name": named}), NOT_FOUND)
    return found[0]


def _found(items: Sequence[dict[str, Any]], named: str, field: str) -> list[dict[str, Any]]:
    by_id = [item for item in items if item["id"] == named]
    return by_id or [item for item in items if item[field].casefold() == named.casefold()]


def _several(named: str, found: Sequence[dict[str, Any]]) -> Text:
    ids = ", ".join(item["id"] for item in found)
    return _(
        "Several accounts are called ${name}; name one by its id: ${ids}", mapping={"name": named, "ids": ids}
    )
