"""Calls about one's sessions at the pages (api.md, "Policies, people, records")."""

from mailhub.contract.texts import _
from mailhub.http.endpoint import ApiRequest, Reply, endpoint, no_content
from mailhub.http.paging import PageQuery
from mailhub.people.permissions import Permission
from mailhub.people.presenting import present_session
from mailhub.people.schema import SessionList
from mailhub.people.service import SessionsService

from .places import place_of


@endpoint(
    "GET",
    "/sessions",
    permission=Permission.SELF,
    summary=_("List one's sessions at the pages, newest first"),
    query=PageQuery,
    replies={200: SessionList},
)
def list_sessions(request: ApiRequest) -> Reply:
    page = request.page
    found, place = request.work.service(SessionsService).list_sessions(page.limit, place_of(page))
    return Reply(body=page.reply([present_session(*each) for each in found], place))


@endpoint(
    "DELETE",
    "/sessions",
    permission=Permission.SELF,
    summary=_("End all of one's sessions"),
    description=_("Tokens go on."),
    replies={204: None},
)
def end_all_sessions(request: ApiRequest) -> Reply:
    request.require_no_fields()
    request.work.service(SessionsService).end_all()
    return no_content()


@endpoint(
    "DELETE",
    "/sessions/{id}",
    permission=Permission.SELF,
    summary=_("End one of one's sessions"),
    path_texts={"id": _("Id of the session")},
    replies={204: None},
    problems=("session.not_found",),
)
def end_session(request: ApiRequest) -> Reply:
    sessions = request.work.service(SessionsService)
    session = sessions.get_session(request.path["id"])
    request.require_no_fields()
    sessions.end_session(session.id)
    return no_content()
