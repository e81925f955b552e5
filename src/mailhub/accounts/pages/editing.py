"""Changing an account, and what is done to it at one click: default, pause, resume."""

from functools import partial

from mailhub.accounts.model import Account
from mailhub.accounts.presenting import data_url, present_account
from mailhub.accounts.schema import AccountChanges
from mailhub.accounts.service import AccountsService
from mailhub.contract.connector import ConnectorType
from mailhub.contract.texts import Text, _
from mailhub.delivery.check_runs import Run
from mailhub.delivery.releasing import ReleasingService
from mailhub.errors import Invalid, RevisionStale, TooManyRequests, WrongState
from mailhub.people.permissions import Permission
from mailhub.pluginhost.host import PluginHost
from mailhub.web.answers import Answer, Redirect, Shown
from mailhub.web.forms import Form, FormShownAgain
from mailhub.web.page import page
from mailhub.web.request import PageRequest

from .shared import TEMPLATES, crumbs_of, looks_for, url_of, view_of
from .trying import (
    CHECK_TO,
    account_controls,
    begin_check,
    check_part,
    is_check,
    refused_part,
    shown_part,
    wants_part,
)


@page("GET", "/accounts/{id}/edit", permission=Permission.SETUP_WRITE)
def show_edit(request: PageRequest) -> Answer:
    account = _account(request)
    kind = _find_kind(request, account)
    if kind is None:
        return _without_connector(request, account)
    return _page(request, account, kind, _form(request, account, kind))


@page("POST", "/accounts/{id}/edit", permission=Permission.SETUP_WRITE, once=True)
def change_account(request: PageRequest) -> Answer:
    account = _account(request)
    kind = _find_kind(request, account)
    if kind is None:
        return _without_connector(request, account)
    form = _form(request, account, kind)
    try:
        judge = partial(request.work.service(AccountsService).mistakes_in_change, account)
        values = form.read(account_controls(request), judge)
        if is_check(request):
            run = begin_check(request, kind.id, values, account.id)
            return shown_part(run) if wants_part(request) else _page(request, account, kind, form, run=run)
        request.check_revision(str(account.revision))
        request.work.service(AccountsService).change_account(account.id, values)
    except FormShownAgain as again:
        return (
            refused_part(form) if wants_part(request) else _page(request, account, kind, form, again.status)
        )
    except (Invalid, TooManyRequests, WrongState) as refused:
        form.refuse(
            refused if isinstance(refused, Invalid) else Invalid.of("", refused.code, refused.message)
        )
        return refused_part(form) if wants_part(request) else _page(request, account, kind, form, 422)
    except RevisionStale as refused:
        form.refuse(Invalid.of("", refused.code, _STALE))
        return _page(request, account, kind, form, 412)
    request.flash(_("The account ${name} was saved.", mapping={"name": account.name}))
    return Redirect(url_of(account))


@page("POST", "/accounts/{id}/default", permission=Permission.SETUP_WRITE)
def make_default(request: PageRequest) -> Answer:
    account = request.work.service(AccountsService).make_default(request.path["id"])
    request.flash(_("${name} is the default account now.", mapping={"name": account.name}))
    return Redirect(_back(request, account))


@page("POST", "/accounts/{id}/pause", permission=Permission.ACCOUNTS_OPERATE)
def pause_account(request: PageRequest) -> Answer:
    account = request.work.service(AccountsService).pause(request.path["id"])
    request.flash(_("${name} is paused. Its mail waits.", mapping={"name": account.name}))
    return Redirect(_back(request, account))


@page("POST", "/accounts/{id}/resume", permission=Permission.ACCOUNTS_OPERATE, once=True)
def resume_account(request: PageRequest) -> Answer:
    account = request.work.service(AccountsService).get_account(request.path["id"])
    request.work.service(ReleasingService).resume(account.id)
    request.flash(_("${name} goes on.", mapping={"name": account.name}))
    return Redirect(_back(request, account))


_STALE: Text = _(
    "Somebody else has changed this account since you opened it. What you typed is still here: open the account in another "
    "tab to see what is new, then save again to have it your way."
)


def _back(request: PageRequest, account: Account) -> str:
    """To where the button was: the list, or the account."""
    return "/accounts" if request.posted_value("from") == "list" else url_of(account)


def _account(request: PageRequest) -> Account:
    return request.work.service(AccountsService).get_account(request.path["id"])


def _find_kind(request: PageRequest, account: Account) -> ConnectorType | None:
    return request.work.service(PluginHost).find_connector(account.connector)


def _without_connector(request: PageRequest, account: Account) -> Answer:
    text = _("The connector ${connector} is not installed.", mapping={"connector": account.connector})
    request.flash(text, "danger")
    return Redirect(url_of(account))


def _form(request: PageRequest, account: Account, kind: ConnectorType) -> Form:
    form = Form(
        AccountChanges(),
        request,
        id="account",
        action=f"{url_of(account)}/edit",
        submit=_("Save the account"),
        cancel=url_of(account),
        hidden={"revision": str(account.revision)},
        settings=kind.settings_schema(),
        partial=True,
        widgets=looks_for(kind),
    )
    form.fill(present_account(view_of(request, account), request.translated))
    return form


def _page(
    request: PageRequest,
    account: Account,
    kind: ConnectorType,
    form: Form,
    status: int = 200,
    *,
    run: Run | None = None,
) -> Answer:
    values = {
        "kind": kind,
        "logo": data_url(kind.logo),
        "presets": (),
        "form": form,
        "hint": "",
        "check": None if run is None else check_part(run),
        "check_to": request.posted_value(CHECK_TO),
    }
    title = _("Change ${name}", mapping={"name": account.name})
    crumbs = crumbs_of(account)
    return Shown(f"{TEMPLATES}/form.jinja2", values, title=title, crumbs=crumbs, status=status)
