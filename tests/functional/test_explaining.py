"""Explaining and trying through a whole hub, and what then happens: 200 random configurations, and each rule by itself."""

from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default as default_policy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from mailhub.accounts.model import accounts_of
from mailhub.scenarios.model import Assignment, scenarios_of
from mailhub.uploads.model import uploads_of
from tests.kit.configurations import (
    PEOPLE,
    Asked,
    Configuration,
    ConfigurationPlugin,
    Expected,
    expected,
    set_up,
    worlds,
)
from tests.kit.hub import Api, HubKit, check_described, errors_of

SEEN = ("account", "sender", "limits", "attachments", "problems", "steps")


class World:
    """A hub whose configuration is another one for each example."""

    def __init__(self, folder: Path) -> None:
        self.plugin = ConfigurationPlugin()
        self.kit = HubKit.open(folder, plugins=[self.plugin])
        for person in PEOPLE:
            values: dict[str, Any] = {"kind": person.kind, "is_licensed": person.is_licensed}
            self.kit.user(person.login, "email-edit", contact_email=person.contact_email, **values)

    def api(self, asked: Asked) -> Api:
        bound = None if asked.bound is None else sorted(asked.bound)
        return self.kit.user(asked.person.login, token={"accounts": bound})

    def set_up(self, world: Configuration) -> None:
        self.kit.change(lambda root: set_up(root, world))
        self.plugin.kept = world.kept


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("world"))
    yield made
    made.kit.close()


def body_of(asked: Asked) -> dict[str, Any]:
    return {
        "scenario": asked.scenario,
        "account": asked.account,
        "sender": asked.sender,
        "to": ["ada@example.com"],
        "subject": "Invoice",
        "text": "Hello",
        "include_default_attachments": asked.is_wanted,
    }


def told_by(message: dict[str, Any], codes: tuple[str, ...] = ()) -> Expected:
    """What a message says of how it goes."""
    return Expected(
        message["account"],
        None if message["from"] is None else message["from"]["address"],
        None if message["sender"] is None else message["sender"]["address"],
        tuple(each["name"] for each in message["attachments"]),
        codes,
    )


@settings(max_examples=200, derandomize=True, database=None, deadline=None)
@given(worlds())
def test_what_is_explained_and_tried_is_what_happens(
    world: World, drawn: tuple[Configuration, Asked]
) -> None:
    configuration, asked = drawn
    world.set_up(configuration)
    api, foreseen = world.api(asked), expected(configuration, asked)

    tried = api.post("/messages?dry_run=true", body_of(asked), 200).json
    sent = api.app.post_json("/api/v1/messages", body_of(asked), expect_errors=True)

    assert told_by(tried["message"], tuple(each["code"] for each in tried["explain"]["problems"])) == foreseen
    if not foreseen.codes:
        assert sent.status_int == 202
        assert told_by(sent.json) == foreseen
    elif foreseen.codes == ("permission.denied",):
        assert (sent.status_int, sent.json["code"]) == (403, "permission.denied")
    else:
        assert (sent.status_int, [code for _pointer, code in errors_of(sent)]) == (422, [*foreseen.codes])
    explained = api.get(f"/scenarios/{asked.scenario}/explain").json
    plain = api.post("/messages?dry_run=true", body_of(plain_of(asked)), 200).json["explain"]
    assert {name: explained[name] for name in SEEN} == {name: plain[name] for name in SEEN}


def plain_of(asked: Asked) -> Asked:
    return Asked(asked.person, asked.scenario, bound=asked.bound)


# -- rule by rule ----------------------------------------------------------------------------------------------------


def explain(api: Api, scenario: str = "sales-invoice") -> dict[str, Any]:
    told: dict[str, Any] = api.get(f"/scenarios/{scenario}/explain").json
    return told


def step(told: dict[str, Any], question: str) -> tuple[str, str]:
    return next((s["answer"], s["because"]) for s in told["steps"] if s["question"] == question)


def assign(kit: HubKit, account: str, substitute: str | None = None) -> None:
    def change(root: Any) -> None:
        scenarios_of(root).assignments["sales-invoice"] = made = Assignment(account)
        made.substitute_sender = substitute

    kit.change(change)


def test_an_administrator_understands_which_account_sends_and_why(kit: HubKit) -> None:
    api, question = kit.user("ada"), "Which account sends?"
    kit.account("billing", default=False)

    assert step(explain(api), question) == (
        "Sales <sales@example.com>",
        "sales-invoice has no account of its own, so the default account sends.",
    )
    assign(kit, "billing")
    assert step(explain(api), question)[1] == "It is the account of sales-invoice."
    kit.delete_account("billing")
    assert (
        step(explain(api), question)[1]
        == "The account of sales-invoice is gone, so the default account sends."
    )


def test_without_an_account_the_problem_names_scenario_and_default(kit: HubKit) -> None:
    kit.change(lambda root: setattr(accounts_of(root).default, "account_id", None))
    api = kit.user("ada")

    told = explain(api)
    tried = api.post("/messages?dry_run=true", message(), 200).json

    assert (told["account"], told["sender"], told["next_slot_at"]) == (None, None, None)
    assert [each["code"] for each in told["problems"]] == ["account.none_for_scenario"]
    assert "sales-invoice" in told["problems"][0]["message"]
    assert tried["explain"] == told
    assert (tried["message"]["account"], tried["message"]["from"]) == (None, None)
    assert [code for _p, code in errors_of(api.post("/messages", message(), 422))] == [
        "account.none_for_scenario"
    ]


def message(**fields: Any) -> dict[str, Any]:
    return {
        "scenario": "sales-invoice",
        "to": ["ada@example.com"],
        "subject": "Invoice",
        "html": "<p>Hello <b>Ada</b></p>",
        **fields,
    }


def test_a_dry_run_renders_and_stores_nothing(kit: HubKit) -> None:
    api = kit.user("ada")
    big = [{"name": "a.bin", "content": "QUJD" * 30_000}]

    tried = api.post("/messages?dry_run=true", message(attachments=big), 200)

    assert tried.json["body"] == {
        "subject": "Invoice",
        "html": "<p>Hello <b>Ada</b></p>",
        "text": "Hello Ada",
        "warnings": [],
    }
    assert [each["size"] for each in tried.json["message"]["attachments"]] == [90_000]
    assert tried.json["message"]["id"] is None
    assert "Location" not in tried.headers
    assert api.ids() == []
    with kit.hub.database.reading() as root:
        assert not list(uploads_of(root).by_id)
    check_described(api.get("/openapi.json").json, "post", "/messages", 200, tried.json)


def test_what_was_explained_arrives(delivering: HubKit) -> None:
    delivering.account("billing", default=False, allow_sender_override=True, allowed_senders=["example.net"])
    assign(delivering, "billing", "boss@example.net")
    api = delivering.user("ada")
    upload = api.upload(b"Terms", Content_Disposition="attachment; filename=terms.txt").json["id"]
    api.post("/scenarios/sales-invoice/attachments", {"upload": upload, "is_default": True}, 201)

    told = explain(api)
    message_id = api.post("/messages", message()).json["id"]

    assert delivering.wait_for(message_id) == "sent"
    mail = message_from_bytes(delivering.provider.received[0].read(), policy=default_policy)
    assert str(mail["From"]) == told["sender"]["address"] == "boss@example.net"
    names = [part.get_filename() for part in mail.iter_attachments()]
    assert names == [each["name"] for each in told["attachments"]] == ["terms.txt"]


def test_mistakes_of_the_message_refuse_a_dry_run_as_they_refuse_sending(kit: HubKit) -> None:
    api = kit.user("ada")
    wrong = message(to=["x"], subject="a\r\nb", scenario="nowhere", attachments=[{"upload": "gone"}])

    tried, sent = (api.post(path, wrong, 422) for path in ("/messages?dry_run=true", "/messages"))

    assert errors_of(tried) == errors_of(sent)
    assert ("/scenario", "scenario.not_found") in errors_of(tried)
    assert ("/to/0", "address.invalid") in errors_of(tried)


def test_who_sets_up_may_try_and_explain_but_not_send(kit: HubKit) -> None:
    setup, reader = kit.user("sue", "email-setup"), kit.user("ron", "email-read")
    writer = kit.user("wes", "email-edit", token={"scopes": ["messages:write"]})

    assert explain(setup)["account"] == "sales"
    assert setup.post("/messages?dry_run=true", message(), 200).json["explain"]["account"] == "sales"
    assert writer.post("/messages?dry_run=true", message(), 200).json["explain"]["account"] == "sales"
    setup.post("/messages", message(), 403)
    setup.post("/messages?dry_run=false", message(), 403)
    reader.post("/messages?dry_run=true", message(), 403)
    reader.get("/scenarios/sales-invoice/explain", 403)
    setup.post("/messages?dry_run=yes", message(), 403)
    writer.post("/messages?dry_run=yes", message(), 422)


def test_a_token_is_told_of_its_scenarios_and_accounts_only(kit: HubKit) -> None:
    kit.account("billing", default=False)
    by_scenario = kit.user("ada", token={"scenarios": ["reminder"]})
    by_account = kit.user("ada", token={"accounts": ["billing"]})

    by_scenario.get("/scenarios/sales-invoice/explain", 404)
    by_scenario.post("/messages?dry_run=true", message(), 403)
    assert explain(by_scenario, "reminder")["account"] == "sales"
    told = explain(by_account)
    assert (told["account"], [each["code"] for each in told["problems"]]) == (None, ["permission.denied"])
    assert "Sales" not in str(told)
    by_account.post("/messages", message(), 403)
    by_account.get("/scenarios/nowhere/explain", 404)


def test_a_substitute_that_the_account_allows_no_more_is_a_problem(kit: HubKit) -> None:
    kit.account("billing", default=False, allow_sender_override=True, allowed_senders=["example.net"])
    assign(kit, "billing", "boss@example.net")
    api = kit.user("ada")
    assert explain(api)["sender"]["address"] == "boss@example.net"

    def forbid(root: Any) -> None:
        account = accounts_of(root).find("billing")
        assert account is not None
        account.settings = {**account.settings, "allowed_senders": []}

    kit.change(forbid)

    told = explain(api)
    assert (told["account"], told["sender"]) == ("billing", None)
    assert [each["code"] for each in told["problems"]] == ["sender.not_allowed"]


@pytest.mark.parametrize(
    ("state", "because"),
    [
        ({"paused_at": True}, "The account is paused."),
        ({"attention": True}, "The account needs attention: an administrator sees there what is wrong."),
    ],
)
def test_what_stands_still_is_no_problem_but_has_no_time(
    kit: HubKit, state: dict[str, Any], because: str
) -> None:
    now = kit.hub.clock.now()
    values = {"paused_at": now, "attention": ("account.authentication_failed", "no", now, "mend")}
    kit.change_account("sales", **{name: values[name] for name in state})

    told = explain(kit.user("ada"))

    assert step(told, "When can it leave?") == ("Not yet", because)
    assert (told["next_slot_at"], told["problems"]) == (None, [])


def test_a_key_of_a_dry_run_is_not_used_up(kit: HubKit) -> None:
    api = kit.user("ada")

    api.post("/messages?dry_run=true", message(), 200, **{"Idempotency-Key": "k"})
    sent = api.post("/messages", message(), 202, **{"Idempotency-Key": "k"})
    again = api.post("/messages?dry_run=true", message(), 200, **{"Idempotency-Key": "k"})

    assert "Idempotency-Replayed" not in sent.headers
    assert again.json["message"]["id"] is None
    assert api.ids() == [sent.json["id"]]
