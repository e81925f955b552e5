"""The state machine of a message, as one table, and the groups of states that lists and counts know."""

from mailhub.contract.texts import _
from mailhub.errors import WrongState

STATUSES = ("draft", "queued", "sending", "sent", "failed", "in_doubt", "cancelled")
FINAL = frozenset({"sent", "failed", "cancelled"})

TRANSITIONS: dict[str, dict[str | None, str]] = {
    "drafted": {None: "draft"},
    "accepted": {None: "queued", "draft": "queued"},
    "sending": {"queued": "sending"},
    "handed_back": {"sending": "queued"},
    "retry_scheduled": {"sending": "queued"},
    "throttled": {"sending": "queued"},
    "account_stopped": {"sending": "queued"},
    "resent_uncertain": {"sending": "queued"},
    "sent": {"sending": "sent"},
    "failed": {"sending": "failed"},
    "in_doubt": {"sending": "in_doubt"},
    "expired": {"queued": "failed"},
    "cancelled": {"queued": "cancelled"},
    "retried": {"failed": "queued", "cancelled": "queued", "queued": "queued"},
    "moved": {"queued": "queued"},
    "resolved_sent": {"in_doubt": "sent"},
    "resolved_resend": {"in_doubt": "queued"},
    "resolved_failed": {"in_doubt": "failed"},
}
"""What may happen to a message: event -> {status before: status after}. Every entry of a message's history is one of these."""

DELETABLE = frozenset({"draft", "failed", "cancelled"})
"""What may be deleted (api.md)."""

GROUPS = {
    "draft": "draft",
    "queued": "waiting",
    "sending": "waiting",
    "sent": "sent",
    "failed": "failed",
    "in_doubt": "in_doubt",
    "cancelled": "cancelled",
}
"""Status to the group its index entry is kept under: a claim changes no index."""

BOXES: dict[str, tuple[str, ...]] = {
    "drafts": ("draft",),
    "outbox": ("waiting", "failed", "in_doubt", "cancelled"),
    "sent": ("sent",),
}


def next_status(event: str, status: str | None) -> str:
    """The status after an event. Raises ``WrongState`` with code ``message.wrong_state``."""
    after = TRANSITIONS[event].get(status)
    if after is None:
        raise wrong_state(status or "")
    return after


def wrong_state(status: str) -> WrongState:
    return WrongState(
        _("This cannot be done with a message that is ${status}.", mapping={"status": status}),
        code="message.wrong_state",
    )
