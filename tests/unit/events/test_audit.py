from dataclasses import dataclass

import pytest

from mailhub.events.audit import (
    REPLACED_SECRET,
    SECRET_NAMES,
    AuditEntry,
    Values,
    install,
    list_changes,
    record_change,
)
from mailhub.store.root import HubRoot
from tests.unit.events.fakes import START, Writer


@dataclass(frozen=True)
class Somebody:
    user_id: str = "u1"
    login: str = "ada"
    token_id: str | None = "t1"
    via: str = "api"
    address: str = "192.0.2.7"


@pytest.fixture
def hub() -> HubRoot:
    hub = HubRoot()
    install(hub)
    return hub


def record(
    hub: HubRoot,
    before: Values | None = None,
    after: Values | None = None,
    *,
    id: str = "x",
    subject: str = "account",
    writer: Writer | None = None,
) -> None:
    record_change(hub, (writer or Writer()).at(), Somebody(), "changed", subject, id, before, after)


def only(hub: HubRoot) -> AuditEntry:
    (entry,) = list_changes(hub, 10)
    return entry


def test_an_entry_says_who_when_from_where_and_what(hub: HubRoot) -> None:
    record_change(hub, Writer().at(), Somebody(), "created", "account", "a1", None, {"name": "Sales"})

    entry = only(hub)
    assert (entry.at, entry.user, entry.login, entry.token) == (START, "u1", "ada", "t1")
    assert (entry.via, entry.address) == ("api", "192.0.2.7")
    assert (entry.subject, entry.id, entry.action) == ("account", "a1", "created")
    assert (entry.before, entry.after) == (None, {"name": "Sales"})


def test_of_two_states_only_what_differs_is_kept(hub: HubRoot) -> None:
    record(
        hub,
        {"name": "Sales", "settings": {"server": "a", "port": 25}, "gone": 1},
        {"name": "Sales", "settings": {"server": "b", "port": 25}, "new": None},
    )

    assert only(hub).before == {"settings": {"server": "a"}, "gone": 1}
    assert only(hub).after == {"settings": {"server": "b"}, "new": None}


def test_secrets_show_as_set_or_not_set(hub: HubRoot) -> None:
    record(hub, {"settings": {"password": None}}, {"settings": {"password": "hunter2hunter2"}})

    assert only(hub).before == {"settings": {"password": {"is_set": False}}}
    assert only(hub).after == {"settings": {"password": {"is_set": True}}}


@pytest.mark.parametrize("name", sorted(SECRET_NAMES))
def test_what_bears_a_secrets_name_is_masked_wherever_it_stands(hub: HubRoot, name: str) -> None:
    record(hub, None, {name: "canary", "inside": [{name: b"canary"}]})

    assert only(hub).after == {name: {"is_set": True}, "inside": [{name: {"is_set": True}}]}


def test_a_secret_that_gave_way_to_another_shows(hub: HubRoot) -> None:
    record(hub, {"password": {"is_set": True}}, {"password": REPLACED_SECRET})

    assert only(hub).after == {"password": {"is_set": True, "is_new": True}}


def test_later_changes_of_the_callers_values_do_not_reach_the_trail(hub: HubRoot) -> None:
    scopes = ["a"]
    record(hub, None, {"scopes": scopes})
    scopes.append("b")

    assert only(hub).after == {"scopes": ["a"]}


def test_sets_are_kept_sorted(hub: HubRoot) -> None:
    record(hub, None, {"permission_sets": frozenset({"b", "a"})})

    assert only(hub).after == {"permission_sets": ["a", "b"]}


def test_what_is_not_plain_is_refused(hub: HubRoot) -> None:
    with pytest.raises(TypeError, match="body"):
        record(hub, None, {"body": object()})


def test_the_trail_is_read_newest_first_page_by_page(hub: HubRoot) -> None:
    writer = Writer()
    for number in range(5):
        record(hub, None, {}, id=str(number), writer=writer)

    first = list_changes(hub, 2)
    second = list_changes(hub, 2, first[-1].place)

    assert [entry.id for entry in first + second] == ["4", "3", "2", "1"]


def test_one_kind_of_object_can_be_asked_for(hub: HubRoot) -> None:
    writer = Writer()
    record(hub, None, {}, subject="user", id="u", writer=writer)
    record(hub, None, {}, subject="account", id="a", writer=writer)

    assert [entry.id for entry in list_changes(hub, 10, subject="user")] == ["u"]
