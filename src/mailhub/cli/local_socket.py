"""The unix socket of a running hub: how to reach it by any path, and whether anybody listens there."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LONGEST_PATH_BYTES = 103
"""What fits into ``sun_path`` everywhere, with its closing zero (Linux has 108, the BSDs 104)."""

PROBE_SECONDS = 5.0


@contextmanager
def short_path(path: Path) -> Iterator[str]:
    """A path for ``bind`` and ``connect``, which take no long ones; good while the context lasts.

    Raises OSError for a long path whose folder is missing, or on a system that cannot name an open folder.
    """
    if len(os.fsencode(path)) <= LONGEST_PATH_BYTES:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def connected(path: Path, timeout_seconds: float) -> socket.socket:
    """A connection to whoever listens at the socket. Raises OSError."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout_seconds)
        with short_path(path) as reachable:
            connection.connect(reachable)
    except BaseException:
        connection.close()
        raise
    return connection


def is_listening(path: Path) -> bool:
    """True when a hub listens at this socket."""
    try:
        connected(path, PROBE_SECONDS).close()
    except OSError:
        return False
    return True
