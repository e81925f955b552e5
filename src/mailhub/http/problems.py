"""Refusals and failures as ``application/problem+json`` (RFC 9457).

``code`` is stable, texts follow Accept-Language. Whatever was not planned is a 500 with an incident id, which names the
traceback in the log; the answer says nothing of the inside (ASVS V16.5.1).
"""

import logging
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pyramid.exceptions import URLDecodeError
from pyramid.httpexceptions import HTTPBadRequest, HTTPException

from mailhub.contract.texts import Text, _
from mailhub.entropy import new_id
from mailhub.errors import (
    NOT_FOUND,
    BadRequest,
    Busy,
    ChecksumMismatch,
    Denied,
    Gone,
    HubError,
    Invalid,
    NotFound,
    NotReady,
    NotSignedIn,
    OutcomeUnknown,
    RevisionMissing,
    RevisionStale,
    StorageUnavailable,
    TooLarge,
    TooManyRequests,
    VersionUnknown,
    WrongState,
)
from mailhub.store.commits import FinishingFailed, is_conflict, is_storage_failure

from .codes import TITLES
from .locale import translated
from .parts import PARTS, ApiParts
from .responses import json_response
from .strict_json import Malformed, UnsupportedMediaType

log = logging.getLogger("mailhub.http")

PROBLEM_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 1
_STATUS: Mapping[type[HubError], int] = MappingProxyType(
    {
        BadRequest: 400,
        Malformed: 400,
        NotSignedIn: 401,
        Denied: 403,
        NotFound: 404,
        WrongState: 409,
        Gone: 410,
        RevisionStale: 412,
        VersionUnknown: 412,
        TooLarge: 413,
        UnsupportedMediaType: 415,
        Invalid: 422,
        Busy: 423,
        RevisionMissing: 428,
        TooManyRequests: 429,
        ChecksumMismatch: 460,
        StorageUnavailable: 503,
        NotReady: 503,
    }
)
_HTTP_CODES: Mapping[int, tuple[str, Text]] = MappingProxyType(
    {
        400: ("request.bad", _("The request cannot be understood.")),
        404: ("not_found", NOT_FOUND),
        405: ("request.method_not_allowed", _("This address does not know this method.")),
        406: ("request.not_acceptable", _("The answer is JSON, which the Accept header does not allow.")),
    }
)


def status_of(exc: HubError) -> int:
    """The status of a planned refusal; 500 for a class that has none."""
    return next((_STATUS[cls] for cls in type(exc).__mro__ if cls in _STATUS), 500)


def problem_response(exc: Exception, request: Any) -> Any:
    """The answer to any exception of an API call."""
    planned = exc if isinstance(exc, HubError) else storage_failure(exc)
    if planned is not None and status_of(planned) != 500:
        if planned is not exc:
            log.warning("storage: %s", exc, exc_info=exc)
        return _planned(planned, request)
    if isinstance(exc, URLDecodeError):
        exc = HTTPBadRequest()
    if isinstance(exc, HTTPException) and exc.status_code in _HTTP_CODES:
        return _from_pyramid(exc, request)
    return _unexpected(exc, request)


def storage_failure(exc: Exception) -> HubError | None:
    """What a failure of the storage means to the caller; None when it is something else."""
    if is_conflict(exc):
        return StorageUnavailable(_("Others changed the same at the same time, nothing was done. Try again."))
    if isinstance(exc, FinishingFailed):
        return OutcomeUnknown(
            _("The database failed while it stored this. It may have been done: look first.")
        )
    if is_storage_failure(exc):
        return StorageUnavailable(_("The database cannot be used now. Nothing was done."))
    return None


def problem_body(exc: HubError, request: Any) -> dict[str, Any]:
    """The members of a planned refusal's problem, also for one item of a batch."""
    body = _members(request, status_of(exc), exc.code, exc.message)
    if isinstance(exc, Invalid | NotReady):
        body["errors"] = [
            {"pointer": error.pointer, "code": error.code, "message": _translated(request, error.message)}
            for error in exc.errors
        ]
    return body


def _planned(exc: HubError, request: Any) -> Any:
    response = _response(problem_body(exc, request))
    if isinstance(exc, NotSignedIn):
        response.headers["WWW-Authenticate"] = 'Bearer realm="mailhub"'
    if isinstance(exc, TooManyRequests):
        response.headers["Retry-After"] = str(max(1, math.ceil(exc.retry_after_seconds)))
    elif isinstance(exc, StorageUnavailable | NotReady):
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _from_pyramid(exc: HTTPException, request: Any) -> Any:
    """What the router itself refuses."""
    code, detail = _HTTP_CODES[exc.status_code]
    response = _response(_members(request, exc.status_code, code, detail))
    if "Allow" in exc.headers:
        response.headers["Allow"] = exc.headers["Allow"]
    return response


def _unexpected(exc: Exception, request: Any) -> Any:
    incident = new_id(_parts(request).entropy)
    log.error(
        "unexpected error, incident %s, request %s",
        incident,
        getattr(request, "request_id", "-"),
        exc_info=exc,
        extra={"incident": incident},
    )
    detail = _(
        "This should not have happened. The log has more under ${incident}.", mapping={"incident": incident}
    )
    return _response({**_members(request, 500, "internal.error", detail), "incident": incident})


def _members(request: Any, status: int, code: str, detail: Text) -> dict[str, Any]:
    return {
        "type": f"urn:mailhub:problem:{code}",
        "title": _translated(request, TITLES.get(status, "")),
        "status": status,
        "detail": _translated(request, detail),
        "code": code,
    }


def _response(body: Mapping[str, Any]) -> Any:
    return json_response(body, body["status"], content_type=PROBLEM_TYPE)


def _translated(request: Any, text: Text) -> str:
    return translated(request, text, _parts(request).languages)


def _parts(request: Any) -> ApiParts:
    parts: ApiParts = request.registry[PARTS]
    return parts
