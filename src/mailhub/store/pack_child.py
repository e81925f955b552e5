"""What the process does that copies a database while the hub goes on: everything up to the time of packing.

Started by ``store/pack.py`` with an order on its command line. It writes new files only, and ends with whoever started
it, so that a killed hub leaves nobody behind who still writes.
"""

import json
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

from ZODB.blob import is_blob_record
from ZODB.FileStorage.FileStorage import RedundantPackWarning
from ZODB.FileStorage.fspack import FileStoragePacker, PackCopier
from ZODB.serialize import referencesf

NICENESS = 10


@dataclass(frozen=True, slots=True)
class PackOrder:
    """``source``: the data file, of which ``end`` bytes are whole transactions. ``stop``: pack up to this transaction id,
    in hexadecimal. ``target``, ``index``, ``removed``: files to write: the copy, the place of each object in it, and the
    blobs that go."""

    source: str
    end: int
    stop: str
    collects_garbage: bool
    target: str
    index: str
    removed: str


@dataclass(frozen=True, slots=True)
class PackedPart:
    """How far it got: ``read`` bytes of the source have become ``written`` bytes of the copy. Equal: nothing was freed."""

    read: int
    written: int


def copy_packed_part(order: PackOrder) -> PackedPart | None:
    """Copy what is current at the time of packing. None when it is packed to that time already."""
    packer = FileStoragePacker(
        _storage_of(order), referencesf, bytes.fromhex(order.stop), order.collects_garbage
    )
    with Path(order.removed).open("wb") as removed, Path(order.target).open("w+b") as target:
        packer.pack_blobs, packer.blob_removed, packer._tfile = True, removed, target  # noqa: SLF001 - its parts
        try:
            packer.gc.findReachable()
        except RedundantPackWarning:
            return None
        return _copied(packer, target, order)


def _copied(packer: Any, target: Any, order: PackOrder) -> PackedPart:
    with Path(order.source).open("rb") as source:
        target.write(source.read(packer._metadata_size))  # noqa: SLF001 - the length of the file's head
    packer._copier = PackCopier(target, packer.index, packer.tindex)  # noqa: SLF001 - as its pack() does
    read, written = packer.copyToPacktime()
    target.flush()
    os.fsync(target.fileno())
    packer.index.save(written, order.index)
    return PackedPart(read, written)


def _storage_of(order: PackOrder) -> Any:
    """As much of a storage as the packer asks for; nobody here commits, so its locks hold nothing."""
    return SimpleNamespace(
        _file=SimpleNamespace(name=order.source),
        _lock=nullcontext(),
        _commit_lock=nullcontext(),
        blob_dir=None,
        getSize=lambda: order.end,
        is_blob_record=is_blob_record,
    )


def _end_with_parent() -> None:
    """Its end of the pipe is closed when the parent ends, however that comes about."""
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


def main(arguments: Sequence[str]) -> int:
    """The program: an order as JSON in, a part as JSON out."""
    Thread(target=_end_with_parent, daemon=True).start()
    os.nice(NICENESS)
    part = copy_packed_part(PackOrder(**json.loads(arguments[0])))
    sys.stdout.write(json.dumps(None if part is None else asdict(part)))
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
