"""Bring docs/reference/events.md up to date with the catalogue of events; ``--check`` changes nothing."""

import sys
from collections.abc import Iterator

from mailhub.contract.texts import plain
from mailhub.events.catalogue import (
    ACCOUNT_EVENTS,
    CATALOGUE,
    MESSAGE_EVENTS,
    PRIVATE_DIMENSIONS,
    EventType,
)
from tools.pages import REFERENCE, Pages, bring_up_to_date, codes

PAGE = REFERENCE / "events.md"

HEAD = f"""\
# Events

<!-- written by `make reference` from src/mailhub/events/catalogue.py; do not edit -->

What the hub records of what happened, in the same transaction as the change. An event has a time, a name and dimensions;
no dimension holds an address, a subject, a body or a file name, and the server's answer (`reply`) has its addresses taken
out. {codes(sorted(PRIVATE_DIMENSIONS))} are ids of people and never leave the hub. Dimensions that mean nothing for an
event are left out or null. The hub's log has each event as a JSON line.

A message's history (`GET /messages/{{id}}/events`) is something else: what happened to that one message, for those who may
read it, with the server's own words.
"""

SECTIONS = (
    ("Messages", MESSAGE_EVENTS),
    (
        "Sending sessions",
        tuple(event for event in CATALOGUE.values() if event not in (*MESSAGE_EVENTS, *ACCOUNT_EVENTS)),
    ),
    ("Accounts", ACCOUNT_EVENTS),
)

SESSIONS = """
A connector with a `telemetry_prefix` has these four under its own prefix; those of SMTP are shown.
"""


def expected() -> Pages:
    """The page, as it should be."""
    return {PAGE: "".join(_parts())}


def _parts() -> Iterator[str]:
    yield HEAD
    for title, events in SECTIONS:
        yield f"\n## {title}\n" + (SESSIONS if title == "Sending sessions" else "")
        yield from map(_entry, events)


def _entry(event: EventType) -> str:
    always = [each for each in event.dimensions if each in event.required]
    sometimes = [each for each in event.dimensions if each not in event.required]
    inside = [each for each in event.dimensions if each not in event.may_leave]
    lines = [f"- Always: {codes(always)}"]
    lines += [f"- Where it means something: {codes(sometimes)}"] if sometimes else []
    lines += [f"- Stays in the hub: {codes(inside)}"] if inside else []
    return f"\n### `{event.name}`\n\n{plain(event.summary)}\n\n" + "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(bring_up_to_date(__doc__ or "", expected))
