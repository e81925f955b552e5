"""Accounts, connectors, checks and scenarios through the API."""

import json
from collections.abc import Callable
from threading import Condition
from typing import Any

import pytest

from mailhub.delivery.check_runs import CheckRun
from mailhub.delivery.checking import CheckingService
from tests.kit.hub import Api, HubKit, check_described, errors_of

SECRET = "geheim-4711"
NEW: dict[str, Any] = {
    "connector": "fake",
    "name": "Orders",
    "address": "orders@example.com",
    "settings": {"server": "fake.example", "token": SECRET},
}
BRIEF = {"id", "name", "address", "connector", "is_default", "state"}


@pytest.fixture
def setup(kit: HubKit) -> Api:
    return kit.user("setup", "email-setup")


def create(api: Api, **values: Any) -> Any:
    return api.post("/accounts", NEW | values, 201).json


def patch(api: Api, path: str, body: Any, status: int = 200, if_match: str | None = None) -> Any:
    headers = {} if if_match is None else {"If-Match": if_match}
    return api.app.patch_json(f"/api/v1{path}", body, headers=headers, status=status)


def put(api: Api, path: str, body: Any, status: int = 200, **headers: str) -> Any:
    return api.app.put_json(f"/api/v1{path}", body, headers=headers, status=status)


def delete(api: Api, path: str, status: int = 200, if_match: str | None = "*") -> Any:
    headers = {} if if_match is None else {"If-Match": if_match}
    return api.app.delete(f"/api/v1{path}", headers=headers, status=status)


def wait_until(kit: HubKit, is_so: Callable[[], bool]) -> None:
    """Look again after each commit."""
    changed = Condition()

    def committed(_topics: frozenset[str]) -> None:
        with changed:
            changed.notify_all()

    kit.hub.writer.on_commit(committed)
    with changed:
        assert changed.wait_for(is_so, 20)


# -- accounts ----------------------------------------------------------------------------------------------------


def test_an_account_is_made_and_read_as_the_document_says(setup: Api) -> None:
    made = setup.post("/accounts", NEW, 201)
    document = setup.get("/openapi.json").json

    account = made.json
    assert made.headers["Location"] == f"/api/v1/accounts/{account['id']}"
    assert made.headers["ETag"] == f'"{account["revision"]}"'
    assert account["settings"]["token"] == {"is_set": True}
    assert setup.get(f"/accounts/{account['id']}").json == account
    check_described(document, "post", "/accounts", 201, account)
    check_described(document, "get", "/accounts/{id}", 200, account)
    check_described(document, "get", "/accounts", 200, setup.get("/accounts").json)


def test_who_has_no_set_up_sees_which_accounts_there_are_and_how_they_are(kit: HubKit, setup: Api) -> None:
    create(setup)
    for sets in ("email-edit", "email-operator"):
        other = kit.user(sets, sets)
        items = other.get("/accounts").json["items"]
        assert [set(item) for item in items] == [BRIEF, BRIEF]
        check_described(
            setup.get("/openapi.json").json, "get", "/accounts", 200, {"items": items, "next_cursor": None}
        )
    kit.user("reader", "email-read").get("/accounts", 403)
    token = kit.user("setup", token={"scopes": ["setup:read"]})
    assert "settings" in token.get("/accounts").json["items"][0]


def test_a_change_needs_the_revision_that_was_seen(setup: Api) -> None:
    account = create(setup)
    path = f"/accounts/{account['id']}"

    patch(setup, path, {"name": "X"}, 428)
    changed = patch(setup, path, {"name": "X"}, if_match=f'"{account["revision"]}"').json
    patch(setup, path, {"name": "Y"}, 412, if_match=account["revision"])

    assert (changed["name"], changed["settings"]) == ("X", account["settings"])
    patch(setup, "/accounts/gone", {"name": "X"}, 404)


def test_secrets_are_kept_replaced_and_removed(setup: Api) -> None:
    account = create(setup)
    path = f"/accounts/{account['id']}"

    for given, is_set in ((account["settings"], True), ({"token": "neu"}, True), ({"token": None}, False)):
        changed = patch(setup, path, {"settings": given}, if_match="*").json
        assert changed["settings"]["token"] == {"is_set": is_set}
    assert changed["warnings"][0]["code"] == "fake.no_token"
    assert SECRET not in json.dumps([changed, setup.get("/accounts").json])


def test_every_mistake_is_told_at_its_place(setup: Api) -> None:
    answer = setup.post("/accounts", NEW | {"concurrency_limit": 11, "colour": "red"}, 422)

    assert set(errors_of(answer)) == {
        ("/concurrency_limit", "schema.invalid"),
        ("/colour", "schema.unknown_field"),
    }
    answer = setup.post("/accounts", NEW | {"settings": {"region": "xx"}}, 422)
    assert set(errors_of(answer)) == {
        ("/settings/server", "schema.required"),
        ("/settings/region", "schema.invalid"),
    }


def test_mistakes_of_form_and_of_meaning_come_together(setup: Api) -> None:
    fields = {"name": "", "address": "nobody", "settings": {"server": 7}, "colour": "red"}

    def told(connector: Any) -> list[tuple[str, str]]:
        return sorted(errors_of(setup.post("/accounts", {**fields, "connector": connector}, 422)))

    address, colour = ("/address", "address.invalid"), ("/colour", "schema.unknown_field")
    name, settings = ("/name", "schema.required"), ("/settings/server", "schema.wrong_type")
    assert told("fake") == [address, colour, name, settings]
    assert told("none") == [address, colour, ("/connector", "connector.not_found"), name]
    assert told(7) == [address, colour, ("/connector", "schema.wrong_type"), name]


def test_pages_go_through_all_accounts_by_name(setup: Api) -> None:
    for number in range(5):
        create(setup, name=f"Account {number}")

    pages = list(setup.pages("/accounts", limit=2))

    names = [item["name"] for page in pages for item in page]
    assert (len(pages), names) == (3, [*(f"Account {number}" for number in range(5)), "Sales"])


def test_the_default_is_a_choice(setup: Api) -> None:
    account = create(setup)
    assert not account["is_default"]

    assert setup.act(f"/accounts/{account['id']}/default").json["is_default"]
    assert not setup.get("/accounts/sales").json["is_default"]


def test_pausing_holds_mail_and_resuming_lets_it_go(delivering: HubKit) -> None:
    operator = delivering.user("operator", "email-operator")
    sender = delivering.user("ada", "email-edit")

    assert set(operator.act("/accounts/sales/pause").json) == BRIEF
    message = sender.send().json
    assert sender.get(f"/messages/{message['id']}").json["waiting_for"] == "paused_account"
    queue = operator.get("/accounts/sales/queue").json
    assert (queue["waiting"], queue["paused_reason"]) == (1, "paused")
    assert operator.act("/accounts/sales/resume").json["state"] == "ready"

    assert delivering.wait_for(message["id"]) == "sent"
    queue = operator.get("/accounts/sales/queue").json
    assert (queue["waiting"], queue["sent_today"]) == (0, 1)
    check_described(operator.get("/openapi.json").json, "get", "/accounts/{id}/queue", 200, queue)
    sender.get("/accounts/sales/queue", 403)


def test_new_settings_send_what_a_refused_sign_in_held(delivering: HubKit) -> None:
    setup, sender = delivering.user("setup", "email-setup"), delivering.user("ada", "email-edit")
    delivering.provider.kill_sign_in()
    message = sender.send().json
    delivering.wait_for(message["id"], "queued")
    wait_until(delivering, lambda: setup.get("/accounts/sales").json["state"] == "needs_attention")
    attention = setup.get("/accounts/sales").json["attention"]
    assert attention["code"] == "account.authentication_failed"
    delivering.provider.revive_sign_in()

    patch(setup, "/accounts/sales", {"settings": {"token": "right"}}, if_match="*")

    assert delivering.wait_for(message["id"]) == "sent"
    assert setup.get("/accounts/sales").json["attention"] is None


# -- deleting ----------------------------------------------------------------------------------------------------


def test_an_account_is_deleted_with_its_assignments(setup: Api) -> None:
    account = create(setup)
    path = f"/accounts/{account['id']}"
    put(setup, f"{path}/scenarios", {"scenarios": ["reminder"]})
    delete(setup, path, 428, if_match=None)

    answer = delete(setup, path)

    assert answer.json == {
        "unassigned_scenarios": ["reminder"],
        "was_default": False,
        "cancelled": 0,
        "moved": 0,
    }
    delete(setup, path, 404)


def test_waiting_mail_is_cancelled_or_moved_as_the_caller_says(kit: HubKit, setup: Api) -> None:
    sender = kit.user("ada", "email-edit")
    first, second = create(setup)["id"], create(setup, name="Second")["id"]
    message = sender.send(account=first).json["id"]

    refusal = delete(setup, f"/accounts/{first}", 409)
    assert refusal.json["code"] == "account.has_waiting_mail"
    assert "?waiting=cancel" in refusal.json["detail"]
    assert errors_of(delete(setup, f"/accounts/{first}?waiting=move", 422)) == [("/to", "schema.required")]
    assert errors_of(delete(setup, f"/accounts/{first}?waiting=lose", 422)) == [
        ("/waiting", "schema.invalid")
    ]
    assert delete(setup, f"/accounts/{first}?waiting=move&to={second}").json["moved"] == 1
    assert sender.get(f"/messages/{message}").json["account"] == second
    assert delete(setup, f"/accounts/{second}?waiting=cancel").json["cancelled"] == 1
    assert sender.get(f"/messages/{message}").json["status"] == "cancelled"


# -- trying out --------------------------------------------------------------------------------------------------


def test_a_test_mail_tells_each_step(kit: HubKit, setup: Api) -> None:
    answer = setup.post("/accounts/sales/test", {"to": "bob@example.com"}, 200).json

    assert (answer["outcome"], answer["error"]) == ("sent", None)
    assert [step["name"] for step in answer["steps"]] == ["connect", "authenticate", "send"]
    assert kit.provider.received[-1].recipients == ("bob@example.com",)
    check_described(setup.get("/openapi.json").json, "post", "/accounts/{id}/test", 200, answer)


def test_a_failed_test_says_where_and_why(kit: HubKit, setup: Api) -> None:
    kit.provider.kill_sign_in()

    answer = setup.post("/accounts/sales/test", {"to": "bob@example.com"}, 200).json

    assert answer["outcome"] == "failed"
    assert [step["outcome"] for step in answer["steps"]] == ["ok", "failed", "skipped"]
    assert answer["error"]["code"] == "account.authentication_failed"


def test_with_no_permit_free_a_test_says_when(setup: Api) -> None:
    account = create(setup, rate_limit_per_minute=1)
    path = f"/accounts/{account['id']}/test"
    setup.post(path, {"to": "bob@example.com"}, 200)

    refusal = setup.post(path, {"to": "bob@example.com"}, 429)

    assert refusal.json["code"] == "account.rate_limited"
    assert 50 <= int(refusal.headers["Retry-After"]) <= 61


def test_unsaved_settings_are_tried_without_a_trace(setup: Api) -> None:
    before = setup.get("/accounts").json
    answer = setup.post("/accounts/check", {"connector": "fake", "settings": {"server": "x"}}, 200).json

    assert answer["outcome"] == "ok"
    assert answer["steps"][-1] == {
        "name": "send",
        "outcome": "skipped",
        "duration_seconds": 0.0,
        "detail": "",
    }
    assert setup.get("/accounts").json == before


def test_stored_secrets_are_no_way_to_another_server(setup: Api) -> None:
    account = create(setup)
    body = {"connector": "fake", "settings": {"server": "evil.example"}, "account": account["id"]}

    assert errors_of(setup.post("/accounts/check", body, 422)) == [("/settings/token", "secret.needed_again")]


def test_a_check_goes_on_by_itself_and_belongs_to_its_maker(kit: HubKit, setup: Api) -> None:
    body = {"connector": "fake", "settings": {"server": "x"}, "to": "bob@example.com"}
    answer = setup.post("/accounts/check", body, 202, Prefer="respond-async")

    path = answer.headers["Location"].removeprefix("/api/v1")
    identity = kit.identity("setup")
    run = kit.hub.run(
        lambda work: work.service(CheckingService).get_check(answer.json["id"]), "look", identity
    )
    assert isinstance(run, CheckRun)
    run.wait()
    found = setup.get(path).json
    assert (found["outcome"], found["id"]) == ("sent", answer.json["id"])
    check_described(setup.get("/openapi.json").json, "get", "/checks/{id}", 200, found)
    kit.user("other").get(path, 404)


# -- connectors --------------------------------------------------------------------------------------------------


def test_connectors_show_what_a_form_needs(setup: Api) -> None:
    answer = setup.get("/connectors").json

    found = {item["id"]: item for item in answer["items"]}
    assert set(found) == {"capture", "file", "fake"}
    fake = found["fake"]
    assert fake["settings_schema"]["properties"]["server"]["type"] == "string"
    assert fake["capabilities"]["delivers_outside"] is False
    assert fake["logo"].startswith("data:image/svg+xml;base64,")
    assert fake["presets"][0]["settings"]["region"] == "us"
    check_described(setup.get("/openapi.json").json, "get", "/connectors", 200, answer)


def test_allow_http_is_set_by_set_up(kit: HubKit, setup: Api) -> None:
    assert patch(setup, "/connectors/fake", {"allow_http": True}).json["allow_http"] is True
    assert next(item for item in setup.get("/connectors").json["items"] if item["id"] == "fake")["allow_http"]
    patch(setup, "/connectors/pigeon", {"allow_http": True}, 404)
    patch(kit.user("ada", "email-edit"), "/connectors/fake", {"allow_http": True}, 403)


# -- scenarios ---------------------------------------------------------------------------------------------------


def test_scenarios_are_listed_assigned_and_unassigned(setup: Api) -> None:
    account = create(setup)["id"]

    assigned = put(setup, "/scenarios/reminder/account", {"account": account}).json
    assert (assigned["account"], assigned["effective_account"]) == (account, account)
    assert setup.get(f"/accounts/{account}").json["scenarios"] == ["reminder"]
    put(setup, "/scenarios/reminder/account", {"account": None}, 412, **{"If-Match": "old"})
    freed = put(setup, "/scenarios/reminder/account", {"account": None}).json
    assert (freed["account"], freed["effective_account"]) == (None, "sales")
    listed = setup.get("/scenarios").json
    assert freed in listed["items"]
    check_described(setup.get("/openapi.json").json, "get", "/scenarios", 200, listed)


def test_assigning_what_is_not_allowed_is_refused(setup: Api) -> None:
    assert errors_of(put(setup, "/scenarios/reminder/account", {"account": "gone"}, 422)) == [
        ("/account", "account.not_found")
    ]
    body = {"account": "sales", "substitute_sender": "boss@example.com"}
    assert errors_of(put(setup, "/scenarios/reminder/account", body, 422)) == [
        ("/substitute_sender", "sender.not_allowed")
    ]
    assert (
        put(setup, "/scenarios/default/account", {"account": "sales"}, 409).json["code"] == "scenario.default"
    )
    assert errors_of(put(setup, "/scenarios/reminder/account", {}, 422)) == [("/account", "schema.required")]
    put(setup, "/scenarios/nothing/account", {"account": "sales"}, 404)


def test_scenarios_of_ones_own_come_and_go(kit: HubKit, setup: Api) -> None:
    body = {"id": "rent-reminder", "title": "Rent reminder"}
    made = setup.post("/scenarios", body, 201)
    assert (made.json["source"], made.headers["Location"]) == ("custom", "/api/v1/scenarios/rent-reminder")
    assert setup.post("/scenarios", body, 409).json["code"] == "scenario.exists"
    kit.user("ada", "email-edit").send(scenario="rent-reminder")

    delete(setup, "/scenarios/rent-reminder", 204, if_match=None)

    delete(setup, "/scenarios/rent-reminder", 404)
    assert delete(setup, "/scenarios/reminder", 409).json["code"] == "scenario.built_in"


def test_all_scenarios_of_an_account_are_set_at_once(setup: Api) -> None:
    account = create(setup)["id"]

    shown = put(setup, f"/accounts/{account}/scenarios", {"scenarios": ["sales-order", "reminder"]}).json
    assert shown["scenarios"] == ["reminder", "sales-order"]
    answer = put(setup, f"/accounts/{account}/scenarios", {"scenarios": ["reminder", "default", "no"]}, 422)
    assert errors_of(answer) == [("/scenarios/1", "scenario.default"), ("/scenarios/2", "scenario.not_found")]
    put(setup, "/accounts/gone/scenarios", {"scenarios": []}, 404)
    assert put(setup, f"/accounts/{account}/scenarios", {"scenarios": []}).json["scenarios"] == []
