"""``GET /api/docs``: the API's document, shown by Swagger UI.

The page and its files hold nothing but what everybody can read in a release, so they are served to everybody. The document
is not: the page asks for a token, reads ``openapi.json`` with it and keeps it in memory only.
"""

import hashlib
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import jinja2
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPMethodNotAllowed, HTTPNotFound
from pyramid.response import Response

from mailhub.contract.texts import Text, _

from .endpoint import API_PREFIX
from .locale import locale_of, translated
from .parts import PARTS, ApiParts

PATH = "/api/docs"
DOCS_ROUTE = "mailhub.docs"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
)
_FILES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "docs.css": ("docs.css", "text/css"),
        "docs.js": ("docs.js", "text/javascript"),
        "swagger-ui.css": ("swagger-ui/swagger-ui.css", "text/css"),
        "swagger-ui-bundle.js": ("swagger-ui/swagger-ui-bundle.js", "text/javascript"),
    }
)
_TEXTS: Mapping[str, Text] = MappingProxyType(
    {
        "title": _("The API of this hub"),
        "why": _(
            "Give one of your tokens to read the description of the API and to try its calls. It is kept until this page "
            "is closed. Calls that you try here are real."
        ),
        "token": _("Token"),
        "show": _("Show the API"),
        "unreachable": _("The hub gave no answer to this. Look at the token and try again."),
        "needs_script": _("This page needs JavaScript. The same is in the reference of the documentation."),
    }
)


def include_docs_page(config: Configurator) -> None:
    """Add the page and its files, which are read once, here."""
    page = _PageView()
    config.add_route(DOCS_ROUTE, PATH)
    config.add_view(page, route_name=DOCS_ROUTE, request_method="GET")
    config.add_route(f"{DOCS_ROUTE}.file", f"{PATH}/{{name}}")
    config.add_view(_FileView(), route_name=f"{DOCS_ROUTE}.file", request_method="GET")
    for route in (DOCS_ROUTE, f"{DOCS_ROUTE}.file"):
        config.add_view(_refuse_method, route_name=route)


class _PageView:
    def __init__(self) -> None:
        source = (files(__package__) / "static" / "docs.html.jinja2").read_text("utf-8")
        environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
        self._template = environment.from_string(source)

    def __call__(self, _context: Any, request: Any) -> Response:
        parts: ApiParts = request.registry[PARTS]
        texts = {name: translated(request, text, parts.languages) for name, text in _TEXTS.items()}
        locale = locale_of(request.headers.get("Accept-Language"), parts.languages)
        page = self._template.render(texts, locale=locale, folder=PATH, document=f"{API_PREFIX}/openapi.json")
        return _response(
            page.encode("utf-8"), "text/html", {"Cache-Control": "no-cache", "Vary": "Accept-Language"}
        )


class _FileView:
    def __init__(self) -> None:
        static = files(__package__) / "static"
        self._contents = {name: (static / path).read_bytes() for name, (path, _type) in _FILES.items()}
        self._etags = {
            name: hashlib.sha256(content).hexdigest()[:32] for name, content in self._contents.items()
        }

    def __call__(self, _context: Any, request: Any) -> Response:
        name = request.matchdict["name"]
        if name not in _FILES:
            raise HTTPNotFound
        response = _response(self._contents[name], _FILES[name][1], {"Cache-Control": "no-cache"})
        response.etag = self._etags[name]
        response.conditional_response = True
        return response


def _refuse_method(_context: Any, _request: Any) -> Any:
    raise HTTPMethodNotAllowed(headers={"Allow": "GET, HEAD"})


def _response(content: bytes, content_type: str, headers: Mapping[str, str]) -> Response:
    response = Response(body=content, content_type=content_type, charset="utf-8")
    response.headers.update({**SECURITY_HEADERS, **headers})
    return response
