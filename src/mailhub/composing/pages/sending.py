"""Sending what was written: it is kept as a draft first, so that nothing is lost whatever comes of it."""

from functools import partial

from mailhub.composing.again import composed
from mailhub.composing.drafts import DraftsService
from mailhub.composing.writes import Accepted
from mailhub.contract.texts import _
from mailhub.errors import Invalid, RevisionStale, WrongState
from mailhub.messages.model import Message
from mailhub.people.permissions import Permission
from mailhub.services import Work
from mailhub.web.answers import Answer, Redirect
from mailhub.web.page import page
from mailhub.web.policy import EDITOR_POLICY
from mailhub.web.request import PageRequest

from .controls import Typed
from .keeping import MOST_BYTES, Kept, keep, lost_race, refuse, typed_with_files
from .sheet import own_message, sheet


@page(
    "POST",
    "/compose/send",
    permission=Permission.MESSAGES_WRITE,
    once=True,
    max_bytes=MOST_BYTES,
    policy=EDITOR_POLICY,
)
def send_new(request: PageRequest) -> Answer:
    return _sent(request, None)


@page(
    "POST",
    "/compose/{id}/send",
    permission=Permission.MESSAGES_WRITE,
    once=True,
    max_bytes=MOST_BYTES,
    policy=EDITOR_POLICY,
)
def send_draft(request: PageRequest) -> Answer:
    message = own_message(request, request.work)
    if message.status != "draft":
        # the button was pressed twice
        return Redirect(f"/messages/{message.id}")
    return _sent(request, message)


def _sent(request: PageRequest, draft: Message | None) -> Answer:
    typed, errors = typed_with_files(request)
    try:
        refuse(errors)
        kept = keep(request, draft, typed)
    except Invalid as refused:
        return sheet(request, draft, typed, refused.errors, status=422)
    except (RevisionStale, WrongState) as refused:
        return lost_race(request, draft, typed, refused)
    return _handed_over(request, typed, kept)


def _handed_over(request: PageRequest, typed: Typed, kept: Kept) -> Answer:
    draft = own_message(request, request.fresh_work(), kept.id)
    if not draft.content.subject and not request.posted_value("without_subject"):
        return sheet(request, draft, None, status=422, asks_subject=True)
    try:
        composed(request, partial(_send, request, kept))
    except Invalid as refused:
        draft = own_message(request, request.fresh_work(), kept.id)
        return sheet(request, draft, None, refused.errors, status=422)
    except (RevisionStale, WrongState) as refused:
        return lost_race(request, draft, typed, refused)
    return Redirect(f"/messages/{kept.id}")


def _send(request: PageRequest, kept: Kept, work: Work) -> Accepted:
    draft = own_message(request, work, kept.id)
    if draft.revision != kept.revision:
        raise RevisionStale(_("Somebody else has changed this since you opened it."))
    return work.service(DraftsService).send(draft, must_match=True)
