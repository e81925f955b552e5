"""The change feed of the messages a caller may see: event rows, read with the caller's own cursor (design decisions 26, 29).

At least once, in order per message. A client keeps ``next_cursor`` after it has dealt with a page.
"""

from dataclasses import dataclass
from threading import BoundedSemaphore, Condition

from mailhub.contract.clock import Clock
from mailhub.events.cursor import EventCursor
from mailhub.events.rows import TOPIC, Event, iter_events
from mailhub.messages.gone import GoneMessage, find_gone
from mailhub.messages.model import Message, messages_of
from mailhub.people.identity import Identity
from mailhub.people.permissions import Permission
from mailhub.store.root import HubRoot
from mailhub.store.writer import Writer
from mailhub.visibility.service import MessageReader

LOOK_AT_MOST = 1_000
"""Events that one page may look at; a page without items may go on."""


@dataclass(frozen=True, slots=True)
class FeedItem:
    """An event of a message. ``message`` is as it is now, or what is left of it; ``cursor``: go on behind this item."""

    cursor: EventCursor
    event: Event
    message: Message | GoneMessage


@dataclass(frozen=True, slots=True)
class FeedPage:
    """``next_cursor``: go on here. ``is_at_end``: nothing more has happened until now."""

    items: list[FeedItem]
    next_cursor: EventCursor
    is_at_end: bool


class FeedService:
    """The feed of one caller, in one transaction."""

    def __init__(self, hub: HubRoot, identity: Identity, reader: MessageReader) -> None:
        self._hub = hub
        self._identity = identity
        self._reader = reader

    def page(self, cursor: EventCursor, limit: int) -> FeedPage:
        """At most ``limit`` events behind the cursor, oldest first. Raises ``Denied``."""
        self._identity.require(Permission.MESSAGES_READ)
        items: list[FeedItem] = []
        looked_at = 0
        for event in iter_events(self._hub, cursor, LOOK_AT_MOST):
            looked_at += 1
            cursor = cursor.after(event)
            message = self._find_visible(event)
            if message is not None:
                items.append(FeedItem(cursor, event, message))
            if len(items) == limit:
                return FeedPage(items, cursor, is_at_end=False)
        return FeedPage(items, cursor, is_at_end=looked_at < LOOK_AT_MOST)

    def _find_visible(self, event: Event) -> Message | GoneMessage | None:
        if not event.name.startswith("message."):
            return None
        message_id = str(event.dimensions["message"])
        message = messages_of(self._hub).find(message_id) or find_gone(self._hub, message_id)
        return message if message is not None and self._reader.can_see(message) else None


class FeedBell:
    """Lets callers wait for the next event, but never so many that no thread is left for others (design decision 29)."""

    def __init__(self, writer: Writer, clock: Clock, places: int) -> None:
        self._clock = clock
        self._places = BoundedSemaphore(max(1, places))
        self._rung = Condition()
        self._rings = 0
        writer.on_commit(self._committed)

    def deadline(self, seconds: float) -> float:
        """When waiting so long from now is over."""
        return self._clock.monotonic() + seconds

    def seconds_left(self, deadline: float) -> float:
        return deadline - self._clock.monotonic()

    def listen(self) -> int:
        """What to give to ``wait``; call it before looking, so that no event falls in between."""
        with self._rung:
            return self._rings

    def wait(self, heard: int, seconds: float) -> bool:
        """Wait for an event since ``listen``; False at once when all places are taken, or when the time is over."""
        if not self._places.acquire(blocking=False):
            return False
        try:
            return self._wait(heard, self._clock.monotonic() + seconds)
        finally:
            self._places.release()

    def _wait(self, heard: int, ends_at: float) -> bool:
        with self._rung:
            while self._rings == heard:
                left = ends_at - self._clock.monotonic()
                if left <= 0:
                    return False
                self._clock.wait(self._rung, left)
            return True

    def _committed(self, topics: frozenset[str]) -> None:
        if TOPIC in topics:
            with self._rung:
                self._rings += 1
                self._rung.notify_all()
