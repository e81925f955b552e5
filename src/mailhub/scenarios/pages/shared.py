"""What several pages of scenarios share."""

from collections.abc import Iterator
from typing import Final

from mailhub.accounts.model import Account
from mailhub.accounts.service import AccountsService
from mailhub.contract.texts import Text, _
from mailhub.scenarios.presenting import ScenarioView
from mailhub.scenarios.service import ScenariosService
from mailhub.web.answers import Crumb
from mailhub.web.request import PageRequest

SCENARIOS: Final = (_("Scenarios"), "/scenarios")
TEMPLATES: Final = "mailhub.scenarios:templates"
BUILT_IN: Final = "mailhub"
"""The distribution that brings the scenarios which every hub knows."""
_AT_ONCE: Final = 200
_MOST_ACCOUNTS: Final = 1_000


def scenario_of(request: PageRequest) -> ScenarioView:
    """The scenario that the address names. Raises ``NotFound``."""
    return request.work.service(ScenariosService).get_scenario(request.path["code"])


def url_of(scenario_id: str) -> str:
    return f"/scenarios/{scenario_id}"


def crumbs_of(view: ScenarioView) -> tuple[Crumb, ...]:
    """The way to a page below a scenario."""
    return (SCENARIOS, (view.title, url_of(view.id)))


def list_accounts(request: PageRequest) -> list[Account]:
    """All accounts by name, as far as a page can show them."""
    service = request.work.service(AccountsService)
    accounts, place = service.list_accounts(_AT_ONCE)
    while place is not None and len(accounts) < _MOST_ACCOUNTS:
        more, place = service.list_accounts(_AT_ONCE, place)
        accounts += more
    return accounts


def iter_scenarios(request: PageRequest) -> Iterator[ScenarioView]:
    """All scenarios, by id."""
    service, after = request.work.service(ScenariosService), None
    while True:
        views, after = service.list_scenarios(_AT_ONCE, after)
        yield from views
        if after is None:
            return


def targets_of(accounts: list[Account]) -> list[tuple[str, str]]:
    """The accounts that can be given something to send, by id, as a list to choose from shows them."""
    return [(each.id, titled(each)) for each in accounts if not each.state.is_closing]


def titled(account: Account) -> str:
    return f"{account.name} ({account.address})" if account.address else account.name


def source_title(source: str) -> Text:
    """Where a scenario comes from, in a word or two."""
    if source == "custom":
        return _("Custom")
    return _("Built in") if source == BUILT_IN else _("Plugin ${name}", mapping={"name": source})
