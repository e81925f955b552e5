"""Handing in messages: to be sent, to be tried, or to be kept as drafts."""

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from mailhub.composing.drafts import DraftsService
from mailhub.composing.presenting import present_dry_run
from mailhub.composing.reading import message_request
from mailhub.composing.service import ComposingService
from mailhub.contract.texts import _
from mailhub.errors import FieldError
from mailhub.http.endpoint import ApiRequest, Reply, endpoint
from mailhub.messages.replies import DryRunReply, MessageReply
from mailhub.messages.schema import MessageFields, SendQuery
from mailhub.people.permissions import Permission
from mailhub.services import Work

from .shared import SEND_PROBLEMS, composed


@endpoint(
    "POST",
    "/messages",
    permission=Permission.MESSAGES_WRITE,
    summary=_("Send a message, or keep a draft"),
    description=_(
        "The answer comes when the message is safely on disk; it leaves as soon as its account may send it. With "
        "draft=true it is kept as it is and not sent: what it could not be sent for is in its warnings. With "
        "dry_run=true everything is checked and explained, and nothing is stored; what is wrong with the message is "
        "refused, and what else keeps it from being sent is in the problems of the explanation."
    ),
    query=SendQuery,
    body=MessageFields,
    replies={200: DryRunReply, 201: MessageReply, 202: MessageReply},
    problems=SEND_PROBLEMS,
    once=True,
    replays="answer",
    dry_run_permission=Permission.SETUP_READ,
)
def send_message(request: ApiRequest) -> Reply:
    message = message_request(request.body_judged_by(partial(_mistakes, request.work)))
    if request.query["dry_run"]:
        dry_run = request.work.service(ComposingService).dry_run(message)
        return Reply(body=present_dry_run(dry_run, request.translated))
    return composed(request, lambda work: work.service(ComposingService).send(message))


def _mistakes(work: Work, fields: Mapping[str, Any], unread: Collection[str]) -> list[FieldError]:
    """What is wrong with a message beyond the form of its fields; of a draft, what it cannot be kept for."""
    if fields["draft"]:
        return work.service(DraftsService).mistakes_in(message_request(fields))
    return work.service(ComposingService).mistakes_in(message_request(fields), unread)
