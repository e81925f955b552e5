"""Calls about accounts and connectors (api.md, "Accounts and connectors")."""

from functools import partial
from typing import Any

from mailhub.contract.texts import _
from mailhub.delivery.checking import CheckingService
from mailhub.delivery.queue_figures import QueueFigures, queue_figures
from mailhub.delivery.releasing import ReleasingService
from mailhub.delivery.removing import AccountRemover
from mailhub.delivery.run_replies import present_check, present_run
from mailhub.http.endpoint import ApiRequest, Reply, accepted, created, endpoint
from mailhub.http.json_schema import json_schema_of
from mailhub.http.paging import PageQuery
from mailhub.people.permissions import Permission
from mailhub.pluginhost.host import PluginHost
from mailhub.scenarios.service import ScenariosService
from mailhub.store.shards import Shard

from .model import Account
from .presenting import present_account, present_briefly, present_connector
from .schema import (
    AccountChanges,
    AccountCreation,
    AccountList,
    AccountReply,
    CheckFields,
    CheckReply,
    ConnectorChanges,
    ConnectorList,
    ConnectorReply,
    DeletionQuery,
    DeletionReply,
    QueueReply,
    RunningCheckReply,
    TrialFields,
)
from .service import AccountsService, ConnectorsService

_ACCOUNT_ID = {"id": _("Id of the account")}
_CONNECTOR_ID = {"id": _("Id of the connector")}
_SETTINGS_PROBLEMS = (
    "address.invalid",
    "settings.only_in_sandbox",
    (422, "connector.not_found"),
    (422, "connector.failed"),
)


# -- accounts ----------------------------------------------------------------------------------------------------


@endpoint(
    "GET",
    "/accounts",
    permission=Permission.ACCOUNTS_STATE_READ,
    summary=_("List accounts, by name"),
    description=_("Without e-mail set-up: id, name, address, connector, is_default and state only."),
    query=PageQuery,
    replies={200: AccountList},
)
def list_accounts(request: ApiRequest) -> Reply:
    page = request.page
    after = None if page.position is None else (page.position[0], page.position[1])
    accounts, place = request.work.service(AccountsService).list_accounts(page.limit, after)
    assigned = request.work.service(ScenariosService).ids_by_account()
    items = [_present(request, account, assigned.get(account.id, [])) for account in accounts]
    return Reply(body=page.reply(items, place))


@endpoint(
    "POST",
    "/accounts",
    permission=Permission.SETUP_WRITE,
    summary=_("Make an account"),
    body=AccountCreation,
    replies={201: AccountReply},
    problems=_SETTINGS_PROBLEMS,
)
def create_account(request: ApiRequest) -> Reply:
    accounts = request.work.service(AccountsService)
    account = accounts.create_account(request.body_judged_by(accounts.mistakes_in))
    return created(f"/api/v1/accounts/{account.id}", _present_one(request, account))


@endpoint(
    "GET",
    "/accounts/{id}",
    permission=Permission.ACCOUNTS_STATE_READ,
    summary=_("Read an account"),
    path_texts=_ACCOUNT_ID,
    replies={200: AccountReply},
    problems=("account.not_found",),
)
def get_account(request: ApiRequest) -> Reply:
    account = request.work.service(AccountsService).get_account(request.path["id"])
    return Reply(body=_present_one(request, account), etag=str(account.revision))


@endpoint(
    "PATCH",
    "/accounts/{id}",
    permission=Permission.SETUP_WRITE,
    summary=_("Change an account"),
    description=_("New settings release what needed attention: mail that waited goes on."),
    path_texts=_ACCOUNT_ID,
    body=AccountChanges,
    replies={200: AccountReply},
    problems=("account.not_found", "account.closing", "account.connector_missing", *_SETTINGS_PROBLEMS),
    if_match="required",
)
def change_account(request: ApiRequest) -> Reply:
    accounts = request.work.service(AccountsService)
    account = accounts.get_account(request.path["id"])
    request.check_revision(str(account.revision))
    changes = request.body_judged_by(partial(accounts.mistakes_in_change, account))
    return Reply(body=_present_one(request, accounts.change_account(account.id, changes)))


@endpoint(
    "DELETE",
    "/accounts/{id}",
    permission=Permission.SETUP_WRITE,
    summary=_("Delete an account"),
    description=_(
        "Mail that waits in it is cancelled or moved, as the query says; without that it is refused."
    ),
    path_texts=_ACCOUNT_ID,
    query=DeletionQuery,
    replies={200: DeletionReply},
    problems=("account.not_found", (422, "account.not_found"), "account.has_waiting_mail", "account.closing"),
    if_match="required",
    once=True,
)
def delete_account(request: ApiRequest) -> Reply:
    account = request.work.service(AccountsService).get_account(request.path["id"])
    request.check_revision(str(account.revision))
    remover = request.work.service(AccountRemover)
    removal = remover.remove(account.id, request.query["waiting"], request.query["to"])
    body = {
        "unassigned_scenarios": list(removal.unassigned_scenarios),
        "was_default": removal.was_default,
        "cancelled": removal.cancelled,
        "moved": removal.moved,
    }
    return Reply(body=body)


@endpoint(
    "POST",
    "/accounts/{id}/default",
    permission=Permission.SETUP_WRITE,
    summary=_("Make an account the default"),
    path_texts=_ACCOUNT_ID,
    replies={200: AccountReply},
    problems=("account.not_found", "account.closing"),
)
def make_default_account(request: ApiRequest) -> Reply:
    accounts = request.work.service(AccountsService)
    account = accounts.get_account(request.path["id"])
    request.require_no_fields()
    account = accounts.make_default(account.id)
    return Reply(body=_present_one(request, account))


@endpoint(
    "POST",
    "/accounts/{id}/pause",
    permission=Permission.ACCOUNTS_OPERATE,
    summary=_("Hold an account's mail"),
    path_texts=_ACCOUNT_ID,
    replies={200: AccountReply},
    problems=("account.not_found", "account.closing"),
)
def pause_account(request: ApiRequest) -> Reply:
    accounts = request.work.service(AccountsService)
    account = accounts.get_account(request.path["id"])
    request.require_no_fields()
    account = accounts.pause(account.id)
    return Reply(body=_present_one(request, account))


@endpoint(
    "POST",
    "/accounts/{id}/resume",
    permission=Permission.ACCOUNTS_OPERATE,
    summary=_("Let an account's mail go on"),
    description=_("Ends a pause, and releases what a refused sign-in held."),
    path_texts=_ACCOUNT_ID,
    replies={200: AccountReply},
    problems=("account.not_found", "account.closing"),
    once=True,
)
def resume_account(request: ApiRequest) -> Reply:
    account = request.work.service(AccountsService).get_account(request.path["id"])
    request.require_no_fields()
    request.work.service(ReleasingService).resume(account.id)
    account = request.fresh_work().service(AccountsService).get_account(request.path["id"])
    return Reply(body=_present_one(request, account))


@endpoint(
    "GET",
    "/accounts/{id}/queue",
    permission=Permission.ACCOUNTS_OPERATE,
    summary=_("An account's queue in figures"),
    description=_("They count everybody's mail."),
    path_texts=_ACCOUNT_ID,
    replies={200: QueueReply},
    problems=("account.not_found",),
)
def get_account_queue(request: ApiRequest) -> Reply:
    work = request.work
    account = work.service(AccountsService).get_account(request.path["id"])
    is_loaded = work.service(PluginHost).find_connector(account.connector) is not None
    now = work.service(Shard).now
    figures = queue_figures(work.root, account, connector_is_loaded=is_loaded, now=now)
    body = _present_figures(figures)
    if figures.identities:
        each = [{**_present_figures(one), "identity": one.identity} for one in figures.identities]
        body["identities"] = each
    return Reply(body=body)


# -- trying out --------------------------------------------------------------------------------------------------


@endpoint(
    "POST",
    "/accounts/{id}/test",
    permission=Permission.SETUP_WRITE,
    summary=_("Send a test mail"),
    description=_(
        "Waits for it and tells each step. Works on a paused account; a good test releases what a refused sign-in held."
    ),
    path_texts=_ACCOUNT_ID,
    body=TrialFields,
    replies={200: CheckReply},
    problems=(
        "account.not_found",
        "account.connector_missing",
        "account.closing",
        "account.unusable",
        "account.rate_limited",
        "rate_limited",
        "address.invalid",
    ),
    once=True,
)
def test_account(request: ApiRequest) -> Reply:
    request.work.service(AccountsService).get_account(request.path["id"])
    result = request.work.service(CheckingService).test(request.path["id"], request.body["to"])
    return Reply(body=present_check(result))


@endpoint(
    "POST",
    "/accounts/check",
    permission=Permission.SETUP_WRITE,
    summary=_("Try settings that are not saved"),
    description=_(
        "Without `to` nothing is sent. With `Prefer: respond-async` the steps appear at Location as they happen."
    ),
    body=CheckFields,
    replies={200: CheckReply, 202: RunningCheckReply},
    problems=(
        (422, "account.not_found"),
        "secret.needed_again",
        "account.rate_limited",
        "rate_limited",
        *_SETTINGS_PROBLEMS,
    ),
    once=True,
)
def check_settings(request: ApiRequest) -> Reply:
    checking = request.work.service(CheckingService)
    run = checking.check(request.body_judged_by(checking.mistakes_in))
    if request.prefers_async:
        return accepted(f"/api/v1/checks/{run.id}", present_run(run))
    return Reply(body=present_check(run.wait()))


@endpoint(
    "GET",
    "/checks/{id}",
    permission=Permission.SELF,
    tag="accounts",
    summary=_("Look how a check, or maintenance, goes"),
    description=_("It belongs to whoever began it and is kept for ten minutes after it ended."),
    path_texts={"id": _("Id of the check")},
    replies={200: RunningCheckReply},
    problems=("check.not_found",),
)
def get_check(request: ApiRequest) -> Reply:
    run = request.work.service(CheckingService).get_check(request.path["id"])
    return Reply(body=present_run(run))


# -- connectors --------------------------------------------------------------------------------------------------


@endpoint(
    "GET",
    "/connectors",
    permission=Permission.SETUP_READ,
    summary=_("List the connectors that are loaded"),
    replies={200: ConnectorList},
)
def list_connectors(request: ApiRequest) -> Reply:
    """All of them: they are few, so there are no pages."""
    found = request.work.service(ConnectorsService).list_connectors()
    items = [_present_connector(request, *each) for each in found]
    return Reply(body={"items": items, "next_cursor": None})


@endpoint(
    "PATCH",
    "/connectors/{id}",
    permission=Permission.SETUP_WRITE,
    summary=_("Change what holds for a connector as a whole"),
    path_texts=_CONNECTOR_ID,
    body=ConnectorChanges,
    replies={200: ConnectorReply},
    problems=("connector.not_found",),
    if_match="optional",
)
def change_connector(request: ApiRequest) -> Reply:
    connectors = request.work.service(ConnectorsService)
    kind, options = connectors.get_connector(request.path["id"])
    request.check_revision(str(options.revision))
    if "allow_http" in request.body:
        connectors.set_allow_http(kind.id, request.body["allow_http"])
    return Reply(body=_present_connector(request, *connectors.get_connector(kind.id)))


# -- presenting --------------------------------------------------------------------------------------------------


def _present_one(request: ApiRequest, account: Account) -> dict[str, Any]:
    assigned = request.work.service(ScenariosService).ids_by_account()
    return _present(request, account, assigned.get(account.id, []))


def _present(request: ApiRequest, account: Account, scenarios: list[str]) -> dict[str, Any]:
    accounts = request.work.service(AccountsService)
    view = accounts.view_of(account, scenarios)
    return present_account(view, request.translated) if accounts.shows_settings else present_briefly(view)


def _present_connector(request: ApiRequest, kind: Any, options: Any) -> dict[str, Any]:
    schema = json_schema_of(kind.settings_schema())
    return present_connector(kind, options, schema, request.translated)


def _present_figures(figures: QueueFigures) -> dict[str, Any]:
    return {
        "waiting": figures.waiting,
        "sending": figures.sending,
        "sent_today": figures.sent_today,
        "oldest_due_at": figures.oldest_due_at,
        "next_slot_at": figures.next_slot_at,
        "empty_at": figures.empty_at,
        "paused_reason": figures.paused_reason,
    }
