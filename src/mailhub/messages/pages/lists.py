"""Drafts, Outbox and Sent: lists of messages, newest first, that follow what becomes of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from mailhub.contract.texts import Text, _, in_context
from mailhub.errors import Invalid, NotFound
from mailhub.http.paging import Page
from mailhub.messages.model import Message
from mailhub.people.permissions import Permission
from mailhub.visibility.service import MessageCounts, MessagePage, MessageReader
from mailhub.web.answers import Answer, Fragment, Raw, Shown
from mailhub.web.formats import folded
from mailhub.web.page import page
from mailhub.web.request import PageRequest

from .asking import ACTIONS, bulk_actions
from .filters import ANY_TIME, LABELS, PERIODS, WAITING, Asked, problem_text
from .rows import Names, Rows
from .undoing import find_undoable, without_undo

PAGE_ROWS: Final = 50
MOST_STEPS_BACK: Final = 20
"""How many of the pages before a cursor remembers, so that one can go to newer ones step by step."""

TITLES: Final[dict[str, Text]] = {
    "drafts": _("Drafts"),
    "outbox": _("Outbox"),
    "sent": in_context("box", "Sent"),
}
_LIST: Final = "mailhub.messages:templates/list.jinja2"
_CHANGED: Final = "mailhub.messages:templates/changed_rows.jinja2"


@page("GET", "/drafts", permission=Permission.MESSAGES_READ)
def show_drafts(request: PageRequest) -> Answer:
    return _show(request, Asked.of("drafts", request.query))


@page("GET", "/outbox", permission=Permission.MESSAGES_READ)
def show_outbox(request: PageRequest) -> Answer:
    return _show(request, Asked.of("outbox", request.query))


@page("GET", "/sent", permission=Permission.MESSAGES_READ)
def show_sent(request: PageRequest) -> Answer:
    return _show(request, Asked.of("sent", request.query))


@page("GET", "/messages/changed", permission=Permission.MESSAGES_READ)
def show_changed(request: PageRequest) -> Answer:
    """Rows that are not what the reader has: ``?seen=id.mark`` for each that he looks at. 204 where all are."""
    reader, rows = request.work.service(MessageReader), Rows(request)
    changed, gone = [], []
    for seen in request.query_all("seen")[:PAGE_ROWS]:
        message_id, _dot, mark = seen.partition(".")
        try:
            row = rows.row(reader.get(message_id))
        except NotFound:
            gone.append(message_id)
            continue
        if row.mark != mark:
            changed.append(row)
    known_gone = [each for each in gone if _is_id(each)]
    if not changed and not known_gone:
        return Raw(b"", "text/html", status=204)
    may_write = request.identity.may(Permission.MESSAGES_WRITE)
    values = {"rows": changed, "gone": known_gone, "actions": list(ACTIONS.values()), "selectable": may_write}
    return Fragment(_CHANGED, values)


def _is_id(text: str) -> bool:
    """What may stand in an id of the page; nothing else is given back."""
    return text.isascii() and text.replace("-", "").replace("_", "").isalnum() and len(text) < 100


@dataclass(slots=True)
class _Found:
    """What a list shows. ``problem``: why it shows nothing. ``is_whole``: there are no other pages."""

    messages: Sequence[Message] = ()
    older: str | None = None
    newer: str | None = None
    problem: Invalid | None = None

    @property
    def is_whole(self) -> bool:
        return self.older is None and self.newer is None

    @property
    def problems(self) -> list[tuple[Text, Text]]:
        """What is wrong, by the filter it is about."""
        errors = () if self.problem is None else self.problem.errors
        return [(LABELS.get(each.pointer.strip("/"), ""), problem_text(each)) for each in errors]


def _show(request: PageRequest, asked: Asked) -> Answer:
    found, rows = _find(request, asked), Rows(request)
    may_write = request.identity.may(Permission.MESSAGES_WRITE)
    values: dict[str, Any] = {
        "asked": asked,
        "found": found,
        "rows": rows.of(found.messages),
        "tabs": _tabs(asked, request.work.service(MessageReader).counts()),
        "is_empty_box": not found.messages and not asked.is_narrowed and found.is_whole,
        "any_time": ANY_TIME,
        "choices": _choices(request, rows.names),
        "actions": list(ACTIONS.values()),
        "bulk": bulk_actions(asked.box) if may_write else [],
        "may_write": may_write,
        "undoable": find_undoable(request),
        "back": without_undo(request),
    }
    return Shown(_LIST, values, title=TITLES[asked.box], status=200 if found.problem is None else 422)


def _choices(request: PageRequest, names: Names) -> dict[str, list[tuple[str, Text]]]:
    """What can be chosen from, by filter; nothing where the reader may not know what there is."""
    scenarios = [(id, request.translated(title)) for id, title in names.scenarios.items()]
    return {
        "account": [(each.id, each.name) for each in names.accounts],
        "scenario": [*sorted(scenarios, key=lambda each: folded(each[1]))],
        "period": [(ANY_TIME, _("Any time")), *((name, title) for name, (title, _days) in PERIODS.items())],
    }


def _find(request: PageRequest, asked: Asked) -> _Found:
    try:
        filters = asked.filters(request)
        place = request.page_of_list({**asked.values, "period": asked.period}, PAGE_ROWS)
        steps: list[int] = list(place.position or ())
        below = steps[0] if steps else None
        listed = request.work.service(MessageReader).list_messages(filters, PAGE_ROWS, below)
    except Invalid as refused:
        return _Found(problem=refused)
    return _Found(listed.messages, _older(place, asked, listed, steps), _newer(place, asked, steps))


def _older(place: Page, asked: Asked, listed: MessagePage, steps: list[int]) -> str | None:
    if listed.next_below is None:
        return None
    return asked.address(cursor=_cursor(place, [listed.next_below, *steps][: MOST_STEPS_BACK + 1]))


def _newer(place: Page, asked: Asked, steps: list[int]) -> str | None:
    """The page before this one; the first one where the way to it is forgotten."""
    if not steps:
        return None
    return asked.address(cursor=_cursor(place, steps[1:]) if steps[1:] else "")


def _cursor(place: Page, position: list[int]) -> str:
    cursor: str = place.reply((), position)["next_cursor"]
    return cursor


def _tabs(asked: Asked, counts: MessageCounts) -> list[tuple[Text, str, bool, int | None]]:
    """The states of the Outbox; other boxes have one."""
    if asked.box != "outbox":
        return []
    tabs: list[tuple[str, Text, int | None]] = [
        ("", _("All"), None),
        (WAITING, _("Waiting"), counts.waiting),
        ("failed", _("Failed"), counts.failed),
        ("in_doubt", _("In doubt"), counts.in_doubt),
        ("cancelled", _("Cancelled"), None),
    ]
    at = asked.values.get("status", "")
    return [(title, asked.address(status=name), name == at, count) for name, title, count in tabs]
