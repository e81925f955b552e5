"""What a view is given: the caller, his unit of work, and what he sent, already checked."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from mailhub.answers import RunsCommands
from mailhub.contract.texts import Text, _
from mailhub.errors import FieldError, HubError, Invalid, NotSignedIn
from mailhub.people.identity import Identity
from mailhub.services import Work

from .idempotency import HEADER as KEY_HEADER
from .idempotency import CallKey, call_key, require_key
from .locale import locale_of, translated
from .paging import Page, page_of
from .parts import ApiParts
from .problems import problem_body
from .query import query_parameters, read_query
from .revisions import check_revision, header_revision
from .security import LOCAL_SOCKET
from .strict_json import read_body, require_no_fields

if TYPE_CHECKING:
    from mailhub.store.root import HubRoot

    from .endpoint import Endpoint

Judge = Callable[[Mapping[str, Any], Collection[str]], Iterable[FieldError]]
"""Finds mistakes beyond the form of fields: given those that could be read, and the names of those that could not."""


@dataclass(frozen=True, slots=True)
class RawBody:
    """A body of bytes: read ``file`` in pieces. ``content_length`` is None when the caller did not say."""

    file: BinaryIO
    content_length: int | None


@dataclass(frozen=True, slots=True)
class CallSchemas:
    """The schemas of an endpoint, made once: the strict pass only reads them."""

    body: Any
    query: Any


class ApiRequest:
    """One call of the API. Made by the shell; lives as long as the call."""

    def __init__(
        self,
        request: Any,
        endpoint: "Endpoint",
        schemas: CallSchemas,
        parts: ApiParts,
        runner: RunsCommands,
    ) -> None:
        self._request = request
        self._runner = runner
        self._parts = parts
        self._schemas = schemas
        self._work: Work | None = None
        self._body: dict[str, Any] | None = None
        self.endpoint = endpoint
        self.body_was_read = False
        self.revision_was_checked = False
        self.path: dict[str, str] = dict(request.matchdict)
        self.query: dict[str, Any] = read_query(schemas.query, query_parameters(request))

    @property
    def identity(self) -> Identity:
        """Who acts. Raises ``NotSignedIn`` on a public call without a token."""
        identity: Identity | None = self._request.identity
        if identity is None:
            raise NotSignedIn(_("Sign in first: send a token."))
        return identity

    @property
    def work(self) -> Work:
        """The unit of work of the request's transaction."""
        if self._work is None:
            self._work = Work(self._parts.services, self.root, self.identity, self._runner)
        return self._work

    @property
    def root(self) -> "HubRoot":
        """The hub as the request's transaction sees it; for calls without an identity (``work`` for all others)."""
        return cast("HubRoot", self._request.hub_root)

    def fresh_work(self) -> Work:
        """A unit of work that sees what the writer thread has committed meanwhile.

        What the request's own transaction has changed so far is thrown away, and the view is not run again.
        """
        environ = self._request.environ
        environ["retry.attempts"] = environ.get("retry.attempt", 0) + 1
        self._request.tm.abort()
        self._request.tm.begin()
        self._work = None
        return self.work

    @property
    def body(self) -> dict[str, Any]:
        """What was sent, checked against the declared schema at the first access, so: after 404, 428 and 412.

        Raises ``Invalid`` (422) with all mistakes, ``Malformed`` (400), ``TooLarge`` (413), ``UnsupportedMediaType``
        (415).
        """
        if self._body is None:
            self.body_was_read = True
            if self._schemas.body is None:
                raise TypeError(f"{self.endpoint.method} {self.endpoint.path} declares no body")
            self._body = read_body(
                self._request, self._schemas.body, self._parts, partial=self.endpoint.partial
            )
        return self._body

    def body_judged_by(self, judge: Judge) -> dict[str, Any]:
        """The body; where it has mistakes, with those told too that ``judge`` finds in what could be read of it.

        Raises what ``body`` raises. What follows from a field that could not be read is no mistake of its own.
        """
        try:
            return self.body
        except Invalid as refused:
            if refused.readable is None:
                raise
            unread = {_first_name(error.pointer) for error in refused.errors}
            more = judge(refused.readable, unread)
            rest = [error for error in more if _first_name(error.pointer) not in unread]
            raise Invalid([*refused.errors, *rest]) from None

    def require_no_fields(self) -> None:
        """For a call without fields, once it is known that there is what it acts on: no body, or ``{}``.

        Raises ``Invalid`` (422), ``Malformed`` (400), ``TooLarge`` (413), ``UnsupportedMediaType`` (415).
        """
        if not self.body_was_read:
            self.body_was_read = True
            require_no_fields(self._request, self._parts)

    def problem(self, refused: HubError) -> dict[str, Any]:
        """A refusal as the members of a problem, for one item of a batch."""
        return problem_body(refused, self._request)

    @property
    def stream(self) -> RawBody:
        """The raw body of a call with ``raw_body=True``."""
        self.body_was_read = True
        return RawBody(self._request.body_file_raw, self._request.content_length)

    def raw_key(self) -> Callable[[bytes], CallKey] | None:
        """Makes the caller's Idempotency-Key for a raw body, out of what tells that body from others; None without one.

        To be asked before the body is read. Raises ``Invalid`` for what is no key.
        """
        header, identity = self.headers.get(KEY_HEADER), self.identity
        path, secret = self._request.path_info, self._parts.cursors.key
        if header is None:
            return None
        require_key(header)
        return lambda content: call_key(header, identity.user_id, path, content, secret)

    @property
    def headers(self) -> Mapping[str, str]:
        return cast(Mapping[str, str], self._request.headers)

    @property
    def if_match(self) -> str | None:
        """The revision the caller says he has seen, without quotes; None when he says nothing."""
        return header_revision(self.headers.get("If-Match"))

    def check_revision(self, actual: str) -> None:
        """Compare If-Match with the object's revision.

        Raises ``RevisionMissing`` (428; not where the declaration says "optional") and ``RevisionStale`` (412). A call
        without fields has its body checked then.
        """
        self.revision_was_checked = True
        check_revision(self.headers.get("If-Match"), actual, is_required=self.endpoint.if_match == "required")
        if self.endpoint.takes_no_fields:
            self.require_no_fields()

    @property
    def page(self) -> Page:
        """Where a list goes on and how long it may be; the query schema must be a ``PageQuery``.

        Raises ``Invalid`` with ``cursor.invalid`` for a cursor that does not come from this list and this caller.
        """
        return page_of(self._parts.cursors, self.query, self._list_name)

    @property
    def _list_name(self) -> str:
        """What a cursor is bound to: the path as it was called, and the caller."""
        return f"{self._request.path_info}\n{self.identity.user_id}"

    @property
    def prefers_async(self) -> bool:
        """The caller sent ``Prefer: respond-async`` (RFC 7240)."""
        preferences = self.headers.get("Prefer", "").split(",")
        return any(each.split(";")[0].strip().lower() == "respond-async" for each in preferences)

    @property
    def is_local(self) -> bool:
        """The call came over the socket of the hub's owner, or from a command in this process."""
        return self._request.environ.get(LOCAL_SOCKET) is True

    @property
    def locale(self) -> str:
        """The language of the answer, of those the hub speaks."""
        return locale_of(self.headers.get("Accept-Language"), self._parts.languages)

    def translated(self, text: Text) -> str:
        """A text (of a connector, of a scenario) in the language of the answer."""
        return translated(self._request, text, self._parts.languages)

    @property
    def if_none_match(self) -> str | None:
        return self.headers.get("If-None-Match")

    def absolute_url(self, path: str) -> str:
        """The path with scheme and host in front."""
        return f"{self._parts.public_url or self._request.host_url}{path}"

    @property
    def registry(self) -> Any:
        """Pyramid's registry, for calls that describe the hub itself."""
        return self._request.registry


def _first_name(pointer: str) -> str:
    """The field that a JSON Pointer leads into."""
    return pointer.partition("/")[2].partition("/")[0]
