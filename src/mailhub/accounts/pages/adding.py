"""Adding an account: choose a connector, fill in its form, try it, save it."""

from mailhub.accounts.presenting import data_url
from mailhub.accounts.schema import AccountCreation
from mailhub.accounts.service import AccountsService, ConnectorsService
from mailhub.contract.connector import ConnectorType
from mailhub.contract.texts import Text, _
from mailhub.delivery.check_runs import Run
from mailhub.errors import Invalid, TooManyRequests
from mailhub.people.permissions import Permission
from mailhub.web.answers import Answer, Redirect, Shown
from mailhub.web.forms import Form, FormShownAgain
from mailhub.web.page import page
from mailhub.web.request import PageRequest

from .shared import ACCOUNTS, TEMPLATES, looks_for, url_of
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

_NEW = (_("Add an account"), "/accounts/new")


@page("GET", "/accounts/new", permission=Permission.SETUP_WRITE)
def choose_connector(request: PageRequest) -> Answer:
    found = request.work.service(ConnectorsService).list_connectors()
    cards = [(kind, data_url(kind.logo)) for kind, _options in found]
    title, _path = _NEW
    return Shown(f"{TEMPLATES}/choose.jinja2", {"cards": cards}, title=title, crumbs=(ACCOUNTS,))


@page("GET", "/accounts/new/{connector}", permission=Permission.SETUP_WRITE)
def show_new_account(request: PageRequest) -> Answer:
    kind = _kind(request)
    form = _form(request, kind)
    preset = next((each for each in kind.presets if each.id == request.query.get("preset")), None)
    form.fill(
        {
            "settings": {} if preset is None else dict(preset.settings),
            "rate_limit_per_minute": kind.default_rate_limit_per_minute,
            "is_default": not request.work.service(AccountsService).list_accounts(1)[0],
        }
    )
    return _page(request, kind, form, hint="" if preset is None else preset.hint)


@page("POST", "/accounts/new/{connector}", permission=Permission.SETUP_WRITE, once=True)
def create_account(request: PageRequest) -> Answer:
    kind = _kind(request)
    form = _form(request, kind)
    try:
        judge = request.work.service(AccountsService).mistakes_in
        values = form.read(account_controls(request), judge)
        if is_check(request):
            run = begin_check(request, kind.id, values, None)
            return shown_part(run) if wants_part(request) else _page(request, kind, form, run=run)
        account = request.work.service(AccountsService).create_account(values)
    except FormShownAgain as again:
        return _again(request, kind, form, again.status)
    except (Invalid, TooManyRequests) as refused:
        form.refuse(
            refused if isinstance(refused, Invalid) else Invalid.of("", refused.code, refused.message)
        )
        return _again(request, kind, form, 422 if isinstance(refused, Invalid) else 429)
    saved = _(
        "The account ${name} was saved. Send a test mail to see that it works.",
        mapping={"name": account.name},
    )
    request.flash(saved)
    return Redirect(url_of(account))


def _again(request: PageRequest, kind: ConnectorType, form: Form, status: int) -> Answer:
    return refused_part(form) if wants_part(request) else _page(request, kind, form, status)


def _kind(request: PageRequest) -> ConnectorType:
    kind, _options = request.work.service(ConnectorsService).get_connector(request.path["connector"])
    return kind


def _form(request: PageRequest, kind: ConnectorType) -> Form:
    return Form(
        AccountCreation(),
        request,
        id="account",
        action=f"/accounts/new/{kind.id}",
        submit=_("Save the account"),
        cancel="/accounts/new",
        settings=kind.settings_schema(),
        fixed={"connector": kind.id},
        widgets=looks_for(kind),
    )


def _page(
    request: PageRequest,
    kind: ConnectorType,
    form: Form,
    status: int = 200,
    *,
    hint: Text = "",
    run: Run | None = None,
) -> Answer:
    values = {
        "kind": kind,
        "logo": data_url(kind.logo),
        "presets": kind.presets,
        "form": form,
        "hint": hint,
        "check": None if run is None else check_part(run),
        "check_to": request.posted_value(CHECK_TO),
    }
    title = _("New account: ${connector}", mapping={"connector": request.translated(kind.title)})
    return Shown(f"{TEMPLATES}/form.jinja2", values, title=title, crumbs=(ACCOUNTS, _NEW), status=status)
