"""Calls about groups (api.md, "Policies, people, records")."""

from functools import partial

from mailhub.contract.texts import _
from mailhub.http.endpoint import ApiRequest, Reply, created, endpoint, no_content
from mailhub.http.paging import PageQuery
from mailhub.people.permissions import Permission
from mailhub.people.presenting import present_group
from mailhub.people.schema import GroupFields, GroupList, GroupReply
from mailhub.people.service import GroupsService

from .places import place_of

_GROUP_ID = {"id": _("Id of the group")}
_PROBLEMS = ("group.name_taken", (422, "user.not_found"))


@endpoint(
    "GET",
    "/groups",
    permission=Permission.PEOPLE_ADMIN,
    summary=_("List groups, newest first"),
    query=PageQuery,
    replies={200: GroupList},
)
def list_groups(request: ApiRequest) -> Reply:
    page = request.page
    groups, place = request.work.service(GroupsService).list_groups(page.limit, place_of(page))
    return Reply(body=page.reply([present_group(group) for group in groups], place))


@endpoint(
    "POST",
    "/groups",
    permission=Permission.PEOPLE_ADMIN,
    summary=_("Make a group"),
    description=_("For record access, which may name it instead of its users."),
    body=GroupFields,
    replies={201: GroupReply},
    problems=_PROBLEMS,
)
def create_group(request: ApiRequest) -> Reply:
    groups = request.work.service(GroupsService)
    group = groups.create_group(request.body_judged_by(groups.mistakes_in))
    return created(f"/api/v1/groups/{group.id}", present_group(group))


@endpoint(
    "GET",
    "/groups/{id}",
    permission=Permission.PEOPLE_ADMIN,
    summary=_("Read a group"),
    path_texts=_GROUP_ID,
    replies={200: GroupReply},
    problems=("group.not_found",),
)
def get_group(request: ApiRequest) -> Reply:
    return Reply(body=present_group(request.work.service(GroupsService).get_group(request.path["id"])))


@endpoint(
    "PATCH",
    "/groups/{id}",
    permission=Permission.PEOPLE_ADMIN,
    summary=_("Change a group"),
    description=_("A list of users is the whole list."),
    path_texts=_GROUP_ID,
    body=GroupFields,
    replies={200: GroupReply},
    problems=("group.not_found", *_PROBLEMS),
    if_match="required",
)
def change_group(request: ApiRequest) -> Reply:
    groups = request.work.service(GroupsService)
    group = groups.get_group(request.path["id"])
    request.check_revision(group.revision)
    changes = request.body_judged_by(partial(groups.mistakes_in, group=group))
    return Reply(body=present_group(groups.change_group(group.id, changes)))


@endpoint(
    "DELETE",
    "/groups/{id}",
    permission=Permission.PEOPLE_ADMIN,
    summary=_("Delete a group"),
    description=_("Its users stay."),
    path_texts=_GROUP_ID,
    replies={204: None},
    problems=("group.not_found",),
    if_match="required",
)
def delete_group(request: ApiRequest) -> Reply:
    groups = request.work.service(GroupsService)
    group = groups.get_group(request.path["id"])
    request.check_revision(group.revision)
    groups.delete_group(group.id)
    return no_content()
