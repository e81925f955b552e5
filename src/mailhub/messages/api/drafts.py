"""Drafts: change one, send it; and copies of messages, as drafts or sent anew."""

from functools import partial

from mailhub.composing.copying import CopyingService
from mailhub.composing.drafts import DraftsService
from mailhub.composing.writes import Accepted
from mailhub.contract.texts import _
from mailhub.http.endpoint import ApiRequest, Reply, endpoint
from mailhub.messages.replies import MessageReply
from mailhub.messages.schema import DraftChanges
from mailhub.people.permissions import Permission
from mailhub.services import Work

from .shared import MESSAGE_ID, SEND_PROBLEMS, composed, require_message

_KEEPING_PROBLEMS = (
    "message.not_found",
    "message.wrong_state",
    "address.invalid",
    "header.invalid",
    (422, "upload.not_found"),
    (422, "attachment.not_found"),
    "configuration.changed",
    "storage.outcome_unknown",
)
_AGAIN_PROBLEMS = ("message.not_found", "message.wrong_state", *SEND_PROBLEMS)


@endpoint(
    "PATCH",
    "/messages/{id}",
    permission=Permission.MESSAGES_WRITE,
    summary=_("Change a draft"),
    description=_(
        "It is kept as it is; what it could not be sent for is in its warnings. attachments is the whole list: "
        '{"n": 0} keeps the file of this number. With another scenario, the files that the former one added make '
        "room for those of the new one."
    ),
    path_texts=MESSAGE_ID,
    body=DraftChanges,
    replies={200: MessageReply},
    problems=_KEEPING_PROBLEMS,
    if_match="required",
    once=True,
)
def change_draft(request: ApiRequest) -> Reply:
    drafts = request.work.service(DraftsService)
    seen = drafts.get(request.path["id"])
    request.check_revision(str(seen.revision))
    body = request.body_judged_by(partial(drafts.mistakes_in_change, seen))

    def change(work: Work) -> Accepted:
        drafts = work.service(DraftsService)
        draft = drafts.get(request.path["id"])
        request.check_revision(str(draft.revision))
        return drafts.change(draft, body)

    return composed(request, change)


@endpoint(
    "POST",
    "/messages/{id}/send",
    permission=Permission.MESSAGES_WRITE,
    summary=_("Send a draft"),
    description=_(
        "All of it is checked now. It keeps its id; no files are added. With If-Match, only as the caller has seen it."
    ),
    path_texts=MESSAGE_ID,
    replies={202: MessageReply},
    problems=_AGAIN_PROBLEMS,
    if_match="optional",
    once=True,
    replays="answer",
)
def send_draft(request: ApiRequest) -> Reply:
    return composed(request, partial(_send, request))


def _send(request: ApiRequest, work: Work) -> Accepted:
    drafts = work.service(DraftsService)
    draft = drafts.get(request.path["id"])
    request.check_revision(str(draft.revision))
    return drafts.send(draft, must_match=request.if_match is not None)


@endpoint(
    "POST",
    "/messages/{id}/copy",
    permission=Permission.MESSAGES_WRITE,
    summary=_("Copy a message to a new draft"),
    description=_("With its content, files, related records and account; the draft is the caller's own."),
    path_texts=MESSAGE_ID,
    replies={201: MessageReply},
    problems=_KEEPING_PROBLEMS,
    once=True,
    replays="answer",
)
def copy_message(request: ApiRequest) -> Reply:
    require_message(request)
    return composed(request, lambda work: work.service(CopyingService).copy(request.path["id"]))


@endpoint(
    "POST",
    "/messages/{id}/resend",
    permission=Permission.MESSAGES_WRITE,
    summary=_("Send a message anew"),
    description=_(
        "A new message with the same content and recipients, by the same account; by the scenario's when that is gone. "
        "A draft is sent itself."
    ),
    path_texts=MESSAGE_ID,
    replies={202: MessageReply},
    problems=_AGAIN_PROBLEMS,
    once=True,
    replays="answer",
)
def resend_message(request: ApiRequest) -> Reply:
    require_message(request)
    return composed(request, lambda work: work.service(CopyingService).resend(request.path["id"]))
