"""What is left of a deleted message: enough to tell those who could see it that it is gone, and nothing that it said."""

from collections.abc import Iterable
from typing import NamedTuple

from mailhub.store.root import HubRoot

from . import ids
from .model import Message, Related, messages_of


class GoneMessage(NamedTuple):
    """A message that was deleted. Stored as a plain tuple of the same order, beside the messages of its month.

    ``status``: its last one. ``records``: (kind, id) of each record that it belonged to.
    """

    id: str
    status: str
    scenario: str
    account_id: str
    owner_id: str
    records: tuple[tuple[str, str], ...]

    def related_records(self) -> list[Related]:
        """What view policies ask about."""
        return [Related(kind, record_id) for kind, record_id in self.records]


def remove(hub: HubRoot, message: Message) -> None:
    """Take a message out and remember that it was there; for write commands only."""
    month = messages_of(hub).find_shard(ids.month_of(message.key), ids.writer_of(message.key))
    if month is None:
        return
    left = GoneMessage(
        message.id,
        message.status,
        message.scenario,
        message.account_id,
        message.owner_id,
        _records(message.related_records()),
    )
    month.remember_gone(message.key, tuple(left))
    del month.messages[message.key]


def find_gone(hub: HubRoot, message_id: str) -> GoneMessage | None:
    """The deleted message with this id, or None."""
    key = ids.find_key(message_id)
    if key is None:
        return None
    month = messages_of(hub).find_shard(ids.month_of(key), ids.writer_of(key))
    stored = None if month is None or month.gone is None else month.gone.get(key)
    gone = None if stored is None else GoneMessage(*stored)
    return gone if gone is not None and gone.id == message_id else None


def _records(related: Iterable[Related]) -> tuple[tuple[str, str], ...]:
    return tuple((each.kind, each.id) for each in related)
