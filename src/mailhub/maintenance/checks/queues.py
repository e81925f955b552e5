"""Queues against messages and accounts: whoever waits stands somewhere, and every lane belongs to an account."""

from collections.abc import Iterator

from BTrees.LLBTree import LLTreeSet

from mailhub.accounts.model import accounts_of
from mailhub.contract.texts import _
from mailhub.delivery.model import Lane, delivery_of
from mailhub.messages.model import Message, messages_of
from mailhub.store.check import Finding
from mailhub.store.root import HubRoot

FORGET_EVERY = 2_000


def iter_queue_findings(hub: HubRoot) -> Iterator[Finding]:
    """Lanes of accounts that are gone; messages that wait in no queue, so that nobody will ever send them."""
    yield from _iter_in_lanes(hub)
    places = _Places(hub)
    for month in list(messages_of(hub).months):
        for shard in messages_of(hub).iter_shards(month):
            for number, message in enumerate(shard.messages.values()):
                if number % FORGET_EVERY == 0:
                    hub._p_jar.cacheMinimize()
                if message.status in ("queued", "sending") and not places.has(message):
                    text = _(
                        "A message is ${status} and stands in no queue.", mapping={"status": message.status}
                    )
                    yield Finding("message_without_queue", message.id, text)


def _iter_in_lanes(hub: HubRoot) -> Iterator[Finding]:
    for lane in delivery_of(hub).lanes.values():
        if accounts_of(hub).find(lane.account_id) is None:
            waiting = len(lane.due) + len(lane.claims)
            text = _(
                "A queue of an account that is gone, with ${count} messages in it.",
                mapping={"count": waiting},
            )
            yield Finding("lane_without_account", lane.id, text)


class _Places:
    """Where messages wait: the keys of all lanes, those in inboxes that no cursor has passed, and what is claimed."""

    def __init__(self, hub: HubRoot) -> None:
        self._hub = hub
        self._due: dict[str, LLTreeSet] = {}

    def has(self, message: Message) -> bool:
        lane = delivery_of(self._hub).find_lane(message.lane_id)
        if lane is not None and message.id in lane.claims:
            return True
        if message.status == "sending":
            return False
        return self._is_in_inbox(message, lane) or (
            lane is not None and message.queue_key in self._due_in(lane)
        )

    def _is_in_inbox(self, message: Message, lane: Lane | None) -> bool:
        for writer, inbox in delivery_of(self._hub).inboxes.items():
            cursor = -1 if lane is None else lane.cursors.get(writer, -1)
            if message.queue_key > cursor and message.queue_key in inbox.lanes.get(message.lane_id, ()):
                return True
        return False

    def _due_in(self, lane: Lane) -> LLTreeSet:
        if lane.id not in self._due:
            self._due[lane.id] = LLTreeSet(key for _priority, _due, key in lane.due)
        return self._due[lane.id]
