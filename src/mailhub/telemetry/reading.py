"""A reader of event rows: one thread, woken after commits, that deals with each event at least once (W9).

It keeps its place after it has dealt with events: at most once a second, and right after what must not be done twice if
that can be helped. An idle hub so writes nothing, and a crash repeats a second's worth at most.
"""

import logging
from collections.abc import Callable, Sequence
from threading import Condition, Thread

from mailhub.contract.clock import Clock
from mailhub.errors import HubError, StorageUnavailable
from mailhub.events.cursor import EventCursor
from mailhub.events.rows import TOPIC, Event, iter_events
from mailhub.store.database import Database
from mailhub.store.writer import Writer

from .model import readers_of
from .writes import KeepPlace

logger = logging.getLogger(__name__)

BATCH = 200
KEEP_SECONDS = 1.0
KEEP_TIMEOUT_SECONDS = 10.0
LOOK_SECONDS = 5.0
"""How often it looks without being woken: commits of other processes wake nobody here."""
PAUSE_SECONDS = 2.0
STOP_SECONDS = 5.0
TRIES = 3
"""An event that its reader cannot deal with is passed over after so many tries, so that it does not stop the rest."""

Handle = Callable[[Event], bool]
"""Deals with one event. True: it was told to somebody, so the place is kept before more is read.

StorageUnavailable, raised, is waited out; anything else is tried again and then passed over.
"""


class EventReader:
    """Reads the events of the hub from its place on and hands each to ``handle``, in a thread of its own."""

    def __init__(
        self, name: str, *, database: Database, writer: Writer, clock: Clock, handle: Handle
    ) -> None:
        self.name = name
        self._database = database
        self._writer = writer
        self._clock = clock
        self._handle = handle
        self._changed = Condition()
        self._is_woken = False
        self._ends_at: float | None = None
        self._thread: Thread | None = None
        self._cursor: EventCursor | None = None
        self._ahead_since: float | None = None
        self._is_in_trouble = False

    # -- for others ----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to read where the last reader of this name left off."""
        self._writer.on_commit(self._woken)
        self._thread = Thread(target=self._run, name=f"events-{self.name}", daemon=True)
        self._thread.start()

    def stop(self, timeout_seconds: float = STOP_SECONDS) -> None:
        """Read what there is, as far as the time allows, keep the place and end; the writer must still run.

        A handler that does not return is left behind: what it was about comes again at the next start.
        """
        if self._thread is None:
            return
        with self._changed:
            self._ends_at = self._clock.monotonic() + timeout_seconds
            self._changed.notify_all()
        self._thread.join(timeout_seconds + 1.0)
        if self._thread.is_alive():
            logger.warning("The event reader %s did not end in time and is left behind", self.name)

    @property
    def is_alive(self) -> bool:
        """True while its thread runs."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def is_in_trouble(self) -> bool:
        """True while it cannot read, or not keep its place."""
        return self._is_in_trouble

    def _woken(self, topics: frozenset[str]) -> None:
        if TOPIC in topics:
            with self._changed:
                self._is_woken = True
                self._changed.notify_all()

    # -- the thread ----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._is_stopping:
            self._turn()
        self._turn()
        self._keep_place()

    def _turn(self) -> None:
        try:
            self._read_on()
        except Exception as error:  # noqa: BLE001 - nothing may end this thread
            self._note_trouble("The event reader %s cannot read", error)
            self._pause(PAUSE_SECONDS)
        else:
            self._wait()

    @property
    def _is_stopping(self) -> bool:
        return self._ends_at is not None

    def _must_end(self) -> bool:
        return self._ends_at is not None and self._clock.monotonic() >= self._ends_at

    def _wait(self) -> None:
        with self._changed:
            if not self._is_woken and not self._is_stopping:
                self._clock.wait(self._changed, self._seconds_to_wait())
            self._is_woken = False
        self._keep_place_if_due()

    def _seconds_to_wait(self) -> float:
        if self._ahead_since is None:
            return LOOK_SECONDS
        return max(0.0, self._ahead_since + KEEP_SECONDS - self._clock.monotonic())

    def _pause(self, seconds: float) -> None:
        ends_at = self._clock.monotonic() + seconds
        with self._changed:
            while not self._is_stopping and (left := ends_at - self._clock.monotonic()) > 0:
                self._clock.wait(self._changed, left)

    # -- reading -------------------------------------------------------------------------------------------------

    def _read_on(self) -> None:
        """Deal with all there is."""
        while events := self._next_events():
            was_told = False
            for event in events:
                if self._must_end():
                    return
                was_told = self._deal_with(event) or was_told
            if was_told:
                self._keep_place()
        if self._ahead_since is None:
            self._is_in_trouble = False

    def _next_events(self) -> Sequence[Event]:
        with self._database.reading() as hub:
            if self._cursor is None:
                self._cursor = readers_of(hub).cursor_of(self.name)
            return list(iter_events(hub, self._cursor, BATCH))

    def _deal_with(self, event: Event) -> bool:
        was_told = self._handled(event)
        assert self._cursor is not None, "an event was read from somewhere"
        self._cursor = self._cursor.after(event)
        if self._ahead_since is None:
            self._ahead_since = self._clock.monotonic()
        self._keep_place_if_due()
        return was_told

    def _handled(self, event: Event) -> bool:
        for attempt in range(1, TRIES + 1):
            try:
                return self._handle(event)
            except StorageUnavailable:
                raise
            except Exception:
                logger.exception(
                    "The event reader %s failed with %s, attempt %s", self.name, event.name, attempt
                )
                self._pause(PAUSE_SECONDS if attempt < TRIES else 0.0)
        return False

    # -- the place -----------------------------------------------------------------------------------------------

    def _keep_place_if_due(self) -> None:
        if self._ahead_since is not None and self._clock.monotonic() >= self._ahead_since + KEEP_SECONDS:
            self._keep_place()

    def _keep_place(self) -> None:
        if self._ahead_since is None or self._cursor is None:
            return
        try:
            self._writer.execute(KeepPlace(self.name, self._cursor), KEEP_TIMEOUT_SECONDS)
        except HubError as error:
            self._ahead_since = self._clock.monotonic()  # so that it is not tried at every event
            self._note_trouble("The event reader %s could not keep its place", error)
        else:
            self._ahead_since = None

    def _note_trouble(self, text: str, error: Exception) -> None:
        """In the log once, until all is well again."""
        if not self._is_in_trouble:
            self._is_in_trouble = True
            logger.warning(text, self.name, exc_info=error)
