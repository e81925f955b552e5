"""Accounts as administrators make and change them."""

import json
from typing import Any

import pytest

from mailhub.accounts.model import Attention, account_topic, accounts_of, release_topic
from mailhub.accounts.settings import revealed_settings
from mailhub.errors import Denied, NotFound, WrongState
from mailhub.people.permissions import Permission
from tests.unit.accounts.service.kit import SECRET, SETUP, AccountsKit, may, mistakes

P = Permission

REDUCED = may(P.ACCOUNTS_STATE_READ)


# -- making ------------------------------------------------------------------------------------------------------


def test_a_new_account_has_what_was_given_and_defaults(kit: AccountsKit) -> None:
    shown = kit.show(kit.create())

    assert shown["connector"] == "vault"
    assert (shown["rate_limit_per_minute"], shown["concurrency_limit"], shown["max_attempts"]) == (30, 3, 10)
    assert (shown["state"], shown["attention"], shown["is_default"], shown["revision"]) == (
        "ready",
        None,
        False,
        "1",
    )
    assert shown["settings"] == {
        "server": "vault.example",
        "authentication": "basic",
        "user_name": "ada",
        "password": {"is_set": True},
        "verify": True,
        "is_broken": False,
    }


def test_a_given_limit_overrules_the_connectors(kit: AccountsKit) -> None:
    assert kit.show(kit.create(rate_limit_per_minute=0))["rate_limit_per_minute"] == 0


def test_every_mistake_is_told_at_once(kit: AccountsKit) -> None:
    found = mistakes(kit.create, address="nowhere", settings={"user_name": "ada", "colour": 1})

    assert set(found) == {
        ("/settings/server", "schema.required"),
        ("/settings/colour", "schema.unknown_field"),
        ("/address", "address.invalid"),
    }


def test_an_account_needs_an_address_unless_everybody_sends_as_himself(kit: AccountsKit) -> None:
    assert mistakes(kit.create, address="") == [("/address", "schema.required")]

    account_id = kit.create(connector="fake", address="", settings={"server": "x", "sends_as_user": True})

    assert kit.stored(account_id, lambda account: account.sends_as_user)


def test_a_connector_that_is_not_there_is_refused(kit: AccountsKit) -> None:
    assert mistakes(kit.create, connector="pigeon") == [("/connector", "connector.not_found")]


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ({"concurrency_limit": 0}, "/concurrency_limit"),
        ({"concurrency_limit": 11}, "/concurrency_limit"),
        ({"max_attempts": 0}, "/max_attempts"),
        ({"max_attempts": 21}, "/max_attempts"),
        ({"rate_limit_per_minute": -1}, "/rate_limit_per_minute"),
        ({"name": "two\nlines"}, "/name"),
        ({"limit_group": ""}, "/limit_group"),
    ],
)
def test_limits_have_their_bounds(kit: AccountsKit, values: dict[str, Any], place: str) -> None:
    assert [found for found, _code in mistakes(kit.create, **values)] == [place]


def test_nobody_without_set_up_makes_an_account(kit: AccountsKit) -> None:
    with pytest.raises(Denied):
        kit.create(may(P.ACCOUNTS_STATE_READ, P.ACCOUNTS_READ, P.ACCOUNTS_OPERATE))


def test_a_connector_whose_code_fails_makes_no_account_and_is_blamed(kit: AccountsKit) -> None:
    settings = {"server": "x", "user_name": "ada", "is_broken": True}

    assert mistakes(kit.create, settings=settings) == [("/settings", "connector.failed")]
    assert next(each for each in kit.hub.plugins.plugins if each.name == "vault").faults == 1


# -- secrets -----------------------------------------------------------------------------------------------------


def test_secrets_are_sealed_and_nowhere_to_be_read(kit: AccountsKit) -> None:
    account_id = kit.create()
    kit.patch(account_id, settings={"password": SECRET + "-neu"})

    assert SECRET not in json.dumps(kit.show(account_id), default=str)
    assert SECRET not in repr(kit.trail())
    assert SECRET not in repr(kit.stored(account_id, lambda account: (account.settings, account.secrets)))
    assert all(SECRET not in repr(settings) for settings in kit.vault.seen)
    revealed = kit.stored(account_id, lambda account: revealed_settings(account, kit.hub.box))
    assert revealed["password"] == SECRET + "-neu"


def test_the_trail_says_that_a_secret_was_replaced_but_not_by_what(kit: AccountsKit) -> None:
    account_id = kit.create()

    kit.patch(account_id, settings={"password": "other"})

    entry = kit.trail("account")[0]
    assert (entry.action, entry.before, entry.after) == (
        "changed",
        {"settings": {"password": {"is_set": True}}},
        {"settings": {"password": {"is_set": True, "is_new": True}}},
    )


def test_null_removes_a_secret_and_leaving_basic_too(kit: AccountsKit) -> None:
    first, second = kit.create(), kit.create()

    kit.patch(first, settings={"password": None})
    kit.patch(second, settings={"authentication": "anonymous"})

    assert kit.show(first)["settings"]["password"] == {"is_set": False}
    assert "password" not in kit.show(second)["settings"]
    assert [kit.stored(each, lambda account: account.secrets) for each in (first, second)] == [{}, {}]


def test_a_dropped_secret_does_not_come_back(kit: AccountsKit) -> None:
    account_id = kit.create()

    kit.patch(account_id, settings={"authentication": "anonymous"})
    kit.patch(account_id, settings={"authentication": "basic", "user_name": "ada"})

    assert kit.show(account_id)["settings"]["password"] == {"is_set": False}


# -- changing ----------------------------------------------------------------------------------------------------


def test_a_change_sets_what_it_names_and_makes_another_revision(kit: AccountsKit) -> None:
    account_id = kit.create()
    before = kit.show(account_id)

    kit.patch(account_id, name="Sales EU", concurrency_limit=5, settings={"server": "eu.example"})

    assert kit.show(account_id) == {
        **before,
        "name": "Sales EU",
        "concurrency_limit": 5,
        "settings": {**before["settings"], "server": "eu.example"},
        "revision": "2",
    }


def test_a_change_of_nothing_leaves_the_revision_and_wakes_nobody(kit: AccountsKit) -> None:
    account_id = kit.create()
    entries = len(kit.trail())

    woken = kit.topics_of(lambda: kit.patch(account_id, name="Sales", settings={"server": "vault.example"}))

    assert (kit.show(account_id)["revision"], len(kit.trail()), woken) == ("1", entries, set())


def test_a_change_wakes_delivery(kit: AccountsKit) -> None:
    account_id = kit.create()

    assert account_topic(account_id) in kit.topics_of(lambda: kit.patch(account_id, concurrency_limit=1))


def test_new_settings_release_what_needed_attention(kit: AccountsKit) -> None:
    account_id = kit.create()
    attention = ("account.authentication_failed", "Refused.", kit.hub.clock.now(), "Correct it.")
    kit.change_account(account_id, attention=attention)
    assert kit.show(account_id)["state"] == "needs_attention"

    kit.patch(account_id, name="Another name is no cure")
    assert kit.show(account_id)["attention"]["code"] == "account.authentication_failed"
    woken = kit.topics_of(lambda: kit.patch(account_id, settings={"password": "right"}))

    assert kit.show(account_id)["state"] == "ready"
    assert release_topic(account_id) in woken
    assert [event["account"] for event in kit.events("account.released")] == [account_id]


def test_an_account_that_is_being_deleted_is_not_changed(kit: AccountsKit) -> None:
    account_id = kit.create()
    kit.change_account(account_id, is_closing=True)

    for act in (
        lambda: kit.patch(account_id, name="X"),
        lambda: kit.act(lambda service: service.make_default(account_id)),
        lambda: kit.act(lambda service: service.pause(account_id)),
    ):
        with pytest.raises(WrongState) as refused:
            act()
        assert refused.value.code == "account.closing"


# -- sandbox only ------------------------------------------------------------------------------------------------

UNVERIFIED = {"server": "x", "user_name": "ada", "password": "p", "verify": False}


def test_what_is_for_a_sandbox_is_refused_outside_of_one(kit: AccountsKit) -> None:
    account_id = kit.create()

    assert mistakes(kit.create, settings=UNVERIFIED) == [("/settings/verify", "settings.only_in_sandbox")]
    assert mistakes(kit.patch, account_id, settings={"verify": False}) == [
        ("/settings/verify", "settings.only_in_sandbox")
    ]


def test_in_a_sandbox_it_is_a_warning(sandbox: AccountsKit) -> None:
    shown = sandbox.show(sandbox.create(settings=UNVERIFIED))

    assert shown["warnings"] == [
        {"code": "vault.unverified", "message": "Anybody may listen.", "setting": "verify"}
    ]


def test_warnings_know_whether_a_secret_is_set(kit: AccountsKit) -> None:
    account_id = kit.create()
    assert kit.show(account_id)["warnings"] == []

    kit.patch(account_id, settings={"password": None})

    assert [each["code"] for each in kit.show(account_id)["warnings"]] == ["vault.open"]


# -- reading -----------------------------------------------------------------------------------------------------


def names(kit: AccountsKit, limit: int, after: Any = None, identity: Any = SETUP) -> tuple[list[str], Any]:
    def found(service: Any) -> tuple[list[str], Any]:
        accounts, place = service.list_accounts(limit, after)
        return [account.name for account in accounts], place

    return kit.act(found, identity)


def test_accounts_are_listed_by_name_page_by_page(kit: AccountsKit) -> None:
    for name in ("beta", "Alpha", "gamma", "alpha"):
        kit.create(name=name)

    first, place = names(kit, 3)
    second, end = names(kit, 3, place)

    assert sorted(first[:2]) == ["Alpha", "alpha"]
    assert (first[2:], second, end) == (["beta"], ["gamma"], None)


def test_an_account_is_found_under_its_new_name(kit: AccountsKit) -> None:
    account_id = kit.create(name="beta")
    kit.create(name="gamma")

    kit.patch(account_id, name="omega")

    assert names(kit, 5)[0] == ["gamma", "omega"]


def test_a_token_bound_to_accounts_knows_no_others(kit: AccountsKit) -> None:
    own, other = kit.create(name="own"), kit.create(name="other")
    bound = may(*P, accounts=frozenset({own, "gone"}))

    assert names(kit, 5, identity=bound) == (["own"], None)
    assert kit.show(own, bound)["id"] == own
    for act in (
        lambda: kit.show(other, bound),
        lambda: kit.patch(other, bound, name="X"),
        lambda: kit.act(lambda service: service.make_default(other), bound),
    ):
        with pytest.raises(NotFound):
            act()
    with pytest.raises(Denied):
        kit.create(bound)


def test_settings_are_for_those_with_set_up(kit: AccountsKit) -> None:
    def shows(identity: Any) -> bool:
        return kit.act(lambda service: service.shows_settings, identity)

    assert shows(SETUP)
    assert not shows(REDUCED)
    account_id = kit.create(settings={"server": "x", "user_name": "ada"})
    for identity, count in ((SETUP, 1), (REDUCED, 0)):
        notices = kit.act(lambda service: service.view_of(service.get_account(account_id)).notices, identity)
        assert len(notices) == count
    with pytest.raises(Denied):
        kit.show("any", may(P.MESSAGES_READ))


def test_an_account_stays_visible_while_its_connector_is_away(kit: AccountsKit) -> None:
    kit.account("old", connector="pigeon")

    shown = kit.show("old")

    assert (shown["state"], shown["settings"]["server"]) == ("connector_missing", "fake.example")
    kit.patch("old", name="Older")
    with pytest.raises(WrongState) as refused:
        kit.patch("old", settings={"server": "x"})
    assert refused.value.code == "account.connector_missing"


def test_the_last_state_that_applies_wins(kit: AccountsKit) -> None:
    account_id = kit.create()
    kit.act(lambda service: service.pause(account_id) and None)
    assert kit.show(account_id)["state"] == "paused"

    kit.change_account(account_id, attention=tuple(Attention("x.y", "m", kit.hub.clock.now(), "a")))
    assert kit.show(account_id)["state"] == "needs_attention"
    kit.change_account(account_id, is_closing=True, closing_at=kit.hub.clock.now())
    assert kit.show(account_id)["attention"]["code"] == "account.closing"


# -- the default, pause ------------------------------------------------------------------------------------------


def default(kit: AccountsKit) -> str | None:
    return kit.look(lambda root: accounts_of(root).default.account_id)


def test_no_account_becomes_the_default_by_itself(kit: AccountsKit) -> None:
    kit.create()

    assert default(kit) is None


def test_the_default_is_set_moved_and_taken_away(kit: AccountsKit) -> None:
    first, second = kit.create(is_default=True), kit.create()
    assert default(kit) == first

    kit.act(lambda service: service.make_default(second) and None)
    assert (kit.show(first)["is_default"], kit.show(second)["is_default"]) == (False, True)
    kit.patch(first, is_default=False)
    assert default(kit) == second
    kit.patch(second, is_default=False)
    assert default(kit) is None
    assert [(entry.before, entry.after) for entry in kit.trail("default_account")][:2] == [
        ({"account": second}, {"account": None}),
        ({"account": first}, {"account": second}),
    ]


def test_a_pause_is_kept_once(kit: AccountsKit) -> None:
    account_id = kit.create()

    woken = kit.topics_of(lambda: kit.act(lambda service: service.pause(account_id) and None))
    kit.act(lambda service: service.pause(account_id) and None)

    assert account_topic(account_id) in woken
    assert kit.stored(account_id, lambda account: account.state.paused_by) == "setup"
    assert [entry.action for entry in kit.trail("account")] == ["paused", "created"]


def test_operators_pause_and_change_nothing_else(kit: AccountsKit) -> None:
    account_id = kit.create()
    operator = may(P.ACCOUNTS_OPERATE, P.ACCOUNTS_STATE_READ)

    kit.act(lambda service: service.pause(account_id) and None, operator)

    for act in (
        lambda: kit.patch(account_id, operator, name="X"),
        lambda: kit.act(lambda service: service.make_default(account_id), operator),
    ):
        with pytest.raises(Denied):
            act()
