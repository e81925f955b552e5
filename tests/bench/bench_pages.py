"""Outbox and Sent as a browser asks for them: what they cost with many messages, beside what they cost with few."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from mailhub.messages.model import messages_of
from mailhub.messages.transitions import move
from mailhub.people.model import users_of
from mailhub.store.root import HubRoot
from mailhub.store.writer import Shard
from mailhub.testing.fake_connector import fake_connector_type
from mailhub.testing.fake_provider import FakeProvider
from tests.kit.pages import PASSWORD, Browserless

from .bench_lists import AT_ONCE, FEW, MANY, fill
from .standing import Standing, forget, median_seconds, standing_hub

TIMES = 40
PAGES = {
    "outbox": "/outbox",
    "outbox failed": "/outbox?status=failed",
    "outbox words": "/outbox?q=invoice+custom",
    "sent": "/sent",
    "sent words": "/sent?q=invoice+custom",
    "drafts": "/drafts",
}


@dataclass(frozen=True, slots=True)
class SendAll:
    """Write command: let these messages be sent, as far as lists and counts can tell."""

    ids: tuple[str, ...]
    note: str = "bench"

    def check(self, root: HubRoot) -> None:
        """Nothing speaks against it."""

    def apply(self, root: HubRoot, shard: Shard) -> None:
        for message_id in self.ids:
            message = messages_of(root).find(message_id)
            assert message is not None
            move(root, shard, message, "sending")
            move(root, shard, message, "sent")


class Visited:
    """A standing hub as the kit for pages wants it."""

    def __init__(self, standing: Standing) -> None:
        self._standing = standing

    @cached_property
    def application(self) -> Any:
        return self._standing.hub.wsgi_app()


def run() -> list[str]:
    """A line for each page: milliseconds with many, and the ratio to the same with few, asked for in turns."""
    with _filled(FEW) as few, _filled(MANY) as many:
        taken = {name: milliseconds(path, few, many) for name, path in PAGES.items()}
    return [
        f"page {name}: {many:.1f} ms with {MANY:,} messages; anchor: {few:.1f} ms with {FEW:,}; ratio {many / few:.2f}"
        for name, (few, many) in taken.items()
    ]


@contextmanager
def _filled(count: int) -> Iterator[Browserless]:
    """The browser of who has so many messages, every second one of them sent."""
    with standing_hub(fake_connector_type(FakeProvider()), settings={"server": "fake.example"}) as standing:
        fill(standing, 0, count)
        send_half(standing)
        forget(standing)
        yield signed_in(standing)


def send_half(standing: Standing) -> None:
    with standing.hub.database.reading() as root:
        waiting = list(_iter_waiting(root))
    half = waiting[::2]
    for start in range(0, len(half), AT_ONCE):
        standing.hub.writer.execute(SendAll(tuple(half[start : start + AT_ONCE])), 300.0)


def _iter_waiting(root: HubRoot) -> Iterator[str]:
    messages = messages_of(root)
    for month in messages.months:
        for shard in messages.iter_shards(month):
            yield from (each.id for each in shard.messages.values() if each.status == "queued")


def signed_in(standing: Standing) -> Browserless:
    """The browser of the administrator, whose the messages are."""
    hub, user_id = standing.hub, standing.identity.user_id

    def set_password(root: HubRoot) -> str:
        user = users_of(root).find(user_id)
        assert user is not None
        user.password_hash = hub.hasher.hash(PASSWORD)
        user.must_change_password = False
        return user.login

    login = hub.database.transact(set_password, "bench")
    return Browserless(Visited(standing)).sign_in(login)


def milliseconds(path: str, few: Browserless, many: Browserless) -> tuple[float, float]:
    """The best of both. In turns and the best, since what else the machine does only ever adds."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _time in range(TIMES):
        for browser, times in zip((few, many), taken, strict=True):
            times.append(1000 * median_seconds(partial(browser.get, path), 1))
    return min(taken[0]), min(taken[1])
