"""What several pages of accounts share."""

from typing import Final

from mailhub.accounts.model import Account
from mailhub.accounts.presenting import AccountView
from mailhub.accounts.service import AccountsService
from mailhub.contract.connector import ConnectorType
from mailhub.contract.sender import SENDER_SETTINGS
from mailhub.contract.texts import Text, _
from mailhub.delivery.queue_figures import QueueFigures, queue_figures
from mailhub.people.permissions import Permission
from mailhub.scenarios.service import ScenariosService
from mailhub.store.shards import Shard
from mailhub.web.answers import Crumb
from mailhub.web.forms import Look
from mailhub.web.request import PageRequest

ACCOUNTS: Final = (_("E-mail accounts"), "/accounts")
TEMPLATES: Final = "mailhub.accounts:templates"
LIMITS: Final = ("rate_limit_per_minute", "concurrency_limit", "max_attempts", "limit_group")

_COMMON: Final = (*SENDER_SETTINGS, "on_uncertain")
_LOOKS: Final = {
    "": Look(
        order=("name", "address", "settings", *LIMITS, "is_default"),
        groups=((_("Limits"), LIMITS),),
    ),
    "name": Look(autocomplete="off"),
    "address": Look(autocomplete="off"),
    "rate_limit_per_minute": Look(columns=6),
    "concurrency_limit": Look(columns=6),
    "max_attempts": Look(columns=6),
    "limit_group": Look(columns=6),
}


def looks_for(kind: ConnectorType) -> dict[str, Look]:
    """How the fields of an account are laid out: the connector's own settings before those that many connectors have."""
    names = [child.name for child in kind.settings_schema().children]
    groups: tuple[tuple[Text, tuple[str, ...]], ...] = (
        (_("Sender"), tuple(name for name in SENDER_SETTINGS if name in names)),
        (_("In doubt"), tuple(name for name in ("on_uncertain",) if name in names)),
    )
    own = tuple(name for name in names if name not in _COMMON)
    return {**_LOOKS, "settings": Look(order=own, groups=tuple(each for each in groups if each[1]))}


def own_first(name: str) -> bool:
    """Sorts a connector's own settings before those that many connectors have."""
    return name in _COMMON


def view_of(request: PageRequest, account: Account) -> AccountView:
    """An account with what stands beside it."""
    assigned = request.work.service(ScenariosService).ids_by_account()
    return request.work.service(AccountsService).view_of(account, assigned.get(account.id, []))


def figures_of(request: PageRequest, view: AccountView) -> QueueFigures | None:
    """The account's queue in figures, for those who may see them."""
    if not request.identity.may(Permission.ACCOUNTS_OPERATE):
        return None
    now = request.work.service(Shard).now
    return queue_figures(request.root, view.account, connector_is_loaded=view.kind is not None, now=now)


def crumbs_of(account: Account) -> tuple[Crumb, ...]:
    """The way to a page below an account."""
    return (ACCOUNTS, (account.name, url_of(account)))


def url_of(account: Account) -> str:
    return f"/accounts/{account.id}"
