"""Uploads: files that were sent ahead of the messages that use them."""

from datetime import datetime, timedelta

from BTrees.OOBTree import OOBTree
from persistent import Persistent

from mailhub.store.content import StoredContent
from mailhub.store.root import HubRoot


class Upload(Persistent):
    """A file of one user. It expires some hours after it was made or last used; messages keep the content itself.

    ``name`` and ``content_type``: what its sender said of it, "" where he said nothing.
    """

    name = ""
    content_type = ""

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


class Uploads(Persistent):
    """All uploads by id."""

    def __init__(self) -> None:
        self.by_id = OOBTree()

    def find(self, upload_id: str) -> Upload | None:
        upload: Upload | None = self.by_id.get(upload_id)
        return upload


def install(hub: HubRoot) -> None:
    """Make the folder of uploads once."""
    if not hasattr(hub, "uploads"):
        hub.uploads = Uploads()


def uploads_of(hub: HubRoot) -> Uploads:
    uploads: Uploads = hub.uploads
    return uploads
