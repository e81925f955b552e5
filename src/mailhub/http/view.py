"""One call from Pyramid's request to Pyramid's response: 401, 429, 403, then the view, which asks for the rest in order."""

from typing import Any

from mailhub.contract.texts import _
from mailhub.errors import NotSignedIn
from mailhub.people.permissions import Permission

from .endpoint import Endpoint
from .idempotency import HEADER, CallKey, KeyedRunner, Replayed, call_key, replay_response
from .limiting import require_allowance
from .parts import ApiParts
from .query import no_query
from .reply import Reply
from .request import ApiRequest, CallSchemas
from .responses import ApiResponse, response_of


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
        if self._endpoint.answer_headers:
            request.add_response_callback(self._add_answer_headers)
        self._require_permission(request)
        key = self._call_key(request)
        try:
            return self._answered(request, key)
        except Replayed as replayed:
            return replay_response(replayed.answer)

    def _answered(self, request: Any, key: CallKey | None) -> ApiResponse:
        parts = self._parts
        if key is not None:
            key.require_new(request.hub_root, parts.clock.now())
        runner = parts.runner if key is None else KeyedRunner(parts.runner, key, parts.clock)
        api_request = ApiRequest(request, self._endpoint, self._schemas, parts, runner)
        reply = self._endpoint.view(api_request)
        if reply.status < 400:
            self._require_checks(api_request)
            self._require_declared(reply)
        response = response_of(reply)
        if key is not None and not self._endpoint.once and reply.status < 300:
            body = None if self._endpoint.replays == "secret" else response.body
            key.keep(request.hub_root, parts.clock.now(), reply.status, body, reply.location)
        return response

    def _add_answer_headers(self, _request: Any, response: Any) -> None:
        response.headers.update(self._endpoint.answer_headers)

    def _call_key(self, request: Any) -> CallKey | None:
        """The caller's Idempotency-Key, where the call takes one."""
        header = request.headers.get(HEADER)
        if self._endpoint.replays is None or header is None or self._is_dry_run(request):
            return None
        if self._endpoint.raw_body:
            # its view asks ``ApiRequest.raw_key``: the body is not in memory
            return None
        if (request.content_length or 0) > self._parts.max_json_bytes:
            # it will be refused for its size
            return None
        secret = self._parts.cursors.key
        return call_key(header, request.identity.user_id, request.path_info, request.body, secret)

    def _require_permission(self, request: Any) -> None:
        if self._endpoint.permission is Permission.PUBLIC:
            return
        identity = request.identity
        if identity is None:
            raise NotSignedIn(_("Sign in first: send a good token as Authorization: Bearer."))
        if self._parts.limiter is not None and identity.via != "command line":
            require_allowance(request, self._parts.limiter, identity.user_id)
        instead = self._endpoint.dry_run_permission
        if instead is None or not self._is_dry_run(request) or not identity.may(instead):
            identity.require(self._endpoint.permission)

    def _is_dry_run(self, request: Any) -> bool:
        """A call that stores nothing, where there is one."""
        return self._endpoint.dry_run_permission is not None and request.GET.get("dry_run") == "true"

    def _require_checks(self, api_request: ApiRequest) -> None:
        """A view that forgot what its declaration promises must not get through a test."""
        endpoint = self._endpoint
        if endpoint.method not in ("GET", "HEAD", "OPTIONS") and not api_request.body_was_read:
            raise RuntimeError(f"{endpoint.method} {endpoint.path} has not looked at its body")
        if endpoint.if_match == "required" and not api_request.revision_was_checked:
            raise RuntimeError(f"{endpoint.method} {endpoint.path} has not checked the revision")

    def _require_declared(self, reply: Reply) -> None:
        """What is not in the document is not answered."""
        endpoint = self._endpoint
        if reply.status not in endpoint.replies:
            raise RuntimeError(f"{endpoint.method} {endpoint.path} does not declare {reply.status}")
        if reply.body is not None and endpoint.replies[reply.status] is None:
            raise RuntimeError(f"{endpoint.method} {endpoint.path} declares no body for {reply.status}")
