"""The write command of readers."""

from dataclasses import dataclass

from mailhub.events.cursor import EventCursor
from mailhub.store.root import HubRoot
from mailhub.store.writer import Shard

from .model import readers_of


@dataclass(frozen=True, slots=True)
class KeepPlace:
    """Write command: note how far a reader has come. It rides on the commits of a busy hub and costs them little."""

    name: str
    cursor: EventCursor
    note: str = "reader's place"

    def check(self, hub: HubRoot) -> None:
        return None

    def apply(self, hub: HubRoot, shard: Shard) -> None:
        readers_of(hub).keep(self.name, self.cursor)
