"""Trying an account out: a check of what is not saved, a test mail by what is, and the steps of both as they happen."""

from collections.abc import Mapping
from typing import Any, Final

from mailhub.accounts.schema import TrialFields
from mailhub.accounts.service import AccountsService
from mailhub.contract.texts import Text, _, in_context
from mailhub.delivery.check_runs import CheckRun, Run
from mailhub.delivery.checking import CheckingService
from mailhub.errors import Invalid, NotFound, TooManyRequests, WrongState
from mailhub.people.permissions import Permission
from mailhub.web.answers import Answer, Fragment, Redirect, Shown
from mailhub.web.forms import Form, FormShownAgain
from mailhub.web.page import page
from mailhub.web.request import PageRequest

from .shared import TEMPLATES, crumbs_of, url_of

CHECK: Final = "__check"
"""The control of the button that tries what is in the form."""

CHECK_TO: Final = "__check_to"
_PART: Final = f"{TEMPLATES}/check.jinja2"
_REFUSED: Final = f"{TEMPLATES}/check_refused.jinja2"

STEPS: Final[Mapping[str, Text]] = {
    "resolve": _("Find the server"),
    "connect": _("Connect"),
    "greeting": _("Greeting"),
    "tls": _("Encrypt"),
    "authenticate": in_context("step", "Sign in"),
    "sender": _("Sender"),
    "send": _("Send"),
}
"""What the steps are called that connectors have in common; others have the connector's own word."""


@page("GET", "/checks/{id}", permission=Permission.SELF)
def show_check(request: PageRequest) -> Answer:
    run = request.work.service(CheckingService).get_check(request.path["id"])
    if request.is_htmx:
        return Fragment(_PART, check_part(run))
    headers = {"Refresh": "2"} if run.is_running else {}
    template = f"{TEMPLATES}/check_page.jinja2"
    return Shown(template, check_part(run), title=_("Connection check"), headers=headers)


@page("GET", "/accounts/{id}/test", permission=Permission.SETUP_WRITE)
def show_test(request: PageRequest) -> Answer:
    form = _form(request)
    form.fill({"to": request.identity.contact_email})
    run = None
    if run_id := request.query.get("run"):
        try:
            run = request.work.service(CheckingService).get_check(run_id)
        except NotFound:
            request.flash(_("That test is no longer known. Send another one."), "info")
    return _test_page(request, form, run=run)


@page("POST", "/accounts/{id}/test", permission=Permission.SETUP_WRITE, once=True)
def send_test(request: PageRequest) -> Answer:
    account = request.work.service(AccountsService).get_account(request.path["id"])
    form = _form(request)
    try:
        values = form.read(request.posted)
        run = request.work.service(CheckingService).start_test(account.id, values["to"])
    except FormShownAgain as again:
        return _test_page(request, form, again.status)
    except Invalid as refused:
        form.refuse(refused)
        return _test_page(request, form, 422)
    except (WrongState, TooManyRequests) as refused:
        form.refuse(Invalid.of("", refused.code, refused.message))
        return _test_page(request, form, 429 if isinstance(refused, TooManyRequests) else 409)
    return Redirect(f"{url_of(account)}/test?run={run.id}")


def _form(request: PageRequest) -> Form:
    id = request.path["id"]
    return Form(
        TrialFields(),
        request,
        id="test",
        action=f"/accounts/{id}/test",
        submit=_("Send the test mail"),
        cancel=f"/accounts/{id}",
    )


def _test_page(request: PageRequest, form: Form, status: int = 200, *, run: Run | None = None) -> Answer:
    account = request.work.service(AccountsService).get_account(request.path["id"])
    check = None if run is None else check_part(run)
    values = {"account": account, "form": form, "check": check}
    crumbs = crumbs_of(account)
    return Shown(f"{TEMPLATES}/test.jinja2", values, title=_("Test mail"), crumbs=crumbs, status=status)


# -- checks of what is not saved -----------------------------------------------------------------------------------


def is_check(request: PageRequest) -> bool:
    """The button was pressed that tries what is in the form."""
    return bool(request.posted_value(CHECK))


def wants_part(request: PageRequest) -> bool:
    """A script puts the answer to a check into the page, which stays as it is, passwords included."""
    return request.is_htmx and is_check(request)


def account_controls(request: PageRequest) -> list[tuple[str, Any]]:
    """What of the form is the account's."""
    return [each for each in request.posted if each[0] not in (CHECK, CHECK_TO)]


def begin_check(request: PageRequest, connector: str, values: Mapping[str, Any], account: str | None) -> Run:
    """Try what was typed; raises what ``CheckingService.check`` raises."""
    to = request.posted_value(CHECK_TO).strip()
    given = {
        "connector": connector,
        "settings": values.get("settings", {}),
        "account": account,
        "address": values.get("address") or None,
        "to": to or None,
    }
    return request.work.service(CheckingService).check(given)


def check_part(run: Run) -> dict[str, Any]:
    """What the part of a page shows of a check: steps that are done, the one that is on its way, and those to come."""
    result = run.result()
    announced = run.step_names if isinstance(run, CheckRun) else ()
    done = {step.name for step in result.steps}
    rest = [name for name in announced if name not in done]
    steps = [(step.outcome, STEPS.get(step.name, step.name), step.detail or None) for step in result.steps]
    if result.outcome is None:
        steps += [
            ("waiting" if place else "running", STEPS.get(name, name), None)
            for place, name in enumerate(rest)
        ]
    return {
        "run_id": run.id,
        "is_running": result.outcome is None,
        "outcome": result.outcome,
        "steps": steps,
        "error": result.error,
    }


def shown_part(run: Run) -> Answer:
    """A check as the part that follows itself."""
    return Fragment(_PART, check_part(run))


def refused_part(form: Form, status: int = 422) -> Answer:
    """Why nothing could be tried; the form itself stays as it is."""
    return Fragment(_REFUSED, {"form": form}, status=status)
