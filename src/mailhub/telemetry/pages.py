"""The first page: what needs somebody's attention."""

from mailhub.contract.texts import _
from mailhub.people.permissions import Permission
from mailhub.web.answers import Answer, Shown
from mailhub.web.page import page
from mailhub.web.request import PageRequest

_TEMPLATE = "mailhub.telemetry:templates/home.jinja2"


@page("GET", "/", permission=Permission.SELF)
def show_home(request: PageRequest) -> Answer:
    return Shown(_TEMPLATE, {"name": request.identity.name}, title=_("Home"))
