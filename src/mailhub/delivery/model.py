"""Queues as they are stored: inboxes by writer, lanes, limits, workers.

One writer per object: an inbox is written by its writer's process, a lane and a limit by the worker that holds them. A lane
never deletes from an inbox but moves its cursor; the inbox's owner trims what every cursor has passed.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from BTrees.IOBTree import IOBTree
from BTrees.LOBTree import LOBTree
from BTrees.OOBTree import OOBTree
from persistent import Persistent

from mailhub.accounts.model import Attention
from mailhub.store.root import HubRoot

from .permits import Limit

IDENTITY_SEPARATOR = "~"


class InboxEntry(NamedTuple):
    """A message on its way to a lane; stored as a plain tuple. ``due`` and ``expires`` are microseconds since 1970."""

    priority: int
    due: int
    message_id: str
    expires: int = 0


class Claim(NamedTuple):
    """An attempt that a worker has taken and not yet recorded; stored as a plain tuple.

    ``permit_of``: the limit key whose permit it holds, "" for none. ``due``: when the message became due, so that one
    handed back keeps its place (microseconds since 1970).
    """

    attempt: int
    worker: str
    epoch: int
    permit_of: str
    due: int


class Inbox(Persistent):
    """What one writer has queued: lane id to a tree of entries by key."""

    def __init__(self) -> None:
        self.lanes = OOBTree()

    def add(self, lane_id: str, key: int, entry: InboxEntry) -> None:
        entries = self.lanes.get(lane_id)
        if entries is None:
            entries = self.lanes[lane_id] = LOBTree()
        entries[key] = tuple(entry)


class Lane(Persistent):
    """The queue of one sending identity of one account. Only the worker that holds its limit key writes it.

    ``due``: (priority, due, key) to (message id, expires): what the cursor has passed and could not leave yet.
    ``expiring``: (expires, key) to message id. ``claims``: message id to Claim.
    """

    cursors: dict[int, int] = {}
    attention: tuple[str, str, datetime, str] | None = None
    hold_until = 0

    def __init__(self, lane_id: str, account_id: str, sending_identity: str, limit_key: str) -> None:
        self.id = lane_id
        self.account_id = account_id
        self.sending_identity = sending_identity
        self.limit_key = limit_key
        self.due = OOBTree()
        self.expiring = OOBTree()
        self.claims = OOBTree()

    def find_attention(self) -> Attention | None:
        return None if self.attention is None else Attention(*self.attention)

    def add_due(self, key: int, entry: InboxEntry) -> None:
        self.due[(entry.priority, entry.due, key)] = (entry.message_id, entry.expires)
        if entry.expires:
            self.expiring[(entry.expires, key)] = entry.message_id

    def remove_due(self, key: int, entry: InboxEntry) -> None:
        self.due.pop((entry.priority, entry.due, key), None)
        if entry.expires:
            self.expiring.pop((entry.expires, key), None)


class Worker(Persistent):
    """A delivering process. ``lease_until`` is microseconds since 1970 by the storage's clock."""

    def __init__(self, worker_id: str, epoch: int, lease_until: int) -> None:
        self.id = worker_id
        self.epoch = epoch
        self.lease_until = lease_until


class Membership(Persistent):
    """Who delivers. An epoch is never given twice."""

    last_epoch = 0

    def __init__(self) -> None:
        self.workers = OOBTree()

    def is_live(self, worker_id: str, epoch: int, now: int) -> bool:
        """True while this membership has time left."""
        worker = self.workers.get(worker_id)
        return worker is not None and worker.epoch == epoch and worker.lease_until > now


class Delivery(Persistent):
    """All that delivery keeps."""

    def __init__(self) -> None:
        self.inboxes = IOBTree()
        self.lanes = OOBTree()
        self.limits = OOBTree()
        self.membership = Membership()

    def inbox_of(self, writer: int) -> Inbox:
        """This writer's inbox, made when it is missing; for write commands only."""
        inbox: Inbox | None = self.inboxes.get(writer)
        if inbox is None:
            inbox = self.inboxes[writer] = Inbox()
        return inbox

    def find_lane(self, lane_id: str) -> Lane | None:
        lane: Lane | None = self.lanes.get(lane_id)
        return lane

    def lanes_of(self, account_id: str) -> Iterator[Lane]:
        """The lanes of an account, the one of its own sign-in first."""
        low, high = account_id, account_id + IDENTITY_SEPARATOR + "\uffff"
        for lane in self.lanes.values(min=low, max=high):
            if lane.account_id == account_id:
                yield lane

    def limit_of(self, key: str) -> Limit:
        """The permits of a limit key, made when they are missing; for write commands only."""
        limit: Limit | None = self.limits.get(key)
        if limit is None:
            limit = self.limits[key] = Limit(key)
        return limit

    def find_limit(self, key: str) -> Limit | None:
        limit: Limit | None = self.limits.get(key)
        return limit


def lane_id_of(account_id: str, sending_identity: str) -> str:
    """The id of the lane of an account and a sending identity ("" = the account's own sign-in)."""
    return account_id + IDENTITY_SEPARATOR + sending_identity if sending_identity else account_id


def install(hub: HubRoot) -> None:
    """Make the folder of delivery once."""
    if not hasattr(hub, "delivery"):
        hub.delivery = Delivery()


def delivery_of(hub: HubRoot) -> Delivery:
    delivery: Delivery = hub.delivery
    return delivery


def lane_topic(lane_id: str) -> str:
    """The wake-up of a lane: something in it may be able to leave."""
    return f"lane:{lane_id}"
