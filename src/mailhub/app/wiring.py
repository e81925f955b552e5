"""How each service is made for a unit of work."""

from datetime import timedelta
from typing import TYPE_CHECKING

from mailhub.accounts.service import AccountsService, ConnectorsService
from mailhub.company.service import CompanyService
from mailhub.composing.addresses import AddressInvalid, parse_address
from mailhub.composing.checking import MessageLimits
from mailhub.composing.copying import CopyingService
from mailhub.composing.drafts import DraftsService
from mailhub.composing.explaining import Explainer
from mailhub.composing.planner import Planner
from mailhub.composing.service import ComposingService
from mailhub.contract.texts import Text
from mailhub.delivery.check_runs import CheckRuns
from mailhub.delivery.checking import CheckingService, CheckParts
from mailhub.delivery.releasing import ReleasingService
from mailhub.delivery.removing import AccountRemover
from mailhub.delivery.service import DeliveryService
from mailhub.maintenance.runs import MaintenanceRuns
from mailhub.maintenance.service import MaintenanceParts, MaintenanceService
from mailhub.people.passwords import PasswordRules, common_passwords
from mailhub.people.service import (
    Authenticator,
    GroupsService,
    MeService,
    PageSessions,
    SessionLimits,
    SessionsService,
    SignInService,
    TokensService,
    UsersService,
    record_failed_sign_in,
)
from mailhub.people.tries import PasswordTries, SignInTries
from mailhub.pluginhost.host import PluginHost
from mailhub.scenarios.service import AttachmentsService, ScenariosService
from mailhub.services import ServiceRegistry, Work
from mailhub.settings import Settings
from mailhub.store.root import HubRoot
from mailhub.store.writer import Shard
from mailhub.telemetry.attention import AttentionService
from mailhub.telemetry.feed import FeedBell, FeedService
from mailhub.uploads.resumable import ResumableUploads, UploadLimits
from mailhub.uploads.service import UploadsService
from mailhub.visibility.service import MessageReader

if TYPE_CHECKING:
    from .hub import Hub


def register_services(services: ServiceRegistry, hub: "Hub") -> None:
    """Register every service with the parts of this hub."""
    _register_kernel(services, hub)
    _register_people(services, hub)
    runs = CheckRuns(hub.clock, hub.entropy)
    _register_setup(services, hub, runs)
    _register_maintenance(services, hub, runs)
    _register_mail(services, hub)
    _register_feed(services, hub)


def _register_kernel(services: ServiceRegistry, hub: "Hub") -> None:
    services.register(PluginHost, lambda _work: hub.plugins)
    services.register(Shard, lambda work: hub.writer.shard_for_transactions(work.root))


def _register_people(services: ServiceRegistry, hub: "Hub") -> None:
    rules = PasswordRules(common_passwords())
    tries = PasswordTries(hub.clock)
    limits = session_limits(hub.settings)

    def users(work: Work) -> UsersService:
        return UsersService(
            work.root,
            work.service(Shard),
            work.identity,
            entropy=hub.entropy,
            hasher=hub.hasher,
            rules=rules,
            check_address=address_problem,
        )

    def groups(work: Work) -> GroupsService:
        return GroupsService(work.root, work.service(Shard), work.identity, entropy=hub.entropy)

    def tokens(work: Work) -> TokensService:
        return TokensService(work.root, work.service(Shard), work.identity, entropy=hub.entropy)

    def me(work: Work) -> MeService:
        shard = work.service(Shard)
        return MeService(work.root, shard, work.identity, hasher=hub.hasher, rules=rules, tries=tries)

    def sessions(work: Work) -> SessionsService:
        shard = work.service(Shard)
        return SessionsService(work.root, shard, work.identity, clock=hub.clock, limits=limits)

    sign_in_tries = SignInTries(hub.clock)

    def note_failure(user_id: str, address: str) -> None:
        def record(root: HubRoot) -> None:
            record_failed_sign_in(root, hub.writer.shard_for_transactions(root), user_id, address)

        hub.database.transact(record, "failed sign-in")

    def sign_in(work: Work) -> SignInService:
        return SignInService(
            work.root,
            work.service(Shard),
            authenticator=work.service(Authenticator),
            sessions=work.service(PageSessions),
            tries=sign_in_tries,
            note_failure=note_failure,
        )

    services.register(UsersService, users)
    services.register(GroupsService, groups)
    services.register(TokensService, tokens)
    services.register(MeService, me)
    services.register(SessionsService, sessions)
    services.register(SignInService, sign_in)
    services.register(PageSessions, lambda work: PageSessions(work.root, hub.clock, hub.entropy, limits))
    services.register(Authenticator, lambda work: Authenticator(work.root, hub.clock, hub.hasher))


def _register_maintenance(services: ServiceRegistry, hub: "Hub", runs: CheckRuns) -> None:
    parts = MaintenanceParts(
        database=hub.database,
        box=hub.box,
        plugins=hub.plugins,
        entropy=hub.entropy,
        key_file=hub.key_file,
        make_work=lambda root, identity: Work(services, root, identity),
        runs=MaintenanceRuns(runs, hub.clock, hub.entropy),
    )
    services.register(MaintenanceService, lambda work: MaintenanceService(work.identity, parts))


def _register_setup(services: ServiceRegistry, hub: "Hub", runs: CheckRuns) -> None:
    is_sandbox = hub.settings.environment == "sandbox"
    checks = CheckParts(
        plugins=hub.plugins,
        configs=hub.configs,
        box=hub.box,
        writer=hub.writer,
        network=hub.network,
        clock=hub.clock,
        entropy=hub.entropy,
        runs=runs,
        check_address=address_problem,
        is_sandbox=is_sandbox,
        hello_name=hub.settings.smtp_ehlo_name,
    )

    def accounts(work: Work) -> AccountsService:
        return AccountsService(
            work.root,
            work.service(Shard),
            work.identity,
            plugins=hub.plugins,
            box=hub.box,
            entropy=hub.entropy,
            check_address=address_problem,
            is_sandbox=is_sandbox,
        )

    def connectors(work: Work) -> ConnectorsService:
        return ConnectorsService(work.root, work.service(Shard), work.identity, plugins=hub.plugins)

    def scenarios(work: Work) -> ScenariosService:
        shard = work.service(Shard)
        return ScenariosService(
            work.root, shard, work.identity, plugins=hub.plugins, check_address=address_problem
        )

    def scenario_files(work: Work) -> AttachmentsService:
        return AttachmentsService(
            work.root,
            work.service(Shard),
            work.identity,
            scenarios=work.service(ScenariosService),
            clock=hub.clock,
            entropy=hub.entropy,
        )

    def remover(work: Work) -> AccountRemover:
        return AccountRemover(
            database=hub.database, writer=hub.writer, clock=hub.clock, identity=work.identity
        )

    def company(work: Work) -> CompanyService:
        shard = work.service(Shard)
        return CompanyService(work.root, shard, work.identity, check_address=address_problem)

    services.register(CompanyService, company)
    services.register(AccountsService, accounts)
    services.register(ConnectorsService, connectors)
    services.register(ScenariosService, scenarios)
    services.register(AttachmentsService, scenario_files)
    services.register(AccountRemover, remover)
    services.register(ReleasingService, lambda work: ReleasingService(hub.writer, work.identity))
    services.register(CheckingService, lambda work: CheckingService(work.root, work.identity, checks))


def _register_mail(services: ServiceRegistry, hub: "Hub") -> None:
    limits = message_limits(hub.settings)
    uploads = UploadsService(hub.database, hub.clock, hub.entropy, limits.max_attachment_bytes)

    def planner(work: Work) -> Planner:
        return Planner(
            work.root,
            identity=work.identity,
            plugins=hub.plugins,
            configs=hub.configs,
            uploads=uploads,
            clock=hub.clock,
            entropy=hub.entropy,
            limits=limits,
        )

    def composing(work: Work) -> ComposingService:
        return ComposingService(
            work.root,
            identity=work.identity,
            planner=work.service(Planner),
            drafts=work.service(DraftsService),
            runner=work.runner or hub.writer,
            explainer=Explainer(work.root, plugins=hub.plugins, configs=hub.configs, clock=hub.clock),
        )

    def drafts(work: Work) -> DraftsService:
        return DraftsService(
            identity=work.identity,
            reader=work.service(MessageReader),
            planner=work.service(Planner),
            runner=work.runner or hub.writer,
        )

    def copying(work: Work) -> CopyingService:
        return CopyingService(
            work.root,
            identity=work.identity,
            reader=work.service(MessageReader),
            planner=work.service(Planner),
            drafts=work.service(DraftsService),
            runner=work.runner or hub.writer,
        )

    def delivery(work: Work) -> DeliveryService:
        return DeliveryService(
            work.root,
            identity=work.identity,
            reader=work.service(MessageReader),
            writer=hub.writer,
            runner=work.runner or hub.writer,
            plugins=hub.plugins,
            clock=hub.clock,
        )

    resumable = ResumableUploads(hub.database, hub.clock, hub.entropy, upload_limits(hub.settings))
    services.register(UploadsService, lambda _work: uploads)
    services.register(ResumableUploads, lambda _work: resumable)
    services.register(
        MessageReader, lambda work: MessageReader(work.root, work.identity, hub.plugins, hub.clock)
    )
    services.register(DeliveryService, delivery)
    services.register(Planner, planner)
    services.register(ComposingService, composing)
    services.register(DraftsService, drafts)
    services.register(CopyingService, copying)


def session_limits(settings: Settings) -> SessionLimits:
    return SessionLimits(
        idle=timedelta(minutes=settings.sessions_idle_minutes),
        longest=timedelta(hours=settings.sessions_longest_hours),
    )


def upload_limits(settings: Settings) -> UploadLimits:
    return UploadLimits(
        max_bytes=settings.message_max_attachment_bytes,
        max_unfinished=settings.uploads_max_unfinished,
        max_unfinished_bytes=settings.uploads_max_unfinished_bytes,
        expire_after=timedelta(hours=settings.uploads_expire_hours),
    )


def message_limits(settings: Settings) -> MessageLimits:
    return MessageLimits(
        max_recipients=settings.message_max_recipients,
        max_attachment_bytes=settings.message_max_attachment_bytes,
        max_bytes=settings.message_max_bytes,
        max_subject_characters=settings.message_max_subject_characters,
    )


def address_problem(text: str) -> Text | None:
    """Why a text is no address; None when it is one."""
    try:
        parse_address(text)
    except AddressInvalid as error:
        return error.message
    return None


def _register_feed(services: ServiceRegistry, hub: "Hub") -> None:
    bell = FeedBell(hub.writer, hub.clock, hub.settings.http_threads // 4)
    services.register(FeedBell, lambda _work: bell)
    services.register(
        AttentionService,
        lambda work: AttentionService(
            work.identity, work.service(AccountsService), work.service(MessageReader)
        ),
    )
    services.register(
        FeedService, lambda work: FeedService(work.root, work.identity, work.service(MessageReader))
    )
