"""Passwords and sessions go over TLS; over plain HTTP only where nothing leaves the machine, and only if the setting allows."""

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from mailhub.contract.texts import _
from mailhub.errors import Denied

from .parts import WebParts


class InsecureConnection(Denied):
    """The pages were asked for without TLS, from elsewhere."""

    code = "connection.insecure"


def require_safe_connection(request: Any, parts: WebParts) -> None:
    """Raises ``InsecureConnection``. The host counts too: behind a proxy everybody comes from loopback."""
    if request.scheme == "https":
        return
    is_here = _is_loopback(request.environ.get("REMOTE_ADDR", "")) and _is_loopback(_host(request))
    if not (parts.plain_http_on_loopback and is_here):
        raise InsecureConnection(
            _(
                "This connection is not encrypted, so nobody can sign in by it. Use https. An administrator who has set up a "
                "reverse proxy names it in the setting mailhub.http.trusted_proxy."
            )
        )


def _host(request: Any) -> str:
    try:
        return urlsplit(f"//{request.host}").hostname or ""
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
