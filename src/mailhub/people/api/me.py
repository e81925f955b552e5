"""Calls about oneself (api.md, "Policies, people, records")."""

from typing import Any

from mailhub.contract.texts import _
from mailhub.http.endpoint import ApiRequest, Reply, endpoint, no_content
from mailhub.people.identity import Identity
from mailhub.people.permissions import Permission
from mailhub.people.presenting import present_token, present_user
from mailhub.people.schema import MeFields, MeReply, PasswordChange
from mailhub.people.service import Me, MeService


@endpoint(
    "GET",
    "/me",
    permission=Permission.SELF,
    summary=_("Who calls, and what this token may do"),
    replies={200: MeReply},
    problems=("user.not_found",),
)
def get_me(request: ApiRequest) -> Reply:
    return Reply(body=_present_me(request.work.service(MeService).get_me(), request.identity))


@endpoint(
    "PATCH",
    "/me",
    permission=Permission.SELF,
    summary=_("Set one's language, theme and time zone"),
    body=MeFields,
    replies={200: MeReply},
    problems=("user.not_found",),
    if_match="optional",
)
def change_me(request: ApiRequest) -> Reply:
    service = request.work.service(MeService)
    request.check_revision(service.get_me().user.revision)
    changes = request.body_judged_by(service.mistakes_in)
    return Reply(body=_present_me(service.change_me(changes), request.identity))


@endpoint(
    "POST",
    "/me/password",
    permission=Permission.SELF,
    summary=_("Change one's password"),
    description=_(
        "Tokens and sessions go on, but sessions that a one-time password began end. After five wrong ones in a row from "
        "one network each further try waits longer."
    ),
    body=PasswordChange,
    replies={204: None},
    problems=("user.not_found", "password.wrong", "password.too_weak", "rate_limited"),
)
def change_password(request: ApiRequest) -> Reply:
    service = request.work.service(MeService)
    service.get_me()
    fields = request.body_judged_by(service.mistakes_in_password)
    service.change_password(fields["old"], fields["new"])
    return no_content()


def _present_me(me: Me, identity: Identity) -> dict[str, Any]:
    return {
        "user": present_user(me.user),
        "permissions": identity.permissions,
        "scopes": identity.scopes,
        "scenarios": identity.scenarios,
        "accounts": identity.accounts,
        "token": None if me.token is None else present_token(me.token),
        "revision": me.user.revision,
    }
