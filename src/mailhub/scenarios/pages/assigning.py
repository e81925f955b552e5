"""Giving scenarios to accounts: one or many at once, each judged by itself; and taking that back."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from mailhub.contract.texts import Text, _
from mailhub.errors import Invalid, NotFound, RevisionStale, WrongState
from mailhub.people.permissions import Permission
from mailhub.scenarios.presenting import ScenarioView, revision_of, substitute_of
from mailhub.scenarios.service import ScenariosService
from mailhub.web.answers import Answer, Redirect, is_own_path
from mailhub.web.forms import FormShownAgain
from mailhub.web.page import page
from mailhub.web.request import PageRequest

from .listing import MOST_UNDONE, UNDO, done_text
from .shared import scenario_of, url_of
from .showing import assignment_form, scenario_page
from .tokens import Seen, Step, read_all

_BACK = "back"


@dataclass(slots=True)
class Outcome:
    """What became of a request to assign. ``refused``: why, each once. ``lost``: titles of those that had a substitute
    sender, which goes with the account."""

    done: list[ScenarioView] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    refused: dict[str, None] = field(default_factory=dict)


@page("POST", "/scenarios/+assign", permission=Permission.SETUP_WRITE)
def assign_scenarios(request: PageRequest) -> Answer:
    """Controls: ``scenario`` (tokens, any number) and ``account`` ("" takes theirs away)."""
    account, outcome = request.posted_value("account"), Outcome()
    chosen = read_all(request.posted_all("scenario"))
    for seen in chosen:
        _assign(request, seen, account, outcome)
    if not chosen:
        request.flash(_("Choose scenarios first."), "info")
    elif not outcome.done and not outcome.refused:
        request.flash(_("Nothing had to be changed."), "info")
    _tell(request, outcome)
    if outcome.lost or len(outcome.steps) > MOST_UNDONE:
        request.flash(done_text(request, outcome.done))
        return Redirect(_back(request, []))
    return Redirect(_back(request, outcome.steps))


@page("POST", "/scenarios/+undo", permission=Permission.SETUP_WRITE)
def undo_assignments(request: PageRequest) -> Answer:
    """Controls: ``step``, one for each assignment. What somebody has changed since stays as it is."""
    outcome = Outcome()
    for step in map(Step.read, request.posted_all("step")):
        _assign(request, Seen(step.scenario, step.revision), step.was, outcome)
    if outcome.done:
        request.flash(_("It is as it was before."))
    _tell(request, outcome)
    return Redirect(_back(request, []))


@page("POST", "/scenarios/{code}/account", permission=Permission.SETUP_WRITE)
def change_assignment(request: PageRequest) -> Answer:
    """The form on the page of one scenario, with its substitute sender."""
    view = scenario_of(request)
    service, form = request.work.service(ScenariosService), assignment_form(request, view)
    try:
        values = form.read(request.posted, service.mistakes_in_assignment)
        request.check_revision(revision_of(view))
        service.assign(view.id, values)
    except FormShownAgain as again:
        return scenario_page(request, view, form, again.status)
    except (Invalid, WrongState) as refused:
        form.refuse(
            refused if isinstance(refused, Invalid) else Invalid.of("", refused.code, refused.message)
        )
        return scenario_page(request, view, form, 422 if isinstance(refused, Invalid) else 409)
    except RevisionStale as refused:
        form.refuse(Invalid.of("", refused.code, _STALE))
        return scenario_page(request, view, form, 412)
    request.flash(_("The scenario ${title} was saved.", mapping={"title": request.translated(view.title)}))
    return Redirect(url_of(view.id))


_STALE: Text = _(
    "Somebody else has changed this scenario since you opened it. What you typed is still here: open the scenario in "
    "another tab to see what is new, then load this page again."
)


def _assign(request: PageRequest, seen: Seen, account: str, outcome: Outcome) -> None:
    """One of several. A scenario that is where it belongs keeps its substitute sender."""
    service = request.work.service(ScenariosService)
    try:
        before = service.get_scenario(seen.scenario)
        if revision_of(before) != seen.revision:
            outcome.refused[request.translated(_changed(request, before))] = None
        elif before.account != (account or None):
            has_substitute = substitute_of(before.assignment)["substitute_sender"] is not None
            made = service.assign(before.id, _values(account))
            outcome.done.append(made)
            outcome.steps.append(Step(made.id, revision_of(made), before.account or ""))
            if has_substitute:
                outcome.lost.append(request.translated(before.title))
    except Invalid as refused:
        outcome.refused.update((request.translated(each.message), None) for each in refused.errors)
    except (NotFound, WrongState) as refused:
        outcome.refused[request.translated(refused.message)] = None


def _values(account: str) -> dict[str, Any]:
    return {"account": account or None, "substitute_sender": None, "substitute_mode": None}


def _changed(request: PageRequest, view: ScenarioView) -> Text:
    return _(
        "Somebody else has changed ${title} meanwhile; it was left as it is.",
        mapping={"title": request.translated(view.title)},
    )


def _tell(request: PageRequest, outcome: Outcome) -> None:
    for text in outcome.refused:
        request.flash(text, "warning")
    if outcome.lost:
        titles = ", ".join(outcome.lost)
        request.flash(
            _(
                "The substitute sender belonged to the account before, so it was removed: ${titles}",
                mapping={"titles": titles},
            ),
            "info",
        )


def _back(request: PageRequest, steps: list[Step]) -> str:
    """Where the reader was, with what can be undone there, which tells what was done."""
    back = request.posted_value(_BACK)
    path = back if is_own_path(back) and back.partition("?")[0] == "/scenarios" else "/scenarios"
    if not steps:
        return path
    return f"{path}{'&' if '?' in path else '?'}{urlencode([(UNDO, request.sealed(each.token)) for each in steps])}"
