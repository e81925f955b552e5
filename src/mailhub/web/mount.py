"""Makes a Pyramid application show the declared pages: routes, views, refusals, headers, style sheets and scripts."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPException, HTTPMethodNotAllowed
from pyramid.tweens import INGRESS

from mailhub.http.endpoint import endpoints_of
from mailhub.http.mount import mount_elsewhere
from mailhub.http.transactions import add_once

from . import forgery
from .assets import ASSET_PATTERN, ASSET_ROUTE, AssetView
from .connection import require_safe_connection
from .page import Page, pages_of
from .parts import WEB_PARTS, WebParts
from .refusals import RefusalPages
from .rendering import Templates
from .request import PageRequest
from .responding import Responder
from .signed_in import signed_in_by
from .view import PageViewCaller

PAGES = "mailhub.web.pages"
PAGE_API_PREFIX = "/page-api"
"""Calls of the API that scripts of the pages use, with the session's cookie and a token against forgery."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def mount_pages(
    config: Configurator, parts: WebParts, modules: Sequence[ModuleType], api_modules: Sequence[ModuleType]
) -> None:
    """Add the pages declared in these modules, and the calls of ``api_modules`` for the pages' own scripts.

    After ``mount_api``. All pages are in ``config.registry["mailhub.web.pages"]`` afterwards. Raises ValueError for two
    pages with one address.
    """
    pages = [each for module in modules for each in pages_of(module)]
    _refuse_twins(pages)
    config.registry[WEB_PARTS] = parts
    config.registry[PAGES] = tuple(pages)
    add_once(config, pages)
    responder = Responder(parts, Templates(parts.assets))
    refusals = RefusalPages(parts, responder)
    for context in (Exception, HTTPException):
        config.add_exception_view(refusals, context=context, api_call=False)
    config.add_notfound_view(refusals, api_call=False)
    config.add_tween("mailhub.web.policy.policy_tween", under=INGRESS)
    config.add_route(ASSET_ROUTE, ASSET_PATTERN)
    config.add_view(AssetView(parts.assets), route_name=ASSET_ROUTE, request_method="GET")
    _mount_calls(config, parts, api_modules)
    for path in sorted({each.path for each in pages}, key=_specific_first):
        _add_path(config, path, [each for each in pages if each.path == path], parts, responder)


def _refuse_twins(pages: Iterable[Page]) -> None:
    seen: set[object] = set()
    for page in pages:
        key = (page.method, page.path)
        if key in seen:
            raise ValueError(f"two pages are {key}")
        seen.add(key)


def _specific_first(path: str) -> list[tuple[bool, str]]:
    """``/accounts/new`` is tried before ``/accounts/{id}``."""
    return [("{" in segment, segment) for segment in path.split("/")]


def _add_path(
    config: Configurator, path: str, pages: Sequence[Page], parts: WebParts, responder: Responder
) -> None:
    name = f"page:{path}"
    config.add_route(name, path)
    for page in pages:
        view = PageViewCaller(page, parts, responder)
        config.add_view(view, route_name=name, request_method=page.method)
    methods = {each.method for each in pages}
    allow = ", ".join(sorted({*methods, "HEAD"} if "GET" in methods else methods))

    def refuse_method(_context: Any, _request: Any) -> Any:
        raise HTTPMethodNotAllowed(headers={"Allow": allow})

    config.add_view(refuse_method, route_name=name)


def _mount_calls(config: Configurator, parts: WebParts, modules: Sequence[ModuleType]) -> None:
    calls = [replace(each, prefix=PAGE_API_PREFIX) for module in modules for each in endpoints_of(module)]

    def identify(request: Any) -> Any:
        require_safe_connection(request, parts)
        signed_in = signed_in_by(request, parts)
        if signed_in is None or signed_in.user.must_change_password:
            return None
        if request.method not in _SAFE:
            page_request = PageRequest(request, parts, signed_in)
            shown = request.headers.get(forgery.HEADER)
            secret, own = page_request.form_secret, page_request.url_root
            forgery.require_own(request, parts.key, secret, shown, own)
        return signed_in.identity

    mount_elsewhere(config, parts.api, calls, identify)
