"""Headers that every answer has, whatever it is: what a browser may load, and who may frame it (ASVS V3.4)."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

PAGE_POLICY: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
EDITOR_POLICY: Final = f"{PAGE_POLICY}; style-src-attr 'unsafe-inline'"
"""For pages with the editor, which sets the styles of what is written in it."""

MAIL_POLICY: Final = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'"  # noqa: E501 - a policy is one value
"""For the HTML of a mail: no script, no form, and no picture that tells its sender who looks."""

DATA_POLICY: Final = "default-src 'none'; frame-ancestors 'none'"
"""For what is no page: the API's answers."""

HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "X-Content-Type-Options": "nosniff",
        # not no-referrer: with that, browsers send "Origin: null" with our own forms
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }
)
_STRICT_TRANSPORT: Final = "max-age=31536000"

Handler = Callable[[Any], Any]


def policy_tween(handler: Handler, _registry: Any) -> Handler:
    """Pyramid tween around all others, so that also their refusals have the headers."""

    def guarded(request: Any) -> Any:
        response = handler(request)
        is_data = request.environ.get("PATH_INFO", "").startswith("/api/")
        response.headers.setdefault("Content-Security-Policy", DATA_POLICY if is_data else PAGE_POLICY)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.scheme == "https":
            response.headers.setdefault("Strict-Transport-Security", _STRICT_TRANSPORT)
        return response

    return guarded
