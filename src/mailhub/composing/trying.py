"""A dry run: all that sending does, storing left out (api.md, ``POST /messages?dry_run=true``)."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from mailhub.messages.model import Related
from mailhub.scenarios.model import ScenarioAttachment
from mailhub.store.root import HubRoot

from .checking import CheckedAttachment, CheckedMessage
from .contents import ContentSource
from .explaining import Explanation
from .request import MessageRequest
from .senders import ResolvedSender


@dataclass(frozen=True, slots=True)
class TriedFile:
    """A file that the message would have. ``source``: ``message`` or ``scenario``."""

    name: str
    content_type: str
    size: int
    sha256: str
    inline: bool = False
    content_id: str | None = None
    source: str = "message"


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """A message as it would be taken. ``text``: its plain text, given or made from the HTML. ``sender``: None where there
    is no account to send it."""

    request: MessageRequest
    checked: CheckedMessage
    owner_id: str
    caller_id: str
    sender: ResolvedSender | None
    files: tuple[TriedFile, ...]
    related: tuple[Related, ...]
    text: str | None
    explanation: Explanation


def iter_tried_files(
    hub: HubRoot, given: tuple[CheckedAttachment, ...], added: tuple[ScenarioAttachment, ...]
) -> Iterator[TriedFile]:
    """The files of a message in its order: those it names, then the scenario's."""
    for each in given:
        yield TriedFile(
            each.name,
            each.content_type,
            each.size,
            _sha256(hub, each),
            each.inline,
            each.content_id,
            "message" if each.scenario_file is None else "scenario",
        )
    for file in added:
        content = file.content
        yield TriedFile(file.name, file.content_type, content.size, content.sha256, source="scenario")


def _sha256(hub: HubRoot, file: CheckedAttachment) -> str:
    if file.data is not None:
        return hashlib.sha256(file.data).hexdigest()
    stored = ContentSource(upload_id=file.upload_id, scenario_file=file.scenario_file).stored(hub)
    digest: str = stored.sha256
    return digest
