"""The list of accounts."""

from mailhub.accounts.presenting import state_of
from mailhub.accounts.service import AccountsService
from mailhub.contract.texts import _
from mailhub.people.permissions import Permission
from mailhub.scenarios.service import ScenariosService
from mailhub.web.answers import Answer, Shown
from mailhub.web.page import page
from mailhub.web.request import PageRequest

from .shared import TEMPLATES, figures_of


@page("GET", "/accounts", permission=Permission.ACCOUNTS_STATE_READ)
def list_accounts(request: PageRequest) -> Answer:
    service = request.work.service(AccountsService)
    page_ = request.page_of_list({})
    after = None if page_.position is None else (page_.position[0], page_.position[1])
    accounts, place = service.list_accounts(page_.limit, after)
    assigned = request.work.service(ScenariosService).ids_by_account()
    views = [service.view_of(account, assigned.get(account.id, [])) for account in accounts]
    cursor = page_.reply([], place)["next_cursor"]
    values = {
        "rows": [
            (
                view,
                state_of(view.account, connector_is_loaded=view.kind is not None),
                figures_of(request, view),
            )
            for view in views
        ],
        "may_set_up": request.identity.may(Permission.SETUP_WRITE),
        "may_operate": request.identity.may(Permission.ACCOUNTS_OPERATE),
        "shows_settings": service.shows_settings,
        "has_default": any(view.is_default for view in views)
        or page_.position is not None
        or cursor is not None,
        "next_url": None if cursor is None else f"/accounts?cursor={cursor}",
        "first_url": None if page_.position is None else "/accounts",
    }
    return Shown(f"{TEMPLATES}/list.jinja2", values, title=_("E-mail accounts"))
