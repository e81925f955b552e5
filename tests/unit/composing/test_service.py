"""From a request to an accepted message: account, plugins, limits, and what changes in between."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import transaction
from BTrees.OOBTree import OOBTree
from ZODB.POSException import ConflictError

from mailhub.accounts.model import accounts_of
from mailhub.composing.request import AttachmentRequest, MessageRequest
from mailhub.composing.service import ComposingService
from mailhub.composing.writes import AcceptMessage, CallerEnded, ConfigurationChanged
from mailhub.contract import hookimpl
from mailhub.contract.connector import Capabilities
from mailhub.contract.errors import Refusal
from mailhub.contract.events import AttachedFile, MessageChanges
from mailhub.contract.message import Address
from mailhub.contract.texts import Text
from mailhub.delivery.model import delivery_of
from mailhub.errors import Denied, Invalid, StorageUnavailable
from mailhub.messages.model import MessageContent
from mailhub.scenarios.model import Assignment, ScenarioAttachment, scenarios_of
from mailhub.store.content import SMALL_CONTENT_BYTES, store_content
from mailhub.store.root import HubRoot, get_hub
from mailhub.store.shards import Shard, shards_of
from mailhub.testing import FakeClock, FakeProvider, fake_connector_type
from mailhub.uploads.model import uploads_of
from mailhub.uploads.sweeping import sweep_expired
from tests.kit.hub import HubKit

BIG = b"x" * 100_000


def request(**fields: Any) -> MessageRequest:
    return MessageRequest(**{"to": ("ada@example.com",), "subject": "Invoice", "text": "Hello"} | fields)


def send(kit: HubKit, login: str = "bob", **fields: Any) -> str:
    """Send as this user in a fresh view of the hub, as the API does at its first try."""
    kit.user(login, "email-edit")
    identity = kit.identity(login)
    with kit.hub.database.reading() as root:
        return kit.work(root, identity).service(ComposingService).send(request(**fields)).message_id


def refused(kit: HubKit, **fields: Any) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        send(kit, **fields)
    return [(error.pointer, error.code) for error in caught.value.errors]


def account_of(kit: HubKit, message_id: str) -> str:
    account: str = kit.read(message_id, lambda message: message.account_id)
    return account


def content_of(kit: HubKit, message_id: str, function: Callable[[MessageContent], Any]) -> Any:
    return kit.read(message_id, lambda message: function(message.content))


def assign(kit: HubKit, scenario: str, account: str) -> None:
    kit.change(lambda root: scenarios_of(root).assignments.update({scenario: Assignment(account)}))


# -- which account (SC1 to SC7, S2.6) ----------------------------------------------------------------------------


def test_the_message_names_the_account_or_the_scenario_or_it_is_the_default(kit: HubKit) -> None:
    kit.account("invoices", default=False)
    kit.account("special", default=False)
    assign(kit, "sales-invoice", "invoices")

    assert account_of(kit, send(kit)) == "sales"
    assert account_of(kit, send(kit, scenario="sales-quote")) == "sales"
    assert account_of(kit, send(kit, scenario="sales-invoice")) == "invoices"
    assert account_of(kit, send(kit, scenario="sales-invoice", account="special")) == "special"


def test_an_assignment_to_an_account_that_is_gone_or_going_falls_back_to_the_default(kit: HubKit) -> None:
    kit.account("invoices", default=False)
    assign(kit, "sales-invoice", "invoices")

    kit.change_account("invoices", is_closing=True)
    assert account_of(kit, send(kit, scenario="sales-invoice")) == "sales"
    assert refused(kit, account="invoices") == [("/account", "account.not_found")]
    kit.delete_account("invoices")
    assert account_of(kit, send(kit, scenario="sales-invoice")) == "sales"


def test_without_any_account_the_scenario_is_named(kit: HubKit) -> None:
    kit.change(lambda root: setattr(accounts_of(root).default, "account_id", None))

    with pytest.raises(Invalid) as caught:
        send(kit, scenario="sales-invoice")

    assert [error.code for error in caught.value.errors] == ["account.none_for_scenario"]
    assert "sales-invoice" in str(caught.value)
    assert "default" in str(caught.value)


def test_a_paused_account_takes_mail(kit: HubKit) -> None:
    kit.change_account("sales", paused_at=kit.hub.clock.now())

    assert kit.status(send(kit)) == "queued"


def test_mail_waits_in_the_lane_of_its_sender_where_everybody_signs_in_himself(kit: HubKit) -> None:
    kit.account("own", default=False, sends_as_user=True)
    kit.user("bob", "email-edit")

    message_id = send(kit, account="own")

    lane_id = kit.read(message_id, lambda message: message.lane_id)
    assert lane_id == f"own~{kit.user_id('bob')}"
    with kit.hub.database.reading() as root:
        assert delivery_of(root).find_lane(lane_id) is not None


# -- what changes between the check and the commit ---------------------------------------------------------------


class CatchingWriter:
    """Takes a command and does nothing with it."""

    command: AcceptMessage

    def execute(self, command: AcceptMessage) -> str:
        self.command = command
        return ""


def planned(kit: HubKit, **fields: Any) -> AcceptMessage:
    """The command that sending would hand to the writer."""
    kit.user("bob", "email-edit")
    writer: Any = CatchingWriter()
    with kit.hub.database.reading() as root:
        service = kit.work(root, kit.identity("bob")).service(ComposingService)
        service._runner = writer
        service.send(request(**fields))
    command: AcceptMessage = writer.command
    return command


def close_account(root: HubRoot) -> None:
    account = accounts_of(root).find("sales")
    assert account is not None
    account.state.is_closing = True


def forget_account(root: HubRoot) -> None:
    del accounts_of(root).by_id["sales"]


def change_settings(root: HubRoot) -> None:
    account = accounts_of(root).find("sales")
    assert account is not None
    account.settings = {**account.settings, "sender_name": "Other"}
    account.revision += 1


def move_default(root: HubRoot) -> None:
    accounts_of(root).default.account_id = "other"


def swap_default(root: HubRoot) -> None:
    default = accounts_of(root).default
    default.account_id = "other" if default.account_id == "sales" else "sales"


@pytest.mark.parametrize("change", [close_account, forget_account, change_settings, move_default])
def test_what_changed_before_the_commit_refuses_the_command(
    kit: HubKit, change: Callable[[HubRoot], None]
) -> None:
    kit.account("other", default=False)
    command = planned(kit)
    kit.change(change)

    with pytest.raises(ConfigurationChanged):
        kit.hub.writer.execute(command)


@pytest.mark.parametrize("change", [close_account, change_settings, move_default])
def test_what_changes_during_the_commit_is_a_conflict(kit: HubKit, change: Callable[[HubRoot], None]) -> None:
    """Two transactions at once: the one that closes the account wins, so no mail is queued on an account that goes."""
    kit.account("other", default=False)
    command = planned(kit)
    manager = transaction.TransactionManager(explicit=True)
    connection = kit.hub.database.open_for(manager)
    try:
        manager.begin()
        hub = get_hub(connection)
        command.check(hub)
        command.apply(hub, Shard(9, _state(hub), kit.hub.clock.now(), lambda topic: None))
        kit.change(change)
        with pytest.raises(ConflictError):
            manager.commit()
    finally:
        manager.abort()
        connection.close()
    with pytest.raises(ConfigurationChanged):
        kit.hub.writer.execute(command)


def _state(hub: HubRoot) -> Any:
    return shards_of(hub).get(1)


def test_a_user_or_token_that_ended_meanwhile_sends_nothing(kit: HubKit) -> None:
    command = planned(kit)
    kit.remove_user("bob")

    with pytest.raises(CallerEnded):
        kit.hub.writer.execute(command)


def test_the_same_command_makes_the_same_mail(kit: HubKit) -> None:
    """The writer may run it again: all that makes the mail what it is was fixed before."""
    command = planned(kit)
    first, second = (kit.hub.writer.execute(command).message_id for _time in range(2))

    mails = [
        content_of(kit, each, lambda c: (c.message_id, c.date, c.boundary_seed)) for each in (first, second)
    ]
    assert mails[0] == mails[1]


# -- plugins -----------------------------------------------------------------------------------------------------


class Meddler:
    """Does to each message what the test says."""

    plugin_name = "meddler"

    def __init__(self) -> None:
        self.change: Callable[[MessageChanges], Any] = lambda message: None
        self.keep: Callable[[], Any] = lambda: None

    @hookimpl
    def mailhub_change_message(self, message: MessageChanges) -> None:
        self.change(message)

    @hookimpl
    def mailhub_filter_default_attachments(self, scenario: str) -> Any:
        return self.keep()

    @hookimpl
    def mailhub_check_address(self, address: Address) -> Text | None:
        return "Not there." if address.address.endswith("@blocked.example") else None

    @hookimpl
    def mailhub_register_connectors(self) -> Any:
        provider = FakeProvider()
        internal = Capabilities(user_kinds=frozenset({"internal"}), needs_licensed_user=True)
        return [fake_connector_type(provider, id="picky", telemetry_prefix="picky", capabilities=internal)]


@pytest.fixture
def meddler() -> Meddler:
    return Meddler()


@pytest.fixture
def meddled(tmp_path: Path, meddler: Meddler) -> Iterator[HubKit]:
    kit = HubKit.open(tmp_path, clock=FakeClock(), plugins=[meddler])
    kit.account("sales", allow_sender_override=True, allowed_senders=["example.net"])
    yield kit
    kit.close()


def test_a_plugin_changes_a_message(meddled: HubKit, meddler: Meddler) -> None:
    def change(message: MessageChanges) -> None:
        message.subject = message.subject.upper()
        message.bcc.append(Address("archive@example.com"))
        message.from_ = Address("sales@example.com", "The sales team")
        message.headers["X-Seen"] = "yes"

    meddler.change = change

    def look(content: MessageContent) -> tuple[Any, ...]:
        return content.subject, content.bcc, content.from_, content.headers

    assert content_of(meddled, send(meddled), look) == (
        "INVOICE",
        (("archive@example.com", ""),),
        ("sales@example.com", "The sales team"),
        (("X-Seen", "yes"),),
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda m: setattr(m, "subject", "a\r\nBcc: eve@example.com"), ("/subject", "header.invalid")),
        (lambda m: m.to.clear(), ("/to", "recipients.none")),
        (lambda m: m.to.append(Address("x")), ("/to/1", "address.invalid")),
        (lambda m: setattr(m, "from_", Address("x")), ("/sender", "address.invalid")),
        (lambda m: setattr(m, "from_", Address("a@example.com", "A\nB")), ("/sender", "address.invalid")),
        (lambda m: m.headers.update({"Subject": "x"}), ("/headers/Subject", "header.invalid")),
        (lambda m: setattr(m, "text", None), ("/text", "schema.required")),
        (lambda m: setattr(m, "html", "\ud800"), ("/html", "schema.invalid")),
        (lambda m: setattr(m, "subject", None), ("", "plugin.failed")),
        (lambda m: m.to.append("ada@example.com"), ("", "plugin.failed")),
        (lambda m: setattr(m, "importance", "urgent"), ("", "plugin.failed")),
        (lambda m: setattr(m, "account_id", "other"), ("", "plugin.failed")),
        (lambda m: setattr(m, "attachments", (AttachedFile("a", "b/c", 1),)), ("", "plugin.failed")),
        (lambda m: 1 / 0, ("", "plugin.failed")),
    ],
)
def test_what_a_plugin_made_of_a_message_is_checked_like_any(
    meddled: HubKit, meddler: Meddler, change: Callable[[MessageChanges], Any], expected: tuple[str, str]
) -> None:
    meddler.change = change

    assert refused(meddled) == [expected]


def test_a_plugin_refuses_a_message_with_its_own_words(meddled: HubKit, meddler: Meddler) -> None:
    def refuse(_message: MessageChanges) -> None:
        raise Refusal("The credit limit is passed.", code="erp.credit_limit")

    meddler.change = refuse

    with pytest.raises(Invalid, match="credit limit") as caught:
        send(meddled)
    assert caught.value.code == "erp.credit_limit"


def test_addresses_that_a_plugin_does_not_want_are_refused_wherever_they_stand(meddled: HubKit) -> None:
    bad = ("x@blocked.example",)

    assert refused(meddled, to=bad, cc=bad, bcc=bad, reply_to=bad, sender=bad[0]) == [
        (pointer, code)
        for pointer, code in (
            ("/reply_to/0", "address.invalid"),
            ("/to/0", "address.invalid"),
            ("/cc/0", "address.invalid"),
            ("/bcc/0", "address.invalid"),
            ("/sender", "address.invalid"),
            ("/sender", "sender.not_allowed"),
        )
    ]


def test_the_configuration_may_change_while_a_plugin_thinks(meddled: HubKit, meddler: Meddler) -> None:
    """What was checked is checked again, and the message goes where it now belongs."""
    meddled.account("other", default=False)
    bob = meddled.user("bob", "email-edit")
    times: list[int] = []

    def change(_message: MessageChanges) -> None:
        times.append(1)
        if len(times) <= limit:
            meddled.change(swap_default)

    meddler.change = change
    limit = 1
    assert bob.send().json["account"] == "other"
    times.clear()
    limit = 99
    assert bob.send(409).json["code"] == "configuration.changed"
    assert len(times) == 3
    times.clear()
    limit = 0
    meddler.change = lambda _message: meddled.change_account("sales", is_closing=True)
    refusal = bob.send(422, account="sales").json
    assert refusal["code"] == "account.not_found"


@pytest.mark.parametrize(
    ("values", "is_taken"),
    [
        ({}, True),
        ({"kind": "guest"}, False),
        ({"kind": "external_accountant"}, False),
        ({"kind": "delegated_admin"}, False),
        ({"is_licensed": False}, False),
    ],
)
def test_some_connectors_serve_some_users_only(
    meddled: HubKit, values: dict[str, Any], is_taken: bool
) -> None:
    meddled.account("picky", default=False, connector="picky")
    meddled.user("gus", "email-edit", **values)

    if is_taken:
        assert send(meddled, "gus", account="picky")
    else:
        with pytest.raises(Invalid) as caught:
            send(meddled, "gus", account="picky")
        assert [(e.pointer, e.code) for e in caught.value.errors] == [("/account", "sender.not_allowed")]
    assert send(meddled, "gus")


# -- attachments -------------------------------------------------------------------------------------------------


def add_default_file(
    kit: HubKit, scenario: str, name: str, data: bytes = b"terms", *, is_default: bool = True
) -> None:
    def add(root: HubRoot) -> None:
        file = ScenarioAttachment(
            name, name=name, content_type="text/plain", content=store_content(data), is_default=is_default
        )
        scenarios_of(root).attachments.setdefault(scenario, OOBTree())[name] = file

    kit.change(add)


def names(content: MessageContent) -> list[tuple[str, str]]:
    return [(each.name, each.source) for each in content.attachments]


def test_default_attachments_are_added_where_plugins_leave_them(meddled: HubKit, meddler: Meddler) -> None:
    for scenario in ("sales-invoice", "default"):
        for name in ("a.txt", "b.txt"):
            add_default_file(meddled, scenario, name)
    add_default_file(meddled, "sales-invoice", "c.txt", is_default=False)
    both = [("a.txt", "scenario"), ("b.txt", "scenario")]

    assert content_of(meddled, send(meddled, scenario="sales-invoice"), names) == both
    assert content_of(meddled, send(meddled), names) == []
    without = send(meddled, scenario="sales-invoice", include_default_attachments=False)
    assert content_of(meddled, without, names) == []
    meddler.keep = lambda: ["b.txt"]
    assert content_of(meddled, send(meddled, scenario="sales-invoice"), names) == both[1:]
    meddler.keep = lambda: 1 / 0
    assert refused(meddled, scenario="sales-invoice") == [("", "plugin.failed")]


def test_a_plugin_sees_all_that_will_be_attached(meddled: HubKit, meddler: Meddler) -> None:
    add_default_file(meddled, "sales-invoice", "a.txt")
    seen: list[tuple[AttachedFile, ...]] = []
    meddler.change = lambda message: seen.append(message.attachments)

    send(meddled, scenario="sales-invoice", attachments=(file(b"123", name="own.pdf"),))

    assert [(each.name, each.content_type, each.is_default) for each in seen[0]] == [
        ("own.pdf", "application/pdf", False),
        ("a.txt", "text/plain", True),
    ]
    assert seen[0][0].size_bytes == 3


def file(data: bytes = b"x", **fields: Any) -> AttachmentRequest:
    return AttachmentRequest(**{"name": "a.bin", "data": data} | fields)


def test_big_contents_are_uploads_first_and_small_ones_are_not(kit: HubKit) -> None:
    send(kit, attachments=(file(b"x" * SMALL_CONTENT_BYTES),))
    assert count_uploads(kit) == 0

    message_id = send(kit, html="é" * 40_000, text="é" * 50_000, attachments=(file(BIG),))

    assert count_uploads(kit) == 3
    sizes = content_of(kit, message_id, lambda c: (c.html.size, c.text.size, c.attachments[0].content.size))
    assert sizes == (80_000, 100_000, len(BIG))


def count_uploads(kit: HubKit) -> int:
    with kit.hub.database.reading() as root:
        return len(uploads_of(root).by_id)


def test_a_refused_message_leaves_nothing_that_never_goes(kit: HubKit) -> None:
    """What is wrong is found before anything is stored; what is stored when the commit fails expires like any upload."""
    refused(kit, to=("x",), attachments=(file(BIG),))
    assert count_uploads(kit) == 0

    command = planned(kit, attachments=(file(BIG),))
    assert count_uploads(kit) == 1
    kit.change(close_account)
    with pytest.raises(ConfigurationChanged):
        kit.hub.writer.execute(command)
    clock: Any = kit.hub.clock
    clock.advance(25 * 3600)
    assert sweep_expired(kit.hub.database, clock.now(), timedelta(hours=24)) == 1
    assert count_uploads(kit) == 0


def test_a_message_keeps_its_content_when_the_upload_has_expired(kit: HubKit) -> None:
    bob = kit.user("bob", "email-edit")
    upload = bob.upload(BIG).json["id"]
    message_id = bob.send(attachments=[{"upload": upload, "name": "a.bin"}]).json["id"]

    kit.change(lambda root: uploads_of(root).by_id.clear())

    assert bob.get(f"/messages/{message_id}/attachments/0").body == BIG


def test_an_upload_that_expired_meanwhile_refuses_the_message(kit: HubKit) -> None:
    command = planned(kit, attachments=(file(BIG),))
    kit.change(lambda root: uploads_of(root).by_id.clear())

    with pytest.raises(Invalid) as caught:
        kit.hub.writer.execute(command)
    assert caught.value.code == "upload.not_found"


def test_sizes_are_limited_one_by_one_and_together(tmp_path: Path) -> None:
    kit = HubKit.open(tmp_path, message_max_attachment_bytes=1000, message_max_bytes=64 * 1024)
    kit.account("sales")
    try:
        assert refused(kit, attachments=(file(b"x" * 1001),)) == [("/attachments/0", "attachment.too_large")]
        many = tuple(file(b"x" * 1000) for _number in range(65))
        assert refused(kit, attachments=many, text="x" * 1000) == [("/attachments", "attachment.too_large")]
    except BaseException:
        kit.close()
        raise
    kit.close()


def test_who_may_not_send_is_denied_before_anything_is_looked_at(kit: HubKit) -> None:
    kit.user("ron", "email-read")

    with pytest.raises(Denied):
        send(kit, "ron", to=("x",))


def test_a_stopped_hub_takes_nothing(kit: HubKit) -> None:
    kit.user("bob", "email-edit")
    kit.hub.writer.stop()

    with pytest.raises(StorageUnavailable):
        send(kit)
