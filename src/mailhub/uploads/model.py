"""Uploads: files that were sent ahead of the messages that use them, whole or still on their way."""

from datetime import datetime, timedelta

from BTrees.OOBTree import OOBTree
from persistent import Persistent

from mailhub.store.content import StoredContent
from mailhub.store.root import HubRoot


class Upload(Persistent):
    """A file of one user. It expires some hours after it was made or last used; messages keep the content itself.

    ``name`` and ``content_type``: what its sender said of it, "" where he said nothing. ``metadata``: all that he said by
    tus, in tus' own form.
    """

    name = ""
    content_type = ""
    metadata = ""

    def __init__(self, upload_id: str, owner_id: str, content: StoredContent, created_at: datetime) -> None:
        self.id = upload_id
        self.owner_id = owner_id
        self.content = content
        self.created_at = created_at
        self.used_at = created_at

    def note_use(self, at: datetime) -> None:
        """Put the expiry off; written once an hour at most, so that an often used file costs little."""
        if at - self.used_at >= timedelta(hours=1):
            self.used_at = at


class UnfinishedUpload(Persistent):
    """A file that is still arriving. ``length``: bytes it will have; ``offset``: bytes that are here, and on disk.

    The bytes are in the partial file that has its id for a name. It expires some hours after the last ones came.
    """

    name = ""
    content_type = ""
    metadata = ""

    def __init__(self, upload_id: str, owner_id: str, length: int, created_at: datetime) -> None:
        self.id = upload_id
        self.owner_id = owner_id
        self.length = length
        self.offset = 0
        self.created_at = created_at
        self.changed_at = created_at


class UnfinishedUploads(Persistent):
    """Those of one user. One object with their numbers, so that of two made at once the second sees the first."""

    def __init__(self) -> None:
        self.by_id = OOBTree()
        self.count = 0
        self.bytes = 0

    def add(self, upload: UnfinishedUpload) -> None:
        self.by_id[upload.id] = upload
        self.count += 1
        self.bytes += upload.length

    def remove(self, upload: UnfinishedUpload) -> None:
        del self.by_id[upload.id]
        self.count -= 1
        self.bytes -= upload.length


class Uploads(Persistent):
    """All uploads by id; the unfinished ones by user and id."""

    def __init__(self) -> None:
        self.by_id = OOBTree()
        self.unfinished = OOBTree()

    def find(self, upload_id: str) -> Upload | None:
        upload: Upload | None = self.by_id.get(upload_id)
        return upload

    def find_own(self, owner_id: str, upload_id: str) -> Upload | None:
        """A whole upload, if it is this user's."""
        upload = self.find(upload_id)
        return upload if upload is not None and upload.owner_id == owner_id else None

    def find_unfinished(self, owner_id: str, upload_id: str) -> UnfinishedUpload | None:
        owned = self.unfinished.get(owner_id)
        upload: UnfinishedUpload | None = None if owned is None else owned.by_id.get(upload_id)
        return upload

    def unfinished_of(self, owner_id: str) -> UnfinishedUploads:
        """The unfinished ones of a user; made when he has none."""
        owned: UnfinishedUploads | None = self.unfinished.get(owner_id)
        if owned is None:
            owned = self.unfinished[owner_id] = UnfinishedUploads()
        return owned


def install(hub: HubRoot) -> None:
    """Make the folders of uploads once."""
    if not hasattr(hub, "uploads"):
        hub.uploads = Uploads()
    if not hasattr(hub.uploads, "unfinished"):
        hub.uploads.unfinished = OOBTree()


def uploads_of(hub: HubRoot) -> Uploads:
    uploads: Uploads = hub.uploads
    return uploads
