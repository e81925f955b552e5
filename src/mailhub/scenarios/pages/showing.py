"""One scenario: who sends it and why, its own account and sender, its files."""

from typing import Any

from mailhub.accounts.service import AccountsService
from mailhub.composing.explaining import Explanation
from mailhub.composing.service import ComposingService
from mailhub.contract.texts import Text, _
from mailhub.people.permissions import Permission
from mailhub.scenarios.files import OfferedFile
from mailhub.scenarios.presenting import CUSTOM, ScenarioView, revision_of, substitute_of
from mailhub.scenarios.resolving import DEFAULT_SCENARIO
from mailhub.scenarios.schema import AssignmentFields
from mailhub.scenarios.service import AttachmentsService
from mailhub.web.answers import Answer, Shown
from mailhub.web.forms import Form, Look
from mailhub.web.page import page
from mailhub.web.request import PageRequest

from .deleting import EFFECT, QUESTION
from .shared import SCENARIOS, TEMPLATES, list_accounts, scenario_of, source_title, targets_of, url_of

_FILES_AT_ONCE = 200


@page("GET", "/scenarios/{code}", permission=Permission.SETUP_READ)
def show_scenario(request: PageRequest) -> Answer:
    view = scenario_of(request)
    return scenario_page(request, view, assignment_form(request, view))


def scenario_page(request: PageRequest, view: ScenarioView, form: Form, status: int = 200) -> Answer:
    """The page of a scenario; ``form``: of its assignment, as it was typed."""
    explanation = request.work.service(ComposingService).explain(view.id)
    files = _list_files(request, view.id)
    values: dict[str, Any] = {
        "view": view,
        "form": form,
        "source": source_title(view.source),
        "is_default_scenario": view.id == DEFAULT_SCENARIO,
        "is_custom": view.source == CUSTOM,
        "revision": revision_of(view),
        "may_set_up": request.identity.may(Permission.SETUP_WRITE),
        "may_upload": request.identity.may(Permission.UPLOADS_WRITE),
        "account": explanation.account,
        "assigned": _account_name(request, view),
        "explanation": explanation,
        "steps": _steps(explanation),
        "files": files,
        "total_bytes": sum(each.file.content.size for each in files),
        "default_bytes": sum(each.file.content.size for each in files if each.file.is_default),
        "question": QUESTION,
        "effect": EFFECT,
    }
    return Shown(f"{TEMPLATES}/scenario.jinja2", values, title=view.title, crumbs=(SCENARIOS,), status=status)


def assignment_form(request: PageRequest, view: ScenarioView) -> Form:
    """The form of a scenario's own account and of who is shown as sender."""
    accounts = [(None, _("None: the default account sends")), *targets_of(list_accounts(request))]
    form = Form(
        AssignmentFields(),
        request,
        id="account",
        action=f"{url_of(view.id)}/account",
        submit=_("Save"),
        hidden={"revision": revision_of(view)},
        widgets={
            "account": Look(choices=accounts, as_radio=False),
            "substitute_sender": Look(autocomplete="off"),
            "substitute_mode": Look(help=_("Left open: as the account has it.")),
        },
    )
    form.fill({"account": view.account, **substitute_of(view.assignment)})
    return form


def _account_name(request: PageRequest, view: ScenarioView) -> str | None:
    """Of the account that is assigned, for those who only look."""
    if view.account is None or view.account != view.effective_account:
        return None
    return request.work.service(AccountsService).get_account(view.account).name


def _steps(explanation: Explanation) -> list[tuple[Text, Any, Text]]:
    """Question, answer and reason; a time is one, so that it is shown in the reader's zone."""
    at = explanation.next_slot_at
    is_time = None if at is None else at.isoformat()
    return [
        (each.question, at if each.answer == is_time else each.answer, each.because)
        for each in explanation.steps
    ]


def _list_files(request: PageRequest, scenario: str) -> list[OfferedFile]:
    """All of them: a scenario has few."""
    service = request.work.service(AttachmentsService)
    files, place = service.list_files(scenario, _FILES_AT_ONCE)
    while place is not None:
        more, place = service.list_files(scenario, _FILES_AT_ONCE, place)
        files += more
    return files
