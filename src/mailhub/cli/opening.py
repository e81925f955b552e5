"""The way to the hub: a running one's socket, else the application in this process."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Condition

from mailhub.app import Hub, Surroundings
from mailhub.clock import SystemClock
from mailhub.contract.texts import _
from mailhub.errors import HubError
from mailhub.settings import Settings
from mailhub.store.problems import DatabaseLocked

from .client import ApiClient, InProcessTransport, SocketTransport
from .exits import CONFLICT, FAILED, CommandEnded
from .settings import socket_path

WAIT_SECONDS = 30.0
PAUSE_SECONDS = 0.2


def is_running(path: Path) -> bool:
    """True when a hub listens at this socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(5.0)
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True


@contextmanager
def api_client(settings: Settings) -> Iterator[ApiClient]:
    """A client of the hub in the data folder, running or not.

    A database that is locked without anybody at the socket (another command, a hub that is starting) is waited for.
    Raises ``CommandEnded``.
    """
    hub = None
    clock, pause = SystemClock(), Condition()
    ends_at = clock.monotonic() + WAIT_SECONDS
    while hub is None:
        if is_running(socket_path(settings)):
            yield ApiClient(SocketTransport(socket_path(settings)))
            return
        try:
            hub = open_hub(settings)
        except DatabaseLocked as error:
            if clock.monotonic() >= ends_at:
                raise CommandEnded(error.message, CONFLICT) from error
            with pause:
                clock.wait(pause, PAUSE_SECONDS)
        except HubError as error:
            raise CommandEnded(error.message, FAILED) from error
    try:
        yield ApiClient(InProcessTransport(hub.wsgi_app()))
    finally:
        hub.close()


def open_hub(settings: Settings, *, create: bool = False, wait_seconds: float = 0.0) -> Hub:
    """Open the hub in this process. Raises ``HubError``."""
    if settings.store_uri.startswith("memory:"):
        raise CommandEnded(_("A hub in memory has nothing that another command could see."))
    return Hub.open(settings, Surroundings(wait_seconds=wait_seconds), create=create)
