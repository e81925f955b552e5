"""Messages against what is written beside them: content, facets, counters."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from BTrees.LLBTree import LLTreeSet

from mailhub.contract.texts import _
from mailhub.messages import model
from mailhub.messages.indexes import count, created_facets, sent_facets
from mailhub.messages.model import Message, MessageContent, MonthShard, messages_of
from mailhub.store.check import Finding
from mailhub.store.content import BlobContent, SmallContent
from mailhub.store.root import HubRoot
from mailhub.store.shards import Shard, ShardState

FORGET_EVERY = 2_000
NUMBER = 1
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class MailCheck:
    """One walk over all messages. ``messages``: how many it has seen."""

    def __init__(self, hub: HubRoot) -> None:
        self._hub = hub
        self._sent_keys = LLTreeSet()
        self._counted = _Recount()
        self.messages = 0

    def iter_findings(self) -> Iterator[Finding]:
        yield from self._iter_in_sent()
        for month in list(messages_of(self._hub).months):
            shards = list(messages_of(self._hub).iter_shards(month))
            for shard in shards:
                for message in shard.messages.values():
                    self._count(message)
                    yield from self._iter_in(message, shards)
        yield from self._iter_in_counters()

    def _count(self, message: Message) -> None:
        self.messages += 1
        self._counted.add(message)
        if self.messages % FORGET_EVERY == 0:
            self._hub._p_jar.cacheMinimize()

    def _iter_in(self, message: Message, shards: list[MonthShard]) -> Iterator[Finding]:
        yield from _iter_in_content(message)
        for facet in created_facets(message):
            if not any(_has(shard.created.find(facet), message.key) for shard in shards):
                yield _unlisted(message, facet)
        if message.status == "sent" and message.key not in self._sent_keys:
            yield _unlisted(message, "sent")

    # -- sent ----------------------------------------------------------------------------------------------------

    def _iter_in_sent(self) -> Iterator[Finding]:
        """Keys by the time of sending that lead to no message are hints that readers see through."""
        for month in list(messages_of(self._hub).months):
            for shard in messages_of(self._hub).iter_shards(month):
                for number, (key, message_id) in enumerate(shard.sent_ids.items()):
                    if number % FORGET_EVERY == 0:
                        self._hub._p_jar.cacheMinimize()
                    yield from self._iter_in_sent_key(shard, key, message_id)

    def _iter_in_sent_key(self, shard: MonthShard, key: int, message_id: str) -> Iterator[Finding]:
        message = messages_of(self._hub).find(message_id)
        if message is None or message.status != "sent":
            return
        self._sent_keys.insert(message.key)
        for facet in sent_facets(message):
            if not _has(shard.sent.find(facet), key):
                yield _unlisted(message, f"sent {facet}")

    # -- counters ------------------------------------------------------------------------------------------------

    def _iter_in_counters(self) -> Iterator[Finding]:
        kept: Counter[tuple[str, ...]] = Counter()
        for counters in messages_of(self._hub).counters.values():
            for name, value in counters.items():
                kept[name] += value
        counted = self._counted.sums()
        for name in sorted(kept.keys() | counted.keys()):
            if kept[name] != counted[name]:
                text = _(
                    "A counter says ${kept}, and there are ${counted}.",
                    mapping={"kept": kept[name], "counted": counted[name]},
                )
                yield Finding("wrong_counter", " ".join(name), text)


class _Recount:
    """Counts messages by the very rules that keep the counters, into a hub that is nobody's."""

    def __init__(self) -> None:
        self._scratch = HubRoot()
        model.install(self._scratch)
        self._shard = Shard(NUMBER, ShardState(), _BEGINNING, lambda _topic: None)

    def add(self, message: Message) -> None:
        count(self._scratch, self._shard, message, message.status, 1)

    def sums(self) -> Counter[tuple[str, ...]]:
        return Counter(dict(messages_of(self._scratch).counters_of(NUMBER)))


def _iter_in_content(message: Message) -> Iterator[Finding]:
    content = getattr(message, "content", None)
    if not isinstance(content, MessageContent):
        yield Finding("message_without_content", message.id, _("A message has no content."))
        return
    parts = [content.text, content.html, *(each.content for each in content.attachments)]
    if any(part is not None and not isinstance(part, SmallContent | BlobContent) for part in parts):
        yield Finding("message_without_content", message.id, _("A body or file of a message is not there."))
    elif any(each.content is None for each in content.attachments):
        yield Finding("message_without_content", message.id, _("A file of a message is not there."))


def _unlisted(message: Message, facet: str) -> Finding:
    text = _("A message is missing in the index ${index}.", mapping={"index": facet})
    return Finding("wrong_index", message.id, text)


def _has(keys: Any, key: int) -> bool:
    return keys is not None and key in keys
