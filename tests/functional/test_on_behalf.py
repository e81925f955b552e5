"""A service hands in messages for others: owner and caller (design decision 25, api.md ``messages:on-behalf``)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mailhub.contract import hookimpl
from mailhub.contract.connector import Capabilities, ConnectorType
from mailhub.events.audit import AuditEntry, list_changes
from mailhub.people.permissions import SCOPES
from mailhub.testing import FakeProvider, fake_connector_type
from tests.kit.hub import Api, HubKit, errors_of

BOTH = ["messages:write", "messages:read", "messages:on-behalf"]


@pytest.fixture
def ada(kit: HubKit) -> Api:
    return kit.user("ada", "email-edit", name="Ada Lovelace")


@pytest.fixture
def erp(kit: HubKit) -> Api:
    """A service with the scope; its user is nobody's mailbox."""
    return kit.user("erp", "email-edit", token={"scopes": BOTH}, kind="guest", is_licensed=False)


def on_behalf_rows(kit: HubKit) -> list[AuditEntry]:
    with kit.hub.database.reading() as root:
        return [row for row in list_changes(root, 100) if row.action == "on_behalf"]


@pytest.mark.parametrize("by", ["login", "id"])
def test_the_named_user_is_the_owner_and_the_service_the_caller(
    kit: HubKit, ada: Api, erp: Api, by: str
) -> None:
    named = "ADA" if by == "login" else kit.user_id("ada")

    message = erp.send(on_behalf_of=named).json

    assert (message["owner"], message["caller"]) == (kit.user_id("ada"), kit.user_id("erp"))
    assert ada.get(f"/messages/{message['id']}").json["caller"] == kit.user_id("erp")
    assert ada.ids() == [message["id"]]


def test_view_policies_follow_the_owner_so_the_service_sees_it_once_only(
    kit: HubKit, ada: Api, erp: Api
) -> None:
    message = erp.send(on_behalf_of="ada").json

    for path in ("", "/events", "/raw"):
        assert erp.get(f"/messages/{message['id']}{path}", 404).json["code"] == "message.not_found"
    assert erp.ids() == []
    assert erp.get("/messages/counts").json["waiting"] == 0
    assert ada.get("/messages/counts").json["waiting"] == 1
    erp.act(f"/messages/{message['id']}/cancel", 404)
    assert ada.act(f"/messages/{message['id']}/cancel").json["status"] == "cancelled"


def test_the_trail_names_both(kit: HubKit, ada: Api, erp: Api) -> None:
    message = erp.send(on_behalf_of="ada").json

    [row] = on_behalf_rows(kit)
    assert (row.subject, row.id, row.login, row.user) == ("message", message["id"], "erp", kit.user_id("erp"))
    assert row.after == {"owner": kit.user_id("ada")}
    assert row.token is not None
    assert row.address == "192.0.2.7"


def test_who_sends_for_himself_leaves_no_row(kit: HubKit, ada: Api, erp: Api) -> None:
    ada.send()
    erp.send()
    erp.send(on_behalf_of="erp")

    assert on_behalf_rows(kit) == []


def test_the_owner_is_a_related_record_and_the_caller_is_not(kit: HubKit, ada: Api, erp: Api) -> None:
    message = erp.send(on_behalf_of="ada").json

    assert [(each["kind"], each["id"], each["title"]) for each in message["related"]] == [
        ("user", kit.user_id("ada"), "Ada Lovelace")
    ]


def test_mail_of_everybodys_own_mailbox_waits_in_the_owners_lane(kit: HubKit, ada: Api, erp: Api) -> None:
    kit.account("own", sends_as_user=True)

    message = erp.send(on_behalf_of="ada").json

    lane = kit.read(message["id"], lambda stored: stored.lane_id)
    assert lane.endswith(kit.user_id("ada"))
    assert kit.user_id("erp") not in lane


def current_user(kit: HubKit) -> None:
    """An account that sends in the name of its user."""
    kit.account("people", default=True, sender_type="current_user")


def test_from_is_the_owners_where_the_account_sends_as_the_user(kit: HubKit, ada: Api, erp: Api) -> None:
    current_user(kit)

    message = erp.send(on_behalf_of="ada").json

    assert message["from"] == {"name": "Ada Lovelace", "address": "ada@example.com"}


class PickyPlugin:
    """A connector for licensed people of the house."""

    plugin_name = "picky"

    @hookimpl
    def mailhub_register_connectors(self) -> Sequence[ConnectorType]:
        kind = fake_connector_type(FakeProvider())
        internal = Capabilities(user_kinds=frozenset({"internal"}), needs_licensed_user=True)
        return [replace(kind, id="picky", capabilities=internal)]


@pytest.fixture
def picky(tmp_path: Path) -> Iterator[HubKit]:
    kit = HubKit.open(tmp_path, plugins=[PickyPlugin()])
    kit.account("picky", connector="picky")
    kit.user("erp", "email-edit", kind="guest", is_licensed=False)
    yield kit
    kit.close()


@pytest.mark.parametrize(
    ("values", "is_taken"),
    [({}, True), ({"kind": "external_accountant"}, False), ({"is_licensed": False}, False)],
    ids=str,
)
def test_what_an_account_asks_of_a_user_it_asks_of_the_owner(
    picky: HubKit, values: dict[str, Any], is_taken: bool
) -> None:
    """GR2, PR3: the service itself is a guest without a licence."""
    erp = picky.user("erp", token={"scopes": BOTH})
    picky.user("ada", "email-edit", **values)

    answer = erp.send(202 if is_taken else 422, on_behalf_of="ada")

    assert is_taken or errors_of(answer) == [("/account", "sender.not_allowed")]
    assert errors_of(erp.send(422)) == [("/account", "sender.not_allowed")]


def test_an_owner_without_contact_email_cannot_be_in_from(kit: HubKit, erp: Api) -> None:
    kit.user("bob", "email-edit", contact_email="")
    current_user(kit)

    assert errors_of(erp.send(422, on_behalf_of="bob")) == [("/account", "sender.no_contact_email")]


@pytest.mark.parametrize(
    "scopes", [None, ["messages:write"], sorted(set(SCOPES) - {"messages:on-behalf"})], ids=str
)
@pytest.mark.parametrize("named", ["ada", "nobody-there", "erp"])
def test_without_the_scope_nobody_may_be_named(kit: HubKit, ada: Api, scopes: Any, named: str) -> None:
    """Alike for who is there and who is not."""
    plain = kit.user("erp", token={"scopes": scopes})

    assert plain.send(403, on_behalf_of=named).json["code"] == "token.no_on_behalf"
    assert ada.ids() == []


def test_the_scope_alone_does_not_send(kit: HubKit, ada: Api) -> None:
    erp = kit.user("erp", token={"scopes": ["messages:on-behalf"]})

    assert erp.send(403, on_behalf_of="ada").json["code"] == "permission.denied"


def test_the_caller_needs_the_permission_and_the_owner_does_not(kit: HubKit) -> None:
    """The service answers for what it hands in; the owner is who it is from."""
    kit.user("reader", "email-admin")
    reading = kit.user("reading", "email-read", token={"scopes": BOTH})
    writing = kit.user("writing", "email-edit", token={"scopes": BOTH})

    assert reading.send(403, on_behalf_of="reader").json["code"] == "permission.denied"
    assert writing.send(on_behalf_of="reader").json["owner"] == kit.user_id("reader")


def test_who_is_not_there_or_not_active_cannot_be_named(kit: HubKit, erp: Api) -> None:
    kit.user("gone", "email-edit", is_active=True)
    root = kit.user("root")
    revision = root.get(f"/users/{kit.user_id('gone')}").json["revision"]
    root.app.patch_json(
        f"/api/v1/users/{kit.user_id('gone')}", {"is_active": False}, headers={"If-Match": revision}
    )

    for named in ("gone", kit.user_id("gone"), "nobody", "A" * 22):
        assert errors_of(erp.send(422, on_behalf_of=named)) == [("/on_behalf_of", "user.not_found")]


def test_a_wrong_name_is_told_with_all_other_mistakes(kit: HubKit, erp: Api) -> None:
    refused = erp.send(422, on_behalf_of="nobody", to=["nonsense"], scenario="no-such")

    assert {("/on_behalf_of", "user.not_found"), ("/to/0", "address.invalid")} <= set(errors_of(refused))


def test_uploads_are_the_callers(kit: HubKit, ada: Api, erp: Api) -> None:
    of_erp = erp.upload(b"mine").json["id"]
    of_ada = ada.upload(b"hers").json["id"]

    assert erp.send(on_behalf_of="ada", attachments=[{"upload": of_erp}]).json["attachments"][0]["size"] == 4
    refused = erp.send(422, on_behalf_of="ada", attachments=[{"upload": of_ada}])
    assert errors_of(refused) == [("/attachments/0/upload", "upload.not_found")]


def test_the_tokens_bounds_hold_for_others_too(kit: HubKit, ada: Api) -> None:
    kit.account("other", default=False)
    bound = kit.user("erp", token={"scopes": BOTH, "accounts": ["sales"], "scenarios": ["sales-invoice"]})

    bound.send(on_behalf_of="ada", scenario="sales-invoice")
    bound.send(403, on_behalf_of="ada", scenario="sales-invoice", account="other")
    bound.send(403, on_behalf_of="ada")
