"""What benchmarks stand on: a hub in a fresh folder with one account, and anchors measured in the same run."""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import transaction
from BTrees.LOBTree import LOBTree
from persistent import Persistent

from mailhub.accounts.model import Account, accounts_of
from mailhub.app import Hub, Surroundings
from mailhub.builtin import builtin_plugins
from mailhub.clock import SystemClock
from mailhub.composing.request import MessageRequest
from mailhub.composing.service import ComposingService
from mailhub.contract import ConnectorType, hookimpl
from mailhub.people.identity import Identity
from mailhub.people.passwords import CHEAPEST_PROFILE
from mailhub.people.service import Authenticator, UsersService
from mailhub.pluginhost.loading import load_plugins
from mailhub.services import Work
from mailhub.settings import Settings
from mailhub.store.database import open_database
from mailhub.store.root import HubRoot

ACCOUNT = "bench"


class Standing:
    """A hub to measure, who acts in it, and how to send."""

    def __init__(self, hub: Hub, identity: Identity) -> None:
        self.hub = hub
        self.identity = identity

    def send(self, number: int) -> str:
        """Accept one small message; its id."""
        request = MessageRequest(
            to=("ada@example.com",),
            subject=f"Invoice {number}",
            text="Please find your invoice attached.\n" * 20,
            html="<p>Please find your invoice attached.</p>" * 20,
        )
        with self.hub.database.reading() as root:
            service = Work(self.hub.services, root, self.identity).service(ComposingService)
            return service.send(request).message_id

    def pause(self, *, is_paused: bool) -> None:
        """Hold or release the account's mail."""
        now = self.hub.clock.now() if is_paused else None
        self.hub.database.transact(lambda root: _set_paused(root, now), "bench")
        if self.hub.worker is not None:
            self.hub.worker.wake([f"account:{ACCOUNT}"])


def _set_paused(root: HubRoot, at: Any) -> None:
    accounts_of(root).by_id[ACCOUNT].state.paused_at = at


class _Plugin:
    """Brings one connector."""

    plugin_name = "bench"

    def __init__(self, kind: ConnectorType) -> None:
        self._kind = kind

    @hookimpl
    def mailhub_register_connectors(self) -> list[ConnectorType]:
        return [self._kind]


@contextmanager
def standing_hub(kind: ConnectorType, **account: Any) -> Iterator[Standing]:
    """A hub on a real file database, with one account of this connector as its default; delivery is not started."""
    folder = Path(tempfile.mkdtemp(prefix="mailhub-bench-"))
    clock = SystemClock()
    plugins = load_plugins(
        (), builtins=[*builtin_plugins(folder), _Plugin(kind)], clock=clock, log=_quiet_log()
    )
    surroundings = Surroundings(
        clock=clock, hash_profile=CHEAPEST_PROFILE, plugins=lambda _dir, _settings, _clock: plugins
    )
    hub = Hub.open(replace(Settings(), data_dir=str(folder)), surroundings, create=True)
    try:
        hub.run(lambda work: work.service(UsersService).create_first_administrator("bench", None), "bench")
        hub.database.transact(lambda root: _add_account(root, kind, hub.clock.now(), account), "bench")
        with hub.database.reading() as root:
            identity = Authenticator(root, hub.clock, hub.hasher).identify_local(None)
        assert identity is not None, "the administrator was made above"
        yield Standing(hub, identity)
    finally:
        hub.close()
        shutil.rmtree(folder, ignore_errors=True)


def _add_account(root: HubRoot, kind: ConnectorType, now: Any, values: dict[str, Any]) -> None:
    account = Account(
        ACCOUNT,
        connector=kind.id,
        name="Bench",
        address="bench@example.com",
        settings=kind.settings_schema().deserialize(values.get("settings", {})),
        secrets={},
        rate_limit_per_minute=0,
        created_at=now,
    )
    accounts_of(root).by_id[ACCOUNT] = account
    accounts_of(root).default.account_id = ACCOUNT


def _quiet_log() -> Any:
    import logging

    log = logging.getLogger("mailhub.bench")
    log.setLevel("ERROR")
    return log


class _Small(Persistent):
    """About what a message's own record holds."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.text = "x" * 400


def plain_commits_per_second(count: int = 300) -> float:
    """The anchor of the store: one thread, one small object a commit, on the same kind of file."""
    folder = Path(tempfile.mkdtemp(prefix="mailhub-bench-"))
    database = open_database("", data_dir=folder, clock=SystemClock())
    try:
        manager = transaction.TransactionManager(explicit=True)
        connection = database.open_for(manager)
        began = time.perf_counter()
        for number in range(count):
            manager.begin()
            tree = connection.root().setdefault("bench", LOBTree())
            tree[number] = _Small(number)
            manager.commit()
        return count / (time.perf_counter() - began)
    finally:
        connection.close()
        database.close()
        shutil.rmtree(folder, ignore_errors=True)


def fsync_milliseconds(count: int = 50) -> float:
    """The anchor of latency: the median of writing and syncing 4 KB on this disk."""
    with tempfile.NamedTemporaryFile() as stream:
        return 1000 * median_seconds(lambda: _write_and_sync(stream.fileno()), count)


def _write_and_sync(descriptor: int) -> None:
    os.write(descriptor, b"x" * 4096)
    os.fsync(descriptor)


def median_seconds(function: Callable[[], object], count: int) -> float:
    """The median of so many calls."""
    taken = []
    for _number in range(count):
        began = time.perf_counter()
        function()
        taken.append(time.perf_counter() - began)
    return sorted(taken)[len(taken) // 2]


def forget(standing: Standing) -> None:
    """Empty the caches of all connections: filling has left every message in them, as no use of pages does."""
    manager = transaction.TransactionManager(explicit=True)
    connection = standing.hub.database.open_for(manager)
    connection.db().cacheMinimize()
    connection.close()
