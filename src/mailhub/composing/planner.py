"""Planning: from what somebody asks to the command that takes the message (S1-S6)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import idna

from mailhub.bodies.plain_text import text_of_html
from mailhub.company.model import company_of
from mailhub.contract.clock import Clock
from mailhub.contract.events import AttachedFile, MessageChanges
from mailhub.contract.message import Address
from mailhub.contract.texts import _
from mailhub.delivery.config import LaneConfigs
from mailhub.entropy import Entropy, text_token
from mailhub.errors import Denied, FieldError, HubError, Invalid
from mailhub.messages import ids
from mailhub.messages.model import USER_KIND, Related
from mailhub.people.identity import Identity
from mailhub.pluginhost.host import PluginHost
from mailhub.scenarios.files import OfferedFile, find_offered
from mailhub.scenarios.model import ScenarioAttachment, scenarios_of
from mailhub.scenarios.resolving import DEFAULT_SCENARIO
from mailhub.store.root import HubRoot
from mailhub.uploads.model import Upload, uploads_of
from mailhub.uploads.service import UploadsService

from .checking import CheckedAttachment, CheckedMessage, Checker, MessageLimits
from .contents import ContentSource, staged
from .header_check import Headers, find_header_error
from .owning import owner_of, require_naming
from .plugin_changes import checked_from, offered_changes, request_with
from .request import MessageRequest
from .resolver import DENIED, DefaultFiles, Resolved, Resolver, Route, Wish
from .senders import Owner
from .writes import AcceptedAttachment, AcceptMessage


@dataclass(frozen=True, slots=True)
class Judged:
    """A request, and everything that was found about it. ``errors``: what is wrong with the message itself; what keeps it
    from being sent otherwise is in ``resolved``. ``default_files``: those of the scenario that it gets."""

    request: MessageRequest
    owner: Owner
    checked: CheckedMessage
    resolved: Resolved
    default_files: tuple[ScenarioAttachment, ...]
    errors: tuple[FieldError, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A request that may be sent as it is."""

    request: MessageRequest
    owner: Owner
    checked: CheckedMessage
    route: Route
    default_files: tuple[ScenarioAttachment, ...] = ()


class Planner:
    """Makes plans of requests of one caller, on the hub as one transaction sees it, and commands of plans."""

    def __init__(
        self,
        hub: HubRoot,
        *,
        identity: Identity,
        plugins: PluginHost,
        configs: LaneConfigs,
        uploads: UploadsService,
        clock: Clock,
        entropy: Entropy,
        limits: MessageLimits,
    ) -> None:
        self._hub = hub
        self._identity = identity
        self._plugins = plugins
        self._configs = configs
        self._uploads = uploads
        self._clock = clock
        self._entropy = entropy
        self.limits = limits

    def prepared(self, request: MessageRequest, *, has_its_files: bool = False) -> Plan:
        """Check everything, let plugins change it, and check again. Raises ``Invalid`` with all mistakes, ``Denied``.

        ``has_its_files``: the request names all of its files, also those that its scenario adds.
        """
        self.check_token_bounds(request)
        files = () if has_its_files else self.default_files(request).kept
        plan = self._changed_by_plugins(self._plan(request, files))
        self._check_headers(plan)
        return plan

    def prepared_again(self, request: MessageRequest) -> Plan:
        """As ``prepared``, of a message that was taken before as it is: plugins have changed it then."""
        self.check_token_bounds(request)
        plan = self._plan(request, ())
        self._check_headers(plan)
        return plan

    def _plan(self, request: MessageRequest, default_files: tuple[ScenarioAttachment, ...]) -> Plan:
        """Raises ``Invalid`` with all mistakes at once, ``Denied``."""
        judged = self.judge(request, default_files)
        route = judged.resolved.route
        if route is None or judged.errors:
            raise refusal_of(judged)
        return Plan(request, judged.owner, judged.checked, route, default_files)

    def judge(self, request: MessageRequest, default_files: tuple[ScenarioAttachment, ...]) -> Judged:
        """Find all there is to say about a request, whatever is wrong with it."""
        checker = Checker(
            self.limits,
            self._plugins.check_address,
            self._find_upload,
            self._find_scenario_file,
            self._new_content_id,
            self._clock.now(),
        )
        checked = self._with_company(checker.check(request))
        errors = [*checker.errors, *self._iter_scenario_errors(request)]
        wish = Wish(scenario=request.scenario, account=request.account, sender=checked.sender)
        owner, stranger = owner_of(self._hub, self._identity, request.on_behalf_of)
        errors += () if stranger is None else (stranger,)
        resolved = self.resolver_for(owner).resolve(wish)
        errors += self._iter_size_errors(request, checked, default_files)
        return Judged(request, owner, checked, resolved, default_files, tuple(errors))

    def _with_company(self, checked: CheckedMessage) -> CheckedMessage:
        """Answers go to the company's address where the message does not say where."""
        reply_to = company_of(self._hub).reply_to
        if checked.reply_to or not reply_to:
            return checked
        return replace(checked, reply_to=(Address(reply_to),))

    def tried(self, judged: Judged) -> Judged:
        """What sending would do to it before it is stored; nothing where there is no way for it."""
        route = judged.resolved.route
        if route is None:
            return judged
        first = Plan(judged.request, judged.owner, judged.checked, route, judged.default_files)
        plan = self._changed_by_plugins(first)
        self._check_headers(plan)
        resolved = replace(judged.resolved, sender=plan.route.sender)
        return replace(judged, request=plan.request, checked=plan.checked, resolved=resolved)

    def default_files(self, request: MessageRequest) -> DefaultFiles:
        resolver = self.resolver_for(Owner.of(self._identity))
        return resolver.default_files(request.scenario, is_wanted=request.include_default_attachments)

    def resolver_for(self, owner: Owner) -> Resolver:
        return Resolver(
            self._hub, caller=self._identity, owner=owner, plugins=self._plugins, configs=self._configs
        )

    def _find_upload(self, upload_id: str) -> Upload | None:
        """An upload belongs to its maker."""
        upload = uploads_of(self._hub).find(upload_id)
        return upload if upload is not None and upload.owner_id == self._identity.user_id else None

    def _find_scenario_file(self, scenario: str, file_id: str) -> OfferedFile | None:
        return find_offered(self._hub, scenario, file_id, self._identity.scenarios)

    def check_token_bounds(self, request: MessageRequest) -> None:
        require_naming(self._identity, request.on_behalf_of)
        scenarios = self._identity.scenarios
        if scenarios is not None and request.scenario not in scenarios:
            raise Denied(_("Your token may not send for this scenario."))

    def _iter_scenario_errors(self, request: MessageRequest) -> Iterator[FieldError]:
        known = request.scenario == DEFAULT_SCENARIO or self._plugins.find_scenario(request.scenario)
        if not known and request.scenario not in scenarios_of(self._hub).custom:
            text = _("There is no scenario ${scenario}.", mapping={"scenario": request.scenario})
            yield FieldError("/scenario", "scenario.not_found", text)

    def _iter_size_errors(
        self,
        request: MessageRequest,
        checked: CheckedMessage,
        default_files: tuple[ScenarioAttachment, ...],
    ) -> Iterator[FieldError]:
        total = checked.size + _bytes_of(checked.html) + _bytes_of(request.text)
        total += sum(each.content.size for each in default_files)
        if total > self.limits.max_bytes:
            limit = {"limit": self.limits.max_bytes}
            text = _("Texts and attachments together may have ${limit} bytes at most.", mapping=limit)
            yield FieldError("/attachments", "attachment.too_large", text)

    def _check_headers(self, plan: Plan) -> None:
        """Raises ``Invalid`` for a header that could never be written."""
        checked, sender = plan.checked, plan.route.sender
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
                files=tuple(_file_headers(plan)),
                date=self._clock.now(),
            )
        )
        if error is not None:
            raise Invalid([error])

    # -- plugins -------------------------------------------------------------------------------------------------

    def _changed_by_plugins(self, plan: Plan) -> Plan:
        """Let plugins change the message; what they changed is checked like anything else (S3)."""
        before, after = self._offered(plan), self._offered(plan)
        self._plugins.change_message(after)
        if before == after:
            return plan
        again = self._plan(request_with(plan.request, before, after), plan.default_files)
        if after.from_ == plan.route.sender.from_:
            return again
        return _from(again, checked_from(after.from_))

    def _offered(self, plan: Plan) -> MessageChanges:
        return offered_changes(
            plan.request,
            plan.checked,
            account_id=plan.route.account.id,
            owner_id=plan.owner.user_id,
            from_=plan.route.sender.from_,
            attachments=_iter_attached(plan),
        )

    # -- the command ---------------------------------------------------------------------------------------------

    def command(self, plan: Plan) -> AcceptMessage:
        request, checked, route = plan.request, plan.checked, plan.route
        account, sender = route.account, route.sender
        return AcceptMessage(
            random_id=self.random_id(),
            scenario=request.scenario,
            account_id=account.id,
            account_revision=account.revision,
            named_account=request.account,
            lane=route.lane,
            owner_id=plan.owner.user_id,
            caller=self._identity,
            from_=sender.from_,
            sender=sender.sender,
            envelope_from=sender.envelope_from,
            to=checked.to,
            cc=checked.cc,
            bcc=checked.bcc,
            reply_to=checked.reply_to,
            subject=request.subject,
            text=self.staged_text(plain_text_of(request)),
            html=self.staged_text(checked.html),
            attachments=(
                *self.staged_files(checked.files),
                *scenario_files(request.scenario, plan.default_files),
            ),
            headers=checked.headers,
            importance=request.importance,
            priority=request.priority,
            date=self._clock.now().replace(microsecond=0),
            message_id=self._message_id(sender.from_),
            boundary_seed=text_token(self._entropy, 16),
            related=related_of(plan),
            send_at=request.send_at,
            expires_at=request.expires_at,
            tags=request.tags,
            metadata=request.metadata,
            warnings=(),
            asked_sender=checked.sender,
            has_made_text=request.text is None,
            connector_is_loaded=self._plugins.find_connector(account.connector) is not None,
        )

    def _new_content_id(self) -> str:
        """Of a picture that has none of its own (RFC 2392)."""
        return f"{text_token(self._entropy, 12)}@mailhub"

    def random_id(self) -> bytes:
        """What makes the id of a new message unguessable."""
        return ids.random_part(self._entropy)

    def staged_text(self, text: str | None) -> ContentSource | None:
        """Where a command finds a text."""
        return None if text is None else staged(self._uploads, self._identity.user_id, text.encode("utf-8"))

    def staged_files(self, files: Iterable[CheckedAttachment]) -> tuple[AcceptedAttachment, ...]:
        """Where a command finds files."""
        return tuple(map(self._staged_file, files))

    def _staged_file(self, item: CheckedAttachment) -> AcceptedAttachment:
        kept = item.kept
        if item.data is not None:
            source = staged(self._uploads, self._identity.user_id, item.data)
        else:
            part = None if kept is None else kept.part
            source = ContentSource(upload_id=item.upload_id, scenario_file=item.scenario_file, part=part)
        origin = "message" if item.scenario_file is None else "scenario"
        return AcceptedAttachment(
            item.name,
            item.content_type,
            source,
            item.inline,
            item.content_id,
            origin if kept is None else kept.source,
            "" if kept is None else kept.default_of,
        )

    def _message_id(self, from_: Address) -> str:
        """Unique, without the name of any machine; its domain is From's (RFC 5322 3.6.4)."""
        domain = from_.address.rpartition("@")[2]
        ascii_domain = idna.encode(domain, uts46=True).decode("ascii")
        return f"<{text_token(self._entropy, 18)}@{ascii_domain}>"


def plain_text_of(request: MessageRequest) -> str | None:
    """The plain text, or one made from the HTML (api.md)."""
    if request.text is None and request.html is not None:
        return text_of_html(request.html)
    return request.text


def each_once(related: Iterable[Related]) -> tuple[Related, ...]:
    """Adding a record twice adds it once, as it was given first (RE1)."""
    first: dict[tuple[str, str], Related] = {}
    for record in related:
        first.setdefault((record.kind, record.id), record)
    return tuple(first.values())


def related_of(plan: Plan | Judged) -> tuple[Related, ...]:
    """The sender is always a related entity (S3, RE5)."""
    return each_once((*plan.request.related, Related(USER_KIND, plan.owner.user_id, plan.owner.name)))


def refusal_of(judged: Judged) -> HubError:
    """Mistakes of the message and of its way at once; a way that is not the caller's to go is denied."""
    for error in judged.resolved.errors:
        if error.code == DENIED:
            return Denied(error.message)
    return Invalid([*judged.errors, *judged.resolved.errors])


def _from(plan: Plan, from_: Address) -> Plan:
    """The plan with a From that a plugin wants."""
    sender = replace(plan.route.sender, from_=from_, source="plugin")
    return replace(plan, route=replace(plan.route, sender=sender))


def _iter_attached(plan: Plan) -> Iterator[AttachedFile]:
    """What the message will have, as plugins see it."""
    for given in plan.checked.files:
        is_default = given.kept is not None and bool(given.kept.default_of)
        yield AttachedFile(given.name, given.content_type, given.size, is_default=is_default)
    for added in plan.default_files:
        yield AttachedFile(added.name, added.content_type, added.content.size, is_default=True)


def _file_headers(plan: Plan) -> Iterator[tuple[str, str, bool, str | None]]:
    """What the headers of each file are made of: name, type, inline, content id."""
    for given in plan.checked.files:
        yield given.name, given.content_type, given.inline, given.content_id
    for added in plan.default_files:
        yield added.name, added.content_type, False, None


def scenario_files(scenario: str, files: Iterable[ScenarioAttachment]) -> Iterator[AcceptedAttachment]:
    """Files that a scenario adds by itself."""
    for each in files:
        source = ContentSource(scenario_file=(scenario, each.id))
        yield AcceptedAttachment(each.name, each.content_type, source, origin="scenario", default_of=scenario)


def _bytes_of(text: str | None) -> int:
    """Length in UTF-8; half a character, which is refused elsewhere, counts too."""
    return 0 if text is None else len(text.encode("utf-8", "surrogatepass"))
