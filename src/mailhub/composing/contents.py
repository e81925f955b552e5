"""The bytes of a message: small ones travel with the command, big ones are on disk before it (design decision 12)."""

from dataclasses import dataclass, field
from typing import Any

from mailhub.messages.model import MessageContent, messages_of
from mailhub.scenarios.model import scenarios_of
from mailhub.store.content import SMALL_CONTENT_BYTES, store_content
from mailhub.store.root import HubRoot
from mailhub.uploads.model import uploads_of
from mailhub.uploads.service import UploadsService


@dataclass(frozen=True, slots=True)
class MessagePart:
    """A text or file that a message has. ``place``: ``html``, ``text``, or the number of a file."""

    message_id: str
    place: str | int
    sha256: str

    def find(self, hub: HubRoot) -> Any:
        """The persistent content; None when the message, or this in it, is not there any more."""
        message = messages_of(hub).find(self.message_id)
        stored = None if message is None else self._find_in(message.content)
        return stored if stored is not None and stored.sha256 == self.sha256 else None

    def _find_in(self, content: MessageContent) -> Any:
        if isinstance(self.place, str):
            return content.html if self.place == "html" else content.text
        return content.attachments[self.place].content if self.place < len(content.attachments) else None


@dataclass(frozen=True, slots=True)
class ContentSource:
    """Where a write command finds the bytes of a body or file: in itself, in an upload, in a scenario's file, in another
    message."""

    data: bytes | None = field(default=None, repr=False)
    upload_id: str | None = None
    scenario_file: tuple[str, str] | None = None
    part: MessagePart | None = None

    def stored(self, hub: HubRoot) -> Any:
        """The persistent content, new or shared, or None when it has gone meanwhile."""
        if self.data is not None:
            return store_content(self.data)
        if self.upload_id is not None:
            upload = uploads_of(hub).find(self.upload_id)
            return None if upload is None else upload.content
        if self.part is not None:
            return self.part.find(hub)
        scenario, attachment_id = self.scenario_file or ("", "")
        stored = scenarios_of(hub).attachments.get(scenario, {}).get(attachment_id)
        return None if stored is None else stored.content


def staged(uploads: UploadsService, owner_id: str, data: bytes) -> ContentSource:
    """A source for bytes in memory; more than a few are stored as an upload first."""
    if len(data) <= SMALL_CONTENT_BYTES:
        return ContentSource(data=data)
    return ContentSource(upload_id=uploads.keep_bytes(owner_id, data))
