"""Deleting an account, with the question what becomes of the mail that waits in it."""

from mailhub.accounts.model import Account
from mailhub.accounts.service import AccountsService
from mailhub.contract.texts import _
from mailhub.delivery.closing import count_waiting
from mailhub.delivery.removing import AccountRemover
from mailhub.errors import HubError, Invalid, RevisionStale, WrongState
from mailhub.people.permissions import Permission
from mailhub.scenarios.service import ScenariosService
from mailhub.web.answers import Answer, Redirect, Shown
from mailhub.web.page import page
from mailhub.web.request import PageRequest

from .shared import TEMPLATES, crumbs_of

_MOST_TARGETS = 200


@page("GET", "/accounts/{id}/delete", permission=Permission.SETUP_WRITE)
def ask_delete(request: PageRequest) -> Answer:
    return _page(request, request.work.service(AccountsService).get_account(request.path["id"]))


@page("POST", "/accounts/{id}/delete", permission=Permission.SETUP_WRITE, once=True)
def delete_account(request: PageRequest) -> Answer:
    account = request.work.service(AccountsService).get_account(request.path["id"])
    name, waiting = account.name, request.posted_value("waiting") or None
    to = request.posted_value("to") if waiting == "move" else None
    try:
        request.check_revision(str(account.revision))
        removal = request.work.service(AccountRemover).remove(account.id, waiting, to or None)
    except (Invalid, RevisionStale, WrongState) as refused:
        account = request.fresh_work().service(AccountsService).get_account(request.path["id"])
        return _page(request, account, refused)
    request.flash(_("The account ${name} was deleted.", mapping={"name": name}))
    if removal.was_default:
        request.flash(_("There is no default account any more. Choose another one."), "warning")
    if removal.cancelled or removal.moved:
        request.flash(
            _(
                "Waiting messages: ${cancelled} cancelled, ${moved} moved.",
                mapping={"cancelled": removal.cancelled, "moved": removal.moved},
            ),
            "info",
        )
    return Redirect("/accounts")


def _page(request: PageRequest, account: Account, refused: HubError | None = None) -> Answer:
    service = request.work.service(AccountsService)
    waiting, sending = count_waiting(request.root, account.id)
    others, _place = service.list_accounts(_MOST_TARGETS)
    values = {
        "account": account,
        "is_default": service.view_of(account).is_default,
        "waiting": waiting,
        "sending": sending,
        "targets": [each for each in others if each.id != account.id],
        "scenarios": request.work.service(ScenariosService).ids_by_account().get(account.id, []),
        "problem": None if refused is None else refused.message,
        "chosen": request.posted_value("waiting"),
        "chosen_to": request.posted_value("to"),
    }
    status = 200 if refused is None else 422 if isinstance(refused, Invalid) else 409
    title = _("Delete ${name}", mapping={"name": account.name})
    crumbs = crumbs_of(account)
    return Shown(f"{TEMPLATES}/delete.jinja2", values, title=title, crumbs=crumbs, status=status)
