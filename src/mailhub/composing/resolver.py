"""The one resolver: how a message goes, for sending, for a dry run and for explaining (SC1 to SC7, SM10, DA2).

It raises nothing for what it does not find; whoever sends makes a refusal of the errors, whoever explains shows them.
"""

from dataclasses import dataclass

from mailhub.accounts.model import Account
from mailhub.company.model import company_of
from mailhub.contract.events import DefaultAttachment
from mailhub.contract.message import Address
from mailhub.contract.texts import Text, _
from mailhub.delivery.config import LaneConfigs, is_own_key
from mailhub.delivery.queueing import LaneAddress
from mailhub.errors import FieldError
from mailhub.people.identity import Identity
from mailhub.pluginhost.host import PluginHost
from mailhub.scenarios.model import ScenarioAttachment, scenarios_of
from mailhub.scenarios.resolving import DEFAULT_SCENARIO, Resolution, Unresolved, resolve
from mailhub.store.root import HubRoot

from .senders import Owner, ResolvedSender, SenderRefused, resolve_sender

DENIED = "permission.denied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a message says about how it wants to go."""

    scenario: str
    account: str | None = None
    sender: Address | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """How a message goes."""

    account: Account
    sender: ResolvedSender
    lane: LaneAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """What became of a wish: as much of the way as could be found, and every error that keeps a message from going it.

    ``choice``: how the account was found; ``account``: the one that the caller may use. ``unserved``: why the account
    cannot send for the owner. ``errors``: one with the code
    ``permission.denied`` stands for a refusal (403), others for mistakes (422).
    """

    wish: Wish
    choice: Resolution | Unresolved
    account: Account | None = None
    sender: ResolvedSender | None = None
    lane: LaneAddress | None = None
    unserved: Text | None = None
    errors: tuple[FieldError, ...] = ()

    @property
    def has_shared_limit(self) -> bool:
        """May other accounts count against the limit of this one."""
        return self.lane is not None and not is_own_key(self.lane.limit_key)

    @property
    def route(self) -> Route | None:
        """The whole way; None where anything is missing or not allowed."""
        if self.errors or self.account is None or self.sender is None or self.lane is None:
            return None
        return Route(self.account, self.sender, self.lane)


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultFiles:
    """The files that a message gets by itself: ``kept`` of those ``offered``. ``errors``: why it gets none at all."""

    is_wanted: bool = True
    offered: tuple[ScenarioAttachment, ...] = ()
    kept: tuple[ScenarioAttachment, ...] = ()
    errors: tuple[FieldError, ...] = ()


class Resolver:
    """Finds the way of messages of one owner, handed in by one caller, in the hub as one transaction sees it."""

    def __init__(
        self, hub: HubRoot, *, caller: Identity, owner: Owner, plugins: PluginHost, configs: LaneConfigs
    ) -> None:
        self._hub = hub
        self._caller = caller
        self._owner = owner
        self._plugins = plugins
        self._configs = configs

    def resolve(self, wish: Wish) -> Resolved:
        """The way of a message that wishes this."""
        choice = resolve(self._hub, wish.scenario, wish.account)
        if isinstance(choice, Unresolved):
            return Resolved(wish=wish, choice=choice, errors=(choice.error,))
        bound = self._caller.accounts
        if bound is not None and choice.account.id not in bound:
            denied = FieldError("/account", DENIED, _("Your token may not send by this account."))
            return Resolved(wish=wish, choice=choice, errors=(denied,))
        return self._by(choice, wish)

    def _by(self, choice: Resolution, wish: Wish) -> Resolved:
        account, errors = choice.account, []
        sender = None
        try:
            company_name = company_of(self._hub).sender_name
            sender = resolve_sender(account, choice.assignment, wish.sender, self._owner, company_name)
        except SenderRefused as refused:
            errors.append(refused.error)
        unserved = self._find_unserved(account)
        if unserved is not None:
            errors.append(FieldError("/account", "sender.not_allowed", unserved))
        lane = self._configs.lane_address(account, self._owner.user_id if account.sends_as_user else "")
        return Resolved(
            wish=wish,
            choice=choice,
            account=account,
            sender=sender,
            lane=lane,
            unserved=unserved,
            errors=tuple(errors),
        )

    def _find_unserved(self, account: Account) -> Text | None:
        """Some connectors serve only some kinds of user, or only licensed ones (GR2, PR3)."""
        kind = self._plugins.find_connector(account.connector)
        if kind is None:
            return None
        if self._owner.kind not in kind.capabilities.user_kinds:
            return _("This account cannot send for delegated, external or guest users.")
        if kind.capabilities.needs_licensed_user and not self._owner.is_licensed:
            return _("This account can only send for users with a licence.")
        return None

    def default_files(self, scenario: str, *, is_wanted: bool = True) -> DefaultFiles:
        """The scenario's default files that plugins leave; none ever for the scenario Default (DA2).

        Raises ``Invalid`` where a plugin refuses or fails.
        """
        if not is_wanted or scenario == DEFAULT_SCENARIO:
            return DefaultFiles(is_wanted=is_wanted)
        files = {each.id: each for each in scenarios_of(self._hub).default_files_of(scenario)}
        if not files:
            return DefaultFiles()
        offered = [DefaultAttachment(each.id, each.name, is_default=True) for each in files.values()]
        kept = self._plugins.filter_default_attachments(scenario, offered)
        return DefaultFiles(offered=tuple(files.values()), kept=tuple(files[each.id] for each in kept))
