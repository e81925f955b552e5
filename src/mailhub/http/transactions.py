"""The transaction of a request: begun and ended by pyramid_tm, committed as the store commits, run again on conflict.

4xx and 5xx, returned or raised, write nothing.
"""

import re
from collections.abc import Iterable
from typing import Any, Protocol

import pyramid_tm
from pyramid.config import Configurator

from mailhub.store.commits import FinishingFailed, is_storage_failure
from mailhub.store.commits import commit as commit_knowingly
from mailhub.store.root import HubRoot, get_hub

from .parts import PARTS, ApiParts

_ONCE = "mailhub.http.once"


class Declared(Protocol):
    """A call or a page, as far as its transaction goes."""

    @property
    def method(self) -> str: ...

    @property
    def full_path(self) -> str: ...

    @property
    def once(self) -> bool: ...


class RequestTransactions:
    """An explicit transaction manager whose failed commit tells whether something may have been stored."""

    def __init__(self, manager: Any) -> None:
        self._manager = manager

    def commit(self) -> None:
        """Raises ``FinishingFailed`` when it is not known, any other exception when nothing was stored."""
        commit_knowingly(self._manager)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._manager, name)


def include_transactions(config: Configurator, declared: Iterable[Declared], attempts: int) -> None:
    """Give every request a transaction."""
    add_once(config, declared)
    config.add_settings(
        {
            "tm.manager_hook": lambda request: RequestTransactions(pyramid_tm.explicit_manager(request)),
            "tm.commit_veto": lambda _request, response: response.status_code >= 400,
            "tm.annotate_user": False,
            "retry.attempts": attempts,
            "retry.activate_hook": _attempts,
        }
    )
    config.include("pyramid_retry")
    config.include("pyramid_tm")
    config.add_request_method(_hub_root, "hub_root", reify=True)


def add_once(config: Configurator, declared: Iterable[Declared]) -> None:
    """Those of these that say ``once`` are never run a second time."""
    more = tuple((each.method, _pattern(each)) for each in declared if each.once)
    config.registry[_ONCE] = (*config.registry.get(_ONCE, ()), *more)


def _attempts(request: Any) -> int | None:
    """1 for what must not be done twice (and for raw bodies, which would be copied to be read twice)."""
    path = request.environ.get("PATH_INFO", "")
    is_once = any(
        method == request.method and pattern.fullmatch(path) for method, pattern in request.registry[_ONCE]
    )
    return 1 if is_once else None


def _pattern(declared: Declared) -> re.Pattern[str]:
    parts = re.split(r"{\w+}", declared.full_path)
    return re.compile("[^/]+".join(re.escape(part) for part in parts))


def _hub_root(request: Any) -> HubRoot:
    """The hub as the request's transaction sees it; its connection is given back when the request is over."""
    parts: ApiParts = request.registry[PARTS]
    connection = parts.database.open_for(request.tm)
    request.add_finished_callback(lambda finished: _give_back(parts, connection, finished))
    return get_hub(connection)


def _give_back(parts: ApiParts, connection: Any, request: Any) -> None:
    exc = request.exception
    if exc is not None and (isinstance(exc, FinishingFailed) or is_storage_failure(exc)):
        parts.database.discard(connection)
    else:
        connection.close()
