"""Who is signed in at the pages: by the session's cookie and nothing else. A bearer token is not looked at here."""

from typing import Any

from .cookies import SESSION, Cookies
from .parts import SignedIn, WebParts


def signed_in_by(request: Any, parts: WebParts) -> SignedIn | None:
    """Found once per request; None for no cookie, or one that is no good. Puts the session's idle limit off."""
    if not hasattr(request, "signed_in"):
        request.signed_in = _find(request, parts)
    found: SignedIn | None = request.signed_in
    return found


def _find(request: Any, parts: WebParts) -> SignedIn | None:
    text = Cookies(request).get(SESSION)
    if not text:
        return None
    checker = parts.session_checker(request.hub_root)
    found = checker.find(text, request.environ.get("REMOTE_ADDR", ""))
    if found is not None and not _goes_by_itself(request) and checker.is_use_due(found.session):
        # not in the request's transaction: one that must not run twice would fail for a session used twice at a time
        parts.note_use(text)
    return found


def _goes_by_itself(request: Any) -> bool:
    """A page that is open keeps itself fresh without anybody there, which must not keep him signed in (V7.3.1)."""
    return bool(request.method == "GET" and request.headers.get("HX-Request") == "true")
