"""An id and a log line for every request. The line has no query, no header and no body in it."""

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from pyramid.config import Configurator

from mailhub.entropy import new_id

from .parts import PARTS

log = logging.getLogger("mailhub.http.requests")

REQUEST_ID_HEADER = "X-Request-Id"


def include_request_log(config: Configurator) -> None:
    """Give every request ``request_id``, which its answer and its log lines carry."""
    config.add_request_method(
        lambda request: new_id(request.registry[PARTS].entropy), "request_id", reify=True
    )
    config.add_tween("mailhub.http.request_log.logging_tween")


def logging_tween(handler: Callable[[Any], Any], _registry: Any) -> Callable[[Any], Any]:
    """Logs method, path and status; the path quoted, so that it cannot forge a line."""

    def tween(request: Any) -> Any:
        response = handler(request)
        response.headers[REQUEST_ID_HEADER] = request.request_id
        log.info(
            "%s %s %s",
            request.method,
            quote(request.environ.get("PATH_INFO", "").encode("latin-1")),
            response.status_code,
            extra={"request_id": request.request_id, "status": response.status_code},
        )
        return response

    return tween
