"""The one catalogue of events: what may be recorded, with which dimensions, and which of them may leave the hub.

    message.drafted .changed .deleted                                   drafts; deleting also what failed or was cancelled
    message.queued .cancelled .held .attempt_failed .sent .failed       what became of a message (D5, D7, D9)
    smtp.connect.succeeded .failed   smtp.authenticate.succeeded .failed     steps of a sending session
    account.needs_attention .released .deleted                          what an administrator should know of

No dimension holds an address, a subject or a body: ids, numbers, codes, and the server's answer without addresses.
Dimensions are appended to an event, never taken away or moved: rows keep their values by place.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from mailhub.contract.texts import Text, _

Dimension = str | int | float | bool | None
"""What a dimension's value may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventType:
    """A kind of event.

    ``dimensions``: in the order in which rows keep their values. ``required``: those that every event of the kind has;
    the others are None where they mean nothing. ``may_leave``: those that telemetry may show outside the hub.
    """

    name: str
    summary: Text
    dimensions: tuple[str, ...]
    required: frozenset[str]
    may_leave: frozenset[str]


class UnknownEvent(LookupError):
    """An event, or a dimension of one, that has no entry in the catalogue: a mistake in the code that records it."""


MESSAGE_DIMENSIONS: Final = ("message", "account", "connector", "scenario", "attempt", "owner")
"""On every event about a message (D9). ``owner``: a user's id; it stays in the hub."""

ATTEMPT_DIMENSIONS: Final = ("duration_seconds", "error_code", "reply")
"""How an attempt or a step went. ``reply``: the server's answer, addresses taken out."""

PRIVATE_DIMENSIONS: Final = frozenset({"owner", "identity", "by"})
"""Who a person is, as ids; these never leave."""


def _event(name: str, summary: Text, required: Iterable[str], optional: Iterable[str] = ()) -> EventType:
    required = tuple(required)
    dimensions = required + tuple(optional)
    return EventType(
        name=name,
        summary=summary,
        dimensions=dimensions,
        required=frozenset(required),
        may_leave=frozenset(dimensions) - PRIVATE_DIMENSIONS,
    )


def _message_event(name: str, summary: Text, *optional: str) -> EventType:
    return _event(name, summary, MESSAGE_DIMENSIONS, optional)


def _session_event(name: str, summary: Text) -> EventType:
    required = ("message", "account", "connector", "scenario", "attempt")
    return _event(name, summary, required, ATTEMPT_DIMENSIONS)


def session_events(prefix: str) -> tuple[EventType, ...]:
    """The four events of a connector's sending sessions (``ConnectorType.telemetry_prefix``)."""
    return (
        _session_event(f"{prefix}.connect.succeeded", _("A connection to the server was made.")),
        _session_event(f"{prefix}.connect.failed", _("No connection to the server could be made.")),
        _session_event(f"{prefix}.authenticate.succeeded", _("The server accepted the account's sign-in.")),
        _session_event(f"{prefix}.authenticate.failed", _("The server refused the account's sign-in.")),
    )


MESSAGE_EVENTS: Final = (
    _message_event("message.drafted", _("A draft was made.")),
    _message_event("message.changed", _("A draft was changed.")),
    _message_event(
        "message.deleted", _("A message was deleted: a draft, or one that failed or was cancelled.")
    ),
    _message_event("message.queued", _("A message was accepted and waits to leave.")),
    _message_event("message.cancelled", _("A waiting message was cancelled.")),
    _message_event(
        "message.held",
        _("Nobody knows whether an attempt succeeded; a person decides (in_doubt)."),
        *ATTEMPT_DIMENSIONS,
    ),
    _message_event(
        "message.attempt_failed",
        _("An attempt failed; the message will be tried again at the time given."),
        *ATTEMPT_DIMENSIONS,
        "retry_at",
    ),
    _message_event(
        "message.sent",
        _("At least one recipient accepted the message."),
        *ATTEMPT_DIMENSIONS,
        "is_partial",
        "possible_duplicate",
    ),
    _message_event("message.failed", _("The message failed for good."), *ATTEMPT_DIMENSIONS),
)

ACCOUNT_EVENTS: Final = (
    _event(
        "account.needs_attention",
        _("An account's mail waits until somebody mends the account."),
        ("account", "connector", "error_code"),
        ("identity", "reply"),
    ),
    _event(
        "account.released",
        _("An account works again and its mail goes on."),
        ("account", "connector"),
        ("identity", "by"),
    ),
    _event("account.deleted", _("An account was deleted."), ("account", "connector"), ("by",)),
)

CATALOGUE: Final[Mapping[str, EventType]] = MappingProxyType(
    {event.name: event for event in (*MESSAGE_EVENTS, *session_events("smtp"), *ACCOUNT_EVENTS)}
)

_SESSION_EVENT = re.compile(r"([a-z][a-z0-9-]{0,49})\.(?:connect|authenticate)\.(?:succeeded|failed)")


def event_type(name: str) -> EventType:
    """The entry of an event: one of ``CATALOGUE``, or a session event of any connector's prefix.

    Raises UnknownEvent.
    """
    if (known := CATALOGUE.get(name)) is not None:
        return known
    match = _SESSION_EVENT.fullmatch(name)
    if match is None or match[1] in {"message", "account"}:
        raise UnknownEvent(f"the catalogue has no event {name!r}")
    return next(event for event in session_events(match[1]) if event.name == name)
