"""Beginning maintenance: what may be done, by whom; the work itself goes on in a thread (``runs.py``)."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mailhub.contract.texts import _
from mailhub.entropy import Entropy
from mailhub.people.identity import Identity
from mailhub.people.permissions import Permission
from mailhub.pluginhost.host import PluginHost
from mailhub.services import Work
from mailhub.store.database import Database
from mailhub.store.root import HubRoot
from mailhub.store.secrets import SecretBox

from .checks import WholeCheck
from .configuration import ConfigurationExport, ConfigurationImport
from .report import Operation, Progress, Report
from .rotating import KeyRotation
from .runs import MaintenanceRun, MaintenanceRuns


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceParts:
    """What maintenance works with, the same for all of it. ``key_file``: None when the keys come from a setting."""

    database: Database
    box: SecretBox
    plugins: PluginHost
    entropy: Entropy
    key_file: Path | None
    make_work: Callable[[HubRoot, Identity], Work]
    runs: MaintenanceRuns


class MaintenanceService:
    """Use cases of the owner of the data. Each begins the work and returns at once; only one is at work at a time.

    All of them raise ``Denied``, ``WrongState`` (``maintenance.running``) and ``TooManyRequests``.
    """

    def __init__(self, identity: Identity, parts: MaintenanceParts) -> None:
        self._identity = identity
        self._parts = parts

    def pack(self) -> MaintenanceRun:
        """Let go of what is not current any more."""
        return self._start(self._pack)

    def check(self) -> MaintenanceRun:
        """Read everything and tell what is wrong."""
        return self._start(WholeCheck(self._parts.database, self._parts.box))

    def rotate_key(self) -> MaintenanceRun:
        """Make a new secret key and be rid of the old one."""
        parts = self._parts
        return self._start(KeyRotation(parts.database, parts.box, parts.entropy, parts.key_file))

    def export_configuration(self, passphrase: str | None) -> MaintenanceRun:
        """Write the configuration as a file; with secrets when there is a passphrase to seal them to."""
        parts = self._parts
        return self._start(
            ConfigurationExport(parts.database, parts.plugins, parts.box, parts.entropy, passphrase)
        )

    def import_configuration(
        self, content: str, passphrase: str | None, *, is_dry_run: bool
    ) -> MaintenanceRun:
        """Take a configuration in, or tell what it would change."""
        parts = self._parts
        return self._start(
            ConfigurationImport(
                parts.database,
                parts.box,
                parts.make_work,
                self._identity,
                content,
                passphrase,
                is_dry_run,
            )
        )

    def _start(self, operation: Operation) -> MaintenanceRun:
        self._identity.require(Permission.PEOPLE_ADMIN)
        return self._parts.runs.start(self._identity.user_id, operation)

    def _pack(self, progress: Progress) -> Report:
        with progress.step("pack") as step:
            before = _data_bytes(self._parts.database)
            self._parts.database.pack()
            words = {"before": before, "after": _data_bytes(self._parts.database)}
            step.detail = _("The data file had ${before} bytes and has ${after}.", mapping=words)
        return Report()


def _data_bytes(database: Database) -> int:
    return int(database.storage.getSize())
