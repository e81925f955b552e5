"""A scenario of one's own."""

from mailhub.contract.texts import _
from mailhub.errors import Invalid, WrongState
from mailhub.people.permissions import Permission
from mailhub.scenarios.schema import ScenarioCreation
from mailhub.scenarios.service import ScenariosService
from mailhub.web.answers import Answer, Redirect, Shown
from mailhub.web.forms import Form, FormShownAgain, Look
from mailhub.web.page import page
from mailhub.web.request import PageRequest

from .shared import SCENARIOS, TEMPLATES, url_of

PATH = "/scenarios/+new"
_LOOKS = {
    "": Look(order=("title", "id")),
    "title": Look(autocomplete="off", help=_("What people see who choose it.")),
    "id": Look(
        autocomplete="off",
        help=_("What applications name it by, such as rent-reminder. It cannot be changed afterwards."),
        attributes={"spellcheck": "false", "autocapitalize": "none"},
    ),
}


@page("GET", PATH, permission=Permission.SETUP_WRITE)
def show_new_scenario(request: PageRequest) -> Answer:
    return _page(_form(request))


@page("POST", PATH, permission=Permission.SETUP_WRITE)
def create_scenario(request: PageRequest) -> Answer:
    form = _form(request)
    try:
        view = request.work.service(ScenariosService).create_scenario(form.read(request.posted))
    except FormShownAgain as again:
        return _page(form, again.status)
    except WrongState as refused:
        form.refuse(Invalid.of("/id", refused.code, refused.message))
        return _page(form, 409)
    request.flash(_("The scenario ${title} was added.", mapping={"title": view.title}))
    return Redirect(url_of(view.id))


def _form(request: PageRequest) -> Form:
    return Form(
        ScenarioCreation(),
        request,
        id="scenario",
        action=PATH,
        submit=_("Add the scenario"),
        cancel="/scenarios",
        widgets=_LOOKS,
    )


def _page(form: Form, status: int = 200) -> Answer:
    title = _("Add a scenario")
    return Shown(
        f"{TEMPLATES}/form.jinja2",
        {
            "form": form,
            "text": _("An application names the scenario of each mail; here you say who sends it."),
        },
        title=title,
        crumbs=(SCENARIOS,),
        status=status,
    )
