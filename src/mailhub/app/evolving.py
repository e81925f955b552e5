"""A database of its own for ``mailhub evolve``, which runs without a hub."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mailhub.clock import SystemClock
from mailhub.entropy import SystemEntropy
from mailhub.maintenance.steps import STEPS
from mailhub.settings import Settings
from mailhub.store.database import ensure_root, open_database
from mailhub.store.evolve.engine import Evolution

from .hub import installers


@contextmanager
def opened_evolution(settings: Settings, *, wait_seconds: float, is_trial: bool) -> Iterator[Evolution]:
    """The steps of the database that the settings name; with ``is_trial`` nothing of what they do is kept.

    Raises ``DatabaseLocked``, ``NotSetUp``, ``FormatTooNew``, ``UnsupportedStore``, ``StorageUnavailable``.
    """
    clock, entropy = SystemClock(), SystemEntropy()
    database = open_database(
        settings.store_uri,
        data_dir=Path(settings.data_dir).absolute(),
        clock=clock,
        wait_seconds=wait_seconds,
        is_trial=is_trial,
        sessions_uri=settings.store_sessions_uri,
    )
    try:
        with database.reading():
            # raises NotSetUp; the folders of newer subjects are made below, as a hub does that starts
            pass
        ensure_root(database, installers(entropy), STEPS)
        yield Evolution(database, STEPS, clock, entropy)
    finally:
        database.close()
