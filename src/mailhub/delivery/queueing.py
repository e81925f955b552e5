"""Putting messages into lanes."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from mailhub.messages import ids
from mailhub.messages.model import PRIORITIES, Message
from mailhub.store.root import HubRoot
from mailhub.store.writer import Shard

from .model import InboxEntry, Lane, delivery_of, lane_id_of, lane_topic

SECOND = 1_000_000
"""A second in microseconds."""

_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def microseconds(at: datetime) -> int:
    """Microseconds since 1970."""
    return (at - _EPOCH) // _MICROSECOND


def instant(microseconds_since_1970: int) -> datetime:
    return _EPOCH + microseconds_since_1970 * _MICROSECOND


@dataclass(frozen=True, slots=True)
class LaneAddress:
    """Where a message queues: everything that is needed to make the lane when it is missing."""

    account_id: str
    sending_identity: str
    limit_key: str

    @property
    def lane_id(self) -> str:
        return lane_id_of(self.account_id, self.sending_identity)


def ensure_lane(hub: HubRoot, address: LaneAddress) -> Lane:
    """The lane of this address, made when it is missing; for write commands only."""
    lanes = delivery_of(hub).lanes
    lane: Lane | None = lanes.get(address.lane_id)
    if lane is None:
        lane = lanes[address.lane_id] = Lane(
            address.lane_id, address.account_id, address.sending_identity, address.limit_key
        )
    return lane


def entry_of(message: Message, due: datetime) -> InboxEntry:
    expires = 0 if message.expires_at is None else microseconds(message.expires_at)
    return InboxEntry(PRIORITIES[message.priority], microseconds(due), message.id, expires)


def next_queue_key(shard: Shard) -> int:
    """A key for an entry of a lane: in order of time, and no two writers make the same one.

    Entries of several writers meet in one lane's trees, where many are due at the same time (``send_at``): by the
    writer's own keys alone two of them could take one place, and one message would be lost from its lane.
    """
    return ids.make_key(shard.next_key(), shard.number)


def enqueue(hub: HubRoot, shard: Shard, message: Message, due: datetime) -> None:
    """Put a message into its lane from outside: into the inbox of this writer. Older entries of it are void."""
    message.queue_key = next_queue_key(shard)
    message.next_attempt_at = due
    delivery_of(hub).inbox_of(shard.number).add(message.lane_id, message.queue_key, entry_of(message, due))
    shard.wake(lane_topic(message.lane_id))


def requeue(lane: Lane, shard: Shard, message: Message, due: datetime) -> None:
    """Put a message back into the lane that its holder is writing. Older entries of it are void."""
    message.queue_key = next_queue_key(shard)
    put_back(lane, shard, message, due)


def put_back(lane: Lane, shard: Shard, message: Message, due: datetime) -> None:
    """Put a message back into the place that it had when it was claimed: many may be due at one time, and the key decides."""
    message.next_attempt_at = due
    lane.add_due(message.queue_key, entry_of(message, due))
    shard.wake(lane_topic(lane.id))
