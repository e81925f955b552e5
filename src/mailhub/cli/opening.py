"""The way to the hub: a running one's socket, else the application in this process.

The hub itself is imported only where it is opened: a command beside a running one starts three times as fast without it.
"""

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mailhub.clock import SystemClock
from mailhub.contract.texts import _
from mailhub.errors import HubError
from mailhub.settings import Settings
from mailhub.store.problems import DatabaseLocked

from .client import ApiClient, InProcessTransport, SocketTransport
from .exits import CONFLICT, FAILED, CommandEnded
from .local_socket import is_listening
from .settings import socket_path

if TYPE_CHECKING:
    from mailhub.app import Hub

DATABASE_FILE = "hub.fs"
WAIT_SECONDS = 30.0
TURN_SECONDS = 0.5
"""How long to wait for the database before looking again whether a hub has come up."""


@contextmanager
def api_client(settings: Settings) -> Iterator[ApiClient]:
    """A client of the hub in the data folder, running or not. Raises ``CommandEnded``."""
    hub = open_unless_running(settings)
    if hub is None:
        yield ApiClient(SocketTransport(socket_path(settings)))
        return
    try:
        yield ApiClient(InProcessTransport(hub.wsgi_app()), deliver=hub.start_delivery)
    finally:
        hub.close()


def open_unless_running(
    settings: Settings, *, create: bool = False, must_end: Callable[[], bool] = lambda: False
) -> "Hub | None":
    """Open the hub in this process; None when another process runs it, or when ``must_end`` said so.

    A database that is locked without anybody at the socket (another command, a hub that is starting or ending) is waited
    for. Raises ``CommandEnded``.
    """
    clock = SystemClock()
    ends_at = clock.monotonic() + WAIT_SECONDS
    while not must_end():
        if is_listening(socket_path(settings)):
            return None
        try:
            return open_hub(settings, create=create)
        except DatabaseLocked as error:
            if clock.monotonic() >= ends_at:
                raise CommandEnded(error.message, CONFLICT) from error
        except HubError as error:
            raise CommandEnded(error.message, FAILED) from error
    return None


def open_hub(settings: Settings, *, create: bool = False) -> "Hub":
    """Open the hub in this process. Raises ``HubError``."""
    if settings.store_uri.startswith("memory:"):
        raise CommandEnded(_("A hub in memory has nothing that another command could see."))
    if not create:
        refuse_empty_folder(settings)
    from mailhub.app import Hub, Surroundings

    return Hub.open(settings, Surroundings(wait_seconds=TURN_SECONDS), create=create)


def refuse_empty_folder(settings: Settings) -> None:
    """Opening a database makes its file: only ``init`` may do that. An address of its own says itself what it lacks.

    Raises ``CommandEnded``.
    """
    folder = Path(settings.data_dir)
    if not settings.store_uri and not (folder / DATABASE_FILE).exists():
        words = {"data": str(folder), "command": f"mailhub init --data {shlex.quote(str(folder))}"}
        raise CommandEnded(_("There is no hub in ${data} yet. Run: ${command}", mapping=words))
