"""Deleting an account: close it, see to its mail, let it go. A crash in between leaves a closing account, which the
accounts list shows and a second deletion finishes (AC4, design decision 10)."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Condition

from mailhub.accounts.model import account_topic, accounts_of
from mailhub.contract.clock import Clock
from mailhub.contract.texts import _
from mailhub.errors import NOT_FOUND, Invalid, NotFound, WrongState
from mailhub.people.identity import Identity
from mailhub.people.permissions import Permission
from mailhub.store.database import Database
from mailhub.store.root import HubRoot
from mailhub.store.writer import Shard, WriteCommand, Writer

from .closing import (
    START,
    Batch,
    CancelWaiting,
    MoveWaiting,
    Place,
    RemoveAccount,
    count_waiting,
    find_target,
    has_waiting_mail,
)

PATIENCE_SECONDS = 10.0
"""How long a deletion waits for mail that is being sent at this moment."""
LOOK_EVERY_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Removal:
    """What a deletion did."""

    unassigned_scenarios: tuple[str, ...]
    was_default: bool
    cancelled: int = 0
    moved: int = 0


class AccountRemover:
    """The use case of deleting an account, in transactions of its own."""

    def __init__(self, *, database: Database, writer: Writer, clock: Clock, identity: Identity) -> None:
        self._database = database
        self._writer = writer
        self._clock = clock
        self._identity = identity

    def remove(self, account_id: str, waiting: str | None = None, to: str | None = None) -> Removal:
        """Delete an account. ``waiting``: ``cancel``, ``move`` (then ``to`` names the account), or None: there is none.

        When it is refused, the account is open as before; mail that was cancelled or moved stays so. Raises ``Denied``,
        ``NotFound``, ``Invalid`` (``to``), ``WrongState`` (``account.has_waiting_mail``), ``StorageUnavailable``.
        """
        self._identity.require(Permission.SETUP_WRITE)
        step = self._step_for(account_id, waiting, to)
        self._database.transact(lambda hub: self._close(hub, account_id), "close account")
        try:
            done = self._see_to_mail(account_id, step)
            removed = self._writer.execute(RemoveAccount(account_id, self._identity))
        except (WrongState, Invalid):
            self._database.transact(lambda hub: self._open(hub, account_id), "open account again")
            raise
        return Removal(
            removed.unassigned_scenarios,
            removed.was_default,
            cancelled=done if waiting == "cancel" else 0,
            moved=done if waiting == "move" else 0,
        )

    def _step_for(
        self, account_id: str, waiting: str | None, to: str | None
    ) -> "Callable[[Place], WriteCommand[Batch]] | None":
        """The command that sees to a batch of waiting mail."""
        if waiting != "move":
            if to is not None:
                raise Invalid.of("/to", "settings.not_applicable", _("Only mail that moves goes somewhere."))
            return (lambda after: CancelWaiting(account_id, after)) if waiting == "cancel" else None
        if to is None:
            raise Invalid.of("/to", "schema.required", _("Say which account the mail moves to."))
        self._check_target(account_id, to)
        return lambda after: MoveWaiting(account_id, to, after)

    def _check_target(self, account_id: str, to: str) -> None:
        bound = self._identity.accounts
        if bound is not None and to not in bound:
            to = account_id
        with self._database.reading() as hub:
            find_target(hub, account_id, to)

    # -- closing -------------------------------------------------------------------------------------------------

    def _close(self, hub: HubRoot, account_id: str) -> None:
        account = accounts_of(hub).find(account_id)
        if account is None:
            raise NotFound(NOT_FOUND, code="account.not_found")
        if not account.state.is_closing:
            shard = self._shard(hub)
            account.state.is_closing = True
            account.state.closing_at = shard.now
            shard.wake(account_topic(account_id))

    def _open(self, hub: HubRoot, account_id: str) -> None:
        account = accounts_of(hub).find(account_id)
        if account is not None and account.state.is_closing:
            account.state.is_closing = False
            account.state.closing_at = None
            self._shard(hub).wake(account_topic(account_id))

    def _shard(self, hub: HubRoot) -> Shard:
        return self._writer.shard_for_transactions(hub)

    # -- its mail ------------------------------------------------------------------------------------------------

    def _see_to_mail(self, account_id: str, step: "Callable[[Place], WriteCommand[Batch]] | None") -> int:
        """Cancel or move all that waits, also what comes back from an attempt. Returns how many."""
        ends_at = self._clock.monotonic() + PATIENCE_SECONDS
        done: set[str] = set()
        while True:
            waiting, sending = self._count(account_id)
            if not waiting and not sending:
                return len(done)
            if step is None:
                raise has_waiting_mail(waiting, sending)
            seen = self._walk(step) if waiting else set()
            done |= seen
            if not seen and self._clock.monotonic() >= ends_at:
                raise _still_sending(sending)
            if not seen:
                self._wait()

    def _walk(self, step: "Callable[[Place], WriteCommand[Batch]]") -> set[str]:
        done: set[str] = set()
        after: Place | None = START
        while after is not None:
            batch = self._writer.execute(step(after))
            done.update(batch.message_ids)
            after = batch.after
        return done

    def _count(self, account_id: str) -> tuple[int, int]:
        with self._database.reading() as hub:
            return count_waiting(hub, account_id)

    def _wait(self) -> None:
        pause = Condition()
        with pause:
            self._clock.wait(pause, LOOK_EVERY_SECONDS)


def _still_sending(sending: int) -> WrongState:
    return WrongState(
        _(
            "${sending} messages of this account are being sent at this moment. Try again in a minute.",
            mapping={"sending": sending},
        ),
        code="account.has_waiting_mail",
    )
