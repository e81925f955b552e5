"""The same message again: as a new draft, or sent anew (RS3, RS4)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mailhub.answers import RunsCommands
from mailhub.messages.model import Message
from mailhub.messages.states import wrong_state
from mailhub.people.identity import Identity
from mailhub.people.permissions import Permission
from mailhub.scenarios.resolving import find_open
from mailhub.store.root import HubRoot
from mailhub.visibility.service import MessageReader

from .drafts import DraftsService
from .planner import Planner
from .reading import changed_request
from .request import MessageRequest
from .stored import request_like, request_of
from .writes import Accepted


class CopyingService:
    """Use cases of copies, of messages that the caller may see; the copy is the caller's own.

    All raise ``NotFound``, ``Denied``, ``Invalid``, ``ConfigurationChanged`` (ask again with a fresh view of the hub),
    ``StorageUnavailable``, ``OutcomeUnknown``.
    """

    def __init__(
        self,
        hub: HubRoot,
        *,
        identity: Identity,
        reader: MessageReader,
        planner: Planner,
        drafts: DraftsService,
        runner: RunsCommands,
    ) -> None:
        self._hub = hub
        self._identity = identity
        self._reader = reader
        self._planner = planner
        self._drafts = drafts
        self._runner = runner

    def copy(self, message_id: str) -> Accepted:
        """A new draft with the same content, files and related records."""
        return self.copy_changed(message_id, {})

    def copy_changed(self, message_id: str, changes: Mapping[str, Any]) -> Accepted:
        """A new draft as ``copy`` makes it, changed by what is named (fields of ``DraftChanges``)."""
        message = self._get(message_id)
        request = request_of(message) if message.status == "draft" else request_like(message)
        return self._drafts.create(self._with_open_account(changed_request(request, changes)))

    def resend(self, message_id: str) -> Accepted:
        """A new message with the same content and recipients, by the same account; by the scenario's when that is gone.

        What plugins changed when the first was taken is changed. Raises ``WrongState`` for a draft, which is sent itself.
        """
        message = self._get(message_id)
        if message.status == "draft":
            raise wrong_state(message.status)
        plan = self._planner.prepared_again(self._with_open_account(request_like(message)))
        return self._runner.execute(self._planner.command(plan))

    def _get(self, message_id: str) -> Message:
        self._identity.require(Permission.MESSAGES_WRITE)
        return self._reader.get(message_id)

    def _with_open_account(self, request: MessageRequest) -> MessageRequest:
        is_open = find_open(self._hub, request.account) is not None
        return request if is_open else replace(request, account=None)
