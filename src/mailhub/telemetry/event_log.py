"""The first reader of events: a log line for each."""

import logging

from mailhub.events.rows import Event

from .logging import EVENT, logfmt, time_text

events = logging.getLogger("mailhub.events")


def log_event(event: Event) -> bool:
    """Write the line of an event, with the dimensions that may leave the hub.

    A process whose logging is configured by others (``pserve``) gets the same as text.
    """
    if events.isEnabledFor(logging.INFO):
        fields = event.leaving()
        pairs = " ".join(f"{name}={logfmt(value)}" for name, value in fields.items())
        shown = {"at": time_text(event.at), "event": event.name, **fields}
        events.info("%s %s", event.name, pairs, extra={EVENT: shown})
    return False
