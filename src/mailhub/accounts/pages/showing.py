"""One account: how it is, what waits in it, how it is set up, and what can be done."""

from typing import Any

from mailhub.accounts.presenting import AccountView, attention_of, present_account, state_of
from mailhub.accounts.service import AccountsService
from mailhub.contract.texts import Text
from mailhub.people.permissions import Permission
from mailhub.web.answers import Answer, Fragment, Shown
from mailhub.web.page import page
from mailhub.web.request import PageRequest

from .facts import plain_text, settings_facts
from .shared import ACCOUNTS, TEMPLATES, figures_of, view_of

_SHOWN = f"{TEMPLATES}/account.jinja2"
_QUEUE = f"{TEMPLATES}/queue.jinja2"


@page("GET", "/accounts/{id}", permission=Permission.ACCOUNTS_STATE_READ)
def show_account(request: PageRequest) -> Answer:
    service = request.work.service(AccountsService)
    view = view_of(request, service.get_account(request.path["id"]))
    values: dict[str, Any] = {
        "view": view,
        "account": view.account,
        "state": state_of(view.account, connector_is_loaded=view.kind is not None),
        "attention": attention_of(view.account),
        "figures": figures_of(request, view),
        "may_set_up": request.identity.may(Permission.SETUP_WRITE),
        "may_operate": request.identity.may(Permission.ACCOUNTS_OPERATE),
        "settings": _settings(request, view) if service.shows_settings else None,
    }
    return Shown(_SHOWN, values, title=view.account.name, crumbs=(ACCOUNTS,))


@page("GET", "/accounts/{id}/queue", permission=Permission.ACCOUNTS_OPERATE)
def show_queue(request: PageRequest) -> Answer:
    """The figures alone, for a page that keeps them fresh."""
    view = view_of(request, request.work.service(AccountsService).get_account(request.path["id"]))
    values = {"account": view.account, "figures": figures_of(request, view)}
    return Fragment(_QUEUE, values)


def _settings(request: PageRequest, view: AccountView) -> list[tuple[Text, str]]:
    """The connector's settings as titles and values; of secrets only whether they are set."""
    stored = present_account(view, request.translated)["settings"]
    if view.kind is None:
        return [(name, plain_text(value, request.translated)) for name, value in stored.items()]
    return list(settings_facts(view.kind.settings_schema(), stored, request.translated))
