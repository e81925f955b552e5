"""Which account sends a message: the one place that decides (SC1, SC7, S2.6). Pure reading; explain and sending share it."""

from dataclasses import dataclass
from typing import Literal

from mailhub.accounts.model import Account, accounts_of
from mailhub.contract.texts import Text, _
from mailhub.errors import FieldError
from mailhub.store.read_current import rely_on
from mailhub.store.root import HubRoot

from .model import Assignment, scenarios_of

DEFAULT_SCENARIO = "default"
"""The scenario of a message that names none. It can't be assigned: its account is the default account (SC4)."""

Source = Literal["message", "scenario", "default"]


@dataclass(frozen=True, slots=True)
class Resolution:
    """``source``: who named the account. ``assignment``: the scenario's, whose substitute sender counts. ``lost``: one
    that was passed over, for its account is gone or going."""

    account: Account
    source: Source
    assignment: Assignment | None = None
    lost: Assignment | None = None


@dataclass(frozen=True, slots=True)
class Unresolved:
    """No account, and why: an error at its field. ``lost`` as in ``Resolution``."""

    error: FieldError
    lost: Assignment | None = None


def resolve(hub: HubRoot, scenario: str, account_id: str | None) -> Resolution | Unresolved:
    """The account for a scenario: named by the message, else assigned and still there, else the default, else none."""
    if account_id is not None:
        named = find_open(hub, account_id)
        if named is None:
            return Unresolved(FieldError("/account", "account.not_found", _("There is no such account.")))
        return Resolution(named, "message", scenarios_of(hub).find_assignment(scenario))
    assignment = scenarios_of(hub).find_assignment(scenario)
    assigned = None if assignment is None else find_open(hub, assignment.account_id)
    if assigned is not None:
        return Resolution(assigned, "scenario", assignment)
    default = find_open(hub, accounts_of(hub).default.account_id)
    if default is not None:
        return Resolution(default, "default", lost=assignment)
    return Unresolved(FieldError("/scenario", "account.none_for_scenario", _nothing(scenario)), assignment)


def find_open(hub: HubRoot, account_id: str | None) -> Account | None:
    """The account, unless it is gone or is being deleted."""
    account = accounts_of(hub).find(account_id)
    return None if account is None or account.state.is_closing else account


def rely_on_resolution(hub: HubRoot, scenario: str, resolution: Resolution) -> None:
    """Let the transaction conflict with whatever would have changed this resolution (design decision 10)."""
    rely_on(resolution.account)
    rely_on(resolution.account.state)
    assignment = scenarios_of(hub).find_assignment(scenario)
    if assignment is not None:
        rely_on(assignment)
    if resolution.source == "default":
        rely_on(accounts_of(hub).default)


def _nothing(scenario: str) -> Text:
    if scenario == DEFAULT_SCENARIO:
        return _("No default account is set. An administrator makes one the default under E-mail accounts.")
    return _(
        "The scenario ${scenario} has no account of its own, and no default account is set. An administrator assigns one "
        "or makes one the default.",
        mapping={"scenario": scenario},
    )
