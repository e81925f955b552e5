"""Reading messages: the one service that every door gets, lists and counts them by."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailhub.contract.clock import Clock
from mailhub.contract.texts import _
from mailhub.errors import NOT_FOUND, Denied, NotFound
from mailhub.messages import ids
from mailhub.messages.indexes import (
    account_facet,
    account_group_facet,
    group_facet,
    owner_counts,
    owner_facet,
    scenario_facet,
    sent_day,
)
from mailhub.messages.model import Message, messages_of
from mailhub.messages.states import BOXES, GROUPS
from mailhub.people.identity import Identity
from mailhub.people.model import users_of
from mailhub.people.permissions import Permission
from mailhub.pluginhost.host import PluginHost
from mailhub.store.root import HubRoot

from .seeing import Sight
from .walking import Budget, Place, Walk, iter_places

LOOK_AT_MOST = 2_000
"""Places in the indexes that one page may look at; it may be short, and says where to go on."""

SENT_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFilters:
    """Which messages a list shows; None is all. ``owner``: login or id.

    ``since`` (included) and ``until`` (not included) go by the time of acceptance, in the box ``sent`` by that of sending.
    """

    box: str | None = None
    status: str | None = None
    account: str | None = None
    scenario: str | None = None
    owner: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class MessagePage:
    """A part of a list. ``next_below``: go on below this key; None at the end."""

    messages: list[Message]
    next_below: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageCounts:
    """How many messages the caller sees in each box; ``sent_30_days``: today (UTC) and the 29 days before."""

    drafts: int
    waiting: int
    failed: int
    in_doubt: int
    sent_30_days: int


class MessageReader:
    """Messages as one caller may see them, in one transaction."""

    def __init__(self, hub: HubRoot, identity: Identity, plugins: PluginHost, clock: Clock) -> None:
        self._hub = hub
        self._identity = identity
        self._clock = clock
        self._sight = Sight(hub, identity, plugins)

    def can_see(self, message: Message) -> bool:
        """May the caller see this message? Lists show exactly what this allows (VP10)."""
        return self._sight.reaches(message)

    def get(self, message_id: str) -> Message:
        """Raises ``NotFound`` with ``message.not_found``, alike for what is not there and what the caller may not see;
        ``Denied`` for somebody who has nothing to do with messages."""
        if not self._identity.may(Permission.MESSAGES_WRITE):
            self._identity.require(Permission.MESSAGES_READ)
        message = messages_of(self._hub).find(message_id)
        if message is None or not self.can_see(message):
            raise NotFound(NOT_FOUND, code="message.not_found")
        return message

    def list_messages(self, filters: MessageFilters, limit: int, below: int | None = None) -> MessagePage:
        """At most ``limit`` messages, newest first, after the page that ended with ``next_below``. Raises ``Denied``."""
        self._identity.require(Permission.MESSAGES_READ)
        plan = self._plan(filters)
        if plan is None:
            return MessagePage([], None)
        walk = plan.walk if below is None else plan.walk.from_below(below)
        found: list[Message] = []
        last = 0
        for place, message in self._iter_found(plan, walk):
            if message is None:
                return MessagePage(found, place.key)
            if len(found) == limit:
                return MessagePage(found, last)
            found.append(message)
            last = place.key
        return MessagePage(found, None)

    def counts(self) -> MessageCounts:
        """Raises ``Denied``, also for a token that is bound to scenarios or accounts: nobody counts by those."""
        self._identity.require(Permission.MESSAGES_READ)
        if self._sight.is_bounded:
            raise Denied(_("A token that is bound to scenarios or accounts cannot count messages."))
        first_day = sent_day(self._clock.now() - timedelta(days=SENT_DAYS - 1))
        counts = owner_counts(self._hub, self._identity.user_id, first_day)
        return MessageCounts(
            drafts=counts["draft"],
            waiting=counts["queued"] + counts["sending"],
            failed=counts["failed"],
            in_doubt=counts["in_doubt"],
            sent_30_days=counts["sent"],
        )

    def _iter_found(self, plan: "_Plan", walk: Walk) -> Iterator[tuple[Place, Message | None]]:
        """What the indexes name and the messages confirm; None where the budget ended."""
        messages = messages_of(self._hub)
        find = messages.find_by_sent_key if walk.order == "sent" else messages.find_by_key
        for place in iter_places(messages, walk, Budget(LOOK_AT_MOST)):
            message = find(place.key) if place.is_match else None
            if message is not None and plan.fits(message) and self.can_see(message):
                yield place, message
            elif not place.is_match:
                yield place, None

    def _plan(self, filters: MessageFilters) -> "_Plan | None":
        """How to find them; None when there can be none."""
        owner_id = None if filters.owner is None else self._owner_id(filters.owner)
        return _plan(filters, self._identity.user_id, owner_id)

    def _owner_id(self, login_or_id: str) -> str:
        """The id of a user; of one who was deleted only the id is left, with his mail."""
        user = users_of(self._hub).find_by_login_or_id(login_or_id)
        return login_or_id if user is None else user.id


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where to walk, and what a message must be like, since an index entry is only a hint."""

    walk: Walk
    fits: Callable[[Message], bool]


def _plan(filters: MessageFilters, viewer_id: str, owner_id: str | None) -> _Plan | None:
    statuses = _statuses(filters)
    if not statuses:
        return None

    def fits(message: Message) -> bool:
        return (
            message.status in statuses
            and filters.account in (None, message.account_id)
            and filters.scenario in (None, message.scenario)
            and owner_id in (None, message.owner_id)
        )

    return _Plan(_walk(filters, statuses, viewer_id, owner_id), fits)


def _statuses(filters: MessageFilters) -> frozenset[str]:
    groups = None if filters.box is None else BOXES[filters.box]
    return frozenset(
        status
        for status, group in GROUPS.items()
        if (groups is None or group in groups) and filters.status in (None, status)
    )


def _walk(filters: MessageFilters, statuses: frozenset[str], viewer_id: str, owner_id: str | None) -> Walk:
    """Under ``own`` everything the viewer can see is in the facets of his own id."""
    groups = _indexed_groups(statuses)
    terms = [_owner_term(viewer_id, groups)]
    if owner_id not in (None, viewer_id):
        terms.append((owner_facet(owner_id),))
    if filters.account is not None:
        terms.append(_account_term(filters.account, groups))
    if filters.scenario is not None:
        terms.append((scenario_facet(filters.scenario),))
    walk = Walk("sent" if filters.box == "sent" else "created", tuple(terms))
    if filters.since is not None:
        walk = walk.down_to(ids.first_key_at(filters.since))
    return walk if filters.until is None else walk.from_below(ids.first_key_at(filters.until))


def _indexed_groups(statuses: frozenset[str]) -> tuple[str, ...]:
    """The groups to look in, or none where all have to be: what was sent is in no group, and is most of all there is."""
    groups = {GROUPS[status] for status in statuses}
    return () if "sent" in groups else tuple(sorted(groups))


def _owner_term(owner_id: str, groups: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(group_facet(owner_id, group) for group in groups) or (owner_facet(owner_id),)


def _account_term(account_id: str, groups: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(account_group_facet(account_id, group) for group in groups) or (account_facet(account_id),)
