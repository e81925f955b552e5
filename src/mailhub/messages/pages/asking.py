"""What may be done to messages, in words: buttons, questions, and what is said afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mailhub.contract.texts import Text, _


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something that people do to messages. ``question``: asked before, with ``warning``; None: it is done at once.

    ``done``: said after it was done to one. ``counted``: the word for it before a number.
    """

    name: str
    label: Text
    icon: str
    done: Text
    counted: Text
    question: Text | None = None
    warning: Text = ""
    is_dangerous: bool = False


_ALL: Final = (
    Action(
        name="retry",
        label=_("Try again"),
        icon="arrow-clockwise",
        done=_("It is tried again now."),
        counted=_("Tried again"),
    ),
    Action(
        name="cancel",
        label=_("Cancel"),
        icon="slash-circle",
        done=_("The message was cancelled."),
        counted=_("Cancelled"),
    ),
    Action(
        name="resolve-sent",
        label=_("It was sent"),
        icon="check-circle",
        done=_("The message counts as sent."),
        counted=_("Marked as sent"),
    ),
    Action(
        name="resolve-resend",
        label=_("Send again"),
        icon="arrow-repeat",
        done=_("It is sent again now."),
        counted=_("Sent again"),
        question=_("Send again what may have arrived?"),
        warning=_("Nobody knows whether it was sent the first time. Somebody may get it twice."),
    ),
    Action(
        name="resolve-failed",
        label=_("It was not sent"),
        icon="x-circle",
        done=_("The message counts as failed."),
        counted=_("Marked as not sent"),
    ),
    Action(
        name="resend",
        label=_("Send as new"),
        icon="send",
        done=_("This is the new message, with the same content and the same recipients."),
        counted=_("Sent as new"),
        question=_("Send as new?"),
        warning=_("The same recipients get the same mail, also those who have got it before."),
    ),
    Action(
        name="delete",
        label=_("Delete"),
        icon="trash",
        done=_("The message was deleted."),
        counted=_("Deleted"),
        question=_("Delete for good?"),
        warning=_("With its files and its history. This cannot be undone."),
        is_dangerous=True,
    ),
)
ACTIONS: Final[Mapping[str, Action]] = {each.name: each for each in _ALL}

_BOXES: Final = {
    "drafts": ("delete",),
    "outbox": ("retry", "cancel", "resolve-sent", "resolve-resend", "resolve-failed", "resend", "delete"),
    "sent": ("resend",),
}

ALREADY: Final[Mapping[str, Text]] = {
    "draft": _("Still a draft"),
    "queued": _("Waiting already"),
    "sending": _("Being sent at this moment"),
    "sent": _("Already sent"),
    "failed": _("Failed already"),
    "in_doubt": _("In doubt"),
    "cancelled": _("Cancelled already"),
}
"""Why something cannot be done to a message of this status, before a number."""


def bulk_actions(box: str) -> list[Action]:
    """What is offered for several messages of a box at once."""
    return [ACTIONS[name] for name in _BOXES[box]]
