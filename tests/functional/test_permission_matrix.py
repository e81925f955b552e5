"""api.md, "Who may call what", cell by cell: each permission set and each scope against each call that is mounted.

``test_permissions.CALLS`` says which permission a call needs, the tables here who has it; none is taken from the code.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailhub.http.endpoint import Endpoint
from mailhub.http.mount import ENDPOINTS
from mailhub.people.permissions import PERMISSION_SETS, SCOPES, Permission
from tests.functional.test_permissions import CALLS, name_of
from tests.kit.hub import Api, HubKit

P = Permission

SETS = ("email-read", "email-edit", "email-setup", "email-operator", "email-admin")

CELLS: dict[Permission, str] = {
    P.PUBLIC: "read edit setup operator admin",
    P.SELF: "read edit setup operator admin",
    P.MESSAGES_READ: "read edit",
    P.MESSAGES_WRITE: "edit",
    P.UPLOADS_WRITE: "edit setup",
    P.SETUP_READ: "edit setup",
    P.SETUP_WRITE: "setup",
    P.ACCOUNTS_STATE_READ: "edit setup operator",
    P.ACCOUNTS_READ: "setup",
    P.ACCOUNTS_OPERATE: "setup operator",
    P.OPERATIONS: "operator",
    P.PEOPLE_ADMIN: "admin",
}
"""Which sets (``email-`` left out) may make a call that needs this."""

SCOPE_CELLS: dict[str, set[Permission]] = {
    "messages:read": {P.MESSAGES_READ},
    "messages:write": {P.MESSAGES_WRITE, P.UPLOADS_WRITE},
    "messages:on-behalf": set(),
    "setup:read": {P.SETUP_READ, P.ACCOUNTS_STATE_READ, P.ACCOUNTS_READ},
    "setup:write": {P.SETUP_WRITE, P.UPLOADS_WRITE, P.ACCOUNTS_READ},
    "operations": {P.OPERATIONS, P.ACCOUNTS_OPERATE, P.ACCOUNTS_STATE_READ},
    "admin": {P.PEOPLE_ADMIN},
}
"""What a token with only this scope keeps of a user who may do everything."""

TRIED_BY = {"POST /messages": "edit setup"}
"""Calls that may also be tried (``?dry_run=true``), and by whom."""

ACCOUNT_BRIEFLY = {"id", "name", "address", "connector", "is_default", "state"}


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubKit]:
    kit = HubKit.open(Path(tmp_path_factory.mktemp("matrix")))
    kit.account("sales")
    yield kit
    kit.close()


@pytest.fixture(scope="module")
def endpoints(kit: HubKit) -> tuple[Endpoint, ...]:
    mounted: tuple[Endpoint, ...] = kit.application.registry[ENDPOINTS]
    return mounted


@pytest.fixture(scope="module")
def people(kit: HubKit) -> dict[str, Api]:
    """Users who hold one set each."""
    return {sets: kit.user(sets, sets) for sets in SETS}


def answered(api: Api, endpoint: Endpoint, query: str = "") -> int:
    """The status of a call that names nothing that is there and sends nothing that is right."""
    path = endpoint.full_path
    for name in endpoint.path_names:
        path = path.replace(f"{{{name}}}", "A" * 24)
    answer = api.app.request(path + query, method=endpoint.method, expect_errors=True)
    assert answer.status_int < 500, f"{name_of(endpoint)} fails: {answer}"
    return int(answer.status_int)


def may_call(permission: Permission, sets: str) -> bool:
    return sets.removeprefix("email-") in CELLS[permission].split()


def test_the_tables_know_every_permission_set_and_scope() -> None:
    assert set(CELLS) == set(Permission)
    assert set(SETS) == set(PERMISSION_SETS)
    assert set(SCOPE_CELLS) == set(SCOPES)
    assert set(CALLS.values()) <= set(CELLS)


@pytest.mark.parametrize("sets", SETS)
def test_a_permission_set_opens_its_calls_and_no_others(
    people: dict[str, Api], endpoints: tuple[Endpoint, ...], sets: str
) -> None:
    expected = {name_of(each): may_call(CALLS[name_of(each)], sets) for each in endpoints}

    assert {name_of(each): answered(people[sets], each) != 403 for each in endpoints} == expected


def test_who_holds_no_set_has_himself_only(kit: HubKit, endpoints: tuple[Endpoint, ...]) -> None:
    user = kit.user("empty", permission_sets=[])
    for each in endpoints:
        is_open = CALLS[name_of(each)] in (P.SELF, P.PUBLIC)
        assert (answered(user, each) != 403) is is_open, name_of(each)


def test_who_holds_all_sets_may_call_everything(kit: HubKit, endpoints: tuple[Endpoint, ...]) -> None:
    root = kit.user("everything")
    for each in endpoints:
        assert answered(root, each) != 403, name_of(each)


@pytest.mark.parametrize("scope", SCOPE_CELLS)
def test_a_scope_keeps_its_calls_and_no_others(
    kit: HubKit, endpoints: tuple[Endpoint, ...], scope: str
) -> None:
    token = kit.user("everything", token={"scopes": [scope]})
    for each in endpoints:
        needed = CALLS[name_of(each)]
        is_open = needed in (P.SELF, P.PUBLIC) or needed in SCOPE_CELLS[scope]
        assert (answered(token, each) != 403) is is_open, name_of(each)


@pytest.mark.parametrize("sets", SETS)
def test_scopes_add_nothing_to_what_the_user_may(
    kit: HubKit, people: dict[str, Api], endpoints: tuple[Endpoint, ...], sets: str
) -> None:
    everything = kit.user(sets, token={"scopes": sorted(SCOPES)})
    for each in endpoints:
        is_open = may_call(CALLS[name_of(each)], sets)
        assert (answered(everything, each) != 403) is is_open, name_of(each)


@pytest.mark.parametrize("sets", SETS)
def test_a_call_that_can_be_tried_is_tried_by_whom_the_table_says(
    people: dict[str, Api], endpoints: tuple[Endpoint, ...], sets: str
) -> None:
    tried = [each for each in endpoints if each.dry_run_permission is not None]
    assert {name_of(each) for each in tried} == set(TRIED_BY)
    for each in tried:
        is_open = sets.removeprefix("email-") in TRIED_BY[name_of(each)].split()
        assert (answered(people[sets], each, "?dry_run=true") != 403) is is_open, name_of(each)


@pytest.mark.parametrize("sets", ["email-edit", "email-operator", "email-setup"])
def test_settings_of_accounts_are_for_set_up(people: dict[str, Api], sets: str) -> None:
    for account in (
        people[sets].get("/accounts/sales").json,
        people[sets].get("/accounts").json["items"][0],
    ):
        assert (set(account) == ACCOUNT_BRIEFLY) is (sets != "email-setup")
        assert ("settings" in account) is (sets == "email-setup")


@pytest.mark.parametrize("sets", SETS)
def test_tokens_of_others_are_for_administrators(kit: HubKit, people: dict[str, Api], sets: str) -> None:
    person, is_admin = people[sets], sets == "email-admin"
    kit.user("owner", "email-read")
    made = kit.user("owner").post("/tokens", {"name": "theirs"}, 201).json["id"]

    person.post("/tokens", {"user": "owner"}, 201 if is_admin else 403)
    person.post("/tokens", {"user": "nobody-there"}, 422 if is_admin else 403)
    person.post("/tokens", {}, 201)
    listed = {token["user"] for page in person.pages("/tokens") for token in page}
    assert (listed == {kit.user_id(sets)}) is not is_admin
    person.app.delete(f"/api/v1/tokens/{made}", status=204 if is_admin else 404)


@pytest.mark.parametrize("sets", SETS)
def test_only_administrators_grant_the_scope_to_act_for_others(people: dict[str, Api], sets: str) -> None:
    status = 201 if sets == "email-admin" else 403

    people[sets].post("/tokens", {"scopes": ["messages:on-behalf"]}, status)


def test_a_check_belongs_to_its_maker(kit: HubKit, people: dict[str, Api]) -> None:
    fields: dict[str, Any] = {"connector": "fake", "settings": {"server": "fake.example"}}
    begun = people["email-setup"].post("/accounts/check", fields, 202, Prefer="respond-async")

    people["email-setup"].get(f"/checks/{begun.json['id']}")
    for other in (kit.user("second", "email-setup"), people["email-admin"], kit.user("everything")):
        other.get(f"/checks/{begun.json['id']}", 404)
