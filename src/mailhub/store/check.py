"""Reading the whole database: every record that something refers to, every byte of every content, every blob file."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from BTrees.LLBTree import LLTreeSet
from ZODB.blob import is_blob_record
from ZODB.POSException import POSKeyError
from ZODB.serialize import referencesf
from ZODB.utils import get_pickle_metadata, p64, u64, z64

from mailhub.contract.texts import Text, _

from .content import BlobContent, ContentReader, SmallContent, checked_chunks
from .pack import iter_orphaned_blobs
from .problems import ContentDamaged, ContentGone
from .root import HubRoot

FORGET_EVERY = 2_000
"""Records after which the connection lets go of what it has loaded."""

READ_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be. ``kind``: a stable word for programs. ``subject``: what it is about.

    ``is_wrong``: False for what is only worth knowing, and goes by itself or by packing.
    """

    kind: str
    subject: str
    text: Text
    is_wrong: bool = True


class StoreCheck:
    """One reading of the database, as it was when it began; others read and write meanwhile.

    ``records``, ``contents``, ``content_bytes``: how much has been read by now.
    """

    def __init__(self, hub: HubRoot) -> None:
        self._connection = hub._p_jar
        self._storage: Any = hub._p_jar.db().storage
        self._bound = p64(u64(self._storage.lastTransaction()) + 1)
        self._seen = LLTreeSet()
        self.records = 0
        self.contents = 0
        self.content_bytes = 0

    def iter_findings(self) -> Iterator[Finding]:
        """Read all of it."""
        yield from self._iter_in_records()
        yield from self._iter_beside_records()

    # -- records -------------------------------------------------------------------------------------------------

    def _iter_in_records(self) -> Iterator[Finding]:
        todo = [(z64, z64)]
        while todo:
            oid, parent = todo.pop()
            if not self._seen.insert(u64(oid)):
                continue
            data = self._find_record(oid)
            if data is None:
                yield _missing(oid, parent)
                continue
            self._count_record()
            yield from self._iter_in(oid, data)
            todo += [(each, oid) for each in _references_of(data)]

    def _find_record(self, oid: bytes) -> bytes | None:
        try:
            found = self._storage.loadBefore(oid, self._bound)
        except POSKeyError:
            return None
        data: bytes | None = None if found is None else found[0]
        return data or None

    def _count_record(self) -> None:
        self.records += 1
        if self.records % FORGET_EVERY == 0:
            self._connection.cacheMinimize()

    def _iter_in(self, oid: bytes, data: bytes) -> Iterator[Finding]:
        name = _name_of(oid, data)
        try:
            found = self._connection.get(oid)
            found._p_activate()
        except POSKeyError:
            # a blob is not loaded without its file; anything else went since, with all that it held
            if is_blob_record(data):
                yield Finding("missing_blob", name, _("The file of a blob is not there."))
            return
        except Exception as error:  # noqa: BLE001 - whatever unpickling raises is what is looked for
            text = _(
                "A record cannot be read: ${error}", mapping={"error": f"{type(error).__name__}: {error}"}
            )
            yield Finding("unreadable_record", name, text)
            return
        if isinstance(found, SmallContent | BlobContent):
            yield from self._iter_in_content(name, found)

    def _iter_in_content(self, name: str, content: Any) -> Iterator[Finding]:
        self.contents += 1
        try:
            for chunk in checked_chunks(ContentReader.of(content), READ_BYTES):
                self.content_bytes += len(chunk)
        except ContentDamaged as error:
            yield Finding("damaged_content", name, error.message)
        except (ContentGone, POSKeyError, OSError) as error:
            text = _("The bytes of a content cannot be read: ${error}", mapping={"error": str(error)})
            yield Finding("unreadable_content", name, text)

    # -- what stands beside them ---------------------------------------------------------------------------------

    def _iter_beside_records(self) -> Iterator[Finding]:
        garbage = len(self._storage) - len(self._seen)
        if garbage > 0:
            text = _(
                "${count} records are not used any more; `mailhub pack` removes them.",
                mapping={"count": garbage},
            )
            yield Finding("unused_records", "hub.fs", text, is_wrong=False)
        if hasattr(self._storage, "fshelper"):
            for path in iter_orphaned_blobs(self._storage):
                text = _("A blob file has no record; `mailhub pack` removes it.")
                yield Finding("orphaned_blob", str(path), text)


def _missing(oid: bytes, parent: bytes) -> Finding:
    text = _("A record is not there that ${parent} refers to.", mapping={"parent": f"0x{u64(parent):x}"})
    return Finding("missing_record", f"0x{u64(oid):x}", text)


def _references_of(data: bytes) -> list[bytes]:
    try:
        references: list[bytes] = referencesf(data)
    except Exception:  # noqa: BLE001 - a record that cannot be read is told of where it is loaded
        return []
    return references


def _name_of(oid: bytes, data: bytes) -> str:
    """A record as a person can name it, also one that cannot be read."""
    try:
        module, name = get_pickle_metadata(data)
    except Exception:  # noqa: BLE001 - it is damaged: its number has to do
        return f"0x{u64(oid):x}"
    return f"{module}.{name} 0x{u64(oid):x}"
