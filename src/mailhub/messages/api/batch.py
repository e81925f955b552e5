"""Handing in many messages at once."""

from collections.abc import Sequence
from typing import Any

import colander

from mailhub.answers import Answered
from mailhub.composing.batch import PresentProblem
from mailhub.composing.reading import message_request
from mailhub.composing.request import MessageRequest
from mailhub.composing.service import ComposingService
from mailhub.composing.writes import ConfigurationChanged
from mailhub.contract.texts import _
from mailhub.errors import HubError, Invalid
from mailhub.http.endpoint import ApiRequest, Reply, endpoint
from mailhub.http.json_schema import json_schema_of
from mailhub.messages.replies import BatchReply
from mailhub.messages.schema import MessageFields
from mailhub.people.permissions import Permission
from mailhub.schema_types import AsSent
from mailhub.services import Work
from mailhub.strict_values import strict_values

from .shared import reply_of

BATCH_AT_MOST = 1_000
_TRIES = 3
"""How often a batch is composed before an item is refused because the configuration changed under it."""


def batch_fields() -> colander.SchemaNode:
    """The body of ``POST /messages/batch``: each item is read by itself, so its form is only described here."""
    item = colander.SchemaNode(AsSent(json_schema_of(MessageFields())), name="message")
    messages = colander.SchemaNode(
        colander.Sequence(),
        item,
        name="messages",
        title=_("Messages"),
        validator=colander.Length(min=1, max=BATCH_AT_MOST),
    )
    return colander.SchemaNode(colander.Mapping(), messages, description=_("Messages to send."))


@endpoint(
    "POST",
    "/messages/batch",
    permission=Permission.MESSAGES_WRITE,
    summary=_("Send up to 1,000 messages in one call"),
    description=_(
        "Each message is judged by itself: the good ones are taken, in one transaction, and results has an entry for each, "
        "in their order."
    ),
    body=batch_fields,
    replies={200: BatchReply},
    problems=("storage.outcome_unknown",),
    once=True,
    replays="answer",
)
def send_batch(request: ApiRequest) -> Reply:
    schema = MessageFields()
    items = [_read_item(schema, fields) for fields in request.body["messages"]]
    work = request.work
    for _try in range(_TRIES - 1):
        try:
            return reply_of(_sent(work, items, request.problem, may_ask_again=True))
        except ConfigurationChanged:
            work = request.fresh_work()
    return reply_of(_sent(work, items, request.problem, may_ask_again=False))


def _sent(
    work: Work,
    items: Sequence[MessageRequest | HubError],
    present_problem: PresentProblem,
    *,
    may_ask_again: bool,
) -> Answered:
    composing = work.service(ComposingService)
    return composing.send_all(items, present_problem, may_ask_again=may_ask_again).answer


def _read_item(schema: MessageFields, fields: Any) -> MessageRequest | Invalid:
    try:
        return message_request(strict_values(schema, fields))
    except Invalid as refused:
        return refused
