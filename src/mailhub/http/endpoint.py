"""How an API call is declared: one description gives its route, permission check, strict validation and OpenAPI.

::

    @endpoint(
        "GET", "/accounts/{id}", permission=Permission.SETUP_READ, tag="accounts",
        summary=_("Read one account"), replies={200: AccountReply}, problems=("account.not_found",),
    )
    def get_account(request: ApiRequest) -> Reply:
        return Reply(body=present(request.work.service(Accounts).get(request.path["id"])))

The decorator attaches the description to the function and does nothing else; ``app.py`` names the modules and
``mailhub.http.mount`` makes routes of what ``endpoints_of`` finds in them.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType, ModuleType
from typing import Any, Literal

import colander

from mailhub.contract.texts import Text
from mailhub.people.permissions import Permission

from .headers import Header
from .reply import Reply, accepted, created, file_reply, no_content
from .request import ApiRequest, RawBody

__all__ = [
    "ApiRequest",
    "Endpoint",
    "Header",
    "RawBody",
    "Reply",
    "accepted",
    "created",
    "endpoint",
    "endpoints_of",
    "file_reply",
    "no_content",
]

View = Callable[[ApiRequest], Reply]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
SchemaFactory = Callable[[], colander.SchemaNode]
"""A colander schema class, or anything that makes a fresh node; its ``__name__`` names the schema in OpenAPI."""

ProblemRef = str | tuple[int, str]
"""A problem code of ``http/codes.py``, or a status and a code where the code has another status there."""

API_PREFIX = "/api/v1"
_ATTRIBUTE = "__mailhub_endpoint__"

Replays = Literal["answer", "secret"] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One API call. See ``endpoint`` for the meaning of each attribute."""

    method: Method
    path: str
    permission: Permission
    summary: Text
    view: View
    tag: str
    description: Text = ""
    path_texts: Mapping[str, Text] = field(default_factory=lambda: MappingProxyType({}))
    query: SchemaFactory | None = None
    body: SchemaFactory | None = None
    partial: bool = False
    replies: Mapping[int, SchemaFactory | None] = field(default_factory=lambda: MappingProxyType({200: None}))
    problems: tuple[ProblemRef, ...] = ()
    if_match: Literal["required", "optional"] | None = None
    raw_body: bool = False
    raw_types: tuple[str, ...] = ("application/octet-stream",)
    raw_reply: str | None = None
    request_headers: tuple[Header, ...] = ()
    reply_headers: Mapping[int, tuple[Header, ...]] = field(default_factory=lambda: MappingProxyType({}))
    answer_headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    once: bool = False
    replays: Replays = None
    dry_run_permission: Permission | None = None
    prefix: str = API_PREFIX

    @property
    def full_path(self) -> str:
        return self.prefix + self.path

    @property
    def path_names(self) -> tuple[str, ...]:
        """The names in braces, in order."""
        return tuple(re.findall(r"{(\w+)}", self.path))

    @property
    def takes_no_fields(self) -> bool:
        """It does something and is told nothing: no body, or ``{}``."""
        has_body = self.body is not None or self.raw_body
        return not has_body and self.method not in ("GET", "HEAD", "OPTIONS")

    @property
    def operation_id(self) -> str:
        return self.view.__name__


def endpoint(
    method: Method,
    path: str,
    *,
    permission: Permission,
    summary: Text,
    tag: str | None = None,
    description: Text = "",
    path_texts: Mapping[str, Text] | None = None,
    query: SchemaFactory | None = None,
    body: SchemaFactory | None = None,
    partial: bool | None = None,
    replies: Mapping[int, SchemaFactory | None] | None = None,
    problems: Sequence[ProblemRef] = (),
    if_match: Literal["required", "optional"] | None = None,
    raw_body: bool = False,
    raw_types: Sequence[str] = ("application/octet-stream",),
    raw_reply: str | None = None,
    request_headers: Sequence[Header] = (),
    reply_headers: Mapping[int, Sequence[Header]] | None = None,
    answer_headers: Mapping[str, str] | None = None,
    once: bool = False,
    replays: Replays = None,
    dry_run_permission: Permission | None = None,
    prefix: str = API_PREFIX,
) -> Callable[[View], View]:
    """Declare an API call on ``def view(request: ApiRequest) -> Reply``.

    ``path``: below ``prefix``, with names in braces (``/accounts/{id}``). ``tag``: the group in the documentation; by
    default the path's first segment. ``path_texts``: what the names in braces mean. ``query``, ``body``: mapping
    schemas; what they do not name is refused. ``partial``: the body names only what is to change (by default: PATCH).
    ``replies``: the schema of each 2xx answer, None for an empty one (by default 200 with none). ``problems``: codes
    this call may answer beyond those that follow from the declaration (401, 403, 428, 412, schema.* ...).
    ``if_match="required"``: the view must call ``request.check_revision``. A call without ``body`` that is no GET takes no
    fields: its view calls ``request.require_no_fields()`` when it has found what it acts on, unless it checks a revision.
    ``raw_body``: the body is bytes, read from ``request.stream``, and ``raw_types`` are what it may be announced as.
    ``raw_reply``: the content type (``message/rfc822``, ``*/*``) of a 200 that is a file. ``request_headers``: headers of
    its own that a call reads.
    ``reply_headers``: those that the answers of a status have. ``answer_headers``: headers with one value that every answer
    has, refusals too.
    ``once``: the view hands commands to the writer thread or acts outside its transaction, so it is never run a second
    time after a conflict (``raw_body`` implies it). ``replays``: the call takes an Idempotency-Key, and its answer is kept
    (``secret``: only that it was given); by default every POST that creates (201) in its own transaction does. A view with
    ``once`` that takes one must act by one command through ``work.runner``, whose result has the answer; one with
    ``raw_body`` keeps its answer itself (``request.raw_key``).
    ``dry_run_permission``: for a call with ``?dry_run=true``, which stores nothing: another permission that is enough then.
    """

    def attach(view: View) -> View:
        described = Endpoint(
            method=method,
            path=path,
            permission=permission,
            summary=summary,
            view=view,
            tag=tag if tag is not None else path.strip("/").split("/")[0],
            description=description,
            path_texts=MappingProxyType(dict(path_texts or {})),
            query=query,
            body=body,
            partial=method == "PATCH" if partial is None else partial,
            replies=MappingProxyType(dict(replies if replies is not None else {200: None})),
            problems=tuple(problems),
            if_match=if_match,
            raw_body=raw_body,
            raw_types=tuple(raw_types),
            raw_reply=raw_reply,
            request_headers=tuple(request_headers),
            reply_headers=MappingProxyType({key: tuple(each) for key, each in (reply_headers or {}).items()}),
            answer_headers=MappingProxyType(dict(answer_headers or {})),
            once=once or raw_body,
            replays=replays or _usual_replays(method, replies or {}, is_once=once or raw_body),
            dry_run_permission=dry_run_permission,
            prefix=prefix,
        )
        setattr(view, _ATTRIBUTE, described)
        return view

    return attach


def endpoints_of(module: ModuleType | Any) -> list[Endpoint]:
    """The calls declared in a module (not those it imported), in the order of their definition."""
    found = (getattr(value, _ATTRIBUTE, None) for value in vars(module).values())
    return [each for each in found if isinstance(each, Endpoint) and each.view.__module__ == module.__name__]


def _usual_replays(method: Method, replies: Mapping[int, SchemaFactory | None], *, is_once: bool) -> Replays:
    return "answer" if method == "POST" and 201 in replies and not is_once else None
