"""Telling an administrator how a message goes, and why: each decision of the resolver as a question and its answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from mailhub.accounts.model import Account
from mailhub.contract.clock import Clock
from mailhub.contract.message import Address
from mailhub.contract.texts import Text, _
from mailhub.delivery.config import LaneConfigs
from mailhub.delivery.departure import Departure, departure
from mailhub.errors import FieldError
from mailhub.pluginhost.host import PluginHost
from mailhub.scenarios.model import ScenarioAttachment
from mailhub.scenarios.resolving import DEFAULT_SCENARIO, Resolution
from mailhub.store.root import HubRoot

from .resolver import DENIED, DefaultFiles, Resolved
from .senders import ResolvedSender


@dataclass(frozen=True, slots=True)
class Step:
    """A decision."""

    question: Text
    answer: Text
    because: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What holds for the account. ``rate_limit_per_minute``: 0 = none; that of all who share it with the account."""

    rate_limit_per_minute: int
    concurrency_limit: int
    max_attempts: int
    limit_group: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What a message gets, and why. ``problems``: what it would be refused for; without any it is taken."""

    account: Account | None
    sender: Address | None
    limits: Limits | None
    attachments: tuple[ScenarioAttachment, ...]
    next_slot_at: datetime | None
    steps: tuple[Step, ...]
    problems: tuple[FieldError, ...]


class Explainer:
    """Explains what the resolver found, in the hub as one transaction sees it."""

    def __init__(self, hub: HubRoot, *, plugins: PluginHost, configs: LaneConfigs, clock: Clock) -> None:
        self._hub = hub
        self._plugins = plugins
        self._configs = configs
        self._clock = clock

    def explain(
        self, resolved: Resolved, files: DefaultFiles, send_at: datetime | None = None
    ) -> Explanation:
        """``send_at``: what the message says of when it is to be sent."""
        limits = self._limits(resolved)
        leaving = self._departure(resolved, send_at)
        return Explanation(
            account=resolved.account,
            sender=None if resolved.sender is None else resolved.sender.from_,
            limits=limits,
            attachments=files.kept,
            next_slot_at=None if leaving is None else leaving.at,
            steps=tuple(_iter_steps(resolved, limits, files, leaving)),
            problems=(*resolved.errors, *files.errors),
        )

    def _limits(self, resolved: Resolved) -> Limits | None:
        account, lane = resolved.account, resolved.lane
        if account is None or lane is None:
            return None
        return Limits(
            rate_limit_per_minute=self._configs.rate_limit(self._hub, account, lane),
            concurrency_limit=account.concurrency_limit,
            max_attempts=account.max_attempts,
            limit_group=account.limit_group,
        )

    def _departure(self, resolved: Resolved, send_at: datetime | None) -> Departure | None:
        account, lane = resolved.account, resolved.lane
        if account is None or lane is None or resolved.route is None:
            return None
        is_loaded = self._plugins.find_connector(account.connector) is not None
        return departure(self._hub, account, lane, is_loaded, self._clock.now(), send_at)


def _iter_steps(
    resolved: Resolved, limits: Limits | None, files: DefaultFiles, leaving: Departure | None
) -> Iterator[Step]:
    yield _account_step(resolved)
    if resolved.account is not None:
        yield from _iter_sender_steps(resolved)
    if resolved.account is not None and limits is not None:
        yield from _iter_limit_steps(limits, is_shared=resolved.has_shared_limit)
    yield _files_step(resolved.wish.scenario, files)
    if leaving is not None:
        yield _departure_step(leaving)


# -- the account -----------------------------------------------------------------------------------------------------

_NOBODY = _("Nobody")


def _account_step(resolved: Resolved) -> Step:
    question, choice = _("Which account sends?"), resolved.choice
    if not isinstance(choice, Resolution):
        return Step(question, _("None"), choice.error.message)
    for error in resolved.errors:
        if error.code == DENIED:
            return Step(question, _("None that your token may use"), error.message)
    return Step(question, _named(choice.account), _why_account(resolved.wish.scenario, choice))


def _why_account(scenario: str, choice: Resolution) -> Text:
    words = {"scenario": scenario}
    if choice.source == "message":
        return _("The message names it.")
    if choice.source == "scenario":
        return _("It is the account of ${scenario}.", mapping=words)
    if scenario == DEFAULT_SCENARIO:
        return _("It is the default account, and the message is of no other scenario.")
    if choice.lost is not None:
        return _("The account of ${scenario} is gone, so the default account sends.", mapping=words)
    return _("${scenario} has no account of its own, so the default account sends.", mapping=words)


def _named(account: Account) -> str:
    return f"{account.name} <{account.address}>" if account.address else account.name


# -- the sender ------------------------------------------------------------------------------------------------------


def _iter_sender_steps(resolved: Resolved) -> Iterator[Step]:
    if resolved.sender is None:
        yield Step(_("Who is the mail from?"), _NOBODY, resolved.errors[0].message)
    else:
        yield Step(
            _("Who is the mail from?"), _shown(resolved.sender.from_), _WHY_SENDER[resolved.sender.source]
        )
        yield from _iter_behalf_step(resolved.sender)
    if resolved.unserved is not None:
        yield Step(_("May the account send for this user?"), _("No"), resolved.unserved)


def _iter_behalf_step(sender: ResolvedSender) -> Iterator[Step]:
    if sender.sender is not None:
        yield Step(
            _("Who is named as sending for him?"),
            _shown(sender.sender),
            _("The substitute sender is shown as on behalf of."),
        )


_WHY_SENDER = {
    "message": _("The message asks for this sender, and the account allows it."),
    "scenario": _("The scenario has this substitute sender, and the account allows it."),
    "substitute": _("The account has this substitute sender."),
    "account": _("It is the account's own address."),
    "user": _("The account sends in the name of the user whose message it is."),
    "plugin": _("A plugin decided so."),
}


def _shown(address: Address) -> str:
    return f"{address.name} <{address.address}>" if address.name else address.address


# -- limits ----------------------------------------------------------------------------------------------------------


def _iter_limit_steps(limits: Limits, *, is_shared: bool) -> Iterator[Step]:
    rate = limits.rate_limit_per_minute
    yield Step(
        _("How many mails may leave in a minute?"),
        str(rate) if rate else _("Any number"),
        _why_rate(limits, is_shared=is_shared),
    )
    own = _("The account says so.")
    yield Step(_("How many mails may leave at the same time?"), str(limits.concurrency_limit), own)
    yield Step(_("How often is a mail tried?"), str(limits.max_attempts), own)


def _why_rate(limits: Limits, *, is_shared: bool) -> Text:
    if is_shared and limits.limit_group is not None:
        group = {"group": limits.limit_group}
        return _(
            "The accounts of the limit group ${group} share the smallest limit among them.", mapping=group
        )
    if is_shared:
        return _(
            "The provider counts all accounts on this mailbox together: the smallest of their limits holds."
        )
    if limits.rate_limit_per_minute:
        return _("The account says so.")
    return _("The account has no limit.")


# -- files -----------------------------------------------------------------------------------------------------------


def _files_step(scenario: str, files: DefaultFiles) -> Step:
    names = ", ".join(each.name for each in files.kept)
    return Step(_("Which files are added?"), names or _("None"), _why_files(scenario, files))


def _why_files(scenario: str, files: DefaultFiles) -> Text:
    words = {"scenario": scenario}
    if files.errors:
        return files.errors[0].message
    if scenario == DEFAULT_SCENARIO:
        return _("The scenario default adds no files by itself.")
    if not files.is_wanted:
        return _("The message wants no default files.")
    if not files.offered:
        return _("${scenario} has no default files.", mapping=words)
    if len(files.kept) < len(files.offered):
        return _("Of the default files of ${scenario}, plugins left out others.", mapping=words)
    return _("They are the default files of ${scenario}.", mapping=words)


# -- when ------------------------------------------------------------------------------------------------------------


def _departure_step(leaving: Departure) -> Step:
    question = _("When can it leave?")
    if leaving.held_by is not None:
        return Step(question, _("Not yet"), _HELD.get(leaving.held_by, _ATTENTION))
    if leaving.at is None:
        return Step(
            question,
            _("Soon"),
            _("As many mails as the limit allows are on their way: the next reply frees it."),
        )
    if leaving.waits_for == "schedule":
        return Step(question, leaving.at.isoformat(), _("The message is not to be sent before."))
    if leaving.waits_for == "rate_limit":
        return Step(question, leaving.at.isoformat(), _("The limit of this minute is used up until then."))
    return Step(question, _("At once"), _("Nothing holds it, unless other mail waits before it."))


_ATTENTION = _("The account needs attention: an administrator sees there what is wrong.")
_HELD = {
    "connector_missing": _("The connector of the account is not installed."),
    "closing": _("The account is being deleted."),
    "paused": _("The account is paused."),
    "sign_in": _("The sign-in of this user was refused; he signs in again under E-mail accounts."),
}
