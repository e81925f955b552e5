"""Who calls: a bearer token over TCP, a name over the local socket (whose file mode says that he may)."""

import re
from typing import Any

from pyramid.request import RequestLocalCache
from pyramid.security import Allowed, Denied

from mailhub.people.identity import Identity
from mailhub.people.permissions import Permission

from .parts import PARTS, ApiParts

LOCAL_SOCKET = "mailhub.local_socket"
"""Key in the WSGI environ, set to True by the code that serves ``hub.sock``, and by nothing that came over TCP."""

IDENTIFIERS = "mailhub.http.identifiers"
"""Key in the registry: who calls below a prefix other than the API's own, by the function that finds it out there."""

USER_HEADER = "Mailhub-User"
_BEARER = re.compile(r"Bearer +([A-Za-z0-9._~+/-]{1,512}=*)", re.IGNORECASE)


class ApiSecurity:
    """Pyramid's security policy. Endpoints ask the identity themselves, to tell 401 from 403."""

    def __init__(self) -> None:
        self._cache = RequestLocalCache(self._identify)

    def identity(self, request: Any) -> Identity | None:
        """The caller, found once per request; None for no, a wrong or an outdated token."""
        identity: Identity | None = self._cache.get_or_create(request)
        return identity

    def authenticated_userid(self, request: Any) -> str | None:
        identity = self.identity(request)
        return None if identity is None else identity.user_id

    def permits(self, request: Any, context: Any, permission: str) -> Any:
        """For views outside the API: whether the caller has the permission of this name."""
        identity = self.identity(request)
        if identity is not None and identity.may(Permission(permission)):
            return Allowed(permission)
        return Denied(permission)

    def remember(self, request: Any, userid: str, **kw: Any) -> list[tuple[str, str]]:
        return []

    def forget(self, request: Any, **kw: Any) -> list[tuple[str, str]]:
        return []

    @staticmethod
    def _identify(request: Any) -> Identity | None:
        path = request.environ.get("PATH_INFO", "")
        for prefix, identify in request.registry.get(IDENTIFIERS, {}).items():
            if path.startswith(f"{prefix}/"):
                found: Identity | None = identify(request)
                return found
        parts: ApiParts = request.registry[PARTS]
        checker = parts.token_checker(request.hub_root)
        if request.environ.get(LOCAL_SOCKET) is True:
            return checker.identify_local(request.headers.get(USER_HEADER) or None)
        token = bearer_token(request.headers.get("Authorization"))
        return None if token is None else checker.identify(token, request.environ.get("REMOTE_ADDR", ""))


def bearer_token(header: str | None) -> str | None:
    """The token in an Authorization header (RFC 6750)."""
    match = _BEARER.fullmatch((header or "").strip())
    return match[1] if match else None
