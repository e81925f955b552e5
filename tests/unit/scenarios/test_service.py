"""Which scenarios there are, and who sends for them."""

from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from mailhub.accounts.service import AccountsService
from mailhub.errors import Denied, NotFound, WrongState
from mailhub.people.identity import Identity
from mailhub.people.permissions import Permission
from mailhub.scenarios.model import Assignment, ScenarioAttachment, scenarios_of
from mailhub.scenarios.presenting import ScenarioView, present_scenario
from mailhub.scenarios.service import ScenariosService
from mailhub.store.root import HubRoot
from tests.unit.accounts.service.kit import SETUP, AccountsKit, may, mistakes

P = Permission
T = TypeVar("T")
ALLOWING = {"server": "x", "allow_sender_override": True, "allowed_senders": ["example.com"]}


def act(kit: AccountsKit, function: Callable[[ScenariosService], T], identity: Identity = SETUP) -> T:
    return kit.use(lambda work: function(work.service(ScenariosService)), identity)


def show(kit: AccountsKit, id: str, identity: Identity = SETUP) -> dict[str, Any]:
    return act(kit, lambda service: present_scenario(service.get_scenario(id)), identity)


def assign(kit: AccountsKit, id: str, account: str | None, identity: Identity = SETUP, **more: Any) -> None:
    values = {"account": account, "substitute_sender": None, "substitute_mode": None, **more}
    act(kit, lambda service: service.assign(id, values) and None, identity)


def create(kit: AccountsKit, id: str = "rent-reminder", title: str = "Rent reminder") -> None:
    act(kit, lambda service: service.create_scenario({"id": id, "title": title}) and None)


def set_all(kit: AccountsKit, account_id: str, *ids: str, identity: Identity = SETUP) -> None:
    act(kit, lambda service: service.set_all_of(account_id, ids), identity)


def ids(kit: AccountsKit, identity: Identity = SETUP, limit: int = 200) -> list[str]:
    return [view.id for view in act(kit, lambda service: service.list_scenarios(limit), identity)[0]]


def refused_with(code: str, call: Callable[[], object]) -> None:
    with pytest.raises(WrongState) as refused:
        call()
    assert refused.value.code == code


# -- the list ----------------------------------------------------------------------------------------------------


def test_those_of_plugins_and_ones_own_are_listed_together_in_order(kit: AccountsKit) -> None:
    create(kit, "zebra-report", "Zebras")
    create(kit, "aardvark-report", "Aardvarks")

    found = ids(kit)

    assert found == sorted(found)
    assert {"aardvark-report", "default", "sales-invoice", "zebra-report"} <= set(found)


def test_pages_go_through_all_of_them_once(kit: AccountsKit) -> None:
    create(kit)
    found: list[str] = []
    after: str | None = None
    while True:
        place = after

        def page(
            service: ScenariosService, place: str | None = place
        ) -> tuple[list[ScenarioView], str | None]:
            return service.list_scenarios(4, place)

        views, after = act(kit, page)
        found += [view.id for view in views]
        if after is None:
            break
    assert found == ids(kit)


def test_a_scenario_says_where_it_comes_from(kit: AccountsKit) -> None:
    create(kit)

    assert show(kit, "rent-reminder")["source"] == "custom"
    assert show(kit, "sales-invoice")["source"] == "mailhub"


def test_the_account_in_effect_is_its_own_else_the_default(kit: AccountsKit) -> None:
    own = kit.create()
    assert [show(kit, "sales-invoice")[name] for name in ("account", "effective_account")] == [None, None]

    default = kit.create(is_default=True)
    assert [show(kit, "sales-invoice")[name] for name in ("account", "effective_account")] == [None, default]
    assert [show(kit, "default")[name] for name in ("account", "effective_account")] == [default, default]

    assign(kit, "sales-invoice", own)
    assert [show(kit, "sales-invoice")[name] for name in ("account", "effective_account")] == [own, own]
    kit.change_account(own, is_closing=True)
    assert [show(kit, "sales-invoice")[name] for name in ("account", "effective_account")] == [own, default]


def test_scenarios_whose_plugin_is_away_are_kept_and_not_shown(kit: AccountsKit) -> None:
    account_id = kit.create()

    def assign_gone(root: HubRoot) -> None:
        scenarios_of(root).assignments["pigeon-news"] = Assignment(account_id)

    kit.change(assign_gone)

    assert "pigeon-news" not in ids(kit)
    assert act(kit, lambda service: service.ids_by_account()) == {}
    with pytest.raises(NotFound):
        show(kit, "pigeon-news")
    set_all(kit, account_id, "sales-invoice")
    kept = kit.look(lambda root: scenarios_of(root).find_assignment("pigeon-news"))
    assert kept is not None


# -- ones own ----------------------------------------------------------------------------------------------------


def test_ids_are_taken_once(kit: AccountsKit) -> None:
    create(kit)

    refused_with("scenario.exists", lambda: create(kit))
    refused_with("scenario.exists", lambda: create(kit, "sales-invoice"))


def test_deleting_takes_assignment_and_files_with_it(kit: AccountsKit) -> None:
    create(kit)
    assign(kit, "rent-reminder", kit.create())

    def attach(root: HubRoot) -> None:
        file = ScenarioAttachment("a", name="a.pdf", content_type="application/pdf", content=None)
        scenarios_of(root).attachments["rent-reminder"] = {"a": file}

    kit.change(attach)

    act(kit, lambda service: service.delete_scenario("rent-reminder"))

    assert "rent-reminder" not in ids(kit)
    create(kit)
    assert show(kit, "rent-reminder")["account"] is None
    assert kit.look(lambda root: scenarios_of(root).files_of("rent-reminder")) == []


def test_those_of_plugins_are_not_deleted(kit: AccountsKit) -> None:
    refused_with(
        "scenario.built_in", lambda: act(kit, lambda service: service.delete_scenario("sales-invoice"))
    )
    with pytest.raises(NotFound):
        act(kit, lambda service: service.delete_scenario("pigeon-news"))


# -- assigning ---------------------------------------------------------------------------------------------------


def test_assigning_again_overwrites_and_null_unassigns(kit: AccountsKit) -> None:
    first, second = kit.create(), kit.create()

    assign(kit, "sales-invoice", first)
    revision = show(kit, "sales-invoice")["revision"]
    assign(kit, "sales-invoice", second)
    assert show(kit, "sales-invoice")["account"] == second
    assert show(kit, "sales-invoice")["revision"] != revision
    assign(kit, "sales-invoice", None)
    assign(kit, "sales-invoice", None)

    assert show(kit, "sales-invoice")["account"] is None
    trail = [(entry.action, entry.id) for entry in kit.trail("scenario")]
    assert trail == [("unassigned", "sales-invoice"), *[("assigned", "sales-invoice")] * 2]


def test_the_default_scenario_cannot_be_assigned(kit: AccountsKit) -> None:
    account_id = kit.create()

    refused_with("scenario.default", lambda: assign(kit, "default", account_id))
    assert mistakes(set_all, kit, account_id, "sales-invoice", "default") == [
        ("/scenarios/1", "scenario.default")
    ]


def test_an_account_that_is_missing_or_closing_is_not_assigned(kit: AccountsKit) -> None:
    closing = kit.create()
    kit.change_account(closing, is_closing=True)

    for account_id in ("gone", closing):
        assert mistakes(assign, kit, "sales-invoice", account_id) == [("/account", "account.not_found")]


def test_a_substitute_must_be_allowed_by_the_account(kit: AccountsKit) -> None:
    strict = kit.create()
    allowing = kit.create(connector="fake", settings=ALLOWING)
    who = "boss@example.com"

    place = "/substitute_sender"
    assert mistakes(assign, kit, "reminder", strict, substitute_sender=who) == [(place, "sender.not_allowed")]
    assert mistakes(assign, kit, "reminder", allowing, substitute_sender="boss@other.test") == [
        (place, "sender.not_allowed")
    ]
    assert mistakes(assign, kit, "reminder", allowing, substitute_sender="boss") == [
        (place, "address.invalid")
    ]
    assert mistakes(assign, kit, "reminder", None, substitute_sender=who) == [
        (place, "settings.not_applicable")
    ]
    assign(kit, "reminder", allowing, substitute_sender=who, substitute_mode="on_behalf")
    shown = show(kit, "reminder")
    assert (shown["substitute_sender"], shown["substitute_mode"]) == (who, "on_behalf")


def test_assigning_anew_forgets_the_substitute(kit: AccountsKit) -> None:
    allowing = kit.create(connector="fake", settings=ALLOWING)
    assign(kit, "reminder", allowing, substitute_sender="boss@example.com")

    assign(kit, "reminder", allowing)

    assert show(kit, "reminder")["substitute_sender"] is None


def test_all_scenarios_of_an_account_are_set_at_once(kit: AccountsKit) -> None:
    first, second = kit.create(), kit.create()
    assign(kit, "reminder", first)
    assign(kit, "sales-order", first)
    assign(kit, "sales-quote", second)

    set_all(kit, first, "sales-order", "sales-quote", "sales-invoice", "sales-invoice")

    assert act(kit, lambda service: service.ids_by_account()) == {
        first: ["sales-invoice", "sales-order", "sales-quote"]
    }
    assert show(kit, "reminder")["account"] is None


def test_setting_all_again_keeps_the_substitute_of_those_that_stay(kit: AccountsKit) -> None:
    allowing = kit.create(connector="fake", settings=ALLOWING)
    assign(kit, "reminder", allowing, substitute_sender="boss@example.com")

    set_all(kit, allowing, "reminder", "sales-order")

    assert show(kit, "reminder")["substitute_sender"] == "boss@example.com"


def test_unknown_scenarios_are_told_all_at_once_and_nothing_is_set(kit: AccountsKit) -> None:
    account_id = kit.create()

    assert mistakes(set_all, kit, account_id, "sales-order", "no-such", "default", "nor-this") == [
        ("/scenarios/1", "scenario.not_found"),
        ("/scenarios/2", "scenario.default"),
        ("/scenarios/3", "scenario.not_found"),
    ]
    assert act(kit, lambda service: service.ids_by_account()) == {}
    with pytest.raises(NotFound):
        set_all(kit, "gone", "sales-order")


# -- who may -----------------------------------------------------------------------------------------------------


def test_reading_is_not_changing(kit: AccountsKit) -> None:
    reader = may(P.SETUP_READ)
    account_id = kit.create()

    assert "sales-invoice" in ids(kit, reader)
    for call in (
        lambda: assign(kit, "sales-invoice", account_id, reader),
        lambda: set_all(kit, account_id, "sales-invoice", identity=reader),
        lambda: act(kit, lambda service: service.create_scenario({"id": "x", "title": "X"}), reader),
        lambda: act(kit, lambda service: service.delete_scenario("x"), reader),
        lambda: ids(kit, may(P.MESSAGES_READ)),
    ):
        with pytest.raises(Denied):
            call()


def test_a_token_bound_to_scenarios_and_accounts_knows_no_others(kit: AccountsKit) -> None:
    own, other = kit.create(), kit.create()
    bound = may(*P, scenarios=frozenset({"reminder"}), accounts=frozenset({own}))

    assert ids(kit, bound) == ["reminder"]
    assign(kit, "reminder", own, bound)
    assert mistakes(assign, kit, "reminder", other, bound) == [("/account", "account.not_found")]
    for call in (
        lambda: assign(kit, "sales-order", own, bound),
        lambda: set_all(kit, other, "reminder", identity=bound),
        lambda: act(kit, lambda service: service.create_scenario({"id": "x", "title": "X"}), bound),
    ):
        with pytest.raises(NotFound):
            call()


def test_scenarios_of_an_account_outside_the_bounds_stay_when_all_are_set(kit: AccountsKit) -> None:
    account_id = kit.create()
    assign(kit, "sales-order", account_id)
    bound = may(*P, scenarios=frozenset({"reminder"}))

    set_all(kit, account_id, "reminder", identity=bound)

    assert act(kit, lambda service: service.ids_by_account())[account_id] == ["reminder", "sales-order"]


def test_whoever_relied_on_an_assignment_notices_that_it_went(kit: AccountsKit) -> None:
    account_id = kit.create()
    assign(kit, "reminder", account_id)
    seen: list[bytes] = []

    def look(root: HubRoot) -> None:
        assignment = scenarios_of(root).find_assignment("reminder")
        assert assignment is not None
        assignment._p_activate()
        seen.append(assignment._p_serial)

    kit.look(look)
    assign(kit, "reminder", kit.create())
    kit.look(look)

    assert seen[0] != seen[1]


def test_an_account_shows_its_scenarios(kit: AccountsKit) -> None:
    account_id = kit.create()
    assign(kit, "reminder", account_id)

    def view(work: Any) -> list[str]:
        accounts = work.service(AccountsService)
        assigned = work.service(ScenariosService).ids_by_account()[account_id]
        return list(accounts.view_of(accounts.get_account(account_id), assigned).scenarios)

    assert kit.use(view) == ["reminder"]
