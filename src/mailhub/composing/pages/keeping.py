"""Keeping what was typed as a draft: by a script every few seconds, by a button without one."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from mailhub.bodies.plain_text import text_of_html
from mailhub.composing.again import composed
from mailhub.composing.copying import CopyingService
from mailhub.composing.draft_writes import require_draft
from mailhub.composing.drafts import DraftsService
from mailhub.composing.reading import message_request
from mailhub.composing.sameness import changes_nothing
from mailhub.composing.service import ComposingService
from mailhub.composing.writes import Accepted
from mailhub.contract.texts import _
from mailhub.errors import FieldError, Invalid, RevisionStale, TooLarge, WrongState
from mailhub.messages.model import Message
from mailhub.messages.presenting import text_of
from mailhub.people.permissions import Permission
from mailhub.services import Work
from mailhub.uploads.names import announced_type, last_segment
from mailhub.uploads.service import UploadsService
from mailhub.web.answers import Answer, Redirect
from mailhub.web.page import page
from mailhub.web.policy import EDITOR_POLICY
from mailhub.web.request import PageRequest

from .controls import Typed, draft_changes, new_message, typed_in
from .sheet import Trouble, kept_part, own_message, refused_part, sheet

MOST_BYTES = 1024 * 1024 * 1024
"""Of a form with files, which are on disk before anybody looks at them; what a message may weigh is for the service."""


class Kept(NamedTuple):
    """A draft as it is on disk now."""

    id: str
    revision: int


@page(
    "POST",
    "/compose/save",
    permission=Permission.MESSAGES_WRITE,
    once=True,
    max_bytes=MOST_BYTES,
    policy=EDITOR_POLICY,
)
def keep_new(request: PageRequest) -> Answer:
    return _kept(request, None)


@page(
    "POST",
    "/compose/{id}/save",
    permission=Permission.MESSAGES_WRITE,
    once=True,
    max_bytes=MOST_BYTES,
    policy=EDITOR_POLICY,
)
def keep_draft(request: PageRequest) -> Answer:
    """``then``: ``close``, ``plain`` (drop the formatting), or nothing."""
    return _kept(request, own_message(request, request.work))


@page(
    "POST",
    "/compose/{id}/copy",
    permission=Permission.MESSAGES_WRITE,
    once=True,
    max_bytes=MOST_BYTES,
    policy=EDITOR_POLICY,
)
def keep_copy(request: PageRequest) -> Answer:
    """What was typed becomes a draft of its own; the one that others have changed stays as it is."""
    message = own_message(request, request.work)
    typed, errors = typed_with_files(request)
    try:
        refuse(errors)
        changes = draft_changes(typed, request.time_zone, message)
        copy = composed(request, lambda work: work.service(CopyingService).copy_changed(message.id, changes))
    except Invalid as refused:
        return sheet(request, message, typed, refused.errors, status=422, trouble="stale")
    request.flash(_("What you wrote is this new draft. The other one stays as it is."))
    return Redirect(f"/compose/{copy.message_id}")


def _kept(request: PageRequest, draft: Message | None) -> Answer:
    typed, errors = typed_with_files(request)
    try:
        refuse(errors)
        kept = keep(request, draft, typed)
    except Invalid as refused:
        if request.is_htmx:
            return refused_part(refused.errors, typed, 422)
        return sheet(request, draft, typed, refused.errors, status=422)
    except (RevisionStale, WrongState) as refused:
        return lost_race(request, draft, typed, refused)
    if request.is_htmx:
        return kept_part(request, request.fresh_work().service(DraftsService).get(kept.id))
    if request.posted_value("then") == "close":
        request.flash(_("The draft was saved."))
        return Redirect("/drafts")
    return Redirect(f"/compose/{kept.id}")


def lost_race(
    request: PageRequest, draft: Message | None, typed: Typed, refused: RevisionStale | WrongState
) -> Answer:
    """Somebody else was faster; both versions are there to choose from."""
    is_stale = isinstance(refused, RevisionStale)
    trouble: Trouble = "stale" if is_stale else "ended"
    status = 412 if is_stale else 409
    if request.is_htmx:
        return refused_part((), typed, status, trouble)
    return sheet(request, draft, typed, status=status, trouble=trouble)


def keep(request: PageRequest, draft: Message | None, typed: Typed) -> Kept:
    """Make a draft of what was typed, or change the one there is.

    Raises ``Invalid`` for what cannot be kept, ``RevisionStale``, ``WrongState`` for what is no draft any more.
    """
    if draft is None:
        message = message_request(new_message(typed, request.time_zone))
        made = composed(request, lambda work: work.service(ComposingService).send(message))
        return _told(made)
    try:
        return _told(composed(request, partial(_change, request, typed)))
    except RevisionStale:
        return _kept_before(request, typed)


def _told(accepted: Accepted) -> Kept:
    body: Mapping[str, Any] = accepted.answer.body
    return Kept(accepted.message_id, int(body["revision"]))


def _change(request: PageRequest, typed: Typed, work: Work) -> Accepted:
    draft = own_message(request, work)
    require_draft(draft)
    request.check_revision(str(draft.revision))
    return work.service(DraftsService).change(draft, _changes(request, draft, typed))


def _changes(request: PageRequest, draft: Message, typed: Typed) -> Mapping[str, Any]:
    changes = draft_changes(typed, request.time_zone, draft)
    if request.posted_value("then") == "plain":
        return {**changes, "html": None, "text": text_of_html(text_of(draft.content.html) or "")}
    return changes


def _kept_before(request: PageRequest, typed: Typed) -> Kept:
    """The same change again, because its answer got lost, is no quarrel. Raises ``RevisionStale`` for any other."""
    draft = own_message(request, request.fresh_work())
    if not changes_nothing(request.root, draft, _changes(request, draft, typed)):
        raise RevisionStale(_("Somebody else has changed this since you opened it."))
    return Kept(draft.id, draft.revision)


# -- files -------------------------------------------------------------------------------------------------------------


def typed_with_files(request: PageRequest) -> tuple[Typed, list[FieldError]]:
    """What was posted, its files taken as uploads, and what is wrong with them."""
    typed, errors, taken = typed_in(request), list[FieldError](), list[str]()
    for name, value in request.posted:
        # a control in which nothing was chosen comes as no bytes
        if name == "file" and getattr(value, "filename", None):
            try:
                taken.append(_take(request, value))
            except TooLarge as refused:
                errors.append(FieldError("/attachments", refused.code, refused.message))
    if taken:
        # they were stored by transactions of their own, which this one does not see
        request.fresh_work()
    return replace(typed, uploads=(*typed.uploads, *taken)), errors


def _take(request: PageRequest, file: Any) -> str:
    uploads = request.work.service(UploadsService)
    name, content_type = last_segment(file.filename), announced_type(file.type)
    return uploads.receive(request.identity, file.file, None, name=name, content_type=content_type)[0]


def refuse(errors: list[FieldError]) -> None:
    """Raises ``Invalid`` where there are any."""
    if errors:
        raise Invalid(errors)
