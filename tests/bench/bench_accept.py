"""Accepting: many callers at once, each told only after the commit is on disk."""

import time
from concurrent.futures import ThreadPoolExecutor

from mailhub.testing.fake_connector import fake_connector_type
from mailhub.testing.fake_provider import FakeProvider

from .standing import plain_commits_per_second, standing_hub

CALLERS = 32
MESSAGES = 1_500


def run() -> list[str]:
    """Messages a second through check, resolution and group commit, without HTTP; beside single plain commits."""
    anchor = plain_commits_per_second()
    kind = fake_connector_type(FakeProvider())
    with (
        standing_hub(kind, settings={"server": "fake.example"}) as standing,
        ThreadPoolExecutor(CALLERS) as pool,
    ):
        list(pool.map(standing.send, range(100)))
        began = time.perf_counter()
        list(pool.map(standing.send, range(MESSAGES)))
        rate = MESSAGES / (time.perf_counter() - began)
    line = (
        f"accept: {rate:,.0f} messages/s with {CALLERS} callers, each on disk before its answer; "
        f"anchor: {anchor:,.0f} plain single-object commits/s; ratio {rate / anchor:.2f}"
    )
    return [line]
