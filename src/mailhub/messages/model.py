"""The stored message. Its content never changes after acceptance; what changes is small and kept apart from it.

Plain values only in the attributes (text, numbers, tuples, datetimes), so that a moved class breaks no data.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from BTrees.IOBTree import IOBTree
from BTrees.LLBTree import LLTreeSet
from BTrees.LOBTree import LOBTree
from BTrees.OOBTree import OOBTree
from persistent import Persistent

from mailhub.contract.message import Address, Importance, Recipient
from mailhub.store.root import HubRoot

from . import ids

PRIORITIES = {"high": 0, "normal": 1, "low": 2}
_HIGHEST = "\U0010ffff"
"""Sorts after every word."""

USER_KIND = "user"
"""The kind of related record that says who sent; view policies leave it out (RE5, VP4)."""

Mailbox = tuple[str, str]
"""A stored address: (address, name)."""

NOBODY: Mailbox = ("", "")


class HistoryEntry(NamedTuple):
    """One transition or attempt, as it is shown; stored as a plain tuple of the same order."""

    at: datetime
    event: str
    status: str
    attempt: int
    code: str = ""
    detail: str = ""
    possible_duplicate: bool = False


Outcome = tuple[str, str, str]
"""A stored RecipientState: (outcome, code, detail)."""


class RecipientState(NamedTuple):
    """The last answer for one recipient; stored as a plain tuple, in the order of ``MessageContent.recipients``."""

    outcome: str = "pending"
    code: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Related:
    """A record of the business application that a message belongs to (RE)."""

    kind: str
    id: str
    title: str = ""
    url: str = ""
    relation: str = "related"


class StoredAttachment(Persistent):
    """A file of a message: what it is called, and its content's own record or blob.

    ``default_of``: the scenario that added it by itself, "" where somebody chose it.
    """

    default_of = ""

    def __init__(
        self,
        *,
        name: str,
        content_type: str,
        content: Any,
        inline: bool = False,
        content_id: str | None = None,
        source: str = "message",
        default_of: str = "",
    ) -> None:
        self.name = name
        self.content_type = content_type
        self.content = content
        self.inline = inline
        self.content_id = content_id
        self.source = source
        if default_of:
            self.default_of = default_of


class MessageContent(Persistent):
    """What was accepted. Date, Message-ID and boundary seed are fixed here, so every attempt is the same mail.

    A draft's is what was typed: its addresses may be none, ``from_`` is ``NOBODY``, ``sender`` is the one that is asked
    for, and what is fixed at acceptance is empty. It is replaced as a whole, never changed.
    """

    from_: Mailbox = NOBODY
    sender: Mailbox | None = None
    envelope_from = ""
    to: tuple[Mailbox, ...] = ()
    cc: tuple[Mailbox, ...] = ()
    bcc: tuple[Mailbox, ...] = ()
    reply_to: tuple[Mailbox, ...] = ()
    subject = ""
    text: Any = None
    html: Any = None
    attachments: tuple[StoredAttachment, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    importance: Importance = "normal"
    date: datetime
    message_id = ""
    boundary_seed = ""
    related: tuple[tuple[str, str, str, str, str], ...] = ()
    tags: tuple[str, ...] = ()
    metadata: dict[str, Any] = {}
    warnings: tuple[tuple[str, str, str], ...] = ()
    """(code, sentence, JSON Pointer or "")."""
    asked_sender: Mailbox | None = None
    """The From that the message asked for."""
    has_made_text = False
    """Was ``text`` made from ``html``: a copy makes it anew."""
    body: dict[str, Any] | None = None
    """What a draft says of a layout."""
    wants_default_files = True
    """Does a draft get the default files of a scenario that it is given."""

    def __init__(self, **fields: Any) -> None:
        for name, value in fields.items():
            setattr(self, name, value)

    def recipients(self) -> list[Recipient]:
        """The envelope: To, Cc and Bcc in that order, each address once (its first place wins)."""
        seen: dict[str, Recipient] = {}
        for kind in ("to", "cc", "bcc"):
            for address, name in getattr(self, kind):
                seen.setdefault(_comparable(address), Recipient(address, kind, name))
        return list(seen.values())

    def replaced(self, **fields: Any) -> "MessageContent":
        """Another content that differs in these; this one stays as it is."""
        self._p_activate()
        return MessageContent(**{**vars(self), **fields})

    def related_records(self) -> list[Related]:
        return [Related(*each) for each in self.related]


def _comparable(address: str) -> str:
    local, _at, domain = address.rpartition("@")
    return f"{local}@{domain.lower()}"


def mailbox(address: Address) -> Mailbox:
    return (address.address, address.name)


class Message(Persistent):
    """A message's life: where it belongs and what has become of it. Of a draft, ``account_id`` may be ""."""

    content: MessageContent
    status: str = "queued"
    scenario: str = ""
    account_id: str
    lane_id: str
    owner_id: str
    caller_id: str
    partition: str = ""
    priority: str = "normal"
    created_at: datetime
    queued_at: datetime | None = None
    send_at: datetime | None = None
    expires_at: datetime | None = None
    next_attempt_at: datetime | None = None
    sent_at: datetime | None = None
    sent_key = 0
    """Its key in the ``sent`` facets."""
    attempts = 0
    attempts_forgiven = 0
    """How many of them were started before somebody asked to try again: they count no longer towards the most (RT8)."""
    queue_key = 0
    """The one entry of a lane that may claim this message now; every older entry is void."""
    error: tuple[str, str, bool] | None = None
    outcomes: tuple[Outcome, ...] | None = None
    is_partial = False
    possible_duplicate = False
    history: tuple[tuple[Any, ...], ...] = ()
    revision = 1

    def __init__(self, message_id: str, key: int, **fields: Any) -> None:
        self.id = message_id
        self.key = key
        for name, value in fields.items():
            setattr(self, name, value)

    def recipient_states(self) -> list[tuple[Recipient, RecipientState]]:
        """Each envelope recipient with its last answer."""
        recipients = self.content.recipients()
        states = self.outcomes or (RecipientState(),) * len(recipients)
        return [(each, RecipientState(*state)) for each, state in zip(recipients, states, strict=True)]

    def pending_recipients(self) -> tuple[Recipient, ...]:
        """Those that have no final answer yet."""
        return tuple(
            each for each, state in self.recipient_states() if state.outcome in ("pending", "deferred")
        )

    def related_records(self) -> list[Related]:
        """The records that it belongs to."""
        return self.content.related_records()

    def history_entries(self) -> list[HistoryEntry]:
        return [HistoryEntry(*each) for each in self.history]


class Facets(Persistent):
    """Sets of message keys by name (``owner:<id>``, ``account:<id>`` ...). Entries are hints: readers verify."""

    def __init__(self) -> None:
        self.sets = OOBTree()

    def add(self, facet: str, key: int) -> None:
        keys = self.sets.get(facet)
        if keys is None:
            keys = self.sets[facet] = LLTreeSet()
        keys.insert(key)

    def discard(self, facet: str, key: int) -> None:
        keys = self.sets.get(facet)
        if keys is not None and keys.has_key(key):
            keys.remove(key)

    def find(self, facet: str) -> Any:
        """The set of this name, or None."""
        return self.sets.get(facet)


Few = tuple[int, ...]
"""Keys in order, kept in the tree of words itself: most words are those of a few messages."""

MOST_FEW = 8


class Words(Persistent):
    """Keys of messages by folded word. Entries are hints: readers verify.

    ``by_word``: word to its keys: ``Few``, then an LLTreeSet.
    """

    MOST_SETS = 64
    MOST_FEW_KEYS = 5_000

    def __init__(self) -> None:
        self.by_word = OOBTree()

    def add(self, word: str, key: int) -> None:
        keys = self.by_word.get(word, ())
        if not isinstance(keys, tuple):
            keys.insert(key)
        elif key not in keys:
            more = (*keys, key)
            self.by_word[word] = tuple(sorted(more)) if len(more) <= MOST_FEW else LLTreeSet(more)

    def discard(self, word: str, key: int) -> None:
        keys = self.by_word.get(word, ())
        if not isinstance(keys, tuple):
            if keys.has_key(key):
                keys.remove(key)
        elif keys == (key,):
            del self.by_word[word]
        elif key in keys:
            self.by_word[word] = tuple(each for each in keys if each != key)

    def find(self, prefix: str) -> "list[Any] | None":
        """The sets of keys of all words that begin so, those of few messages as one ``Few``; None where they are too many
        to be gone through."""
        few: list[int] = []
        sets: list[Any] = []
        for keys in self.by_word.values(min=prefix, max=prefix + _HIGHEST):
            if isinstance(keys, tuple):
                few.extend(keys)
            else:
                sets.append(keys)
            if len(sets) > self.MOST_SETS or len(few) > self.MOST_FEW_KEYS:
                return None
        return [*sets, tuple(sorted(few))] if few else sets


def find_highest_below(keys: Any, below: int) -> int | None:
    """The highest of a set's keys that is below another one."""
    if isinstance(keys, tuple):
        place = bisect_left(keys, below)
        return keys[place - 1] if place else None
    try:
        highest: int = keys.maxKey(below - 1)
    except ValueError:  # BTrees say so that nothing is there
        return None
    return highest


class MonthShard(Persistent):
    """What one writer has written in one month: messages, and the index entries of that month's messages.

    ``sent`` is ordered by the time of sending: its keys lead to ids through ``sent_ids``. ``words`` goes by the messages'
    own keys. ``gone``: what is left of the messages that were deleted, by their keys; None where none was.
    """

    gone: Any = None

    def __init__(self) -> None:
        self.messages = LOBTree()
        self.created = Facets()
        self.words = Words()
        self.sent = Facets()
        self.sent_ids = LOBTree()

    def remember_gone(self, key: int, left: tuple[Any, ...]) -> None:
        """Keep what is left of a message."""
        if self.gone is None:
            self.gone = LOBTree()
        self.gone[key] = left


class Messages(Persistent):
    """All messages, by month and writer, and the counters of each writer."""

    def __init__(self) -> None:
        self.months = OOBTree()
        self.counters = IOBTree()

    def shard_at(self, month: str, writer: int) -> MonthShard:
        """The shard of a month and writer, made when it is missing; for write commands only."""
        writers = self.months.get(month)
        if writers is None:
            writers = self.months[month] = IOBTree()
        shard: MonthShard | None = writers.get(writer)
        if shard is None:
            shard = writers[writer] = MonthShard()
        return shard

    def find_shard(self, month: str, writer: int) -> MonthShard | None:
        writers = self.months.get(month)
        return None if writers is None else writers.get(writer)

    def iter_shards(self, month: str) -> Iterator[MonthShard]:
        """All writers' shards of a month."""
        yield from self.months.get(month, {}).values()

    def find(self, message_id: str) -> Message | None:
        """The message with this id, or None; a guessed or mutilated id finds nothing."""
        key = ids.find_key(message_id)
        message = None if key is None else self.find_by_key(key)
        return message if message is not None and message.id == message_id else None

    def find_by_key(self, key: int) -> Message | None:
        """The message with this key, which only an index knows, or None."""
        shard = self.find_shard(ids.month_of(key), ids.writer_of(key))
        return None if shard is None else shard.messages.get(key)

    def find_by_sent_key(self, key: int) -> Message | None:
        """The message that was sent under this key of the ``sent`` facets, or None."""
        shard = self.find_shard(ids.month_of(key), ids.writer_of(key))
        message_id = None if shard is None else shard.sent_ids.get(key)
        return None if message_id is None else self.find(message_id)

    def counters_of(self, writer: int) -> Any:
        """This writer's counters, made when they are missing; for write commands only."""
        counters = self.counters.get(writer)
        if counters is None:
            counters = self.counters[writer] = OOBTree()
        return counters


def install(hub: HubRoot) -> None:
    """Make the folder of messages once."""
    if not hasattr(hub, "messages"):
        hub.messages = Messages()


def messages_of(hub: HubRoot) -> Messages:
    messages: Messages = hub.messages
    return messages
