"""Calls about scenarios and their accounts (api.md, "Scenarios")."""

from mailhub.accounts.presenting import present_account
from mailhub.accounts.schema import AccountReply
from mailhub.accounts.service import AccountsService
from mailhub.contract.texts import _
from mailhub.http.endpoint import ApiRequest, Reply, created, endpoint, no_content
from mailhub.http.paging import PageQuery
from mailhub.people.permissions import Permission
from mailhub.scenarios.presenting import present_scenario, revision_of
from mailhub.scenarios.schema import (
    AccountScenarios,
    AssignmentFields,
    ScenarioCreation,
    ScenarioList,
    ScenarioReply,
)
from mailhub.scenarios.service import ScenariosService

_SCENARIO_ID = {"id": _("Id of the scenario")}


@endpoint(
    "GET",
    "/scenarios",
    permission=Permission.SETUP_READ,
    summary=_("List scenarios, by id, and who sends for each"),
    query=PageQuery,
    replies={200: ScenarioList},
)
def list_scenarios(request: ApiRequest) -> Reply:
    page = request.page
    after = None if page.position is None else page.position[0]
    views, last = request.work.service(ScenariosService).list_scenarios(page.limit, after)
    items = [present_scenario(view, request.translated) for view in views]
    return Reply(body=page.reply(items, None if last is None else [last]))


@endpoint(
    "POST",
    "/scenarios",
    permission=Permission.SETUP_WRITE,
    summary=_("Make a scenario of one's own"),
    body=ScenarioCreation,
    replies={201: ScenarioReply},
    problems=("scenario.exists",),
)
def create_scenario(request: ApiRequest) -> Reply:
    view = request.work.service(ScenariosService).create_scenario(request.body)
    return created(f"/api/v1/scenarios/{view.id}", present_scenario(view, request.translated))


@endpoint(
    "DELETE",
    "/scenarios/{id}",
    permission=Permission.SETUP_WRITE,
    summary=_("Delete a scenario of one's own"),
    description=_("Its assignment and files go; its messages stay."),
    path_texts=_SCENARIO_ID,
    replies={204: None},
    problems=("scenario.not_found", "scenario.built_in"),
    if_match="optional",
)
def delete_scenario(request: ApiRequest) -> Reply:
    scenarios = request.work.service(ScenariosService)
    view = scenarios.get_scenario(request.path["id"])
    request.check_revision(revision_of(view))
    scenarios.delete_scenario(view.id)
    return no_content()


@endpoint(
    "PUT",
    "/scenarios/{id}/account",
    permission=Permission.SETUP_WRITE,
    summary=_("Give a scenario its own account, or none"),
    path_texts=_SCENARIO_ID,
    body=AssignmentFields,
    replies={200: ScenarioReply},
    problems=(
        "scenario.not_found",
        "scenario.default",
        (422, "account.not_found"),
        "sender.not_allowed",
        "address.invalid",
    ),
    if_match="optional",
)
def assign_scenario(request: ApiRequest) -> Reply:
    scenarios = request.work.service(ScenariosService)
    view = scenarios.get_scenario(request.path["id"])
    request.check_revision(revision_of(view))
    fields = request.body_judged_by(scenarios.mistakes_in_assignment)
    return Reply(body=present_scenario(scenarios.assign(view.id, fields), request.translated))


@endpoint(
    "PUT",
    "/accounts/{id}/scenarios",
    permission=Permission.SETUP_WRITE,
    tag="scenarios",
    summary=_("Let an account send exactly these scenarios"),
    description=_(
        "Those of other accounts change over; those left out have no account of their own any more."
    ),
    path_texts={"id": _("Id of the account")},
    body=AccountScenarios,
    replies={200: AccountReply},
    problems=("account.not_found", (422, "scenario.not_found"), (422, "scenario.default")),
    if_match="optional",
)
def set_account_scenarios(request: ApiRequest) -> Reply:
    accounts, scenarios = request.work.service(AccountsService), request.work.service(ScenariosService)
    account = accounts.get_account(request.path["id"])
    request.check_revision(str(account.revision))
    scenarios.set_all_of(account.id, request.body["scenarios"])
    view = accounts.view_of(account, scenarios.ids_by_account().get(account.id, []))
    return Reply(body=present_account(view, request.translated))
