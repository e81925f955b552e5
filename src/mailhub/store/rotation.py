"""What the store does for a new secret key: the guard that says which key seals, and the search for what the old one left.

A secret is sealed outside the database, so somebody may seal with the old key just before there is a new one and commit
long after; the guard makes that commit fail and run again.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from persistent import Persistent

from .read_current import rely_on
from .root import HubRoot
from .secrets import VERSION

CHUNK_BYTES = 1024 * 1024
NO_VALUES = (".lock",)


class Sealing(Persistent):
    """``hub.sealing``. ``key_id``: of the key that seals since the last rotation began; "" before the first."""

    key_id = ""


def install_sealing(hub: HubRoot) -> None:
    """Make the guard, once."""
    if not hasattr(hub, "sealing"):
        hub.sealing = Sealing()


def rely_on_sealing(hub: HubRoot) -> None:
    """For every transaction that stores a sealed secret: it must not be stored once another key seals."""
    rely_on(hub.sealing)


def begin_sealing_with(hub: HubRoot, key_id: str) -> None:
    """Let transactions that sealed with another key before this one conflict."""
    sealing: Sealing = hub.sealing
    sealing.key_id = key_id
    sealing._p_changed = True


def mark_of(key_id: str) -> bytes:
    """What every secret begins with that is sealed with this key."""
    return f"{VERSION}.{key_id}.".encode()


def files_of(storage: Any) -> list[Path]:
    """The data file and what lies beside it under its name; nothing for a storage that has no file."""
    name = getattr(storage, "_file_name", None)
    if name is None:
        return []
    beside = Path(name).parent.glob(f"{Path(name).name}*")
    return sorted(path for path in beside if path.suffix not in NO_VALUES)


def find_in_file(path: Path, marks: Sequence[bytes]) -> bytes | None:
    """The first of the marks that stands anywhere in a file."""
    overlap = max(map(len, marks), default=1) - 1
    tail = b""
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            seen = tail + chunk
            for mark in marks:
                if mark in seen:
                    return mark
            tail = seen[len(seen) - overlap :] if overlap else b""
    return None
