"""The kinds of database, by the scheme of their address: the only place that knows them (design decision 14)."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import rmtree
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from zc.lockfile import LockError, LockFile  # type: ignore[import-untyped]  # it has no stubs
from ZODB.blob import BlobStorage
from ZODB.DemoStorage import DemoStorage
from ZODB.FileStorage import FileStorage
from ZODB.MappingStorage import MappingStorage

from mailhub.contract.texts import _

from .durable_storage import DurableFileStorage
from .problems import DatabaseLocked, UnsupportedStore


@dataclass(frozen=True, slots=True)
class StorageSpec:
    """How to open one storage, and what may be relied on.

    ``is_exclusive``: no other process can have it open, so whoever held a writer number before is dead.
    ``has_own_clock``: its transaction ids come from a clock that is not this process's.
    ``open_trial``: opens a layer over it that takes what is written and forgets it, None where that is not possible.
    """

    open_storage: Callable[[], Any]
    is_exclusive: bool
    has_own_clock: bool
    open_trial: Callable[[], Any] | None = None


def storage_for(uri: str, data_dir: Path) -> StorageSpec:
    """The storage that an address names; empty: a file in the data folder.

    Raises UnsupportedStore for an address that this program cannot open.
    """
    address = urlsplit(uri or "file://")
    kind = SCHEMES.get(address.scheme)
    if kind is None:
        raise UnsupportedStore(
            _(
                "The database address ${uri} has a kind that this program cannot open. It knows ${known}.",
                mapping={
                    "uri": _without_password(address),
                    "known": ", ".join(f"{name}://" for name in SCHEMES),
                },
            )
        )
    return kind(address, data_dir)


def sessions_file_for(uri: str, store_uri: str, data_dir: Path) -> Path | None:
    """The file of the sessions that an address names, None for the memory of the process.

    Empty: in memory for a database in memory, else a file in the data folder. Raises UnsupportedStore.
    """
    address = urlsplit(uri or ("memory://" if urlsplit(store_uri).scheme == "memory" else "file://"))
    if address.scheme == "memory":
        return None
    if address.scheme != "file":
        raise UnsupportedStore(
            _(
                "Sessions cannot be kept in ${uri}: it must be file:///absolute/path or memory://.",
                mapping={"uri": _without_password(address)},
            )
        )
    return _path_of(address, data_dir / "sessions.fs")


def _file_kind(address: SplitResult, data_dir: Path) -> StorageSpec:
    path = _path_of(address, data_dir / "hub.fs")
    return StorageSpec(
        lambda: _open_file(path), is_exclusive=True, has_own_clock=False, open_trial=lambda: FileTrial(path)
    )


def _path_of(address: SplitResult, default: Path) -> Path:
    if address.netloc or address.query or address.fragment:
        raise UnsupportedStore(
            _(
                "A database file is named file:///absolute/path without anything else, not ${uri}.",
                mapping={"uri": _without_password(address)},
            )
        )
    return Path(unquote(address.path)) if address.path else default


def _open_file(path: Path) -> DurableFileStorage:
    return open_file(path, path.parent / "blobs")


def open_file(path: Path, blob_dir: Path | None) -> DurableFileStorage:
    """The storage of a file, which is made when it is not there. Raises DatabaseLocked."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _refusing_locked(path):
        return DurableFileStorage(path, blob_dir=blob_dir)


@contextmanager
def _refusing_locked(path: Path) -> Iterator[None]:
    try:
        yield
    except LockError as error:
        raise DatabaseLocked(
            _(
                "Another process has the database ${path} open. Stop it first, or talk to it by its API.",
                mapping={"path": str(path)},
            )
        ) from error


class _Layer(DemoStorage):
    """Takes what is written in memory, blobs in a folder that goes when it is closed."""

    is_broken = False

    def remove_leftovers(self) -> None:
        """A new folder has none."""

    def __init__(self, name: str, base: Any = None) -> None:
        self._folder = tempfile.mkdtemp(prefix="mailhub-memory-")
        super().__init__(name, base=base, changes=BlobStorage(self._folder, MappingStorage(name)))

    def close(self) -> None:
        super().close()
        rmtree(self._folder, ignore_errors=True)


class MemoryStorage(_Layer):
    """A storage in memory."""

    def __init__(self) -> None:
        super().__init__("memory")

    def pack(self, t: float, referencesf: Any, gc: bool | None = None) -> None:
        """What is below the changes is empty, so they can be packed by themselves."""
        self.changes.pack(t, referencesf)


class FileTrial(_Layer):
    """A layer over a data file that is only read; nobody else can write it meanwhile. Raises DatabaseLocked."""

    def __init__(self, path: Path) -> None:
        with _refusing_locked(path):
            self._lock_file = LockFile(f"{path}.lock")
        try:
            blobs = str(path.parent / "blobs")
            super().__init__("trial", FileStorage(str(path), read_only=True, blob_dir=blobs))
        except BaseException:
            self._lock_file.close()
            raise

    def close(self) -> None:
        super().close()
        self._lock_file.close()


def trial_of(spec: StorageSpec) -> StorageSpec:
    """A storage that shows what the given one holds, and changes nothing of it. Raises UnsupportedStore."""
    if spec.open_trial is None:
        raise UnsupportedStore(_("A database of this kind cannot be tried without changing it."))
    return replace(spec, open_storage=spec.open_trial, open_trial=None)


def _memory_kind(_address: SplitResult, _data_dir: Path) -> StorageSpec:
    return StorageSpec(MemoryStorage, is_exclusive=True, has_own_clock=False)


def _without_password(address: SplitResult) -> str:
    if address.password is None:
        return address.geturl()
    return address.geturl().replace(f":{address.password}@", ":***@", 1)


SCHEMES: Mapping[str, Callable[[SplitResult, Path], StorageSpec]] = {
    "file": _file_kind,
    "memory": _memory_kind,
}
