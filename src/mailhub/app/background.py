"""What a serving process does beside answering and delivering: reads events, keeps house, knows how it is."""

from datetime import timedelta
from typing import TYPE_CHECKING

from mailhub.delivery.housekeeping import Housekeeper
from mailhub.people.sweeping import sweep_sessions
from mailhub.store.kept_answers import drop_old_answers
from mailhub.telemetry import checks
from mailhub.telemetry.event_log import log_event
from mailhub.telemetry.health import HealthService
from mailhub.telemetry.model import LOG, PLUGINS
from mailhub.telemetry.notifying import PluginNotices
from mailhub.telemetry.reading import EventReader, Handle

from .wiring import session_limits

if TYPE_CHECKING:
    from .hub import Hub


class Background:
    """The threads of it. A command's own process has none: what it recorded is read by the next hub that serves."""

    def __init__(self, hub: "Hub") -> None:
        def reader(name: str, handle: Handle) -> EventReader:
            return EventReader(name, database=hub.database, writer=hub.writer, clock=hub.clock, handle=handle)

        self.readers = (
            reader(LOG, log_event),
            reader(PLUGINS, PluginNotices(hub.plugins, hub.database).tell),
        )
        self._housekeeper = Housekeeper(
            database=hub.database,
            writer=hub.writer,
            clock=hub.clock,
            unused_uploads=timedelta(hours=hub.settings.uploads_expire_hours),
            hourly=[
                lambda: drop_old_answers(hub.database, hub.clock.now()),
                lambda: _keep_sessions(hub),
            ],
        )

    def start(self) -> None:
        for reader in self.readers:
            reader.start()
        self._housekeeper.start()

    def stop(self) -> None:
        """After delivery, whose last events are still read, and before the writer, which keeps the places."""
        for reader in self.readers:
            reader.stop()
        self._housekeeper.stop()


def _keep_sessions(hub: "Hub") -> None:
    sweep_sessions(hub.database, hub.clock.now(), session_limits(hub.settings))
    hub.database.pack_sessions()


def health_service(hub: "Hub") -> HealthService:
    """What readiness of this process looks at."""
    return HealthService(
        {
            "database": checks.check_database(hub.database),
            "writer": checks.check_writer(hub.writer),
            "delivery": checks.check_delivery(lambda: hub.worker),
            "journal": checks.check_journal(hub.data_dir / "journal", lambda: hub.worker),
            "disk": checks.check_disk(hub.data_dir),
            "plugins": checks.check_plugins(hub.plugins),
            "telemetry": checks.check_readers(
                lambda: () if hub.background is None else hub.background.readers
            ),
        },
        hub.clock,
    )
