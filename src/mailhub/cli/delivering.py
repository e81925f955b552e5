"""``send --wait``: what becomes of one message, told by the API, beside a running hub or delivered by this process."""

from collections.abc import Callable
from threading import Condition
from typing import Any

from mailhub.clock import SystemClock
from mailhub.contract.texts import Text, _, plain

from .client import ApiClient

FINAL = frozenset({"sent", "failed", "in_doubt", "cancelled"})
PASSING = frozenset({"rate_limit", "concurrency", "retry", "schedule"})
"""What a running hub gets over by itself; anything else waits for somebody to act."""

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.05, 1.0

SENTENCES = {
    "rate_limit": _("Message ${id} waits for its account's rate limit."),
    "concurrency": _("Message ${id} waits for others of its account that are being sent."),
    "paused_account": _("Message ${id} waits for its account, which is paused or needs attention."),
    "connector_missing": _("Message ${id} waits for its account's connector, which is not installed."),
    "sign_in": _("Message ${id} waits for somebody to sign in to its account anew."),
    "retry": _("Message ${id} could not be sent for now and will be tried again."),
    "schedule": _("Message ${id} waits for the time it is to be sent at."),
}

Message = dict[str, Any]


def follow(client: ApiClient, message: Message, tell: Callable[[Text], None]) -> Message:
    """The message when its fate is known, or when nothing will become of it here for now.

    Beside a running hub what passes by itself is waited for, and told once; a process of its own makes one attempt.
    """
    if client.deliver is not None:
        client.deliver(message["id"])
    clock, pause, seconds = SystemClock(), Condition(), FIRST_PAUSE_SECONDS
    told: str | None = None
    while not _is_over(message, is_hub=client.deliver is None):
        waits_for = message["waiting_for"]
        if waits_for not in (None, "concurrency", told):
            tell(why_waiting(message))
            told = waits_for
        with pause:
            clock.wait(pause, seconds)
        seconds = min(LONGEST_PAUSE_SECONDS, seconds * 1.3)
        message = client.get(f"/messages/{message['id']}")
    return message


def _is_over(message: Message, *, is_hub: bool) -> bool:
    if message["status"] in FINAL:
        return True
    waits_for = message["waiting_for"]
    if message["status"] != "queued" or waits_for in (None, "concurrency"):
        return False
    return not is_hub or waits_for not in PASSING


def why_waiting(message: Message) -> Text:
    """A sentence about a message that has not left, and the last answer of a server, if there was one."""
    sentence: Text = SENTENCES[message["waiting_for"]] % {"id": message["id"]}
    error = message["error"]
    return sentence if error is None else f"{plain(sentence)}\n{error['message']}"
