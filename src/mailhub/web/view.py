"""One page from Pyramid's request to Pyramid's response: safe connection, who is it, may he, is it our form; then the view."""

from typing import Any
from urllib.parse import quote

from pyramid.response import Response

from mailhub.contract.texts import _
from mailhub.errors import Denied, NotSignedIn, TooLarge
from mailhub.people.permissions import Permission

from . import forgery
from .answers import Redirect
from .connection import require_safe_connection
from .page import LONGEST_FORM_BYTES, Page
from .parts import WebParts
from .request import PageRequest
from .responding import Responder
from .signed_in import signed_in_by

SIGN_IN_PATH = "/sign-in"
PASSWORD_PATH = "/me/password"


class PageViewCaller:
    """The Pyramid view of a page."""

    def __init__(self, page: Page, parts: WebParts, responder: Responder) -> None:
        self._page = page
        self._parts = parts
        self._responder = responder

    def __call__(self, context: Any, request: Any) -> Response:
        require_safe_connection(request, self._parts)
        page_request = PageRequest(request, self._parts, signed_in_by(request, self._parts))
        request.page_request = page_request
        refused = self._require_permission(page_request)
        if refused is not None:
            return self._responder.response_of(refused, page_request)
        if self._page.method == "POST":
            self._require_own_form(request, page_request)
        response = self._responder.response_of(self._page.view(page_request), page_request)
        if self._page.policy is not None and response.content_type == "text/html":
            # also where the page is shown again with what is wrong; refusals are pages of the shell and have its policy
            response.headers["Content-Security-Policy"] = self._page.policy
        return response

    def _require_permission(self, page_request: PageRequest) -> Redirect | None:
        if self._page.permission is Permission.PUBLIC:
            return None
        if not page_request.is_signed_in:
            if self._page.method == "GET" and not page_request.is_htmx:
                return Redirect(sign_in_path(page_request.url_path))
            raise NotSignedIn(
                _("You are not signed in any more, so this was not done. Sign in and try again.")
            )
        if page_request.user.must_change_password and not self._page.is_for_new_password:
            return Redirect(PASSWORD_PATH)
        if not page_request.identity.may(self._page.permission):
            raise Denied(_("Your permission sets do not allow this. An administrator can change them."))
        return None

    def _require_own_form(self, request: Any, page_request: PageRequest) -> None:
        if (request.content_length or 0) > self._most_bytes(request):
            raise TooLarge(_("This is more than the page takes. Send less at a time."))
        shown = request.headers.get(forgery.HEADER)
        if shown is None:
            shown = page_request.posted_token
        secret = page_request.form_secret
        forgery.require_own(request, self._parts.key, secret, shown, page_request.url_root)

    def _most_bytes(self, request: Any) -> int:
        """Only files come by the hundred megabytes, and they come in parts: all else is held in memory several times."""
        has_parts = request.content_type == "multipart/form-data"
        return self._page.max_bytes if has_parts else min(self._page.max_bytes, LONGEST_FORM_BYTES)


def sign_in_path(path: str) -> str:
    """Where to sign in, to go on at ``path`` afterwards."""
    return SIGN_IN_PATH if path == "/" else f"{SIGN_IN_PATH}?next={quote(path, safe='/')}"
