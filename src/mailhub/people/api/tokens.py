"""Calls about tokens (api.md, "Policies, people, records")."""

from mailhub.contract.texts import _
from mailhub.http.endpoint import ApiRequest, Reply, created, endpoint, no_content
from mailhub.http.paging import PageQuery
from mailhub.people.permissions import Permission
from mailhub.people.presenting import present_token
from mailhub.people.schema import NewTokenReply, TokenFields, TokenList
from mailhub.people.service import TokensService

from .places import place_of


@endpoint(
    "GET",
    "/tokens",
    permission=Permission.SELF,
    summary=_("List one's own tokens; an administrator sees everybody's"),
    query=PageQuery,
    replies={200: TokenList},
)
def list_tokens(request: ApiRequest) -> Reply:
    page = request.page
    tokens, place = request.work.service(TokensService).list_tokens(page.limit, place_of(page))
    return Reply(body=page.reply([present_token(token) for token in tokens], place))


@endpoint(
    "POST",
    "/tokens",
    permission=Permission.SELF,
    summary=_("Make a token"),
    description=_("The token is shown this once. A token may only do part of what its user may."),
    body=TokenFields,
    replies={201: NewTokenReply},
    problems=((422, "user.not_found"),),
    replays="secret",
)
def create_token(request: ApiRequest) -> Reply:
    tokens = request.work.service(TokensService)
    token, text = tokens.create_token(request.body_judged_by(tokens.mistakes_in))
    return created(f"/api/v1/tokens/{token.id}", {**present_token(token), "token": text})


@endpoint(
    "DELETE",
    "/tokens/{id}",
    permission=Permission.SELF,
    summary=_("Revoke a token"),
    path_texts={"id": _("Id of the token")},
    replies={204: None},
    problems=("token.not_found",),
)
def revoke_token(request: ApiRequest) -> Reply:
    tokens = request.work.service(TokensService)
    token = tokens.get_token(request.path["id"])
    request.require_no_fields()
    tokens.revoke_token(token.id)
    return no_content()
