"""Which account sends what: accounts with their scenarios beneath."""

from typing import Any
from urllib.parse import urlencode

from mailhub.accounts.model import Account
from mailhub.accounts.presenting import state_of
from mailhub.accounts.service import AccountsService
from mailhub.contract.texts import Text, _
from mailhub.errors import BadRequest, NotFound
from mailhub.people.permissions import Permission
from mailhub.scenarios.presenting import CUSTOM, ScenarioView, revision_of
from mailhub.scenarios.resolving import DEFAULT_SCENARIO
from mailhub.scenarios.service import AttachmentsService, ScenariosService
from mailhub.web.answers import Answer, Shown
from mailhub.web.page import page
from mailhub.web.request import PageRequest

from .board import BUILT, INHERITED, OWN, PLUGIN, Filter, board_of
from .shared import TEMPLATES, iter_scenarios, list_accounts, source_title, targets_of
from .tokens import Step

UNDO = "done"
"""The parameter that names assignments which were just made."""
MOST_UNDONE = 30
_MOST_OPTIONS = 6_000
_MOST_FILES = 100

SOURCES: tuple[tuple[str, Text], ...] = (
    ("", _("All sources")),
    (BUILT, _("Built in")),
    (PLUGIN, _("From plugins")),
    (CUSTOM, _("Custom")),
)
WAYS: tuple[tuple[str, Text], ...] = (
    ("", _("All scenarios")),
    (OWN, _("With an account of their own")),
    (INHERITED, _("By default")),
)


@page("GET", "/scenarios", permission=Permission.SETUP_READ)
def list_scenarios(request: PageRequest) -> Answer:
    accounts = list_accounts(request)
    asked = _filter(request)
    titled = [(view, request.translated(view.title)) for view in iter_scenarios(request)]
    found = [each for each in titled if asked.takes(*each)]
    service = request.work.service(AccountsService)
    account_views = {each.id: service.view_of(each) for each in accounts}
    default = next((id for id, view in account_views.items() if view.is_default), None)
    targets = targets_of(accounts)
    undoable = find_undoable(request)
    values: dict[str, Any] = {
        "lanes": board_of(found, accounts, default, _default_files(request, found)),
        "states": {id: _state(view.account, view.kind is not None) for id, view in account_views.items()},
        "asked": asked,
        "sources": SOURCES,
        "ways": WAYS,
        "found": len(found),
        "targets": targets,
        "has_default": default is not None,
        "has_short_menus": len(targets) * len(found) > _MOST_OPTIONS,
        "may_set_up": request.identity.may(Permission.SETUP_WRITE),
        "undoable": [step.token for step, _view in undoable],
        "undo_text": done_text(request, [view for _step, view in undoable]) if undoable else None,
        "moved": {step.scenario for step, _view in undoable},
        "source_title": source_title,
        "back": _back(request),
    }
    return Shown(f"{TEMPLATES}/board.jinja2", values, title=_("Scenarios"))


def _filter(request: PageRequest) -> Filter:
    """Values that are not offered filter nothing."""
    source, account = request.query.get("source", ""), request.query.get("account", "")
    return Filter(
        text=request.query.get("q", "").strip()[:200],
        source=source if source in dict(SOURCES) else "",
        account=account if account in dict(WAYS) else "",
    )


def _back(request: PageRequest) -> str:
    """Where the reader is, without what can be undone here."""
    kept = [(name, value) for name, value in request.query.items() if name != UNDO]
    return f"/scenarios?{urlencode(kept)}" if kept else "/scenarios"


def _state(account: Account, is_loaded: bool) -> str:
    return state_of(account, connector_is_loaded=is_loaded)


def _default_files(request: PageRequest, found: list[tuple[ScenarioView, str]]) -> dict[str, int]:
    """How many files each adds by itself; the default scenario adds none (DA2)."""
    service = request.work.service(AttachmentsService)
    counts = {}
    for view, _title in found:
        if view.id != DEFAULT_SCENARIO:
            files, _place = service.list_files(view.id, _MOST_FILES)
            counts[view.id] = sum(each.file.is_default for each in files)
    return counts


def find_undoable(request: PageRequest) -> list[tuple[Step, ScenarioView]]:
    """Those of the assignments that the address names which are still as they were made, by whoever looks."""
    given = request.query_all(UNDO)[:MOST_UNDONE]
    named = [token for each in given if (token := request.find_opened(each)) is not None]
    if not named or not request.identity.may(Permission.SETUP_WRITE):
        return []
    try:
        steps = [Step.read(each) for each in named]
    except BadRequest:
        return []
    found = [(each, _find_scenario(request, each.scenario)) for each in steps]
    return [(step, view) for step, view in found if view is not None and revision_of(view) == step.revision]


def _find_scenario(request: PageRequest, scenario: str) -> ScenarioView | None:
    try:
        return request.work.service(ScenariosService).get_scenario(scenario)
    except NotFound:
        return None


def done_text(request: PageRequest, done: list[ScenarioView]) -> Text:
    """What was just done, in a sentence; all were given to the same account, or to none."""
    title, account = request.translated(done[0].title), done[0].account
    if account is None:
        if len(done) == 1:
            return _("${title} has no account of its own any more.", mapping={"title": title})
        return _("${count} scenarios have no account of their own any more.", mapping={"count": len(done)})
    name = request.work.service(AccountsService).get_account(account).name
    if len(done) == 1:
        return _("${title} is sent by ${account} now.", mapping={"title": title, "account": name})
    return _("${count} scenarios are sent by ${account} now.", mapping={"count": len(done), "account": name})
