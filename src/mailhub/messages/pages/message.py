"""The page of one message: what it says, whom it reached, what happened to it; it follows its state while one looks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from mailhub.contract.texts import Text, _
from mailhub.delivery.service import DeliveryService
from mailhub.messages.model import HistoryEntry, Message
from mailhub.messages.presenting import text_of
from mailhub.people.permissions import Permission
from mailhub.visibility.service import MessageReader
from mailhub.web.answers import Answer, Fragment, Raw, Redirect, Shown
from mailhub.web.page import page
from mailhub.web.request import PageRequest

from .asking import ACTIONS
from .lists import TITLES
from .preview import preview_of
from .rows import Names, Row, Rows, words_of
from .source import headers_of, source_of
from .undoing import find_undoable
from .words import EVENT_ICONS, EVENT_KINDS, EVENTS

MOST_TEXT_CHARACTERS: Final = 200_000
"""What of a plain text is shown on the page."""

_TEMPLATE: Final = "mailhub.messages:templates/message.jinja2"
_STATE: Final = "mailhub.messages:templates/message_state.jinja2"
_NO_SUBJECT: Final = _("(no subject)")


@page("GET", "/messages/{id}", permission=Permission.MESSAGES_READ)
def show_message(request: PageRequest) -> Answer:
    message = request.work.service(MessageReader).get(request.path["id"])
    row = Rows(request).row(message)
    if row.url != f"/messages/{message.id}":
        return Redirect(row.url)
    view = _view(request, message)
    values = {
        **_state_values(request, message, row),
        **_VIEWS[view](message),
        "view": view,
        "tabs": _tabs(message, view),
        "undoable": find_undoable(request),
    }
    crumbs = [(TITLES[values["box"]], f"/{values['box']}")]
    return Shown(_TEMPLATE, values, title=message.content.subject or _NO_SUBJECT, crumbs=crumbs)


@page("GET", "/messages/{id}/state", permission=Permission.MESSAGES_READ)
def show_state(request: PageRequest) -> Answer:
    """What changes while one looks; 204 where it is as ``?mark=`` says."""
    message = request.work.service(MessageReader).get(request.path["id"])
    row = Rows(request).row(message)
    if row.mark == request.query.get("mark"):
        return Raw(b"", "text/html", status=204)
    view = _view(request, message)
    return Fragment(_STATE, {**_state_values(request, message, row), **_VIEWS[view](message), "view": view})


def _box(status: str) -> str:
    return {"sent": "sent", "draft": "drafts"}.get(status, "outbox")


def _state_values(request: PageRequest, message: Message, row: Row) -> dict[str, Any]:
    known = {account.id for account in Names(request).accounts}
    return {
        "message": message,
        "content": message.content,
        "row": row,
        "box": _box(message.status),
        "trouble": _trouble(request, message),
        "actions": [ACTIONS[name] for name in row.actions if name in ACTIONS],
        "may_edit": "edit" in row.actions,
        "account_url": f"/accounts/{message.account_id}" if message.account_id in known else None,
        "recipients": message.recipient_states(),
        "words_of": words_of,
        "back": f"/messages/{message.id}?view={_view(request, message)}",
    }


def _trouble(request: PageRequest, message: Message) -> "Trouble | None":
    hold = request.work.service(DeliveryService).hold(message)
    if hold is not None and hold.code:
        return Trouble.of(hold.code)
    if message.error is None or message.status in ("sent", "sending"):
        return None
    return Trouble.of(*message.error[:2])


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong in words, what to do about it, and what the server said."""

    meaning: Text
    cure: Text
    code: str
    answer: str

    @classmethod
    def of(cls, code: str, answer: str = "") -> "Trouble":
        meaning, cure = words_of(code)
        return cls(meaning or _("The message could not be sent."), cure, code, answer)


# -- views -------------------------------------------------------------------------------------------------------------


def _view(request: PageRequest, message: Message) -> str:
    """The one that the address names; else the first one that has something to show."""
    named = request.query.get("view", "")
    if named in _VIEWS and (named != "html" or message.content.html is not None):
        return named
    return "text" if message.content.html is None else "html"


def _tabs(message: Message, view: str) -> list[tuple[Text, str, bool, int | None]]:
    content = message.content
    tabs: list[tuple[str, Text, int | None]] = [
        ("html", _("Message"), None),
        ("text", _("Text"), None),
        ("attachments", _("Attachments"), len(content.attachments)),
        ("recipients", _("Recipients"), len(content.recipients())),
        ("history", _("History"), None),
        ("headers", _("Headers"), None),
        ("source", _("Source"), None),
    ]
    if content.html is None:
        del tabs[0]
    if message.status == "draft":
        tabs = [each for each in tabs if each[0] not in ("headers", "source")]
    return [
        (title, f"/messages/{message.id}?view={name}", name == view, count) for name, title, count in tabs
    ]


def _html(message: Message) -> dict[str, Any]:
    preview = preview_of(text_of(message.content.html) or "", message.content.attachments)
    return {"preview": preview}


def _text(message: Message) -> dict[str, Any]:
    text = text_of(message.content.text) or ""
    return {"text": text[:MOST_TEXT_CHARACTERS], "is_cut": len(text) > MOST_TEXT_CHARACTERS}


def _source(message: Message) -> dict[str, Any]:
    return {"source": None if message.status == "draft" else source_of(message)}


def _headers(message: Message) -> dict[str, Any]:
    return {"headers": [] if message.status == "draft" else headers_of(message)}


def _attachments(message: Message) -> dict[str, Any]:
    return {"attachments": list(enumerate(message.content.attachments))}


def _recipients(_message: Message) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class Happening:
    """An entry of the history in words."""

    at: datetime
    title: Text
    kind: str
    icon: str
    attempt: int
    is_attempt: bool
    code: str
    meaning: Text
    answer: str
    possible_duplicate: bool


def _history(message: Message) -> dict[str, Any]:
    return {"happenings": [_happening(each) for each in message.history_entries()]}


_WITHOUT_ATTEMPT = frozenset({"accepted", "retried", "moved", "resolved_resend", "handed_back"})


def _happening(entry: HistoryEntry) -> Happening:
    return Happening(
        entry.at,
        EVENTS.get(entry.event, entry.event),
        EVENT_KINDS.get(entry.event, "neutral"),
        EVENT_ICONS.get(entry.event, "clock"),
        entry.attempt,
        entry.status != "queued" or entry.event not in _WITHOUT_ATTEMPT,
        entry.code,
        words_of(entry.code)[0],
        entry.detail,
        entry.possible_duplicate,
    )


_VIEWS: Final[Mapping[str, Any]] = {
    "html": _html,
    "text": _text,
    "attachments": _attachments,
    "recipients": _recipients,
    "history": _history,
    "headers": _headers,
    "source": _source,
}
