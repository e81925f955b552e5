"""Requests that another site has a browser send: refused by a token, and by where the browser says they come from."""

import hashlib
import hmac
from typing import Any, Final
from urllib.parse import urlsplit

from mailhub.contract.texts import _
from mailhub.errors import Denied

FIELD: Final = "csrf_token"
HEADER: Final = "X-CSRF-Token"


class Forged(Denied):
    """The token is missing, or of another session, or the browser names another site."""

    code = "form.not_ours"


def token_for(key: bytes, secret: str) -> str:
    """The token of whoever holds this cookie. Nothing is kept: it is made again and compared."""
    return hmac.new(key, b"form\0" + secret.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def require_own(request: Any, key: bytes, secret: str | None, shown: str | None, own: str) -> None:
    """Raises ``Forged`` for an unsafe request that did not come from a page of ours (V3.5.1).

    ``secret``: the session's or guest's cookie; ``shown``: the token that came along; ``own``: scheme and host of this site.
    """
    if not _is_from(request, own):
        raise Forged(_("Another site asked for this, so it was not done. Open the page here and try again."))
    if secret is None or not hmac.compare_digest(
        token_for(key, secret), (shown or "").encode("ascii", "replace").decode()
    ):
        raise Forged(
            _(
                "This form is no longer good, because you have signed in or out meanwhile. Nothing was done. "
                "Go back, load the page again and send it once more."
            )
        )


def _is_from(request: Any, own: str) -> bool:
    """By Origin; where a browser has stripped it, by Referer. One that says neither is not believed."""
    origin: str | None = request.headers.get("Origin")
    if origin is not None:
        return origin.lower() == own.lower()
    referer: str | None = request.headers.get("Referer")
    if referer is None:
        return False
    try:
        parts = urlsplit(referer)
    except ValueError:
        return False
    return f"{parts.scheme}://{parts.netloc}".lower() == own.lower()
