"""Scenarios: which there are, who sends for them, and administrators' own (SC1 to SC6)."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from heapq import merge
from itertools import islice
from typing import Any

from mailhub.accounts.addresses import AddressCheck
from mailhub.accounts.model import Account, accounts_of
from mailhub.accounts.senders import is_allowed_sender
from mailhub.contract.texts import Text, _
from mailhub.errors import NOT_FOUND, FieldError, Invalid, NotFound, WrongState
from mailhub.events.audit import record_change
from mailhub.people.identity import Identity
from mailhub.people.permissions import Permission
from mailhub.pluginhost.host import PluginHost
from mailhub.scenarios.model import Assignment, CustomScenario, scenarios_of
from mailhub.scenarios.presenting import CUSTOM, ScenarioView, substitute_of
from mailhub.scenarios.resolving import DEFAULT_SCENARIO, Resolution, find_open, resolve
from mailhub.store.read_current import rely_on
from mailhub.store.root import HubRoot
from mailhub.store.shards import Shard

Values = Mapping[str, Any]


class ScenariosService:
    """What is done with scenarios, in one transaction. Every change is audited.

    A token that is bound to scenarios or accounts knows of no others. Assignments of scenarios whose plugin is away are
    kept and not shown (SC4).
    """

    def __init__(
        self,
        hub: HubRoot,
        shard: Shard,
        identity: Identity,
        *,
        plugins: PluginHost,
        check_address: AddressCheck,
    ) -> None:
        self._hub = hub
        self._scenarios = scenarios_of(hub)
        self._shard = shard
        self._identity = identity
        self._plugins = plugins
        self._check_address = check_address

    # -- reading -------------------------------------------------------------------------------------------------

    def list_scenarios(self, limit: int, after: str | None = None) -> tuple[list[ScenarioView], str | None]:
        """A page, by id, and where the next one begins (None: there is none). Raises ``Denied``."""
        self._identity.require(Permission.SETUP_READ)
        found = list(islice(self._iter_ids(after), limit + 1))
        sources = self._sources()
        page = [self._view(scenario_id, sources) for scenario_id in found[:limit]]
        return page, found[limit - 1] if len(found) > limit else None

    def get_scenario(self, id: str) -> ScenarioView:
        """Raises ``Denied``, ``NotFound``."""
        if not self._identity.may(Permission.SETUP_WRITE):
            self._identity.require(Permission.SETUP_READ)
        self._require_known(id)
        return self._view(id, self._sources())

    def ids_by_account(self) -> dict[str, list[str]]:
        """The scenarios that are assigned to each account, as far as they are known and may be seen."""
        found: dict[str, list[str]] = {}
        for scenario_id, assignment in self._scenarios.assignments.items():
            if self._is_known(scenario_id):
                found.setdefault(assignment.account_id, []).append(scenario_id)
        return found

    def _iter_ids(self, after: str | None) -> Iterator[str]:
        from_plugins = sorted(name for name in self._plugins.scenarios if after is None or name > after)
        custom = self._scenarios.custom.keys(min=after, excludemin=after is not None)
        bound = self._identity.scenarios
        for scenario_id in _once(merge(from_plugins, custom)):
            if bound is None or scenario_id in bound:
                yield scenario_id

    def _sources(self) -> dict[str, str]:
        """Who brings each: the distribution, which is what somebody has installed (``mailhub``: it is built in)."""
        return {
            name: report.distribution or report.name
            for report in self._plugins.plugins
            for name in report.scenarios
        }

    def _view(self, scenario_id: str, sources: Mapping[str, str]) -> ScenarioView:
        assignment = self._scenarios.find_assignment(scenario_id)
        spec = self._plugins.find_scenario(scenario_id)
        title: Text = self._scenarios.custom[scenario_id].title if spec is None else spec.title
        resolution = resolve(self._hub, scenario_id, None)
        return ScenarioView(
            scenario_id,
            title,
            CUSTOM if spec is None else sources.get(scenario_id, CUSTOM),
            self._assigned_account(scenario_id, assignment),
            resolution.account.id if isinstance(resolution, Resolution) else None,
            assignment,
        )

    def _assigned_account(self, scenario_id: str, assignment: Assignment | None) -> str | None:
        """The account of the default scenario is the default account (1.2)."""
        if scenario_id == DEFAULT_SCENARIO:
            return accounts_of(self._hub).default.account_id
        return None if assignment is None else assignment.account_id

    def _is_known(self, scenario_id: str) -> bool:
        bound = self._identity.scenarios
        if bound is not None and scenario_id not in bound:
            return False
        return self._plugins.find_scenario(scenario_id) is not None or scenario_id in self._scenarios.custom

    def _require_known(self, scenario_id: str) -> None:
        if not self._is_known(scenario_id):
            raise NotFound(NOT_FOUND, code="scenario.not_found")

    # -- administrators' own -------------------------------------------------------------------------------------

    def create_scenario(self, values: Values) -> ScenarioView:
        """Make a scenario of ``schema.ScenarioCreation``'s values.

        Raises ``Denied``, ``WrongState`` (``scenario.exists``).
        """
        self._identity.require(Permission.SETUP_WRITE)
        self._require_unbound()
        id = values["id"]
        if id in self._scenarios.custom or self._plugins.find_scenario(id) is not None:
            raise WrongState(
                _("There is a scenario ${id} already.", mapping={"id": id}), code="scenario.exists"
            )
        self._scenarios.custom[id] = CustomScenario(id, values["title"])
        self._audit("created", id, None, {"title": values["title"]})
        return self._view(id, {})

    def delete_scenario(self, id: str) -> None:
        """Delete a scenario that an administrator made, with its assignment and files; its messages stay.

        Raises ``Denied``, ``NotFound``, ``WrongState`` (``scenario.built_in``: it comes from a plugin).
        """
        self._identity.require(Permission.SETUP_WRITE)
        self._require_known(id)
        if self._plugins.find_scenario(id) is not None:
            raise WrongState(
                _("This scenario comes with a plugin; it cannot be deleted."), code="scenario.built_in"
            )
        assigned = self._remove_assignment(id)
        custom = self._scenarios.custom.pop(id)
        self._scenarios.attachments.pop(id, None)
        self._audit("deleted", id, {"title": custom.title, "account": assigned}, None)

    def _require_unbound(self) -> None:
        if self._identity.scenarios is not None:
            raise NotFound(NOT_FOUND, code="scenario.not_found")

    # -- assigning -----------------------------------------------------------------------------------------------

    def assign(self, id: str, values: Values) -> ScenarioView:
        """Give a scenario its own account, or none (``schema.AssignmentFields``).

        Raises ``Denied``, ``NotFound``, ``WrongState`` (SC4: the default scenario has the default account), ``Invalid``.
        """
        self._identity.require(Permission.SETUP_WRITE)
        self._require_known(id)
        if id == DEFAULT_SCENARIO:
            raise WrongState(_DEFAULT, code="scenario.default")
        if errors := self.mistakes_in_assignment(values):
            raise Invalid(errors)
        account = None if values["account"] is None else self._find_account(values["account"])
        self._set_assignment(id, account, values)
        return self._view(id, self._sources())

    def set_all_of(self, account_id: str, scenario_ids: Iterable[str]) -> None:
        """Let an account send exactly these scenarios; those of plugins that are away stay as they are.

        The caller has looked whether the account may be seen. Raises ``Denied``, ``Invalid`` with every scenario that
        cannot be assigned, ``NotFound``.
        """
        self._identity.require(Permission.SETUP_WRITE)
        account = self._find_account(account_id)
        if account is None:
            raise NotFound(NOT_FOUND, code="account.not_found")
        given = list(scenario_ids)
        if errors := [*self._iter_unassignable(given)]:
            raise Invalid(errors)
        wanted = list(dict.fromkeys(given))
        for scenario_id in self.ids_by_account().get(account_id, ()):
            if scenario_id not in wanted:
                self._set_assignment(scenario_id, None, {})
        for scenario_id in wanted:
            assignment = self._scenarios.find_assignment(scenario_id)
            if assignment is None or assignment.account_id != account_id:
                self._set_assignment(scenario_id, account, {})

    def _iter_unassignable(self, scenario_ids: Iterable[str]) -> Iterator[FieldError]:
        for number, scenario_id in enumerate(scenario_ids):
            place = f"/scenarios/{number}"
            if scenario_id == DEFAULT_SCENARIO:
                yield FieldError(place, "scenario.default", _DEFAULT)
            elif not self._is_known(scenario_id):
                text = _("There is no scenario ${id}.", mapping={"id": scenario_id})
                yield FieldError(place, "scenario.not_found", text)

    def _find_account(self, account_id: str) -> Account | None:
        """An open account that the token may use, and that is still there when this transaction ends."""
        bound = self._identity.accounts
        account = find_open(self._hub, account_id) if bound is None or account_id in bound else None
        if account is not None:
            rely_on(account)
            rely_on(account.state)
        return account

    def mistakes_in_assignment(self, values: Values, unread: Collection[str] = ()) -> list[FieldError]:
        """What is wrong with an assignment (``schema.AssignmentFields``) of which the fields ``unread`` are not known."""
        id = None if "account" in unread else values["account"]
        account = None if id is None else self._find_account(id)
        errors: list[FieldError] = []
        if id is not None and account is None:
            errors.append(FieldError("/account", "account.not_found", _("There is no such account.")))
        substitute = values["substitute_sender"]
        if substitute is not None and "substitute_sender" not in unread:
            is_known = not errors and "account" not in unread
            errors += self._iter_wrong_substitute(substitute, account, is_known=is_known)
        return errors

    def _iter_wrong_substitute(
        self, substitute: str, account: Account | None, *, is_known: bool
    ) -> Iterator[FieldError]:
        """SM10: the account must allow who is to be shown. ``is_known``: which account it is, if any."""
        place = "/substitute_sender"
        if is_known and account is None:
            text = _("Without an account there is nobody to be a substitute for.")
            yield FieldError(place, "settings.not_applicable", text)
        elif (problem := self._check_address(substitute)) is not None:
            yield FieldError(place, "address.invalid", problem)
        elif account is not None and not is_allowed_sender(account.settings, substitute):
            text = _(
                "The account ${account} does not allow the sender ${address}.",
                mapping={"account": account.name, "address": substitute},
            )
            yield FieldError(place, "sender.not_allowed", text)

    def _set_assignment(self, id: str, account: Account | None, values: Values) -> None:
        before = self._assignment_values(id)
        if account is None:
            self._remove_assignment(id)
        else:
            self._point(id, account, values)
        after = self._assignment_values(id)
        if before != after:
            self._audit("assigned" if account else "unassigned", id, before, after)

    def _point(self, id: str, account: Account, values: Values) -> None:
        """An assignment that is there is changed, not replaced, so that whoever relied on it notices."""
        assignment = self._scenarios.find_assignment(id)
        if assignment is None:
            assignment = self._scenarios.assignments[id] = Assignment(account.id)
        assignment.account_id = account.id
        assignment.substitute_sender = values.get("substitute_sender")
        assignment.substitute_mode = values.get("substitute_mode")

    def _remove_assignment(self, id: str) -> str | None:
        assignment = self._scenarios.assignments.pop(id, None)
        if assignment is None:
            return None
        account_id: str = assignment.account_id
        assignment.account_id = ""  # whoever relied on it notices
        return account_id

    def _assignment_values(self, id: str) -> dict[str, Any]:
        assignment = self._scenarios.find_assignment(id)
        account = None if assignment is None else assignment.account_id
        return {"account": account, **substitute_of(assignment)}

    def _audit(self, action: str, id: str, before: Values | None, after: Values | None) -> None:
        record_change(self._hub, self._shard, self._identity, action, "scenario", id, before, after)


_DEFAULT = _("The default scenario has the default account: make another account the default instead.")


def _once(names: Iterable[str]) -> Iterator[str]:
    """A plugin may have brought a scenario that an administrator had made before; the plugin's then counts."""
    last = None
    for name in names:
        if name != last:
            yield name
        last = name
