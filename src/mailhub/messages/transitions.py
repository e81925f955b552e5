"""The one way in which a message changes its status: table, history, indexes and counts together."""

from mailhub.store.root import HubRoot
from mailhub.store.writer import Shard

from .indexes import index_moved
from .model import HistoryEntry, Message
from .states import next_status

DETAIL_CHARACTERS = 2048


def move(
    hub: HubRoot,
    shard: Shard,
    message: Message,
    event: str,
    *,
    code: str = "",
    detail: str = "",
    possible_duplicate: bool = False,
) -> None:
    """Let an event happen to a message. Raises ``WrongState``, having changed nothing, when the table forbids it."""
    before = message.status
    message.status = next_status(event, before)
    message.revision += 1
    note(shard, message, event, code=code, detail=detail, possible_duplicate=possible_duplicate)
    index_moved(hub, shard, message, before)


def note(
    shard: Shard,
    message: Message,
    event: str,
    *,
    code: str = "",
    detail: str = "",
    possible_duplicate: bool = False,
) -> None:
    """Add an entry to the history of a message."""
    entry = HistoryEntry(
        shard.now,
        event,
        message.status,
        message.attempts,
        code,
        detail[:DETAIL_CHARACTERS],
        possible_duplicate,
    )
    message.history = (*message.history, tuple(entry))
