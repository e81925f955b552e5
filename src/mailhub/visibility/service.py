"""Reading messages: the one service that every door gets, lists and counts them by."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from mailhub.contract.clock import Clock
from mailhub.contract.texts import _
from mailhub.errors import NOT_FOUND, Invalid, NotFound
from mailhub.messages.indexes import owner_counts, sent_day
from mailhub.messages.model import Message, messages_of
from mailhub.people.identity import Identity
from mailhub.people.model import users_of
from mailhub.people.permissions import Permission
from mailhub.pluginhost.host import PluginHost
from mailhub.store.root import HubRoot

from .filters import MessageFilters, Plan, plan_of
from .seeing import Seen, Sight
from .walking import Budget, Place, Walk, iter_places

__all__ = ["MessageCounts", "MessageFilters", "MessagePage", "MessageReader"]

LOOK_AT_MOST = 2_000
"""Places in the indexes that one page may look at; it may be short, and says where to go on."""

CANDIDATES = 500
"""Messages with the words asked for that a page of the sent box is picked from; more are found by walking."""

SENT_DAYS = 30


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

    def can_see(self, message: Seen) -> bool:
        """May the caller see this message, or could he, before it was deleted? Lists show exactly what this allows (VP10)."""
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
        """At most ``limit`` messages, newest first, after the page that ended with ``next_below``.

        Raises ``Denied``; ``Invalid`` for a record without its kind.
        """
        self._identity.require(Permission.MESSAGES_READ)
        if filters.record is not None and filters.kind is None:
            raise Invalid.of("/kind", "schema.required", _("Say of which kind the record is."))
        plan = self._plan(filters)
        if plan is None:
            return MessagePage([], None)
        walk = plan.walk if below is None else plan.walk.from_below(below)
        if walk.prefixes and walk.order == "sent":
            few = self._find_few(plan)
            if few is not None:
                return _page_of(few, walk, limit)
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
        """Raises ``Denied``."""
        self._identity.require(Permission.MESSAGES_READ)
        first_day = sent_day(self._clock.now() - timedelta(days=SENT_DAYS - 1))
        counts = owner_counts(self._hub, self._identity.user_id, first_day, self._sight.is_in_bounds)
        return MessageCounts(
            drafts=counts["draft"],
            waiting=counts["queued"] + counts["sending"],
            failed=counts["failed"],
            in_doubt=counts["in_doubt"],
            sent_30_days=counts["sent"],
        )

    def _find_few(self, plan: Plan) -> list[Message] | None:
        """All sent messages with the words asked for, which are indexed in the order of creation; None when they are many."""
        found: list[Message] = []
        for _place, message in self._iter_found(plan, plan.by_creation):
            if message is None or len(found) == CANDIDATES:
                return None
            found.append(message)
        return found

    def _iter_found(self, plan: Plan, walk: Walk) -> Iterator[tuple[Place, Message | None]]:
        """What the indexes name and the messages confirm; None where the budget ended."""
        messages = messages_of(self._hub)
        find = messages.find_by_sent_key if walk.order == "sent" else messages.find_by_key
        for place in iter_places(messages, walk, Budget(LOOK_AT_MOST)):
            message = find(place.key) if place.is_match else None
            if message is not None and plan.fits(message) and self.can_see(message):
                yield place, message
            elif not place.is_match:
                yield place, None

    def _plan(self, filters: MessageFilters) -> Plan | None:
        """How to find them; None when there can be none."""
        owner_id = None if filters.owner is None else self._owner_id(filters.owner)
        return plan_of(filters, self._identity.user_id, owner_id)

    def _owner_id(self, login_or_id: str) -> str:
        """The id of a user; of one who was deleted only the id is left, with his mail."""
        user = users_of(self._hub).find_by_login_or_id(login_or_id)
        return login_or_id if user is None else user.id


def _page_of(few: list[Message], walk: Walk, limit: int) -> MessagePage:
    """The page of a walk by the time of sending, of all the messages there are."""
    there = [each for each in few if walk.lowest <= each.sent_key < walk.below]
    there.sort(key=lambda message: message.sent_key, reverse=True)
    page = there[:limit]
    return MessagePage(page, page[-1].sent_key if len(there) > limit else None)
