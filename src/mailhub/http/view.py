"""One call from Pyramid's request to Pyramid's response: 401, 403, then the view, which asks for the rest in order."""

from typing import Any

from mailhub.contract.texts import _
from mailhub.errors import NotSignedIn
from mailhub.people.permissions import Permission

from .endpoint import Endpoint
from .parts import ApiParts
from .query import no_query
from .reply import Reply
from .request import ApiRequest, CallSchemas
from .responses import ApiResponse, response_of
from .strict_json import require_no_fields


class EndpointView:
    """The Pyramid view of an endpoint."""

    def __init__(self, endpoint: Endpoint, parts: ApiParts) -> None:
        self._endpoint = endpoint
        self._parts = parts
        self._schemas = CallSchemas(
            None if endpoint.body is None else endpoint.body(),
            no_query() if endpoint.query is None else endpoint.query(),
        )

    def __call__(self, context: Any, request: Any) -> ApiResponse:
        self._require_permission(request)
        if self._takes_no_fields:
            require_no_fields(request, self._parts)
        api_request = ApiRequest(request, self._endpoint, self._schemas, self._parts)
        reply = self._endpoint.view(api_request)
        if reply.status < 400:
            self._require_checks(api_request)
            self._require_declared(reply)
        return response_of(reply)

    @property
    def _takes_no_fields(self) -> bool:
        has_body = self._endpoint.body is not None or self._endpoint.raw_body
        return not has_body and self._endpoint.method not in ("GET", "HEAD")

    def _require_permission(self, request: Any) -> None:
        if self._endpoint.permission is Permission.PUBLIC:
            return
        identity = request.identity
        if identity is None:
            raise NotSignedIn(_("Sign in first: send a good token as Authorization: Bearer."))
        identity.require(self._endpoint.permission)

    def _require_checks(self, api_request: ApiRequest) -> None:
        """A view that forgot what its declaration promises must not get through a test."""
        endpoint = self._endpoint
        if (endpoint.body is not None or endpoint.raw_body) and not api_request.body_was_read:
            raise RuntimeError(f"{endpoint.method} {endpoint.path} has not read its body")
        if endpoint.if_match == "required" and not api_request.revision_was_checked:
            raise RuntimeError(f"{endpoint.method} {endpoint.path} has not checked the revision")

    def _require_declared(self, reply: Reply) -> None:
        """What is not in the document is not answered."""
        endpoint = self._endpoint
        if reply.status not in endpoint.replies:
            raise RuntimeError(f"{endpoint.method} {endpoint.path} does not declare {reply.status}")
        if reply.body is not None and endpoint.replies[reply.status] is None:
            raise RuntimeError(f"{endpoint.method} {endpoint.path} declares no body for {reply.status}")
