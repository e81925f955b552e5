"""The bytes of an import: on disk before the transaction that stores them, given to use cases as uploads."""

import base64
import binascii
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from mailhub.contract.texts import _
from mailhub.errors import Invalid
from mailhub.store.content import StagedContent
from mailhub.store.database import Database
from mailhub.uploads.model import Upload, uploads_of

from .context import ImportContext, Item


@dataclass(frozen=True, slots=True)
class Staging:
    """Where bytes are put; they go with the stack."""

    database: Database
    stack: ExitStack

    def stage(self, item: Item, pointer: str) -> StagedContent:
        """The bytes of an item with ``content`` and ``sha256``. Raises ``Invalid`` for others than those that it names."""
        try:
            data = base64.b64decode(item["content"], validate=True)
        except binascii.Error:
            data = b""
        sink = self.stack.enter_context(self.database.blob_sink())
        sink.write(data)
        staged = sink.finish()
        if staged.sha256 != item["sha256"]:
            text = _("The bytes of this file are not those that its SHA-256 names.")
            raise Invalid.of(f"{pointer}/content", "content.damaged", text)
        return staged


@contextmanager
def as_upload(context: ImportContext, item: Item, content: StagedContent) -> Iterator[str]:
    """The id of an upload of the caller's, as use cases take bytes; no one else ever sees it."""
    upload_id = f"import-{content.sha256}"
    upload = Upload(upload_id, context.identity.user_id, content.stored_in(context.hub), context.now)
    upload.content_type = item["content_type"]
    uploads_of(context.hub).by_id[upload_id] = upload
    try:
        yield upload_id
    finally:
        del uploads_of(context.hub).by_id[upload_id]
