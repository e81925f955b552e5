"""Sending: from what somebody asks to a message in its lane (S1-S6)."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from mailhub.answers import RunsCommands
from mailhub.errors import FieldError, HubError, Invalid
from mailhub.people.identity import Identity
from mailhub.people.permissions import Permission
from mailhub.store.root import HubRoot

from .batch import AcceptBatch, BatchTaken, PresentProblem, Taking, is_for_one_item
from .checking import MessageLimits
from .drafts import DraftsService
from .explaining import Explainer, Explanation
from .planner import Planner, plain_text_of, refusal_of, related_of
from .request import MessageRequest
from .resolver import DENIED, DefaultFiles, Wish
from .senders import Owner
from .trying import DryRun, iter_tried_files
from .writes import Accepted


class ComposingService:
    """Use cases of sending, on the hub as one transaction sees it."""

    def __init__(
        self,
        hub: HubRoot,
        *,
        identity: Identity,
        planner: Planner,
        drafts: DraftsService,
        runner: RunsCommands,
        explainer: Explainer,
    ) -> None:
        self._hub = hub
        self._identity = identity
        self._planner = planner
        self._drafts = drafts
        self._runner = runner
        self._explainer = explainer

    def send(self, request: MessageRequest) -> Accepted:
        """Take a message, or keep it as a draft; when this returns, it is on disk.

        Raises ``Invalid`` with every mistake, ``Denied``, ``ConfigurationChanged`` (ask again with a fresh view of the hub),
        ``StorageUnavailable``, ``OutcomeUnknown``.
        """
        self._identity.require(Permission.MESSAGES_WRITE)
        return self._runner.execute(self._command(request))

    def send_all(
        self,
        items: Sequence[MessageRequest | HubError],
        present_problem: PresentProblem,
        *,
        may_ask_again: bool,
    ) -> BatchTaken:
        """Take what can be taken of many messages, in one transaction; an item may be refused already.

        Raises ``Denied`` for a caller who may send nothing, ``StorageUnavailable``, ``OutcomeUnknown``; with ``may_ask_again``
        also ``ConfigurationChanged`` (ask again with a fresh view of the hub), else an item is refused by that.
        """
        self._identity.require(Permission.MESSAGES_WRITE)
        planned = tuple(map(self._planned, items))
        return self._runner.execute(AcceptBatch(planned, present_problem, may_be_asked_again=may_ask_again))

    def _command(self, request: MessageRequest) -> Taking:
        if request.draft:
            return self._drafts.command(request)
        return self._planner.command(self._planner.prepared(request))

    def _planned(self, item: MessageRequest | HubError) -> Taking | HubError:
        if isinstance(item, HubError):
            return item
        try:
            return self._command(item)
        except HubError as refused:
            if is_for_one_item(refused):
                return refused
            raise

    def dry_run(self, request: MessageRequest) -> DryRun:
        """What would become of a message; nothing is stored.

        Raises what ``send`` raises for mistakes of the message itself; what else keeps it from being sent is told in the
        explanation.
        """
        if not self._identity.may(Permission.MESSAGES_WRITE):
            self._identity.require(Permission.SETUP_READ)
        self._planner.check_token_bounds(request)
        files = self._planner.default_files(request)
        judged = self._planner.judge(request, files.kept)
        if judged.errors:
            raise refusal_of(judged)
        judged = self._planner.tried(judged)
        explanation = self._explainer.explain(judged.resolved, files, request.send_at)
        return DryRun(
            request=judged.request,
            checked=judged.checked,
            owner_id=judged.owner.user_id,
            caller_id=self._identity.user_id,
            sender=judged.resolved.sender,
            files=tuple(iter_tried_files(self._hub, judged.checked.files, files.kept)),
            related=related_of(judged),
            text=plain_text_of(judged.request),
            explanation=explanation,
        )

    def mistakes_in(self, request: MessageRequest, unread: Collection[str]) -> list[FieldError]:
        """What else is wrong with a request of which the fields ``unread`` are not known.

        Nothing that may follow from those is among it. Raises ``Denied``.
        """
        judged = self._planner.judge(request, ())
        return [
            error
            for error in (*judged.errors, *judged.resolved.errors)
            if error.code != DENIED and _FOLLOWS.get(error.pointer, frozenset()).isdisjoint(unread)
        ]

    def explain(self, scenario: str) -> Explanation:
        """What a message of this scenario would get now. Raises ``Denied``."""
        self._identity.require(Permission.SETUP_READ)
        resolver = self._planner.resolver_for(Owner.of(self._identity))
        files = self._files_of(MessageRequest(scenario=scenario))
        return self._explainer.explain(resolver.resolve(Wish(scenario=scenario)), files)

    def explain_way(self, request: MessageRequest) -> Explanation:
        """How a message would go now, whatever else is still wrong with it. Raises ``Denied``.

        For who writes it: a dry run tells him the same of a message that is whole.
        """
        self._identity.require(Permission.MESSAGES_WRITE)
        self._planner.check_token_bounds(request)
        judged = self._planner.judge(replace(request, html=None, text="", attachments=()), ())
        return self._explainer.explain(judged.resolved, self._files_of(request), request.send_at)

    def _files_of(self, request: MessageRequest) -> DefaultFiles:
        try:
            return self._planner.default_files(request)
        except Invalid as refused:
            return DefaultFiles(errors=tuple(refused.errors))

    @property
    def limits(self) -> MessageLimits:
        """What one message may be at most."""
        return self._planner.limits


_FOLLOWS = {
    "/to": frozenset({"cc", "bcc"}),
    "/text": frozenset({"html", "body"}),
    "/scenario": frozenset({"account", "on_behalf_of"}),
    "/account": frozenset({"scenario", "on_behalf_of"}),
    "/sender": frozenset({"account", "scenario", "on_behalf_of"}),
    "/expires_at": frozenset({"send_at"}),
}
"""Where a mistake is told that may be one of these fields': no recipient at all, no account, ..."""
