"""Messages against what is written beside them: content, facets, counters."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from BTrees.LLBTree import LLTreeSet

from mailhub.contract.texts import _
from mailhub.messages.indexes import indexed, sent_facets
from mailhub.messages.model import Message, MessageContent, MonthShard, messages_of
from mailhub.store.check import Finding
from mailhub.store.content import BlobContent, SmallContent
from mailhub.store.root import HubRoot

FORGET_EVERY = 2_000


class MailCheck:
    """One walk over all messages. ``messages``: how many it has seen."""

    def __init__(self, hub: HubRoot) -> None:
        self._hub = hub
        self._sent_keys = LLTreeSet()
        self._counted: Counter[tuple[str, ...]] = Counter()
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
        if self.messages % FORGET_EVERY == 0:
            self._hub._p_jar.cacheMinimize()

    def _iter_in(self, message: Message, shards: list[MonthShard]) -> Iterator[Finding]:
        wrong = list(_iter_in_content(message))
        yield from wrong
        if wrong:
            return
        beside = indexed(message)
        self._counted.update(beside.counters)
        for facet in sorted(beside.facets):
            if not any(_has(shard.created.find(facet), message.key) for shard in shards):
                yield _unlisted(message, facet)
        for word in beside.words:
            if not any(message.key in shard.words.by_word.get(word, ()) for shard in shards):
                yield _unlisted(message, "words")
                break
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
        counted = self._counted
        for name in sorted(kept.keys() | counted.keys()):
            if kept[name] != counted[name]:
                text = _(
                    "A counter says ${kept}, and there are ${counted}.",
                    mapping={"kept": kept[name], "counted": counted[name]},
                )
                yield Finding("wrong_counter", " ".join(name), text)


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
