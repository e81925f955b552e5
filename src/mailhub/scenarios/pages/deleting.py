"""Deleting a scenario that an administrator made."""

from mailhub.contract.texts import _
from mailhub.people.permissions import Permission
from mailhub.scenarios.presenting import revision_of
from mailhub.scenarios.service import ScenariosService
from mailhub.web.answers import Answer, Redirect, Shown
from mailhub.web.page import page
from mailhub.web.request import PageRequest

from .shared import crumbs_of, scenario_of, url_of

_CONFIRM = "mailhub.web:templates/confirm.jinja2"
QUESTION = _("Delete this scenario?")
EFFECT = _(
    "Its assignment and its files go for good. Messages that were sent keep what they have. Applications that still name it "
    "are refused."
)


@page("GET", "/scenarios/{code}/delete", permission=Permission.SETUP_WRITE)
def ask_delete(request: PageRequest) -> Answer:
    view = scenario_of(request)
    values = {
        "question": QUESTION,
        "text": EFFECT,
        "action": f"{url_of(view.id)}/delete",
        "label": _("Delete"),
        "cancel": url_of(view.id),
        "values": {"revision": revision_of(view)},
    }
    title = _("Delete ${name}", mapping={"name": request.translated(view.title)})
    return Shown(_CONFIRM, values, title=title, crumbs=crumbs_of(view))


@page("POST", "/scenarios/{code}/delete", permission=Permission.SETUP_WRITE)
def delete_scenario(request: PageRequest) -> Answer:
    view = scenario_of(request)
    request.check_revision(revision_of(view))
    request.work.service(ScenariosService).delete_scenario(view.id)
    request.flash(_("The scenario ${title} was deleted.", mapping={"title": request.translated(view.title)}))
    return Redirect("/scenarios")
