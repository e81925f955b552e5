"""Replies as HTTP responses: headers that every answer of the API has, and JSON as it is written."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from pyramid.response import Response

from .reply import Reply
from .revisions import entity_tag

_ALWAYS = (("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"))


class ApiResponse(Response):
    """A response whose Location stays the path it is: no Host header of a caller gets into it (ASVS V4.1.3)."""

    @staticmethod
    def _make_location_absolute(_environ: dict[str, Any], value: str) -> str:
        return value


def response_of(reply: Reply) -> ApiResponse:
    """The response of a view's reply."""
    if reply.stream is not None:
        # as it is stored: WebOb would say of every text that it is UTF-8
        headers = [("Content-Type", reply.content_type or "application/octet-stream")]
        response = ApiResponse(app_iter=reply.stream, status=reply.status, headerlist=headers)
    elif reply.body is None:
        response = ApiResponse(status=reply.status, body=b"", content_type=None)
    else:
        response = json_response(reply.body, reply.status)
    if (revision := _revision(reply)) is not None:
        response.headers["ETag"] = entity_tag(revision)
    if reply.location is not None:
        response.headers["Location"] = reply.location
    response.headers.update({**dict(_ALWAYS), **reply.headers})
    return response


def json_response(
    body: Mapping[str, Any], status: int, *, content_type: str = "application/json"
) -> ApiResponse:
    """A JSON object as a response. Times become RFC 3339 UTC."""
    return raw_json_response(json_bytes(body), status, content_type=content_type)


def raw_json_response(content: bytes, status: int, *, content_type: str = "application/json") -> ApiResponse:
    """JSON that is written already as a response."""
    response = ApiResponse(body=content, status=status, headerlist=[("Content-Type", content_type), *_ALWAYS])
    response.content_length = len(content)
    return response


def json_bytes(value: Any) -> bytes:
    """JSON in UTF-8; escaped where a text from outside has half a character."""
    try:
        return json.dumps(value, ensure_ascii=False, default=_plain, allow_nan=False).encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, default=_plain, allow_nan=False).encode("ascii")


def rfc3339(at: datetime) -> str:
    """``2026-11-24T09:30:00.123456Z``; the fraction only where there is one. Raises ValueError for a naive time."""
    if at.tzinfo is None:
        raise ValueError("a time without an offset")
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _plain(value: object) -> Any:
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} is no JSON")


def _revision(reply: Reply) -> str | None:
    if reply.etag is not None:
        return reply.etag
    revision = (reply.body or {}).get("revision")
    return revision if isinstance(revision, str) else None
