"""Drafts: kept as they are typed, sent when all of it is right (S10, ED; api.md)."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from mailhub.answers import RunsCommands
from mailhub.contract.texts import _
from mailhub.errors import Denied, FieldError, Invalid
from mailhub.messages.model import Message
from mailhub.people.identity import Identity
from mailhub.people.permissions import Permission
from mailhub.scenarios.model import ScenarioAttachment
from mailhub.visibility.service import MessageReader

from .contents import ContentSource
from .draft_writes import ChangeDraft, CreateDraft, DraftFields, SendDraft, require_draft
from .planner import Judged, Planner, each_once, scenario_files
from .reading import changed_request
from .request import MessageRequest
from .resolver import DENIED
from .stored import request_of, stored_text
from .typed import all_as_typed, as_typed, as_warning, cannot_be_kept, iter_control_errors
from .writes import Accepted

Files = tuple[ScenarioAttachment, ...]
TEXTS = ("html", "text")


class DraftsService:
    """Use cases of drafts, on the hub as one transaction sees it. When a call returns, it is on disk.

    Besides what they say, all raise ``Denied``, ``StorageUnavailable``, ``OutcomeUnknown``, and ``ConfigurationChanged`` (ask
    again with a fresh view of the hub).
    """

    def __init__(
        self, *, identity: Identity, reader: MessageReader, planner: Planner, runner: RunsCommands
    ) -> None:
        self._identity = identity
        self._reader = reader
        self._planner = planner
        self._runner = runner

    def command(self, request: MessageRequest) -> CreateDraft:
        """The command that keeps a draft, with the files that its scenario adds; what keeps it from being sent is in its
        warnings.

        Raises ``Invalid`` for control characters and for files that are not there, ``Denied``.
        """
        files, errors = self._default_files(request)
        return self._command(request, files, errors)

    def create(self, request: MessageRequest) -> Accepted:
        """Keep a draft that names all of its files. Raises as ``command`` does."""
        return self._runner.execute(self._command(request, (), []))

    def get(self, message_id: str) -> Message:
        """A message that the caller may change if it is a draft. Raises ``NotFound``."""
        self._identity.require(Permission.MESSAGES_WRITE)
        return self._reader.get(message_id)

    def change(self, draft: Message, changes: Mapping[str, Any]) -> Accepted:
        """Change what is named (fields of ``DraftChanges``) of the draft as the caller sees it.

        With another scenario, the files that the former one added make room for those of the new one. Raises ``Invalid``
        as ``command`` does, ``WrongState`` for what is no draft, ``RevisionStale`` when somebody was faster.
        """
        require_draft(draft)
        before = request_of(draft)
        after = changed_request(before, changes)
        files: Files = ()
        errors: list[FieldError] = []
        if _gets_other_files(before, after):
            after = _without_added_files(after)
            files, errors = self._default_files(after)
        judged = self._judge(after, files)
        texts = {place: stored_text(draft, place) for place in TEXTS if place not in changes}
        fields = self._fields(judged, files, errors, texts)
        fields = replace(fields, owner_id=draft.owner_id)
        return self._runner.execute(ChangeDraft(draft.id, draft.revision, self._identity, fields))

    def mistakes_in(self, request: MessageRequest) -> list[FieldError]:
        """What a draft is refused for. Raises ``Denied``."""
        return _refusals(request, self._planner.judge(request, ()))

    def mistakes_in_change(
        self, draft: Message, changes: Mapping[str, Any], unread: Collection[str]
    ) -> list[FieldError]:
        """What else is wrong with a change of a draft of which the fields ``unread`` are not known."""
        if draft.status != "draft":
            return []
        known = {name: value for name, value in changes.items() if name not in unread}
        before = request_of(draft)
        try:
            return self.mistakes_in(changed_request(before, known))
        except Invalid as refused:
            known.pop("attachments")
            return [*self.mistakes_in(changed_request(before, known)), *refused.errors]

    def send(self, draft: Message, *, must_match: bool = False) -> Accepted:
        """Send a draft; it keeps its id. ``must_match``: only the one that the caller has seen.

        Raises ``Invalid`` with all mistakes, ``WrongState`` for what is no draft, ``RevisionStale``.
        """
        require_draft(draft)
        if draft.owner_id != self._identity.user_id:
            raise Denied(_("Only its owner sends a draft. Copy it to send it as yours."))
        plan = self._planner.prepared(request_of(draft), has_its_files=True)
        command = SendDraft(draft.id, draft.revision, must_match, self._planner.command(plan))
        return self._runner.execute(command)

    def _command(self, request: MessageRequest, files: Files, errors: list[FieldError]) -> CreateDraft:
        self._identity.require(Permission.MESSAGES_WRITE)
        judged = self._judge(request, files)
        fields = self._fields(judged, files, errors, {})
        return CreateDraft(self._planner.random_id(), self._identity, fields)

    def _default_files(self, request: MessageRequest) -> tuple[Files, list[FieldError]]:
        """A plugin's refusal is told and keeps nobody from typing."""
        self._planner.check_token_bounds(request)
        try:
            return self._planner.default_files(request).kept, []
        except Invalid as refused:
            return (), list(refused.errors)

    def _judge(self, request: MessageRequest, files: Files) -> Judged:
        """Raises ``Invalid`` for what cannot be kept, ``Denied`` for what is not the caller's to use."""
        self._planner.check_token_bounds(request)
        judged = self._planner.judge(request, files)
        refused = _refusals(request, judged)
        if refused:
            raise Invalid(refused)
        for error in judged.resolved.errors:
            if error.code == DENIED and request.account is not None:
                raise Denied(error.message)
        return judged

    def _fields(
        self,
        judged: Judged,
        files: Files,
        errors: list[FieldError],
        texts: Mapping[str, ContentSource | None],
    ) -> DraftFields:
        """``texts``: those that stay as they are stored."""
        request, planner = judged.request, self._planner
        told = (*judged.errors, *judged.resolved.errors, *errors)
        return DraftFields(
            scenario=request.scenario,
            account_id=request.account or "",
            owner_id=judged.owner.user_id,
            sender=None if request.sender is None else as_typed(request.sender),
            to=all_as_typed(request.to),
            cc=all_as_typed(request.cc),
            bcc=all_as_typed(request.bcc),
            reply_to=all_as_typed(request.reply_to),
            subject=request.subject,
            html=texts["html"] if "html" in texts else planner.staged_text(request.html),
            text=texts["text"] if "text" in texts else planner.staged_text(request.text),
            body=request.body,
            attachments=(
                *planner.staged_files(judged.checked.attachments),
                *scenario_files(request.scenario, files),
            ),
            wants_default_files=request.include_default_attachments,
            headers=tuple(request.headers.items()),
            importance=request.importance,
            priority=request.priority,
            related=each_once(request.related),
            send_at=request.send_at,
            expires_at=request.expires_at,
            tags=request.tags,
            metadata=request.metadata,
            warnings=tuple(map(as_warning, told)),
        )


def _refusals(request: MessageRequest, judged: Judged) -> list[FieldError]:
    return [*iter_control_errors(request), *filter(cannot_be_kept, judged.errors)]


def _gets_other_files(before: MessageRequest, after: MessageRequest) -> bool:
    """The files that a scenario adds go with the scenario, and with the wish for them (DA2)."""
    return (before.scenario, before.include_default_attachments) != (
        after.scenario,
        after.include_default_attachments,
    )


def _without_added_files(request: MessageRequest) -> MessageRequest:
    own = (each for each in request.attachments if each.kept is None or not each.kept.default_of)
    return replace(request, attachments=tuple(own))
