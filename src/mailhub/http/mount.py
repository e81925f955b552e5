"""Makes a Pyramid application answer the declared endpoints: routes, views, refusals, transactions, the document."""

from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from types import ModuleType
from typing import Any

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPException, HTTPMethodNotAllowed

from . import openapi_api
from .docs_page import include_docs_page
from .endpoint import Endpoint, endpoints_of
from .openapi import build_document
from .openapi_api import DOCUMENT
from .parts import PARTS, ApiParts
from .problems import problem_response
from .request_log import include_request_log
from .security import IDENTIFIERS, ApiSecurity
from .transactions import add_once, include_transactions
from .view import EndpointView

ENDPOINTS = "mailhub.http.endpoints"
_ROUTE = "mailhub:"


def mount_api(config: Configurator, parts: ApiParts, modules: Sequence[ModuleType]) -> None:
    """Add the calls declared in these modules, ``GET /openapi.json``, and the page that shows it.

    All endpoints are in ``config.registry["mailhub.http.endpoints"]`` afterwards. Raises ``Undescribed``, LookupError
    or ValueError for a declaration that cannot be mounted or described.
    """
    endpoints = [each for module in (*modules, openapi_api) for each in endpoints_of(module)]
    _refuse_twins(endpoints)
    config.registry[PARTS] = parts
    config.registry[ENDPOINTS] = tuple(endpoints)
    config.registry[DOCUMENT] = build_document(endpoints, parts.settings_schemas, version=version("mailhub"))
    config.set_security_policy(ApiSecurity())
    include_request_log(config)
    include_transactions(config, endpoints, parts.retry_attempts)
    _add_problem_views(config)
    include_docs_page(config)
    _add_paths(config, endpoints, parts)


def mount_elsewhere(
    config: Configurator,
    parts: ApiParts,
    endpoints: Sequence[Endpoint],
    identify: Callable[[Any], Any],
) -> None:
    """Add calls once more below another prefix, which they name, where another function tells who calls."""
    prefixes = {each.prefix for each in endpoints}
    config.registry[IDENTIFIERS] = dict.fromkeys(prefixes, identify)
    add_once(config, endpoints)
    _add_paths(config, endpoints, parts)


def _add_paths(config: Configurator, endpoints: Sequence[Endpoint], parts: ApiParts) -> None:
    for path in sorted({each.full_path for each in endpoints}, key=_specific_first):
        _add_path(config, path, [each for each in endpoints if each.full_path == path], parts)


def _refuse_twins(endpoints: Iterable[Endpoint]) -> None:
    seen: set[object] = set()
    for endpoint in endpoints:
        for key in ((endpoint.method, endpoint.full_path), endpoint.operation_id):
            if key in seen:
                raise ValueError(f"two endpoints are {key}")
            seen.add(key)


def _specific_first(path: str) -> list[tuple[bool, str]]:
    """``/messages/counts`` is tried before ``/messages/{id}``."""
    return [("{" in segment, segment) for segment in path.split("/")]


def _add_path(config: Configurator, path: str, endpoints: Sequence[Endpoint], parts: ApiParts) -> None:
    name = _ROUTE + path
    config.add_route(name, path)
    for endpoint in endpoints:
        config.add_view(EndpointView(endpoint, parts), route_name=name, request_method=endpoint.method)
    methods = {each.method for each in endpoints}
    allow = ", ".join(sorted(methods | {"HEAD"} if "GET" in methods else methods))

    def refuse_method(_context: Any, _request: Any) -> Any:
        raise HTTPMethodNotAllowed(headers={"Allow": allow})

    config.add_view(refuse_method, route_name=name)


def _add_problem_views(config: Configurator) -> None:
    config.add_view_predicate("api_call", _ApiCall)
    for context in (Exception, HTTPException):
        config.add_exception_view(problem_response, context=context, api_call=True)
    config.add_notfound_view(problem_response, api_call=True)


class _ApiCall:
    """View predicate: the request is for the API, whose refusals are problems; pages have their own."""

    def __init__(self, expected: bool, config: Any) -> None:
        self._expected = expected

    def text(self) -> str:
        return f"api_call = {self._expected}"

    phash = text

    def __call__(self, context: Any, request: Any) -> bool:
        route = getattr(request, "matched_route", None)
        is_ours = route is not None and route.name.startswith(_ROUTE)
        return (is_ours or request.environ.get("PATH_INFO", "").startswith("/api/")) is self._expected
