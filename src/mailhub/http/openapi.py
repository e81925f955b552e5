"""The OpenAPI 3.1 document, out of the declared endpoints, their schemas and the plugins' settings schemas.

Built once per set of plugins, at start, so that what cannot be described stops the start. Every operation has all its
parameters, headers, statuses and problem codes.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from mailhub.contract.texts import _, plain
from mailhub.people.permissions import Permission
from mailhub.schema_walk import SettingsSchemas

from .codes import TITLES, status_and_code
from .endpoint import Endpoint
from .json_schema import JsonSchemas, Keywords
from .limiting import HEADERS as LIMIT_HEADERS

PROBLEM_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class OpenApiDocument:
    """The document as it is served. ``etag``: changes when any byte does."""

    document: Mapping[str, Any]
    content: bytes
    etag: str


def build_document(
    endpoints: Iterable[Endpoint], settings_schemas: SettingsSchemas, *, version: str
) -> OpenApiDocument:
    """The document of these calls. Raises ``Undescribed`` or LookupError for what cannot be described."""
    schemas = JsonSchemas(settings_schemas)
    schemas.components["Problem"] = PROBLEM_SCHEMA
    paths: dict[str, Keywords] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.full_path, {})[endpoint.method.lower()] = _operation(endpoint, schemas)
    document = {
        "openapi": "3.1.0",
        "info": {"title": "mailhub", "version": version, "description": plain(_DESCRIPTION)},
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.components.items())),
            "headers": _SHARED_HEADERS,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }
    content = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    return OpenApiDocument(document, content, hashlib.sha256(content).hexdigest()[:32])


def _operation(endpoint: Endpoint, schemas: JsonSchemas) -> Keywords:
    operation: Keywords = {
        "operationId": endpoint.operation_id,
        "tags": [endpoint.tag],
        "summary": plain(endpoint.summary),
        "x-permission": str(endpoint.permission),
        "parameters": _parameters(endpoint, schemas),
        "responses": _responses(endpoint, schemas),
    }
    if endpoint.description:
        operation["description"] = plain(endpoint.description)
    if endpoint.dry_run_permission is not None:
        operation["x-dry-run-permission"] = str(endpoint.dry_run_permission)
    if endpoint.permission is Permission.PUBLIC:
        operation["security"] = []
    if body := _request_body(endpoint, schemas):
        operation["requestBody"] = body
    return operation


def _parameters(endpoint: Endpoint, schemas: JsonSchemas) -> list[Keywords]:
    return [*_path_parameters(endpoint), *_query_parameters(endpoint, schemas), *_header_parameters(endpoint)]


def _path_parameters(endpoint: Endpoint) -> list[Keywords]:
    unknown = endpoint.path_texts.keys() - set(endpoint.path_names)
    if unknown:
        raise LookupError(
            f"{endpoint.method} {endpoint.path} has no {', '.join(sorted(unknown))} in its path"
        )
    return [
        _parameter(
            "path", name, {"type": "string"}, plain(endpoint.path_texts.get(name, "")), is_required=True
        )
        for name in endpoint.path_names
    ]


def _query_parameters(endpoint: Endpoint, schemas: JsonSchemas) -> list[Keywords]:
    if endpoint.query is None:
        return []
    schema = schemas.of(endpoint.query(), "request")
    required = schema.get("required", ())
    return [
        _parameter("query", name, _of_text(value), value.get("description", ""), is_required=name in required)
        for name, value in schema["properties"].items()
    ]


def _of_text(schema: Keywords) -> Keywords:
    """A URL cannot say null."""
    kinds = schema.get("type")
    return {**schema, "type": kinds[0]} if isinstance(kinds, list) and kinds[1:] == ["null"] else schema


def _header_parameters(endpoint: Endpoint) -> list[Keywords]:
    parameters = []
    if endpoint.if_match is not None:
        text = plain(_("The revision that was seen, quoted or bare, or *."))
        is_required = endpoint.if_match == "required"
        parameters.append(_parameter("header", "If-Match", {"type": "string"}, text, is_required=is_required))
    if endpoint.replays is not None:
        text = plain(_("The same key and body within 24 hours: the same answer, and nothing is done twice."))
        parameters.append(_parameter("header", "Idempotency-Key", _KEY, text, is_required=False))
    for each in endpoint.request_headers:
        schema, text = dict(each.schema), plain(each.text)
        parameters.append(_parameter("header", each.name, schema, text, is_required=each.is_required))
    return parameters


_KEY: Keywords = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}


def _parameter(place: str, name: str, schema: Keywords, description: str, *, is_required: bool) -> Keywords:
    parameter: Keywords = {"in": place, "name": name, "required": is_required, "schema": schema}
    return {**parameter, "description": description} if description else parameter


def _request_body(endpoint: Endpoint, schemas: JsonSchemas) -> Keywords | None:
    if endpoint.raw_body:
        return {"required": False, "content": {each: {} for each in endpoint.raw_types}}
    if endpoint.body is None:
        return None
    schema = schemas.reference(endpoint.body, "partial" if endpoint.partial else "request")
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _responses(endpoint: Endpoint, schemas: JsonSchemas) -> Keywords:
    replies = {str(status): _reply(endpoint, status, schemas) for status in sorted(endpoint.replies)}
    problems: dict[int, list[str]] = {}
    for status, code in _problems(endpoint):
        codes = problems.setdefault(status, [])
        if code not in codes:
            codes.append(code)
    refusals = {str(status): _problem(endpoint, status, problems[status]) for status in sorted(problems)}
    return {**replies, **refusals}


def _reply(endpoint: Endpoint, status: int, schemas: JsonSchemas) -> Keywords:
    reply: Keywords = {"description": HTTPStatus(status).phrase}
    schema = endpoint.replies[status]
    if endpoint.raw_reply is not None and status == 200:
        reply["content"] = {endpoint.raw_reply: {}}
    elif schema is not None:
        reply["content"] = {"application/json": {"schema": schemas.reference(schema, "reply")}}
    if headers := _reply_headers(endpoint, status, schema):
        reply["headers"] = headers
    return reply


def _reply_headers(endpoint: Endpoint, status: int, schema: Any) -> Keywords:
    names = []
    if schema is not None and any(child.name == "revision" for child in schema().children):
        names.append("ETag")
    if status in (201, 202):
        names.append("Location")
    if endpoint.raw_reply is not None:
        names.append("Content-Disposition")
    if endpoint.replays == "answer":
        names.append("Idempotency-Replayed")
    own = {
        each.name: {"description": plain(each.text), "schema": dict(each.schema)}
        for each in endpoint.reply_headers.get(status, ())
    }
    named: Keywords = {name: {"schema": {"type": "string"}} for name in names}
    return {**named, **own, **_answer_headers(endpoint), **_limit_headers(endpoint)}


def _limit_headers(endpoint: Endpoint) -> Keywords:
    """Where calls are limited, every answer to a caller who is known says what he has left."""
    if endpoint.permission is Permission.PUBLIC:
        return {}
    return {name: {"$ref": f"#/components/headers/{name}"} for name in LIMIT_HEADERS}


def _answer_headers(endpoint: Endpoint) -> Keywords:
    return {
        name: {"schema": {"type": "string", "const": value}}
        for name, value in endpoint.answer_headers.items()
    }


def _problems(endpoint: Endpoint) -> Sequence[tuple[int, str]]:
    """The declared ones, and those that follow from the declaration."""
    codes: list[str | tuple[int, str]] = [*endpoint.problems, "internal.error", "storage.unavailable"]
    if endpoint.permission is not Permission.PUBLIC:
        codes += ["authentication.required", "permission.denied", "rate_limited"]
    if endpoint.query is not None:
        codes += ["schema.invalid", "schema.unknown_field", "schema.wrong_type"]
    if endpoint.body is not None or endpoint.takes_no_fields:
        codes += ["json.malformed", "json.duplicate_key", "json.too_deep"]
        codes += ["request.too_large", "request.unsupported_media_type"]
        codes += ["schema.unknown_field", "schema.wrong_type"]
    if endpoint.body is not None:
        codes += ["schema.invalid", "schema.unknown_field", "schema.wrong_type", "schema.required"]
    if endpoint.if_match is not None:
        codes.append("revision.stale")
    if endpoint.if_match == "required":
        codes.append("revision.missing")
    if endpoint.replays is not None:
        codes += ["idempotency.mismatch", "idempotency.invalid_key"]
    if endpoint.replays == "secret":
        codes.append("idempotency.not_replayable")
    return [status_and_code(ref) for ref in codes]


def _problem(endpoint: Endpoint, status: int, codes: list[str]) -> Keywords:
    codes_schema = {"properties": {"status": {"const": status}, "code": {"examples": codes}}}
    reply: Keywords = {
        "description": f"{plain(TITLES[status])}: {', '.join(f'`{code}`' for code in codes)}",
        "content": {
            PROBLEM_TYPE: {"schema": {"allOf": [{"$ref": "#/components/schemas/Problem"}, codes_schema]}}
        },
    }
    header = {401: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After"}.get(status)
    headers = _answer_headers(endpoint) | ({header: {"schema": {"type": "string"}}} if header else {})
    if status == 429:
        headers |= _limit_headers(endpoint)
    return {**reply, "headers": headers} if headers else reply


_SHARED_HEADERS: Keywords = {
    name: {"description": plain(text), "schema": {"type": "integer", "minimum": 0}}
    for name, text in LIMIT_HEADERS.items()
}

PROBLEM_SCHEMA: Keywords = {
    "type": "object",
    "description": plain(_("RFC 9457; code is stable, texts are for people.")),
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "incident": {
            "type": "string",
            "description": plain(_("Names the entry in the hub's log (500 only).")),
        },
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {"type": "string", "format": "json-pointer"},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                },
                "required": ["pointer", "code", "message"],
            },
        },
    },
    "required": ["type", "title", "status", "detail", "code"],
}

_DESCRIPTION = _(
    "The hub through which a business sends its mail. Nothing that is sent here is coerced or ignored."
)
