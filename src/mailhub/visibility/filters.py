"""Which messages a list is to show: from filters to the indexes that are walked and to what each message must be like."""

from dataclasses import dataclass, replace
from datetime import datetime

from mailhub.messages import ids
from mailhub.messages.indexes import (
    account_facet,
    account_group_facet,
    group_facet,
    kind_facet,
    owner_facet,
    record_facet,
    scenario_facet,
    tag_facet,
)
from mailhub.messages.model import USER_KIND, Message
from mailhub.messages.states import BOXES, GROUPS
from mailhub.messages.words import fits, prefixes_of, words_of

from .walking import Walk


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFilters:
    """Which messages a list shows; None is all. ``owner``: login or id. ``group``: of statuses (``states.GROUPS``).

    ``since`` (included) and ``until`` (not included) go by the time of acceptance, in the box ``sent`` by that of sending.
    ``kind`` and ``record``: a related record of this kind, and with this id. ``q``: beginnings of words of the subject and
    of the recipients.
    """

    box: str | None = None
    status: str | None = None
    group: str | None = None
    account: str | None = None
    scenario: str | None = None
    owner: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    kind: str | None = None
    record: str | None = None
    tag: str | None = None
    q: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Where to walk, and what a message must be like, since an index entry is only a hint."""

    walk: Walk
    filters: MessageFilters
    statuses: frozenset[str]
    owner_id: str | None

    @property
    def by_creation(self) -> Walk:
        """The same messages, all of them, in the order in which words are indexed."""
        return Walk("created", self.walk.terms, self.walk.prefixes)

    def fits(self, message: Message) -> bool:
        filters = self.filters
        return (
            message.status in self.statuses
            and filters.account in (None, message.account_id)
            and filters.scenario in (None, message.scenario)
            and self.owner_id in (None, message.owner_id)
            and self._fits_content(message)
        )

    def _fits_content(self, message: Message) -> bool:
        filters = self.filters
        return (
            (filters.kind is None or self._fits_record(message))
            and (filters.tag is None or filters.tag in message.content.tags)
            and (filters.q is None or fits(words_of(message.content), self.walk.prefixes))
        )

    def _fits_record(self, message: Message) -> bool:
        kind, record = self.filters.kind, self.filters.record
        return any(
            each.kind == kind and record in (None, each.id) for each in message.content.related_records()
        )


def plan_of(filters: MessageFilters, viewer_id: str, owner_id: str | None) -> Plan | None:
    """How to find what the viewer may see of them; None when there can be none. ``owner_id``: who ``filters.owner`` is."""
    statuses = _statuses(filters)
    prefixes = () if filters.q is None else prefixes_of(filters.q)
    if not statuses or (filters.q is not None and not prefixes):
        return None
    walk = replace(_walk(filters, statuses, viewer_id, owner_id), prefixes=prefixes)
    return Plan(walk, filters, statuses, owner_id)


def _statuses(filters: MessageFilters) -> frozenset[str]:
    groups = None if filters.box is None else BOXES[filters.box]
    return frozenset(
        status
        for status, group in GROUPS.items()
        if (groups is None or group in groups)
        and filters.status in (None, status)
        and filters.group in (None, group)
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
    if filters.tag is not None:
        terms.append((tag_facet(filters.tag),))
    terms += _record_terms(filters.kind, filters.record)
    walk = Walk("sent" if filters.box == "sent" else "created", tuple(terms))
    if filters.since is not None:
        walk = walk.down_to(ids.first_key_at(filters.since))
    return walk if filters.until is None else walk.from_below(ids.first_key_at(filters.until))


def _record_terms(kind: str | None, record: str | None) -> list[tuple[str, ...]]:
    """Every message that was sent has its owner for a related record: the owner's facet stands for that one."""
    if kind is None:
        return []
    if record is None:
        return [] if kind == USER_KIND else [(kind_facet(kind),)]
    named = record_facet(kind, record)
    return [(named, owner_facet(record)) if kind == USER_KIND else (named,)]


def _indexed_groups(statuses: frozenset[str]) -> tuple[str, ...]:
    """The groups to look in, or none where all have to be: what was sent is in no group, and is most of all there is."""
    groups = {GROUPS[status] for status in statuses}
    return () if "sent" in groups else tuple(sorted(groups))


def _owner_term(owner_id: str, groups: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(group_facet(owner_id, group) for group in groups) or (owner_facet(owner_id),)


def _account_term(account_id: str, groups: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(account_group_facet(account_id, group) for group in groups) or (account_facet(account_id),)
