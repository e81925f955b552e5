"""Trying an account out: the test mail of a saved one, and a check of settings that are not saved (2.17, WZ5)."""

import logging
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from mailhub.accounts.addresses import AddressCheck
from mailhub.accounts.mistakes import Mistakes
from mailhub.accounts.model import Account, accounts_of
from mailhub.accounts.presenting import shown_settings
from mailhub.accounts.senders import own_sender
from mailhub.accounts.service.rules import SettingsRules
from mailhub.accounts.settings import secret_record_id
from mailhub.accounts.settings_changes import (
    SettingsChange,
    changed_settings,
    new_settings,
    secrets_needed_again,
)
from mailhub.contract.clock import Clock
from mailhub.contract.connector import Connector, ConnectorType, Network, Settings, Step
from mailhub.contract.events import TestMailRequest
from mailhub.contract.message import Address, OutgoingMessage
from mailhub.contract.texts import _, plain
from mailhub.entropy import Entropy
from mailhub.errors import NOT_FOUND, FieldError, HubError, Invalid, NotFound, TooManyRequests, WrongState
from mailhub.people.identity import Identity
from mailhub.people.permissions import Permission
from mailhub.pluginhost import guard
from mailhub.pluginhost.host import PluginHost
from mailhub.schema_walk import secrets_of
from mailhub.store.problems import SecretUnreadable
from mailhub.store.root import HubRoot
from mailhub.store.secrets import SecretBox
from mailhub.store.writer import Writer

from .check_permits import CheckPermit, NoPermit, TakeCheckPermit, UseCheckPermit
from .check_runs import CheckResult, CheckRun, CheckRuns, CheckWork, Outcome, Run
from .config import AccountUnusable, LaneConfig, LaneConfigs
from .context import HubSessionContext
from .discreet import make_discreet
from .releasing import ReleaseAccount
from .trial_mail import TrialMail, make_trial_mail

logger = logging.getLogger(__name__)

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckParts:
    """What checks work with, the same for all of them."""

    plugins: PluginHost
    configs: LaneConfigs
    box: SecretBox
    writer: Writer
    network: Network
    clock: Clock
    entropy: Entropy
    runs: CheckRuns
    check_address: AddressCheck
    is_sandbox: bool
    hello_name: str = ""


@dataclass(frozen=True, slots=True)
class _Subject:
    """What is tried: an account, or settings that may become one."""

    kind: ConnectorType
    connector: Connector
    settings: Settings
    address: str
    name: str
    account_id: str
    sending_identity: str = ""


@dataclass(frozen=True, slots=True)
class _Judged:
    """What is to be tried, as far as it is sound. ``account``: the one whose secrets may be used."""

    account: Account | None
    kind: ConnectorType
    change: SettingsChange


class CheckingService:
    """Use cases of testing accounts. Nothing of a check is stored but its permit and what a good test releases."""

    def __init__(self, hub: HubRoot, identity: Identity, parts: CheckParts) -> None:
        self._hub = hub
        self._identity = identity
        self._parts = parts
        self._rules = SettingsRules(parts.plugins, is_sandbox=parts.is_sandbox)

    # -- use cases -----------------------------------------------------------------------------------------------

    def test(self, account_id: str, to: str) -> CheckResult:
        """``start_test``, and wait for it."""
        return self.start_test(account_id, to).wait()

    def start_test(self, account_id: str, to: str) -> CheckRun:
        """Begin to send a test mail by a saved account, paused or not. A good one releases what held its mail.

        Raises ``Denied``, ``NotFound``, ``Invalid`` (``to``), ``WrongState`` (connector missing, being deleted),
        ``TooManyRequests`` (``account.rate_limited``, or too many checks).
        """
        self._identity.require(Permission.SETUP_WRITE)
        account = self._get_account(account_id)
        self._check_to(to)
        self._require_open(account)
        identity = self._identity.user_id if account.sends_as_user else ""
        config = self._config(account, identity)
        subject = self._saved(account, config, identity)
        self._parts.runs.require_room()
        permit = self._take_permit(config)
        return self._start(subject, to, permit, releases=account.id)

    def check(self, values: Values) -> CheckRun:
        """Begin to try settings that are not saved (``schema.CheckFields``); ``wait`` for it, or look again later.

        Raises ``Denied``, ``Invalid`` (also ``secret.needed_again``), ``TooManyRequests``.
        """
        self._identity.require(Permission.SETUP_WRITE)
        to: str | None = values["to"]
        mistakes = Mistakes()
        judged = self._judge(values, (), mistakes)
        mistakes.raise_all()
        assert judged is not None
        account = judged.account
        subject = self._unsaved(values, judged)
        self._parts.runs.require_room()
        permit = None
        if to is not None and account is not None:
            permit = self._permit_of(account)
        return self._start(subject, to, permit)

    def mistakes_in(self, values: Values, unread: Collection[str]) -> list[FieldError]:
        """What else is wrong with settings to try of which the fields ``unread`` are not known. Raises ``Denied``."""
        self._identity.require(Permission.SETUP_WRITE)
        mistakes = Mistakes()
        self._judge(values, unread, mistakes)
        return mistakes.found

    def get_check(self, id: str) -> Run:
        """A check, or other work, that the caller began. Raises ``NotFound``."""
        return self._parts.runs.get(id, self._identity.user_id)

    # -- what is tried -------------------------------------------------------------------------------------------

    def _get_account(self, account_id: str) -> Account:
        account = accounts_of(self._hub).find(account_id)
        bound = self._identity.accounts
        if account is None or (bound is not None and account_id not in bound):
            raise NotFound(NOT_FOUND, code="account.not_found")
        return account

    def _find_account(self, account_id: str) -> Account:
        try:
            return self._get_account(account_id)
        except NotFound:
            raise Invalid.of("/account", "account.not_found", _("There is no such account.")) from None

    def _check_to(self, to: str) -> None:
        self._check_address("/to", to)

    def _check_address(self, pointer: str, address: str) -> None:
        problem = self._parts.check_address(address)
        if problem is not None:
            raise Invalid.of(pointer, "address.invalid", problem)

    def _require_open(self, account: Account) -> None:
        if account.state.is_closing:
            raise WrongState(_("The account is being deleted."), code="account.closing")
        if self._parts.plugins.find_connector(account.connector) is None:
            text = _("The connector ${connector} is not installed.", mapping={"connector": account.connector})
            raise WrongState(text, code="account.connector_missing")

    def _config(self, account: Account, sending_identity: str) -> LaneConfig:
        try:
            return self._parts.configs.load(self._hub, account.id, sending_identity)
        except (AccountUnusable, SecretUnreadable) as error:
            raise WrongState(error.message, code="account.unusable") from error

    def _saved(self, account: Account, config: LaneConfig, sending_identity: str) -> _Subject:
        kind = self._parts.plugins.get_connector(account.connector)
        settings = shown_settings(account, kind)
        return _Subject(
            kind, config.connector, settings, account.address, account.name, account.id, sending_identity
        )

    def _judge(self, values: Values, unread: Collection[str], mistakes: Mistakes) -> _Judged | None:
        """Notes everything that is wrong; None when connector, account or settings are not known or not usable."""
        for name in ("to", "address"):
            if values[name] is not None:
                mistakes.of(partial(self._check_address, f"/{name}", values[name]))
        account = (
            None if values["account"] is None else mistakes.of(lambda: self._find_account(values["account"]))
        )
        kind = None if "connector" in unread else mistakes.of(lambda: self._get_kind(values["connector"]))
        is_lost = "account" in unread or (account is None and values["account"] is not None)
        if kind is None or is_lost or "settings" in unread:
            return None
        return mistakes.of(lambda: self._judged(kind, values["settings"], account))

    def _judged(self, kind: ConnectorType, given: Any, account: Account | None) -> _Judged:
        if account is not None and account.connector != kind.id:
            raise Invalid.of("/account", "connector.not_found", _("This account has another connector."))
        return _Judged(account, kind, self._rules.checked(kind, self._change(kind, given, account)))

    def _get_kind(self, connector: str) -> ConnectorType:
        kind = self._parts.plugins.find_connector(connector)
        if kind is None:
            text = _("There is no connector ${id}.", mapping={"id": connector})
            raise Invalid.of("/connector", "connector.not_found", text)
        return kind

    def _unsaved(self, values: Values, judged: _Judged) -> _Subject:
        account, kind, change = judged.account, judged.kind, judged.change
        settings = self._whole(kind, change, account)
        address = self._address(values, change, account)
        identity = self._identity.user_id if change.sends_as_user else ""
        name = "" if account is None else account.name
        id = "" if account is None else account.id
        return _Subject(kind, self._made(kind, settings), change.values, address, name, id, identity)

    def _change(self, kind: ConnectorType, given: Any, account: Account | None) -> SettingsChange:
        """Stored secrets are used only while what they were given for is the same (``secret_bound_to``)."""
        schema, check_address = kind.settings_schema(), self._parts.check_address
        if account is None:
            return new_settings(schema, given, check_address)
        change = changed_settings(schema, given, account.settings, account.secrets.keys(), check_address)
        if errors := list(secrets_needed_again(schema, change, account.settings)):
            raise Invalid(errors)
        return change

    def _whole(self, kind: ConnectorType, change: SettingsChange, account: Account | None) -> Settings:
        opened = {name: self._opened(account, name) for name in change.kept_secrets if account is not None}
        unset = dict.fromkeys(secrets_of(kind.settings_schema()))
        return {**unset, **change.values, **opened, **change.new_secrets}

    def _opened(self, account: Account, name: str) -> str:
        try:
            return self._parts.box.open(account.secrets[name], secret_record_id(account.id, name))
        except SecretUnreadable as error:
            raise Invalid.of(f"/settings/{name}", "secret.needed_again", error.message) from error

    def _made(self, kind: ConnectorType, settings: Settings) -> Connector:
        made = guard.run(lambda: make_discreet(kind, settings))
        if isinstance(made, guard.Raised):
            self._parts.plugins.note_connector_fault(kind.id, made.error)
            text = _("The connector cannot use these settings: ${error}", mapping={"error": made.sentence})
            raise Invalid.of("/settings", "connector.failed", text)
        return made

    def _address(self, values: Values, change: SettingsChange, account: Account | None) -> str:
        """Whom the test mail is from while there is no account: who signs in, or who asks, or whom it goes to."""
        candidates = (
            values["address"],
            None if account is None else account.address,
            change.values.get("user_name"),
            self._identity.contact_email,
            values["to"],
        )
        usable = (each for each in candidates if each and self._parts.check_address(each) is None)
        return next(usable, "")

    # -- permits -------------------------------------------------------------------------------------------------

    def _permit_of(self, account: Account) -> CheckPermit | None:
        """A permit of a saved account, if its limit can be told."""
        identity = self._identity.user_id if account.sends_as_user else ""
        try:
            return self._take_permit(self._parts.configs.load(self._hub, account.id, identity))
        except (AccountUnusable, SecretUnreadable):
            return None

    def _take_permit(self, config: LaneConfig) -> CheckPermit | None:
        if not config.rate_limit:
            return None
        taken = self._parts.writer.execute(TakeCheckPermit(config.limit_key, config.rate_limit))
        if isinstance(taken, NoPermit):
            raise TooManyRequests(
                _("The rate limit of this account is used up at this moment. Try again a little later."),
                retry_after_seconds=taken.retry_after_seconds,
                code="account.rate_limited",
            )
        return taken

    # -- the run -------------------------------------------------------------------------------------------------

    def _start(
        self, subject: _Subject, to: str | None, permit: CheckPermit | None, releases: str = ""
    ) -> CheckRun:
        message = None if to is None else self._test_mail(subject, to)
        work = CheckWork(
            walk=partial(self._walk, subject, message),
            step_names=subject.kind.check_steps,
            sends=message is not None,
            ended=partial(self._ended, permit, releases, subject.sending_identity),
            failed_badly=partial(self._parts.plugins.note_connector_fault, subject.kind.id),
        )
        return self._parts.runs.start(self._identity.user_id, work)

    def _walk(self, subject: _Subject, message: OutgoingMessage | None) -> Iterator[Step]:
        context = HubSessionContext(
            account_id=subject.account_id,
            account_address=subject.address,
            sending_identity=subject.sending_identity,
            hello_name=self._parts.hello_name,
            clock=self._parts.clock,
            network=self._parts.network,
            may_send=lambda: True,
            started=_no_journal,
        )
        return subject.connector.check(message, context)

    def _ended(self, permit: CheckPermit | None, releases: str, identity: str, outcome: Outcome) -> None:
        """In the check's thread: give the permit its time, and release an account whose test went well."""
        try:
            if permit is not None:
                self._parts.writer.execute(UseCheckPermit(permit))
            if releases and outcome == "sent":
                self._parts.writer.execute(
                    ReleaseAccount(releases, self._identity, identity=identity or None)
                )
        except HubError as error:
            logger.warning("A check of account %s could not be noted: %s", releases, error)

    def _test_mail(self, subject: _Subject, to: str) -> OutgoingMessage:
        person = Address(self._identity.contact_email, self._identity.name)
        own = subject.address or person.address or to
        shown = own_sender(subject.settings, own, person)
        request = TestMailRequest(
            account_id=subject.account_id,
            account_name=subject.name,
            connector=subject.kind.id,
            language=self._identity.language,
        )
        mail = TrialMail(
            from_=shown.from_,
            sender=shown.sender,
            envelope_from=own,
            to=Address(to),
            facts=_facts(subject),
            html=self._parts.plugins.choose_test_body(request),
        )
        return make_trial_mail(mail, self._parts.clock, self._parts.entropy)


def _facts(subject: _Subject) -> tuple[tuple[str, str], ...]:
    """Name, address and connector, then the simple settings; never a secret (TM3)."""
    facts = [
        (plain(_("Account")), subject.name),
        (plain(_("Address")), subject.address),
        (plain(_("Connector")), plain(subject.kind.title)),
    ]
    secrets = secrets_of(subject.kind.settings_schema())
    for child in subject.kind.settings_schema().children:
        value = subject.settings.get(child.name)
        if child.name not in secrets and isinstance(value, str | int) and not isinstance(value, bool):
            facts.append((plain(child.title), str(value)[:200]))
    return tuple((title, value) for title, value in facts if value)


def _no_journal(message_id: str, attempt: int) -> None:
    """A test mail is tried once and never again, so nobody has to know whether it went out."""
