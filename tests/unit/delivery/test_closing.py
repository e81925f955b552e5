"""Deleting an account: what becomes of its mail, its assignments and the default (AC4 to AC6)."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from mailhub.accounts.model import accounts_of
from mailhub.composing.writes import AcceptMessage, ConfigurationChanged
from mailhub.delivery import closing
from mailhub.delivery.closing import CancelWaiting, RemoveAccount
from mailhub.delivery.model import delivery_of, lane_id_of
from mailhub.delivery.removing import AccountRemover, Removal
from mailhub.errors import Denied, Invalid, NotFound, WrongState
from mailhub.people.identity import Identity
from mailhub.people.permissions import Permission
from mailhub.scenarios.model import Assignment, scenarios_of
from mailhub.store.root import HubRoot
from mailhub.store.writer import Shard
from tests.unit.accounts.service.kit import SECRET, SETUP, may, mistakes
from tests.unit.delivery.setup_kit import DeliveryKit, opened


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[DeliveryKit]:
    with opened(tmp_path) as made:
        yield made


def remove(
    kit: DeliveryKit,
    account_id: str,
    waiting: str | None = None,
    to: str | None = None,
    identity: Identity = SETUP,
) -> Removal:
    hub = kit.kit.hub
    remover = AccountRemover(database=hub.database, writer=hub.writer, clock=kit.clock, identity=identity)
    return remover.remove(account_id, waiting, to)


def refusal(kit: DeliveryKit, *arguments: Any) -> WrongState:
    with pytest.raises(WrongState) as refused:
        remove(kit, *arguments)
    return refused.value


def is_closing(kit: DeliveryKit, account_id: str) -> bool:
    return bool(kit.account(account_id, lambda account: account.state.is_closing))


def assign(kit: DeliveryKit, scenario: str, account_id: str) -> None:
    def write(root: HubRoot) -> None:
        scenarios_of(root).assignments[scenario] = Assignment(account_id)

    kit.kit.change(write)


# -- an account without mail -------------------------------------------------------------------------------------


def test_an_account_without_mail_goes_with_all_that_hangs_on_it(kit: DeliveryKit) -> None:
    account_id = kit.kit.create(is_default=True)
    assign(kit, "reminder", account_id)
    assign(kit, "sales-order", kit.kit.create(name="Other"))
    message_id = kit.send(account_id)
    kit.api.act(f"/messages/{message_id}/cancel")

    removal = remove(kit, account_id)

    assert removal == Removal(("reminder",), was_default=True)
    assert not kit.exists(account_id)
    assert kit.kit.look(lambda root: accounts_of(root).default.account_id) is None
    assert kit.kit.look(lambda root: list(scenarios_of(root).assignments)) == ["sales-order"]
    assert kit.kit.look(lambda root: delivery_of(root).find_lane(account_id)) is None
    gone = kit.kit.look(lambda root: accounts_of(root).find_gone(account_id))
    assert gone is not None
    assert (gone.name, gone.address) == ("Sales", "sales@example.com")


def test_a_deletion_is_told_and_audited_without_secrets(kit: DeliveryKit) -> None:
    account_id = kit.kit.create()
    kit.clock.advance(1)

    remove(kit, account_id)

    assert kit.kit.events("account.deleted") == [
        {"account": account_id, "connector": "vault", "by": SETUP.user_id}
    ]
    entry = kit.kit.trail("account")[0]
    assert (entry.action, entry.id, entry.after) == ("deleted", account_id, None)
    assert entry.before is not None
    assert entry.before["settings"]["password"] == {"is_set": True}
    assert SECRET not in repr(kit.kit.trail())


def test_what_is_not_there_or_not_ones_own_is_not_found(kit: DeliveryKit) -> None:
    account_id = kit.kit.create()

    with pytest.raises(NotFound):
        remove(kit, "gone")
    with pytest.raises(Denied):
        remove(kit, account_id, identity=may(Permission.ACCOUNTS_OPERATE))
    assert not is_closing(kit, account_id)


# -- waiting mail ------------------------------------------------------------------------------------------------


def test_waiting_mail_keeps_an_account_until_somebody_says_what_becomes_of_it(kit: DeliveryKit) -> None:
    account_id = kit.kit.create()
    message_id = kit.send(account_id)
    kit.send(account_id)

    refused = refusal(kit, account_id)

    assert refused.code == "account.has_waiting_mail"
    assert str(refused).startswith("2 messages wait")
    assert not is_closing(kit, account_id)
    assert kit.status(message_id) == "queued"
    kit.send(account_id)


def test_waiting_mail_is_cancelled(kit: DeliveryKit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closing, "BATCH", 2)
    account_id, other = kit.kit.create(), kit.kit.create()
    waiting = [kit.send(account_id) for _number in range(5)]
    kept = kit.send(other)

    removal = remove(kit, account_id, "cancel")

    assert (removal.cancelled, removal.moved) == (5, 0)
    assert {kit.status(each) for each in waiting} == {"cancelled"}
    assert kit.status(kept) == "queued"
    assert len(kit.kit.events("message.cancelled")) == 5
    last = kit.message(waiting[0], lambda message: message.history_entries()[-1])
    assert (last.event, last.detail) == ("cancelled", "Its account was deleted.")


def test_waiting_mail_moves_in_its_order_with_its_times(kit: DeliveryKit) -> None:
    account_id = kit.kit.create(rate_limit_per_minute=0)
    target = kit.kit.create(name="Target", rate_limit_per_minute=0)
    retried, now = kit.send(account_id), kit.send(account_id, priority="high")
    later = kit.send(account_id, send_at=kit.in_seconds(600).isoformat())
    # the high one first, so the other is what is left for a second claim
    kit.claim(account_id, count=1)
    kit.record(account_id, now, "retry")

    removal = remove(kit, account_id, "move", target)

    assert removal.moved == 3
    assert not kit.exists(account_id)
    for message_id, due in ((retried, kit.now), (now, kit.in_seconds(60)), (later, kit.in_seconds(600))):
        found = kit.message(message_id, lambda message: (message.account_id, message.lane_id, message.status))
        assert found == (target, target, "queued")
        assert kit.message(message_id, lambda message: message.next_attempt_at) == due
    assert kit.message(now, lambda message: message.attempts) == 1
    claimed = [item.outgoing.id for item in kit.claim(target).claimed]
    assert claimed == [retried]


def test_moved_mail_is_found_under_its_new_account(kit: DeliveryKit) -> None:
    account_id, target = kit.kit.create(), kit.kit.create()
    message_id = kit.send(account_id)

    remove(kit, account_id, "move", target)

    assert kit.api.ids(account=target) == [message_id]
    assert kit.api.get(f"/accounts/{target}/queue").json["waiting"] == 1
    last = kit.message(message_id, lambda message: message.history_entries()[-1])
    assert (last.event, last.status) == ("moved", "queued")
    assert account_id in last.detail
    assert target in last.detail


def test_moved_mail_is_from_whom_the_target_may_send_for(kit: DeliveryKit) -> None:
    account_id = kit.kit.create()
    strict = kit.kit.create(address="strict@example.com")
    allowing = kit.kit.create(
        connector="fake",
        address="open@example.com",
        settings={"server": "x", "allow_sender_override": True, "allowed_senders": ["example.com"]},
    )
    first = kit.send(account_id)
    remove(kit, account_id, "move", allowing)
    kept = kit.message(first, lambda message: (message.content.from_, message.content.envelope_from))
    assert kept == (("sales@example.com", ""), "open@example.com")

    remove(kit, allowing, "move", strict)

    changed = kit.message(first, lambda message: (message.content.from_, message.content.envelope_from))
    assert changed == (("strict@example.com", ""), "strict@example.com")
    detail = kit.message(first, lambda message: message.history_entries()[-1].detail)
    assert "From was sales@example.com and is strict@example.com." in detail


def test_mail_that_moves_to_an_account_of_users_goes_into_its_owners_lane(kit: DeliveryKit) -> None:
    account_id = kit.kit.create()
    target = kit.kit.create(connector="fake", settings={"server": "x", "sends_as_user": True})
    bob = kit.kit.user("bob")
    of_ada, of_bob = kit.send(account_id), kit.send(account_id, bob)

    remove(kit, account_id, "move", target)

    for message_id, login in ((of_ada, "ada"), (of_bob, "bob")):
        lane_id = lane_id_of(target, kit.kit.user_id(login))
        assert kit.message(message_id, lambda message: message.lane_id) == lane_id
    queues = kit.api.get(f"/accounts/{target}/queue").json
    assert [each["waiting"] for each in queues["identities"]] == [1, 1]


@pytest.mark.parametrize(
    ("waiting", "to", "code"),
    [
        ("move", None, "schema.required"),
        ("move", "gone", "account.not_found"),
        ("move", "itself", "account.not_found"),
        ("move", "closing", "account.not_found"),
        ("cancel", "other", "settings.not_applicable"),
    ],
)
def test_mail_moves_to_another_open_account_only(
    kit: DeliveryKit, waiting: str, to: str | None, code: str
) -> None:
    account_id, closing_id = kit.kit.create(), kit.kit.create()
    kit.kit.change_account(closing_id, is_closing=True)
    message_id = kit.send(account_id)
    names = {"itself": account_id, "closing": closing_id}

    assert mistakes(remove, kit, account_id, waiting, names.get(to or "", to)) == [("/to", code)]
    assert (kit.status(message_id), is_closing(kit, account_id)) == ("queued", False)


def test_mail_does_not_move_out_of_a_tokens_bounds(kit: DeliveryKit) -> None:
    account_id, other = kit.kit.create(), kit.kit.create()
    kit.send(account_id)
    bound = may(*Permission, accounts=frozenset({account_id}))

    assert mistakes(remove, kit, account_id, "move", other, bound) == [("/to", "account.not_found")]


# -- mail on its way ---------------------------------------------------------------------------------------------


def while_waiting(kit: DeliveryKit, act: Callable[[], object], seconds: float = 0.2) -> Thread:
    """Do something as soon as a deletion waits, then let time pass."""

    def run() -> None:
        kit.clock.wait_until_waiting()
        act()
        kit.clock.advance(seconds)

    thread = Thread(target=run)
    thread.start()
    return thread


def test_mail_on_its_way_is_waited_for(kit: DeliveryKit) -> None:
    account_id = kit.kit.create(rate_limit_per_minute=0)
    sending, waiting = kit.send(account_id), kit.send(account_id)
    kit.claim(account_id, count=1)
    thread = while_waiting(kit, lambda: kit.record(account_id, sending))

    removal = remove(kit, account_id, "cancel")

    thread.join()
    assert removal.cancelled == 1
    assert (kit.status(sending), kit.status(waiting)) == ("sent", "cancelled")


def test_mail_that_comes_back_from_its_attempt_is_seen_to_as_well(kit: DeliveryKit) -> None:
    account_id = kit.kit.create(rate_limit_per_minute=0)
    message_id = kit.send(account_id)
    kit.claim(account_id, count=1)
    thread = while_waiting(kit, lambda: kit.record(account_id, message_id, "retry"))

    removal = remove(kit, account_id, "cancel")

    thread.join()
    assert (removal.cancelled, kit.status(message_id)) == (1, "cancelled")


def test_mail_that_stays_on_its_way_keeps_the_account(kit: DeliveryKit) -> None:
    account_id = kit.kit.create(rate_limit_per_minute=0)
    message_id = kit.send(account_id)
    kit.claim(account_id, count=1)
    thread = while_waiting(kit, lambda: None, seconds=11)

    refused = refusal(kit, account_id, "cancel")

    thread.join()
    assert refused.code == "account.has_waiting_mail"
    assert "being sent" in str(refused)
    assert (kit.status(message_id), is_closing(kit, account_id)) == ("sending", False)


# -- at the same time --------------------------------------------------------------------------------------------


def accept_command(kit: DeliveryKit, account_id: str) -> AcceptMessage:
    """The command that queues a message on this account, caught on its way to the writer."""
    caught: list[AcceptMessage] = []
    writer = kit.kit.hub.writer
    execute = writer.execute

    def catch(command: Any, *arguments: Any, **keywords: Any) -> Any:
        if isinstance(command, AcceptMessage):
            caught.append(command)
        return execute(command, *arguments, **keywords)

    writer.execute = catch  # type: ignore[method-assign]  # put back below
    try:
        message_id = kit.send(account_id)
    finally:
        del writer.execute
    kit.api.act(f"/messages/{message_id}/cancel")
    return caught[0]


def test_nothing_is_queued_on_an_account_that_is_closing(kit: DeliveryKit) -> None:
    account_id = kit.kit.create()
    command = accept_command(kit, account_id)
    kit.kit.change_account(account_id, is_closing=True)

    with pytest.raises(ConfigurationChanged):
        kit.kit.hub.writer.execute(command)


def test_queueing_and_closing_at_the_same_time_do_not_both_succeed(kit: DeliveryKit) -> None:
    """What one transaction relied on, the other changed: the later commit conflicts, looks again and is refused."""
    account_id = kit.kit.create()
    command = accept_command(kit, account_id)
    closed: list[bool] = []

    class Queueing:
        note = "queue"

        def check(self, root: HubRoot) -> None:
            command.check(root)

        def apply(self, root: HubRoot, shard: Shard) -> Any:
            if not closed:
                closed.append(True)
                # another transaction closes the account after this one has looked
                kit.kit.change_account(account_id, is_closing=True)
            return command.apply(root, shard)

    with pytest.raises(ConfigurationChanged):
        kit.kit.hub.writer.execute(Queueing())
    assert closed
    assert kit.kit.hub.writer.execute(RemoveAccount(account_id, SETUP)).was_default is False


def test_closing_while_a_message_is_queued_finds_it_waiting(kit: DeliveryKit) -> None:
    account_id = kit.kit.create()
    kit.kit.hub.writer.execute(accept_command(kit, account_id))

    assert refusal(kit, account_id).code == "account.has_waiting_mail"


def test_mail_does_not_move_to_an_account_that_closes_meanwhile(kit: DeliveryKit) -> None:
    account_id, target = kit.kit.create(), kit.kit.create()
    message_id = kit.send(account_id)
    kit.kit.change_account(account_id, is_closing=True)
    kit.kit.change_account(target, is_closing=True)

    with pytest.raises(Invalid):
        kit.kit.hub.writer.execute(closing.MoveWaiting(account_id, target))
    assert kit.message(message_id, lambda message: message.account_id) == account_id


# -- a crash in between ------------------------------------------------------------------------------------------


def test_a_deletion_that_was_cut_off_shows_and_is_finished_by_another(kit: DeliveryKit) -> None:
    account_id = kit.kit.create()
    for _number in range(3):
        kit.send(account_id)
    kit.kit.change_account(account_id, is_closing=True, closing_at=kit.now)
    kit.kit.hub.writer.execute(CancelWaiting(account_id))

    shown = kit.api.get(f"/accounts/{account_id}").json
    assert (shown["state"], shown["attention"]["code"]) == ("needs_attention", "account.closing")

    assert remove(kit, account_id).cancelled == 0
    assert not kit.exists(account_id)


def test_commands_of_a_deletion_do_nothing_to_an_open_account(kit: DeliveryKit) -> None:
    account_id = kit.kit.create()
    message_id = kit.send(account_id)

    for command in (
        CancelWaiting(account_id),
        closing.MoveWaiting(account_id, kit.kit.create()),
        RemoveAccount(account_id, SETUP),
    ):
        with pytest.raises(WrongState):
            kit.kit.hub.writer.execute(command)
    assert kit.status(message_id) == "queued"


def test_an_account_with_waiting_mail_is_never_removed(kit: DeliveryKit) -> None:
    account_id = kit.kit.create()
    kit.send(account_id)
    kit.kit.change_account(account_id, is_closing=True)

    with pytest.raises(WrongState) as refused:
        kit.kit.hub.writer.execute(RemoveAccount(account_id, SETUP))
    assert refused.value.code == "account.has_waiting_mail"
