"""What readiness looks at: database, writer, delivery, journal, disk, plugins, readers."""

import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from mailhub.contract.texts import Text, _
from mailhub.delivery.journal import SUFFIX
from mailhub.delivery.worker import DeliveryWorker
from mailhub.errors import HubError
from mailhub.pluginhost.host import PluginHost
from mailhub.store.database import Database
from mailhub.store.writer import Writer

from .health import Check, Finding
from .reading import EventReader

BUSY_SECONDS = 10.0
"""A batch of commits takes milliseconds; one that takes so long is stuck."""
LOW_DISK_BYTES = 512 * 1024 * 1024

FATAL_CODES = (
    "database.unreachable",
    "writer.stopped",
    "writer.failing",
    "writer.stuck",
    "delivery.stopped",
    "delivery.no_lease",
    "journal.not_writable",
    "health.no_answer",
    "health.check_failed",
)

FindWorker = Callable[[], DeliveryWorker | None]
"""The worker of this process; None where it does not deliver."""


def check_database(database: Database) -> Check:
    """It can be read."""

    def check() -> Sequence[Finding]:
        try:
            with database.reading():
                return ()
        except HubError:
            return _fatal("database.unreachable", _("The database cannot be reached."))

    return check


def check_writer(writer: Writer) -> Check:
    """Its thread lives, its last commit worked, and it is not stuck in one."""

    def check() -> Sequence[Finding]:
        health = writer.health()
        if not health.alive:
            return _fatal("writer.stopped", _("Nothing can be stored: the writer does not run."))
        if health.fault is not None:
            return _fatal("writer.failing", _("Nothing can be stored: commits fail. The log says why."))
        if health.busy_seconds > BUSY_SECONDS:
            return _fatal("writer.stuck", _("The writer has been busy with one batch for too long."))
        return ()

    return check


def check_delivery(find_worker: FindWorker) -> Check:
    """Where this process delivers: its dispatcher runs and its lease has time left."""

    def check() -> Sequence[Finding]:
        worker = find_worker()
        if worker is None:
            return ()
        health = worker.health()
        if not health.is_running:
            return _fatal("delivery.stopped", _("Nothing is sent: delivery does not run."))
        if health.lease_seconds_left <= 0:
            return _fatal("delivery.no_lease", _("Nothing is sent: the worker's lease has run out."))
        return ()

    return check


def check_journal(folder: Path, find_worker: FindWorker) -> Check:
    """Where this process delivers: its attempt journal can be written, without which nothing is sent."""

    def check() -> Sequence[Finding]:
        if find_worker() is None or _is_writable(folder):
            return ()
        return _fatal("journal.not_writable", _("Nothing is sent: the attempt journal cannot be written."))

    return check


def check_disk(folder: Path, low_bytes: int = LOW_DISK_BYTES) -> Check:
    """There is room for a while."""

    def check() -> Sequence[Finding]:
        free = shutil.disk_usage(folder).free
        if free >= low_bytes:
            return ()
        mapping = {"free": free // 1024**2}
        return _note("disk.low", _("Only ${free} MB are free where the data are.", mapping=mapping))

    return check


def check_plugins(plugins: PluginHost) -> Check:
    """All that are installed were loaded, and none hangs. The hub works without them."""

    def check() -> Sequence[Finding]:
        failed = sum(each.state == "failed" for each in plugins.plugins)
        hung = sum(each.is_hung for each in plugins.plugins)
        return [
            *_counted(failed, "plugin.not_loaded", _("Some plugins could not be loaded.")),
            *_counted(hung, "plugin.hung", _("Some plugins did not return and were given up.")),
        ]

    return check


def check_readers(readers: Callable[[], Iterable[EventReader]]) -> Check:
    """Events are read; where they are not, mail leaves all the same."""

    def check() -> Sequence[Finding]:
        behind = sum(each.is_in_trouble or not each.is_alive for each in readers())
        return _counted(behind, "telemetry.behind", _("Some readers of events do not get on."))

    return check


def _is_writable(folder: Path) -> bool:
    """Every journal there can be opened for writing, and the worker has one (a folder that was replaced has none)."""
    try:
        paths = list(folder.glob(f"*{SUFFIX}"))
        for path in paths:
            os.close(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC))
    except OSError:
        return False
    return bool(paths)


def _fatal(code: str, message: Text) -> Sequence[Finding]:
    return [Finding(code, message)]


def _note(code: str, message: Text) -> Sequence[Finding]:
    return [Finding(code, message, is_fatal=False)]


def _counted(count: int, code: str, message: Text) -> Sequence[Finding]:
    return _note(code, message) if count else ()
