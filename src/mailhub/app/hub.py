"""A running hub, put together from its parts."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

from mailhub.accounts import model as accounts_model
from mailhub.builtin import builtin_plugins
from mailhub.clock import SystemClock
from mailhub.company import model as company_model
from mailhub.contract.clock import Clock
from mailhub.contract.connector import Network
from mailhub.delivery import model as delivery_model
from mailhub.delivery.config import LaneConfigs
from mailhub.delivery.network import SystemNetwork
from mailhub.delivery.releasing import LaneReleaser
from mailhub.delivery.retry import RetrySchedule
from mailhub.delivery.worker import DeliveryWorker, WorkerSettings
from mailhub.entropy import Entropy, SystemEntropy
from mailhub.events import audit, rows
from mailhub.http.json_schema import json_schema_of
from mailhub.maintenance.steps import STEPS
from mailhub.messages import model as messages_model
from mailhub.people import model as people_model
from mailhub.people.identity import HUB, Identity
from mailhub.people.passwords import OWASP_PROFILE, HashProfile, PasswordHasher
from mailhub.pluginhost.host import PluginHost
from mailhub.pluginhost.loading import load_plugins
from mailhub.scenarios import model as scenarios_model
from mailhub.services import ServiceRegistry, Work
from mailhub.settings import Settings
from mailhub.store import kept_answers
from mailhub.store.database import Database, ensure_root, open_database
from mailhub.store.root import HubRoot
from mailhub.store.secrets import SecretBox, load_key_ring
from mailhub.store.writer import Writer
from mailhub.telemetry import model as telemetry_model
from mailhub.uploads import model as uploads_model

from .background import Background, health_service
from .web import make_wsgi_app
from .wiring import register_services

T = TypeVar("T")
logger = logging.getLogger(__name__)

INSTALLERS = (
    rows.install,
    audit.install,
    people_model.install,
    uploads_model.install,
    company_model.install,
    accounts_model.install,
    scenarios_model.install,
    messages_model.install,
    delivery_model.install,
    telemetry_model.install,
    kept_answers.install,
)
"""What makes each subject's folder, in the order of the subjects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a hub needs of the world; tests give their own. ``wait_seconds``: for a database that is locked now."""

    clock: Clock = SystemClock()  # noqa: RUF009 - has no state
    entropy: Entropy = SystemEntropy()  # noqa: RUF009 - has no state
    network: Network | None = None
    hash_profile: HashProfile = OWASP_PROFILE
    plugins: Callable[[Path, Settings, Clock], PluginHost] | None = None
    wait_seconds: float = 0.0


class Hub:
    """A running hub: one database, its writer, its plugins, and, where it delivers, a worker."""

    def __init__(self, settings: Settings, surroundings: Surroundings, *, create: bool) -> None:
        self.settings = settings
        self.clock = surroundings.clock
        self.entropy = surroundings.entropy
        self.data_dir = Path(settings.data_dir).absolute()
        if create:
            self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.hasher = PasswordHasher(surroundings.hash_profile, self.entropy)
        self.network = surroundings.network or SystemNetwork(
            allow_private_hosts=settings.network_allow_private_hosts
        )
        self.plugins = (surroundings.plugins or _installed_plugins)(self.data_dir, settings, self.clock)
        self.database = _opened(settings, self.data_dir, surroundings, create=create)
        self.key_file = None if settings.secrets_key.strip() else _key_path(settings, self.data_dir)
        keys = load_key_ring(
            settings.secrets_key, _key_path(settings, self.data_dir), create=create, entropy=self.entropy
        )
        self.box = SecretBox(keys, self.entropy)
        self.configs = LaneConfigs(self.plugins, self.box)
        self.writer = Writer(self.database, self.clock, self.entropy)
        self.writer.on_commit(LaneReleaser(self.writer).woken)
        self.worker: DeliveryWorker | None = None
        self.background: Background | None = None
        self.health = health_service(self)
        self.services = ServiceRegistry()
        register_services(self.services, self)

    @classmethod
    def open(
        cls, settings: Settings, surroundings: Surroundings | None = None, *, create: bool = False
    ) -> Self:
        """Open a hub and start its writer; ``create`` makes what is missing (``mailhub init``).

        Raises ``HubError`` with a sentence: not set up, locked, too new, no key, storage not available.
        """
        hub = cls(settings, surroundings or Surroundings(), create=create)
        try:
            hub.writer.start()
        except BaseException:
            hub.database.close()
            raise
        return hub

    def start_delivery(self, only: str | None = None) -> None:
        """Begin to deliver in this process; with ``only`` that one message and no other."""
        self.worker = DeliveryWorker(
            database=self.database,
            writer=self.writer,
            configs=self.configs,
            network=self.network,
            clock=self.clock,
            entropy=self.entropy,
            plugins=self.plugins,
            journal_folder=self.data_dir / "journal",
            settings=worker_settings(self.settings),
            only=only,
        )
        self.worker.start()

    def start_background(self) -> None:
        """Begin to read events (log lines, plugins' notices) and to keep house: for a process that serves."""
        self.background = Background(self)
        self.background.start()

    def run(self, function: Callable[[Work], T], note: str, identity: Identity = HUB) -> T:
        """Run a use case in a transaction of its own."""
        return self.database.transact(lambda root: function(Work(self.services, root, identity)), note)

    def wsgi_app(self) -> Any:
        """The web application of this hub."""
        return make_wsgi_app(self)

    def close(self) -> None:
        """Drain, commit what waits, let go of everything. May be called again."""
        if self.worker is not None:
            self.worker.stop()
            self.worker = None
        if self.background is not None:
            self.background.stop()
            self.background = None
        self.writer.stop()
        self.database.close()


def worker_settings(settings: Settings) -> WorkerSettings:
    return WorkerSettings(
        threads=settings.delivery_threads,
        lease_seconds=settings.delivery_lease_seconds,
        drain_seconds=settings.delivery_drain_seconds,
        hello_name=settings.smtp_ehlo_name,
        schedule=RetrySchedule(settings.retry_first_seconds, settings.retry_cap_seconds),
    )


def _installed_plugins(data_dir: Path, settings: Settings, clock: Clock) -> PluginHost:
    return load_plugins(
        builtins=builtin_plugins(data_dir),
        disabled=settings.plugins_disabled,
        clock=clock,
        log=logging.getLogger("mailhub.plugins"),
        notify_seconds=settings.plugins_notify_seconds,
        check_schema=json_schema_of,
    )


def _opened(settings: Settings, data_dir: Path, surroundings: Surroundings, *, create: bool) -> Database:
    database = open_database(
        settings.store_uri,
        data_dir=data_dir,
        clock=surroundings.clock,
        wait_seconds=surroundings.wait_seconds,
        sessions_uri=settings.store_sessions_uri,
    )
    try:
        if not create:
            with database.reading():
                # raises NotSetUp where there is no hub; an older one gets the folders of newer subjects below
                pass
        ensure_root(database, installers(surroundings.entropy), STEPS)
    except BaseException:
        database.close()
        raise
    return database


def installers(entropy: Entropy) -> Sequence[Callable[[HubRoot], None]]:
    """All that a hub has in its root."""
    return (*INSTALLERS, _cursor_key_installer(entropy))


def _cursor_key_installer(entropy: Entropy) -> Callable[[HubRoot], None]:
    """A key that all processes of a hub share: it seals cursors, and tokens and notices that browsers keep for the pages."""

    def install(hub: HubRoot) -> None:
        if not hasattr(hub, "cursor_key"):
            hub.cursor_key = entropy.token_bytes(32)

    return install


def _key_path(settings: Settings, data_dir: Path) -> Path:
    return Path(settings.secrets_key_file) if settings.secrets_key_file else data_dir / "secret.key"
