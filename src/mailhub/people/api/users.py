"""Calls about users (api.md, "Policies, people, records")."""

from functools import partial

from mailhub.contract.texts import _
from mailhub.http.endpoint import ApiRequest, Reply, created, endpoint, no_content
from mailhub.http.paging import PageQuery
from mailhub.people.permissions import Permission
from mailhub.people.presenting import present_user
from mailhub.people.schema import (
    NewUserReply,
    OneTimePasswordReply,
    UserCreation,
    UserFields,
    UserList,
    UserReply,
)
from mailhub.people.service import UsersService

from .places import place_of

_USER_ID = {"id": _("Id of the user")}


@endpoint(
    "GET",
    "/users",
    permission=Permission.PEOPLE_ADMIN,
    summary=_("List users, newest first"),
    query=PageQuery,
    replies={200: UserList},
)
def list_users(request: ApiRequest) -> Reply:
    page = request.page
    users, place = request.work.service(UsersService).list_users(page.limit, place_of(page))
    return Reply(body=page.reply([present_user(user) for user in users], place))


@endpoint(
    "POST",
    "/users",
    permission=Permission.PEOPLE_ADMIN,
    summary=_("Make a user"),
    description=_("Without a password the answer has one for the first sign-in. Tokens work before that."),
    body=UserCreation,
    replies={201: NewUserReply},
    problems=("address.invalid", (422, "user.login_taken"), "password.too_weak"),
    replays="secret",
)
def create_user(request: ApiRequest) -> Reply:
    users = request.work.service(UsersService)
    user, one_time_password = users.create_user(request.body_judged_by(users.mistakes_in))
    body = {**present_user(user), "one_time_password": one_time_password}
    return created(f"/api/v1/users/{user.id}", body)


@endpoint(
    "GET",
    "/users/{id}",
    permission=Permission.PEOPLE_ADMIN,
    summary=_("Read a user"),
    path_texts=_USER_ID,
    replies={200: UserReply},
    problems=("user.not_found",),
)
def get_user(request: ApiRequest) -> Reply:
    return Reply(body=present_user(request.work.service(UsersService).get_user(request.path["id"])))


@endpoint(
    "PATCH",
    "/users/{id}",
    permission=Permission.PEOPLE_ADMIN,
    summary=_("Change a user"),
    description=_("Who is no longer active cannot sign in, and his tokens are dead at once."),
    path_texts=_USER_ID,
    body=UserFields,
    replies={200: UserReply},
    problems=("user.not_found", "user.last_administrator", "address.invalid", (422, "user.login_taken")),
    if_match="required",
)
def change_user(request: ApiRequest) -> Reply:
    users = request.work.service(UsersService)
    user = users.get_user(request.path["id"])
    request.check_revision(user.revision)
    changes = request.body_judged_by(partial(users.mistakes_in, user=user))
    return Reply(body=present_user(users.change_user(user.id, changes)))


@endpoint(
    "DELETE",
    "/users/{id}",
    permission=Permission.PEOPLE_ADMIN,
    summary=_("Delete a user"),
    description=_("His tokens and sessions end, and he is in no group any more; his messages stay."),
    path_texts=_USER_ID,
    replies={204: None},
    problems=("user.not_found", "user.last_administrator"),
    if_match="required",
)
def delete_user(request: ApiRequest) -> Reply:
    users = request.work.service(UsersService)
    user = users.get_user(request.path["id"])
    request.check_revision(user.revision)
    users.delete_user(user.id)
    return no_content()


@endpoint(
    "POST",
    "/users/{id}/password-reset",
    permission=Permission.PEOPLE_ADMIN,
    summary=_("Give a user a new password"),
    description=_("It is shown this once and must be changed at the next sign-in."),
    path_texts=_USER_ID,
    replies={200: OneTimePasswordReply},
    problems=("user.not_found",),
)
def reset_password(request: ApiRequest) -> Reply:
    users = request.work.service(UsersService)
    user = users.get_user(request.path["id"])
    request.require_no_fields()
    password = users.reset_password(user.id)
    return Reply(body={"one_time_password": password})
