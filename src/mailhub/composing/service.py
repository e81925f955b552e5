"""Sending: from what somebody asks to a message in its lane (S1-S6)."""

from dataclasses import dataclass, replace

import idna

from mailhub.accounts.model import Account
from mailhub.bodies.plain_text import text_of_html
from mailhub.contract.clock import Clock
from mailhub.contract.events import DefaultAttachment, MessageChanges
from mailhub.contract.message import Address
from mailhub.contract.texts import Text, _
from mailhub.delivery.config import LaneConfigs
from mailhub.delivery.queueing import LaneAddress
from mailhub.entropy import Entropy, text_token
from mailhub.errors import Denied, FieldError, Invalid
from mailhub.messages import ids
from mailhub.messages.model import USER_KIND, Related
from mailhub.people.identity import Identity
from mailhub.people.permissions import Permission
from mailhub.pluginhost.host import PluginHost
from mailhub.scenarios.model import scenarios_of
from mailhub.scenarios.resolving import DEFAULT_SCENARIO, Resolution, resolve
from mailhub.store.root import HubRoot
from mailhub.store.writer import Writer
from mailhub.uploads.model import Upload, uploads_of
from mailhub.uploads.service import UploadsService

from .checking import CheckedAttachment, CheckedMessage, Checker, MessageLimits
from .contents import ContentSource, staged
from .header_check import Headers, find_header_error
from .plugin_changes import checked_from, offered_changes, request_with
from .request import MessageRequest
from .senders import Owner, ResolvedSender, SenderRefused, resolve_sender
from .writes import AcceptedAttachment, AcceptMessage


@dataclass(frozen=True, slots=True)
class _Plan:
    """A request that may be sent as it is."""

    request: MessageRequest
    checked: CheckedMessage
    resolution: Resolution
    sender: ResolvedSender


class ComposingService:
    """Use cases of sending, on the hub as one transaction sees it."""

    def __init__(
        self,
        hub: HubRoot,
        *,
        identity: Identity,
        plugins: PluginHost,
        configs: LaneConfigs,
        uploads: UploadsService,
        writer: Writer,
        clock: Clock,
        entropy: Entropy,
        limits: MessageLimits,
    ) -> None:
        self._hub = hub
        self._identity = identity
        self._plugins = plugins
        self._configs = configs
        self._uploads = uploads
        self._writer = writer
        self._clock = clock
        self._entropy = entropy
        self._limits = limits

    def send(self, request: MessageRequest) -> str:
        """Take a message; when this returns its id, it is on disk.

        Raises ``Invalid`` with every mistake, ``Denied``, ``ConfigurationChanged`` (ask again with a fresh view of the hub),
        ``StorageUnavailable``, ``OutcomeUnknown``.
        """
        self._identity.require(Permission.MESSAGES_WRITE)
        plan = self._changed_by_plugins(self._plan(request))
        default_files = self._default_files(plan.request)
        self._check_headers(plan, default_files)
        return self._writer.execute(self._command(plan, default_files))

    # -- planning ------------------------------------------------------------------------------------------------

    def _plan(self, request: MessageRequest) -> _Plan:
        """Check everything. Raises ``Invalid`` with all mistakes at once."""
        self._check_token_bounds(request)
        checker = Checker(self._limits, self._plugins.check_address, self._find_upload, self._clock.now())
        checked = checker.check(request)
        errors = checker.errors
        self._check_scenario(request, errors)
        resolution = resolve(self._hub, request.scenario, request.account)
        sender = None
        if isinstance(resolution, Resolution):
            self._check_account_bound(resolution.account)
            sender = self._sender(resolution, checked.sender, errors)
            self._check_owner(resolution.account, errors)
            self._check_size(request, checked, errors)
        else:
            errors.append(resolution.error)
        if errors or sender is None or not isinstance(resolution, Resolution):
            raise Invalid(errors)
        return _Plan(request, checked, resolution, sender)

    def _find_upload(self, upload_id: str) -> Upload | None:
        """An upload belongs to its maker."""
        upload = uploads_of(self._hub).find(upload_id)
        return upload if upload is not None and upload.owner_id == self._identity.user_id else None

    def _check_token_bounds(self, request: MessageRequest) -> None:
        scenarios = self._identity.scenarios
        if scenarios is not None and request.scenario not in scenarios:
            raise Denied(_("Your token may not send for this scenario."))

    def _check_account_bound(self, account: Account) -> None:
        accounts = self._identity.accounts
        if accounts is not None and account.id not in accounts:
            raise Denied(_("Your token may not send by this account."))

    def _check_scenario(self, request: MessageRequest, errors: list[FieldError]) -> None:
        known = request.scenario == DEFAULT_SCENARIO or self._plugins.find_scenario(request.scenario)
        if not known and request.scenario not in scenarios_of(self._hub).custom:
            text = _("There is no scenario ${scenario}.", mapping={"scenario": request.scenario})
            errors.append(FieldError("/scenario", "scenario.not_found", text))

    def _sender(
        self, resolution: Resolution, requested: Address | None, errors: list[FieldError]
    ) -> ResolvedSender | None:
        owner = Owner(self._identity.name, self._identity.contact_email)
        try:
            return resolve_sender(resolution.account, resolution.assignment, requested, owner)
        except SenderRefused as refused:
            errors.append(refused.error)
            return None

    def _check_owner(self, account: Account, errors: list[FieldError]) -> None:
        """Some connectors serve only some kinds of user, or only licensed ones (GR2, PR3)."""
        kind = self._plugins.find_connector(account.connector)
        if kind is None:
            return
        text: Text | None = None
        if self._identity.kind not in kind.capabilities.user_kinds:
            text = _("This account cannot send for delegated, external or guest users.")
        elif kind.capabilities.needs_licensed_user and not self._identity.is_licensed:
            text = _("This account can only send for users with a licence.")
        if text is not None:
            errors.append(FieldError("/account", "sender.not_allowed", text))

    def _check_size(self, request: MessageRequest, checked: CheckedMessage, errors: list[FieldError]) -> None:
        total = checked.size + _bytes_of(request.html) + _bytes_of(request.text)
        if request.include_default_attachments and request.scenario != DEFAULT_SCENARIO:
            defaults = scenarios_of(self._hub).default_files_of(request.scenario)
            total += sum(each.content.size for each in defaults)
        if total > self._limits.max_bytes:
            limit = {"limit": self._limits.max_bytes}
            text = _("Texts and attachments together may have ${limit} bytes at most.", mapping=limit)
            errors.append(FieldError("/attachments", "attachment.too_large", text))

    def _check_headers(self, plan: _Plan, default_files: tuple[AcceptedAttachment, ...]) -> None:
        """Raises ``Invalid`` for a header that could never be written."""
        checked, sender = plan.checked, plan.sender
        files: list[CheckedAttachment | AcceptedAttachment] = [*checked.attachments, *default_files]
        error = find_header_error(
            Headers(
                from_=sender.from_,
                sender=sender.sender,
                to=checked.to,
                cc=checked.cc,
                reply_to=checked.reply_to,
                subject=plan.request.subject,
                headers=checked.headers,
                importance=plan.request.importance,
                files=tuple((each.name, each.content_type, each.inline, each.content_id) for each in files),
                date=self._clock.now(),
            )
        )
        if error is not None:
            raise Invalid([error])

    # -- plugins -------------------------------------------------------------------------------------------------

    def _changed_by_plugins(self, plan: _Plan) -> _Plan:
        """Let plugins change the message; what they changed is checked like anything else (S3)."""
        before, after = self._offered(plan), self._offered(plan)
        self._plugins.change_message(after)
        if before == after:
            return plan
        again = self._plan(request_with(plan.request, before, after))
        if after.from_ == plan.sender.from_:
            return again
        return replace(again, sender=replace(again.sender, from_=checked_from(after.from_)))

    def _offered(self, plan: _Plan) -> MessageChanges:
        return offered_changes(
            plan.request,
            plan.checked,
            account_id=plan.resolution.account.id,
            owner_id=self._identity.user_id,
            from_=plan.sender.from_,
        )

    def _default_files(self, request: MessageRequest) -> tuple[AcceptedAttachment, ...]:
        """The scenario's default attachments that plugins leave (DA2; never for the scenario Default)."""
        if not request.include_default_attachments or request.scenario == DEFAULT_SCENARIO:
            return ()
        files = {each.id: each for each in scenarios_of(self._hub).default_files_of(request.scenario)}
        if not files:
            return ()
        offered = [DefaultAttachment(each.id, each.name, is_default=True) for each in files.values()]
        kept = self._plugins.filter_default_attachments(request.scenario, offered)
        return tuple(
            AcceptedAttachment(
                files[each.id].name,
                files[each.id].content_type,
                ContentSource(scenario_file=(request.scenario, each.id)),
                origin="scenario",
            )
            for each in kept
        )

    # -- the command ---------------------------------------------------------------------------------------------

    def _command(self, plan: _Plan, default_files: tuple[AcceptedAttachment, ...]) -> AcceptMessage:
        request, checked, account = plan.request, plan.checked, plan.resolution.account
        return AcceptMessage(
            random_id=ids.random_part(self._entropy),
            scenario=request.scenario,
            account_id=account.id,
            account_revision=account.revision,
            named_account=request.account,
            lane=self._lane(account),
            owner_id=self._identity.user_id,
            caller_id=self._identity.user_id,
            token_id=self._identity.token_id,
            from_=plan.sender.from_,
            sender=plan.sender.sender,
            envelope_from=plan.sender.envelope_from,
            to=checked.to,
            cc=checked.cc,
            bcc=checked.bcc,
            reply_to=checked.reply_to,
            subject=request.subject,
            text=self._text(request),
            html=self._body(request.html),
            attachments=(*map(self._attachment, plan.checked.attachments), *default_files),
            headers=checked.headers,
            importance=request.importance,
            priority=request.priority,
            date=self._clock.now().replace(microsecond=0),
            message_id=self._message_id(plan.sender.from_),
            boundary_seed=text_token(self._entropy, 16),
            related=self._related(request),
            send_at=request.send_at,
            expires_at=request.expires_at,
            tags=request.tags,
            metadata=request.metadata,
            warnings=(),
        )

    def _lane(self, account: Account) -> LaneAddress:
        identity = self._identity.user_id if account.sends_as_user else ""
        return self._configs.lane_address(account, identity)

    def _text(self, request: MessageRequest) -> ContentSource | None:
        """The plain text, or one made from the HTML (api.md)."""
        text = request.text
        if text is None and request.html is not None:
            text = text_of_html(request.html)
        return self._body(text)

    def _body(self, text: str | None) -> ContentSource | None:
        return None if text is None else staged(self._uploads, self._identity.user_id, text.encode("utf-8"))

    def _attachment(self, item: CheckedAttachment) -> AcceptedAttachment:
        if item.data is not None:
            source = staged(self._uploads, self._identity.user_id, item.data)
        else:
            source = ContentSource(upload_id=item.upload_id)
        return AcceptedAttachment(item.name, item.content_type, source, item.inline, item.content_id)

    def _message_id(self, from_: Address) -> str:
        """Unique, without the name of any machine; its domain is From's (RFC 5322 3.6.4)."""
        domain = from_.address.rpartition("@")[2]
        ascii_domain = idna.encode(domain, uts46=True).decode("ascii")
        return f"<{text_token(self._entropy, 18)}@{ascii_domain}>"

    def _related(self, request: MessageRequest) -> tuple[Related, ...]:
        """The sender is always a related entity (S3, RE5)."""
        own = Related(USER_KIND, self._identity.user_id, self._identity.name)
        given = dict.fromkeys(request.related)
        return tuple(given) if own in given else (*given, own)


def _bytes_of(text: str | None) -> int:
    """Length in UTF-8; half a character, which is refused elsewhere, counts too."""
    return 0 if text is None else len(text.encode("utf-8", "surrogatepass"))
