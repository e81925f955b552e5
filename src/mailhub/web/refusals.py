"""Pages that say what went wrong, why, and where to go from here."""

import logging
import math
from collections.abc import Sequence
from typing import Any

from pyramid.exceptions import URLDecodeError
from pyramid.httpexceptions import HTTPBadRequest, HTTPException
from pyramid.response import Response

from mailhub.contract.texts import Text, _
from mailhub.entropy import new_id
from mailhub.errors import (
    NOT_FOUND,
    HubError,
    NotReady,
    NotSignedIn,
    RevisionStale,
    StorageUnavailable,
    TooManyRequests,
)
from mailhub.http.codes import TITLES
from mailhub.http.problems import RETRY_AFTER_SECONDS, status_of, storage_failure

from .answers import Redirect, Shown
from .connection import InsecureConnection
from .parts import WebParts
from .request import PageRequest
from .responding import Responder
from .signed_in import signed_in_by
from .view import SIGN_IN_PATH

TEMPLATE = "mailhub.web:templates/error.jinja2"
log = logging.getLogger("mailhub.web")
_HTTP_SENTENCES: dict[int, Text] = {
    400: _("The address cannot be understood."),
    404: NOT_FOUND,
    405: _("This address is not for what was tried."),
}


class RefusalPages:
    """Pyramid's exception view for everything that is not the API."""

    def __init__(self, parts: WebParts, responder: Responder) -> None:
        self._parts = parts
        self._responder = responder

    def __call__(self, exc: Any, request: Any) -> Response:
        planned = exc if isinstance(exc, HubError) else storage_failure(exc)
        page_request = self._page_request(exc, request)
        if planned is not None and status_of(planned) != 500:
            if planned is not exc:
                log.warning("storage: %s", exc, exc_info=exc)
            return self._planned(planned, page_request)
        if isinstance(exc, URLDecodeError):
            exc = HTTPBadRequest()
        if isinstance(exc, HTTPException) and exc.status_code in _HTTP_SENTENCES:
            return self._from_pyramid(exc, page_request)
        return self._unexpected(exc, request)

    def _page_request(self, exc: Exception, request: Any) -> PageRequest:
        """That of the view that failed; for an address without one who is signed in is looked up now."""
        if (made := getattr(request, "page_request", None)) is not None:
            return made  # type: ignore[no-any-return]  # an attribute of Pyramid's request
        is_known = isinstance(exc, HTTPException) and exc.status_code in (404, 405)
        return PageRequest(request, self._parts, signed_in_by(request, self._parts) if is_known else None)

    def _planned(self, exc: HubError, request: PageRequest) -> Response:
        if isinstance(exc, NotSignedIn) and request.is_htmx:
            return self._responder.response_of(Redirect(SIGN_IN_PATH), request)
        headers = {}
        if isinstance(exc, TooManyRequests):
            headers["Retry-After"] = str(max(1, math.ceil(exc.retry_after_seconds)))
        elif isinstance(exc, StorageUnavailable | NotReady):
            headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return self._page(request, status_of(exc), exc.message, headers, exc=exc)

    def _from_pyramid(self, exc: HTTPException, request: PageRequest) -> Response:
        headers = {"Allow": exc.headers["Allow"]} if "Allow" in exc.headers else {}
        return self._page(request, exc.status_code, _HTTP_SENTENCES[exc.status_code], headers)

    def _unexpected(self, exc: Exception, request: Any) -> Response:
        """Without the navigation and all else that may be what has failed."""
        incident = new_id(self._parts.api.entropy)
        log.error(
            "unexpected error, incident %s, request %s",
            incident,
            getattr(request, "request_id", "-"),
            exc_info=exc,
            extra={"incident": incident},
        )
        sentence = _("This should not have happened. Nothing was changed.")
        stranger = PageRequest(request, self._parts, None)
        return self._page(stranger, 500, sentence, {}, incident=incident, links=[(_("To the start"), "/")])

    def _page(
        self,
        request: PageRequest,
        status: int,
        sentence: Text,
        headers: dict[str, str],
        *,
        incident: str | None = None,
        exc: HubError | None = None,
        links: Sequence[tuple[Text, str]] | None = None,
    ) -> Response:
        heading = TITLES.get(status, "")
        values = {
            "status": status,
            "code": None if exc is None else exc.code,
            "heading": heading,
            "sentence": sentence,
            "incident": incident,
            "retry_after": headers.get("Retry-After"),
            "links": _links(request, exc) if links is None else links,
        }
        shown = Shown(TEMPLATE, values, title=heading, status=status, headers=headers)
        return self._responder.response_of(shown, request)


def _links(request: PageRequest, exc: HubError | None) -> list[tuple[Text, str]]:
    """Where to go from here, the best first."""
    links: list[tuple[Text, str]] = []
    if isinstance(exc, RevisionStale):
        links.append((_("Load the page again"), request.url_path))
    is_passing = isinstance(exc, StorageUnavailable | NotReady | TooManyRequests)
    if is_passing and request.pyramid.method in ("GET", "HEAD"):
        links.append((_("Try again"), request.url_path))
    if request.is_signed_in:
        links.append((_("To the start"), "/"))
    elif not isinstance(exc, InsecureConnection):
        links.append((_("Sign in"), SIGN_IN_PATH))
    return links
