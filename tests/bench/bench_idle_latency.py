"""From "on disk" to the connector: how long an idle hub takes to hand over one message."""

import time

from mailhub.testing.fake_connector import fake_connector_type
from mailhub.testing.fake_provider import FakeProvider

from .standing import Standing, fsync_milliseconds, median_seconds, standing_hub

MESSAGES = 60


def run() -> list[str]:
    """The median, beside what an fsync costs here: two commits lie on the path (accept and claim)."""
    provider = FakeProvider()
    with standing_hub(fake_connector_type(provider), settings={"server": "fake.example"}) as standing:
        standing.hub.start_delivery()
        _one(standing, provider, 0)
        taken = sorted(_one(standing, provider, number) for number in range(1, MESSAGES + 1))
        whole = 1000 * median_seconds(lambda: None, 1) + 1000 * taken[len(taken) // 2]
    sync = fsync_milliseconds()
    line = (
        f"idle latency: {whole:.1f} ms from the accepted commit to the connector (median of {MESSAGES}); "
        f"anchor: an fsync takes {sync:.2f} ms here; ratio {whole / sync:.0f}"
    )
    return [line]


def _one(standing: Standing, provider: FakeProvider, number: int) -> float:
    standing.send(number)
    began = time.perf_counter()
    provider.wait_for(number + 1)
    return time.perf_counter() - began
