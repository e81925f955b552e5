"""Calls about messages (api.md, "Messages")."""

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

import colander

from mailhub.answers import Answered
from mailhub.composing.presenting import present_dry_run
from mailhub.composing.reading import message_request
from mailhub.composing.request import MessageRequest
from mailhub.composing.service import ComposingService
from mailhub.composing.writes import Accepted, ConfigurationChanged
from mailhub.contract.message import WireOptions
from mailhub.contract.texts import _
from mailhub.delivery.mime import MessageWriter
from mailhub.delivery.outgoing import message_form
from mailhub.delivery.service import DeliveryService
from mailhub.errors import NOT_FOUND, FieldError, Invalid, NotFound, OutcomeUnknown, StorageUnavailable
from mailhub.http.endpoint import ApiRequest, Reply, endpoint, file_reply
from mailhub.http.json_schema import json_schema_of
from mailhub.http.paging import PageQuery
from mailhub.people.permissions import Permission
from mailhub.schema_types import AsSent
from mailhub.services import Work
from mailhub.store.content import ContentReader, checked_chunks
from mailhub.strict_values import strict_values
from mailhub.visibility.service import MessageFilters, MessageReader

from .model import Message, StoredAttachment
from .presenting import present_history, present_message, present_whole_message
from .replies import (
    BatchReply,
    CountsReply,
    DryRunReply,
    FullMessageReply,
    MessageHistory,
    MessageList,
    MessageReply,
)
from .schema import MessageFields, SendQuery, message_filters

_MESSAGE_ID = {"id": _("Id of the message")}
BATCH_AT_MOST = 1_000

_TRIES = 3
"""How often a message is composed anew when the configuration changes under it."""

_RAW = WireOptions(eight_bit=True, smtputf8=True)

SEND_PROBLEMS = (
    "token.no_on_behalf",
    (422, "user.not_found"),
    "address.invalid",
    "recipients.none",
    "recipients.too_many",
    "header.invalid",
    (422, "attachment.too_large"),
    (422, "upload.not_found"),
    (422, "attachment.not_found"),
    "layout.not_found",
    (422, "scenario.not_found"),
    (422, "account.not_found"),
    "account.none_for_scenario",
    "sender.not_allowed",
    "sender.no_contact_email",
    (422, "message.expired"),
    "plugin.failed",
    "configuration.changed",
    "storage.outcome_unknown",
)


def message_query() -> Any:
    """The query of ``GET /messages``."""
    query = PageQuery()
    for node in message_filters():
        query.add(node)
    return query


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
    "/messages",
    permission=Permission.MESSAGES_WRITE,
    summary=_("Send a message"),
    description=_(
        "The answer comes when the message is safely on disk; it leaves as soon as its account may send it. With "
        "dry_run=true everything is checked and explained, and nothing is stored; what is wrong with the message is "
        "refused, and what else keeps it from being sent is in the problems of the explanation."
    ),
    query=SendQuery,
    body=MessageFields,
    replies={200: DryRunReply, 202: MessageReply},
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
    return _reply(_send(request, message).answer)


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
    return _reply(request.work.service(ComposingService).send_all(items, request.problem).answer)


def _read_item(schema: MessageFields, fields: Any) -> MessageRequest | Invalid:
    try:
        return message_request(strict_values(schema, fields))
    except Invalid as refused:
        return refused


@endpoint(
    "GET",
    "/messages",
    permission=Permission.MESSAGES_READ,
    summary=_("List messages, newest first"),
    description=_(
        "A page may be short while next_cursor goes on: each looks at a bounded part of the indexes."
    ),
    query=message_query,
    replies={200: MessageList},
)
def list_messages(request: ApiRequest) -> Reply:
    page, query = request.page, request.query
    filters = MessageFilters(**{name: query[name] for name in query if name not in ("limit", "cursor")})
    below = None if page.position is None else page.position[0]
    found = request.work.service(MessageReader).list_messages(filters, page.limit, below)
    items = [_presented(request.work, message) for message in found.messages]
    return Reply(body=page.reply(items, None if found.next_below is None else [found.next_below]))


@endpoint(
    "GET",
    "/messages/counts",
    permission=Permission.MESSAGES_READ,
    summary=_("Count messages by box"),
    description=_("Of the messages that the caller may see."),
    replies={200: CountsReply},
)
def count_messages(request: ApiRequest) -> Reply:
    counts = request.work.service(MessageReader).counts()
    return Reply(
        body={
            "drafts": counts.drafts,
            "waiting": counts.waiting,
            "failed": counts.failed,
            "in_doubt": counts.in_doubt,
            "sent_30_days": counts.sent_30_days,
        }
    )


@endpoint(
    "GET",
    "/messages/{id}",
    permission=Permission.MESSAGES_READ,
    summary=_("Read a message"),
    path_texts=_MESSAGE_ID,
    replies={200: FullMessageReply},
    problems=("message.not_found",),
)
def get_message(request: ApiRequest) -> Reply:
    message = _message(request)
    waiting_for = request.work.service(DeliveryService).waiting_for(message)
    return Reply(body=present_whole_message(message, waiting_for))


@endpoint(
    "GET",
    "/messages/{id}/events",
    permission=Permission.MESSAGES_READ,
    summary=_("Read the history of a message, oldest first"),
    path_texts=_MESSAGE_ID,
    replies={200: MessageHistory},
    problems=("message.not_found",),
)
def get_message_history(request: ApiRequest) -> Reply:
    return Reply(body=present_history(_message(request)))


@endpoint(
    "GET",
    "/messages/{id}/raw",
    permission=Permission.MESSAGES_READ,
    summary=_("Read a message in its MIME form"),
    description=_("As it is sent, without Bcc."),
    path_texts=_MESSAGE_ID,
    replies={200: None},
    raw_reply="message/rfc822",
    problems=("message.not_found",),
)
def get_raw_message(request: ApiRequest) -> Reply:
    message = _message(request)
    writer = MessageWriter(message_form(message.content))
    return file_reply(
        writer.iter_bytes(_RAW),
        content_type="message/rfc822",
        name=f"{message.id}.eml",
        size=writer.size(_RAW),
    )


@endpoint(
    "GET",
    "/messages/{id}/attachments/{n}",
    permission=Permission.MESSAGES_READ,
    summary=_("Read an attachment of a message"),
    path_texts={**_MESSAGE_ID, "n": _("Number of the attachment, from 0")},
    replies={200: None},
    raw_reply="*/*",
    problems=("message.not_found", "attachment.not_found"),
)
def get_message_attachment(request: ApiRequest) -> Reply:
    attachment = _attachment(_message(request), request.path["n"])
    content = ContentReader.of(attachment.content)
    return file_reply(
        checked_chunks(content),
        content_type=attachment.content_type,
        name=attachment.name,
        size=content.size,
    )


@endpoint(
    "POST",
    "/messages/{id}/cancel",
    permission=Permission.MESSAGES_WRITE,
    summary=_("Cancel a message that waits"),
    description=_("Not one that is being sent at this moment, nor one that has ended."),
    path_texts=_MESSAGE_ID,
    replies={200: MessageReply},
    problems=("message.not_found", "message.wrong_state", "storage.outcome_unknown"),
    once=True,
)
def cancel_message(request: ApiRequest) -> Reply:
    request.work.service(DeliveryService).cancel(request.path["id"])
    return Reply(body=_read_back(request, request.path["id"]))


@endpoint(
    "POST",
    "/messages/{id}/retry",
    permission=Permission.MESSAGES_WRITE,
    summary=_("Try a message again now"),
    description=_(
        "One that failed, was cancelled, or waits for later. Attempts are counted anew; who has accepted it does not "
        "get it again."
    ),
    path_texts=_MESSAGE_ID,
    replies={200: MessageReply},
    problems=(
        "message.not_found",
        "message.wrong_state",
        (409, "message.expired"),
        (409, "account.not_found"),
        "storage.outcome_unknown",
    ),
    once=True,
)
def retry_message(request: ApiRequest) -> Reply:
    request.work.service(DeliveryService).retry(request.path["id"])
    return Reply(body=_read_back(request, request.path["id"]))


def _reply(answer: Answered) -> Reply:
    return Reply(status=answer.status, body=answer.body, location=answer.location)


def _mistakes(work: Work, fields: Mapping[str, Any], unread: Collection[str]) -> list[FieldError]:
    """What is wrong with a message beyond the form of its fields."""
    return work.service(ComposingService).mistakes_in(message_request(fields), unread)


def _send(request: ApiRequest, message: MessageRequest) -> Accepted:
    """Compose and hand over; once more where account or assignment changed in between. Raises ConfigurationChanged."""
    work = request.work
    for _try in range(_TRIES - 1):
        try:
            return work.service(ComposingService).send(message)
        except ConfigurationChanged:
            work = request.fresh_work()
    return work.service(ComposingService).send(message)


def _read_back(request: ApiRequest, message_id: str) -> dict[str, Any]:
    """The message as it is after what was done to it. What fails now failed too late to say that nothing was done."""
    try:
        work = request.fresh_work()
        return _presented(work, work.service(MessageReader).get(message_id))
    except StorageUnavailable as error:
        raise OutcomeUnknown(
            _(
                "It was done, but the database cannot be read now. Look at /api/v1/messages/${id}.",
                mapping={"id": message_id},
            )
        ) from error


def _presented(work: Work, message: Message) -> dict[str, Any]:
    return present_message(message, work.service(DeliveryService).waiting_for(message))


def _message(request: ApiRequest) -> Message:
    return request.work.service(MessageReader).get(request.path["id"])


def _attachment(message: Message, number: str) -> StoredAttachment:
    """Raises ``NotFound`` with ``attachment.not_found``."""
    attachments = message.content.attachments
    if not (number.isascii() and number.isdigit() and len(number) < 10) or int(number) >= len(attachments):
        raise NotFound(NOT_FOUND, code="attachment.not_found")
    return attachments[int(number)]
