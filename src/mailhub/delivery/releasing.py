"""Letting an account's mail go on: after /resume, a good test, or new settings (RT5: no timer tries again by itself)."""

import logging
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial

from mailhub.accounts.model import Account, account_topic, accounts_of
from mailhub.contract.texts import _
from mailhub.errors import NOT_FOUND, HubError, NotFound, StorageUnavailable, WrongState
from mailhub.events.audit import record_change
from mailhub.events.rows import record_event
from mailhub.people.identity import Identity
from mailhub.people.permissions import Permission
from mailhub.store.root import HubRoot
from mailhub.store.writer import Shard, Writer

from .model import Lane, delivery_of

logger = logging.getLogger(__name__)

RELEASE_PREFIX = "release:"


class NothingToRelease(WrongState):
    """No lane of the account waits for a sign-in."""

    code = "account.nothing_to_release"

    def __init__(self) -> None:
        super().__init__(_("Nothing of this account waits for a sign-in."))


@dataclass(frozen=True, slots=True)
class ReleaseAccount:
    """Write command: clear what an account and its lanes need attention for.

    ``identity``: None releases all lanes, else only that of one sending identity. ``ends_pause``: the pause that a person
    set too. ``by``: who released it. Refused with ``NotFound`` when the account is gone or being deleted.
    """

    account_id: str
    by: Identity
    ends_pause: bool = False
    identity: str | None = None
    note: str = "release account"

    def check(self, hub: HubRoot) -> None:
        account = accounts_of(hub).find(self.account_id)
        if account is None:
            raise NotFound(NOT_FOUND, code="account.not_found")
        if account.state.is_closing:
            raise WrongState(_("The account is being deleted."), code="account.closing")

    def apply(self, hub: HubRoot, shard: Shard) -> None:
        account = accounts_of(hub).find(self.account_id)
        assert account is not None
        if self.ends_pause and account.state.paused_at is not None:
            account.state.paused_at = None
            account.state.paused_by = ""
            change = ({"is_paused": True}, {"is_paused": False})
            record_change(hub, shard, self.by, "resumed", "account", account.id, *change)
        if account.state.attention is not None and not self.identity:
            account.state.attention = None
            _tell_released(hub, shard, account, self.by)
        _release_lanes(hub, shard, account, self.identity, self.by)
        shard.wake(account_topic(account.id))


@dataclass(frozen=True, slots=True)
class ReleaseLanes:
    """Write command: clear what the lanes of an account need attention for. Refused when none does."""

    account_id: str
    note: str = "release lanes"

    def check(self, hub: HubRoot) -> None:
        if all(lane.attention is None for lane in delivery_of(hub).lanes_of(self.account_id)):
            raise NothingToRelease

    def apply(self, hub: HubRoot, shard: Shard) -> None:
        account = accounts_of(hub).find(self.account_id)
        if account is not None:
            _release_lanes(hub, shard, account, None, None)
            shard.wake(account_topic(self.account_id))


def _release_lanes(
    hub: HubRoot, shard: Shard, account: Account, identity: str | None, by: Identity | None
) -> None:
    for lane in delivery_of(hub).lanes_of(account.id):
        if lane.attention is not None and identity in (None, lane.sending_identity):
            lane.attention = None
            _tell_released(hub, shard, account, by, lane)


def _tell_released(
    hub: HubRoot, shard: Shard, account: Account, by: Identity | None, lane: Lane | None = None
) -> None:
    record_event(
        hub,
        shard,
        "account.released",
        account=account.id,
        connector=account.connector,
        identity=None if lane is None else lane.sending_identity or None,
        by=None if by is None else by.user_id,
    )


class ReleasingService:
    """The use case of /resume."""

    def __init__(self, writer: Writer, identity: Identity) -> None:
        self._writer = writer
        self._identity = identity

    def resume(self, account_id: str) -> None:
        """End the pause of an account and whatever else held its mail. On disk when this returns.

        The caller has looked whether the account may be seen. Raises ``Denied``, ``NotFound``, ``WrongState``,
        ``StorageUnavailable``.
        """
        self._identity.require(Permission.ACCOUNTS_OPERATE)
        self._writer.execute(ReleaseAccount(account_id, self._identity, ends_pause=True))


class LaneReleaser:
    """Listens for accounts with new settings and releases their lanes, which the writer alone may write.

    ``app`` registers ``woken`` with ``Writer.on_commit``.
    """

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def woken(self, topics: frozenset[str]) -> None:
        """Called after each commit with the topics that it woke; only hands commands over."""
        for topic in topics:
            if topic.startswith(RELEASE_PREFIX):
                self._release(topic.removeprefix(RELEASE_PREFIX))

    def _release(self, account_id: str) -> None:
        try:
            future = self._writer.submit(ReleaseLanes(account_id))
        except StorageUnavailable as error:
            _not_released(account_id, error)
            return
        future.add_done_callback(partial(_log_failure, account_id))


def _log_failure(account_id: str, future: "Future[None]") -> None:
    error = future.exception()
    if error is not None and not isinstance(error, NothingToRelease):
        _not_released(account_id, error)


def _not_released(account_id: str, error: BaseException) -> None:
    code = error.code if isinstance(error, HubError) else type(error).__name__
    logger.warning("The lanes of account %s were not released (%s); /resume does it", account_id, code)
