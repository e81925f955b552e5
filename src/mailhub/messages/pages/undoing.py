"""Undoing what was done just now: the list that comes next is told which messages were cancelled."""

from typing import Final
from urllib.parse import urlencode

from mailhub.errors import NotFound
from mailhub.people.permissions import Permission
from mailhub.visibility.service import MessageReader
from mailhub.web.request import PageRequest

UNDO: Final = "cancelled"
"""The parameter of an address that names them, with dots between their ids."""
_MOST: Final = 50


def with_undo(path: str, ids: list[str]) -> str:
    """The address with what can be undone there."""
    return f"{path}{'&' if '?' in path else '?'}{UNDO}={'.'.join(ids)}" if ids else path


def without_undo(request: PageRequest) -> str:
    """Where the reader is, for coming back to it."""
    kept = [(name, value) for name, value in request.query.items() if name != UNDO]
    path = request.url_path.partition("?")[0]
    return f"{path}?{urlencode(kept)}" if kept else path


def find_undoable(request: PageRequest) -> list[str]:
    """Those of the named messages that are cancelled still, and that the reader may send."""
    if UNDO not in request.query or not request.identity.may(Permission.MESSAGES_WRITE):
        return []
    named = request.query[UNDO].split(".")[:_MOST]
    return [each for each in named if _is_cancelled(request, each)]


def _is_cancelled(request: PageRequest, message_id: str) -> bool:
    try:
        return request.work.service(MessageReader).get(message_id).status == "cancelled"
    except NotFound:
        return False
