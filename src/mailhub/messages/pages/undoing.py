"""Undoing what was done just now: the list that comes next is told which messages were cancelled."""

from collections.abc import Iterable
from datetime import datetime
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
    """Those of the messages that the address names that can be put back."""
    if UNDO not in request.query or not request.identity.may(Permission.MESSAGES_WRITE):
        return []
    return undoable_of(request, request.query[UNDO].split(".")[:_MOST])


def undoable_of(request: PageRequest, ids: Iterable[str]) -> list[str]:
    """Those that are cancelled, and would be sent now without that: one for later would leave at once."""
    reader = request.work.service(MessageReader)
    return [each for each in ids if _can_be_put_back(reader, each, request.now)]


def _can_be_put_back(reader: MessageReader, message_id: str, now: datetime) -> bool:
    try:
        message = reader.get(message_id)
    except NotFound:
        return False
    return message.status == "cancelled" and (message.send_at is None or message.send_at <= now)
