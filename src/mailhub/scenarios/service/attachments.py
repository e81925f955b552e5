"""The files of a scenario: adding, replacing, making them default, taking them away (DA1 to DA4)."""

import mimetypes
from collections.abc import Collection, Mapping
from typing import Any

from mailhub.contract.clock import Clock
from mailhub.contract.texts import _
from mailhub.entropy import Entropy, new_id
from mailhub.errors import NOT_FOUND, FieldError, Invalid, NotFound
from mailhub.events.audit import record_change
from mailhub.people.identity import Identity
from mailhub.people.permissions import Permission
from mailhub.scenarios.files import OfferedFile, iter_files
from mailhub.scenarios.model import ScenarioAttachment, scenarios_of
from mailhub.scenarios.presenting import file_values
from mailhub.store.root import HubRoot
from mailhub.store.shards import Shard
from mailhub.uploads.model import Upload, uploads_of

from .scenarios import ScenariosService

Values = Mapping[str, Any]
Place = tuple[str, int, str]
"""Where a file stands in a list: its scenario, its number there, its id."""


class AttachmentsService:
    """What is done with the files of scenarios, in one transaction. Every change is audited.

    Messages that have a file keep it, whatever becomes of it here: they hold its content themselves.
    """

    def __init__(
        self,
        hub: HubRoot,
        shard: Shard,
        identity: Identity,
        *,
        scenarios: ScenariosService,
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self._hub = hub
        self._shard = shard
        self._identity = identity
        self._scenarios = scenarios
        self._clock = clock
        self._entropy = entropy

    def list_files(
        self, scenario: str, limit: int, after: Place | None = None
    ) -> tuple[list[OfferedFile], Place | None]:
        """A page of a scenario's files, in the order they were added, and where the next begins; for Default those of
        all scenarios (DA3), as far as the token knows them. Raises ``Denied``, ``NotFound``."""
        self._identity.require(Permission.SETUP_READ)
        scenario = self._scenarios.get_scenario(scenario).id
        every = iter_files(self._hub, scenario, self._identity.scenarios)
        left = [each for each in every if after is None or _place(each) > tuple(after)]
        return left[:limit], _place(left[limit - 1]) if len(left) > limit else None

    def get_file(self, scenario: str, file_id: str) -> OfferedFile:
        """A file that belongs to this very scenario. Raises ``Denied``, ``NotFound``."""
        scenario = self._scenarios.get_scenario(scenario).id
        file = scenarios_of(self._hub).find_file(scenario, file_id)
        if file is None:
            raise NotFound(NOT_FOUND, code="attachment.not_found")
        return OfferedFile(scenario, file)

    def add_file(self, scenario: str, values: Values) -> OfferedFile:
        """Add a file (``schema.FileCreation``). Raises ``Denied``, ``NotFound``, ``Invalid`` (``upload.not_found``)."""
        self._identity.require(Permission.SETUP_WRITE)
        scenario = self._scenarios.get_scenario(scenario).id
        upload = self._take(values["upload"])
        name = values["name"] or upload.name or _FILE_NAME
        file = ScenarioAttachment(
            new_id(self._entropy),
            name=name,
            content_type=_type_of(upload, name),
            content=upload.content,
            is_default=values["is_default"],
        )
        scenarios_of(self._hub).add_file(scenario, file)
        self._audit("created", file.id, None, file_values(scenario, file))
        return OfferedFile(scenario, file)

    def change_file(self, scenario: str, file_id: str, values: Values) -> OfferedFile:
        """Change what is named (``schema.FileChanges``); a new upload replaces the content for messages to come.

        Raises ``Denied``, ``NotFound``, ``Invalid`` (``upload.not_found``).
        """
        self._identity.require(Permission.SETUP_WRITE)
        found = self.get_file(scenario, file_id)
        before = file_values(*found)
        file = found.file
        file.name = values.get("name") or file.name
        file.is_default = values.get("is_default", file.is_default)
        if "upload" in values:
            upload = self._take(values["upload"])
            file.content, file.content_type = upload.content, _type_of(upload, file.name)
        after = file_values(*found)
        if before != after:
            file.revision += 1
            self._audit("changed", file.id, before, after)
        return found

    def delete_file(self, scenario: str, file_id: str) -> None:
        """Take a file away. Raises ``Denied``, ``NotFound``."""
        self._identity.require(Permission.SETUP_WRITE)
        found = self.get_file(scenario, file_id)
        scenarios_of(self._hub).remove_file(found.scenario, found.file.id)
        self._audit("deleted", file_id, file_values(*found), None)

    def mistakes_in(self, values: Values, unread: Collection[str]) -> list[FieldError]:
        """What else is wrong with a file, or a change of one, of which the fields ``unread`` are not known."""
        is_said = "upload" in values and "upload" not in unread
        return [_NO_UPLOAD] if is_said and self._find_upload(values["upload"]) is None else []

    def _find_upload(self, upload_id: str) -> Upload | None:
        """An upload belongs to its maker."""
        upload = uploads_of(self._hub).find(upload_id)
        return upload if upload is not None and upload.owner_id == self._identity.user_id else None

    def _take(self, upload_id: str) -> Upload:
        upload = self._find_upload(upload_id)
        if upload is None:
            raise Invalid([_NO_UPLOAD])
        upload.note_use(self._clock.now())
        return upload

    def _audit(self, action: str, id: str, before: Values | None, after: Values | None) -> None:
        record_change(
            self._hub, self._shard, self._identity, action, "scenario_attachment", id, before, after
        )


_FILE_NAME = "attachment"
_NO_UPLOAD = FieldError("/upload", "upload.not_found", _("There is no such upload of yours."))


def _place(offered: OfferedFile) -> Place:
    return (offered.scenario, offered.file.number, offered.file.id)


def _type_of(upload: Upload, name: str) -> str:
    """As its sender called it, else by the standard registry from its name (M6)."""
    return upload.content_type or mimetypes.guess_type(name, strict=True)[0] or "application/octet-stream"
