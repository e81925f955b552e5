"""Who a message is from: account, scenario, message (SM2, SM10)."""

from typing import Any

import pytest

from mailhub.accounts.model import Account
from mailhub.composing.senders import Owner, ResolvedSender, SenderRefused, resolve_sender
from mailhub.contract.message import Address
from mailhub.scenarios.model import Assignment
from mailhub.testing.clock import START

ADA = Owner("Ada Lovelace", "ada@example.com")
ANYBODY: dict[str, Any] = {
    "allow_sender_override": True,
    "allowed_senders": ["example.net", "boss@example.org"],
}


def account(address: str = "sales@example.com", **settings: Any) -> Account:
    return Account(
        "sales",
        connector="fake",
        name="Sales",
        address=address,
        settings=settings,
        secrets={},
        rate_limit_per_minute=0,
        created_at=START,
    )


def assignment(sender: str | None, mode: str | None = None) -> Assignment:
    made = Assignment("sales")
    made.substitute_sender, made.substitute_mode = sender, mode
    return made


def sent_by(
    by: Account, scenario: Assignment | None = None, requested: Address | None = None, owner: Owner = ADA
) -> ResolvedSender:
    return resolve_sender(by, scenario, requested, owner)


def test_mail_is_from_the_account() -> None:
    found = sent_by(account(sender_type="specific", sender_name="Sales team"))

    assert found == ResolvedSender(Address("sales@example.com", "Sales team"), None, "sales@example.com")


def test_mail_is_from_the_user_and_failures_return_to_the_account() -> None:
    found = sent_by(account(sender_type="current_user"))

    assert found == ResolvedSender(Address("ada@example.com", "Ada Lovelace"), None, "sales@example.com")


def test_failures_return_to_the_user_where_the_account_has_no_address() -> None:
    assert sent_by(account("", sender_type="current_user")).envelope_from == "ada@example.com"


def test_a_user_without_a_contact_address_cannot_be_the_sender() -> None:
    with pytest.raises(SenderRefused) as refused:
        sent_by(account(sender_type="current_user"), owner=Owner("Ada", ""))

    assert (refused.value.error.pointer, refused.value.error.code) == ("/account", "sender.no_contact_email")


def test_a_substitute_is_shown_as_from() -> None:
    found = sent_by(account(sender_name="Sales", substitute_sender="office@example.com"))

    assert found.from_ == Address("office@example.com", "Sales")
    assert found.sender is None


def test_on_behalf_keeps_who_really_sends() -> None:
    found = sent_by(account(substitute_sender="office@example.com", substitute_mode="on_behalf"))

    assert found.from_ == Address("office@example.com")
    assert found.sender == Address("sales@example.com")


def test_a_substitute_that_is_the_account_itself_changes_nothing() -> None:
    found = sent_by(account(substitute_sender="Sales@example.com", substitute_mode="on_behalf"))

    assert found == ResolvedSender(Address("sales@example.com"), None, "sales@example.com")


def test_the_message_overrules_the_scenario_and_that_the_account() -> None:
    by = account(substitute_sender="office@example.com", substitute_mode="on_behalf", **ANYBODY)
    scenario = assignment("boss@example.org", "send_as")

    assert sent_by(by).from_.address == "office@example.com"
    assert sent_by(by, scenario) == ResolvedSender(Address("boss@example.org"), None, "sales@example.com")
    requested = sent_by(by, scenario, Address("eve@example.net", "Eve"))
    assert requested.from_ == Address("eve@example.net", "Eve")
    assert requested.sender == Address("sales@example.com")
    assert sent_by(by, assignment(None)).from_.address == "office@example.com"


@pytest.mark.parametrize(
    ("settings", "address", "is_allowed"),
    [
        (ANYBODY, "eve@example.net", True),
        (ANYBODY, "EVE@EXAMPLE.NET", True),
        (ANYBODY, "boss@example.org", True),
        (ANYBODY, "other@example.org", False),
        (ANYBODY, "eve@sub.example.net", False),
        (ANYBODY, "eve@evilexample.net", False),
        ({**ANYBODY, "allow_sender_override": False}, "eve@example.net", False),
        ({"allowed_senders": ["example.net"]}, "eve@example.net", False),
        ({"allow_sender_override": True}, "eve@example.net", False),
        ({}, "eve@example.net", False),
    ],
)
def test_only_listed_senders_may_be_named(settings: dict[str, Any], address: str, is_allowed: bool) -> None:
    by = account(**settings)
    if is_allowed:
        assert sent_by(by, requested=Address(address)).from_.address == address
        assert sent_by(by, assignment(address)).from_.address == address
        return
    for scenario, requested, pointer in (
        (None, Address(address), "/sender"),
        (assignment(address), None, "/scenario"),
    ):
        with pytest.raises(SenderRefused) as refused:
            sent_by(by, scenario, requested)
        assert (refused.value.error.pointer, refused.value.error.code) == (pointer, "sender.not_allowed")


def test_the_accounts_own_address_may_always_be_named() -> None:
    found = sent_by(account(sender_name="Sales"), requested=Address("SALES@example.com", "The team"))

    assert found.from_ == Address("sales@example.com", "The team")
